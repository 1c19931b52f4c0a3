"""Runs the Temporal server and its Web UI for one machine on a SQLite file."""

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from temporalio.service import ConnectConfig, RPCError, ServiceClient

from engine.configuration import DATABASE, DYNAMIC_SETTINGS, write_server_configuration, write_ui_configuration
from engine.errors import EngineNotReady
from engine.obtain import EngineBinaries
from engine.ports import LOOPBACK, free_ports
from engine.process import Process

SERVER_NAME = "engine"
UI_NAME = "temporal-ui"

# An orderly end drains for many seconds for clients that are gone by then; what was acknowledged is on the disk.
GRACE = 1.0


class TemporalServer:
    """A Temporal server of one's own, or the cluster that `TEMPORAL_ADDRESS` names.

    Args:
        binaries: what `engine.obtain.obtain` returned.
        directory: keeps database, configuration and logs; the same directory continues the same journeys.
        port: of the frontend; 0 takes a free one.
        ui_port: of the Web UI; 0 takes a free one, None starts none.
        namespace: the one the Web UI opens.
    """

    def __init__(
        self,
        binaries: EngineBinaries,
        directory: Path,
        *,
        port: int = 0,
        ui_port: int | None = None,
        namespace: str = "onward",
    ) -> None:
        self._binaries = binaries
        self._directory = directory
        self._namespace = namespace
        spare_port, spare_ui_port = free_ports(2)
        self._port = port or spare_port
        self._ui_port = None if ui_port is None else ui_port or spare_ui_port
        self.processes: list[Process] = self._build_processes()

    @property
    def address(self) -> str:
        """Host and port of the frontend."""
        return self._binaries.address or f"{LOOPBACK}:{self._port}"

    @property
    def ui_url(self) -> str | None:
        """Where the Web UI is, None without one."""
        if self._binaries.address:
            return self._binaries.ui_url
        return None if self._ui_port is None else f"http://{LOOPBACK}:{self._ui_port}"

    def start(self) -> None:
        """Start server and Web UI; returns at once."""
        for process in self.processes:
            process.start()

    async def wait_ready(self, patience: timedelta = timedelta(seconds=30)) -> None:
        """Return once the frontend serves.

        Raises:
            EngineNotReady: it ended, or does not answer in time.
        """
        await wait_serving(self.address, patience, self.processes[0] if self.processes else None)

    def stop(self) -> None:
        """Stop Web UI and server."""
        for process in reversed(self.processes):
            process.stop(GRACE)

    def _build_processes(self) -> list[Process]:
        logs = self._directory / "logs"
        if self._binaries.address:
            return []
        if self._binaries.cli is not None:
            command = self._development_command(self._binaries.cli)
            return [Process(SERVER_NAME, command, log=logs / "engine.log", prepare=self._prepare_directory)]
        command = [str(self._binaries.server), "--config-file", str(self._directory / "server.yaml")]
        command += ["--allow-no-auth", "start"]
        server = Process(SERVER_NAME, command, log=logs / f"{SERVER_NAME}.log", prepare=self._prepare_server)
        if self._ui_port is None:
            return [server]
        command = [str(self._binaries.ui), "--root", str(self._directory), "--config", "ui", "--env", "onward", "start"]
        return [server, Process(UI_NAME, command, log=logs / f"{UI_NAME}.log", prepare=self._prepare_ui)]

    def _development_command(self, cli: Path) -> list[str]:
        command = [str(cli), "server", "start-dev", "--ip", LOOPBACK, "--port", str(self._port)]
        command += ["--db-filename", str(self._directory / DATABASE), "--log-level", "warn"]
        command += ["--headless"] if self._ui_port is None else ["--ui-port", str(self._ui_port)]
        for name, value in DYNAMIC_SETTINGS.items():
            command += ["--dynamic-config-value", f"{name}={json.dumps(value)}"]
        return command

    def _prepare_directory(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)

    def _prepare_server(self) -> None:
        _forget_last_run(self._directory / DATABASE)
        write_server_configuration(self._directory, self._port)

    def _prepare_ui(self) -> None:
        if self._ui_port is not None:
            write_ui_configuration(self._directory, self._ui_port, self._port, self._namespace)


async def wait_serving(address: str, patience: timedelta, process: Process | None = None) -> None:
    """Return once a Temporal frontend at this address serves.

    Raises:
        EngineNotReady: its process ended, or nobody answers in time.
    """
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        if process is not None and process.exit_code is not None:
            raise EngineNotReady(
                f"The Temporal server ended with code {process.exit_code}. Its log, {process.log.name}, says:\n"
                f"{process.last_lines()}",
            )
        if await _serves(address):
            return
        if time.monotonic() > deadline:
            raise EngineNotReady(
                f"No Temporal server answers at {address} after {patience.total_seconds():.0f} s. "
                "Check the address, or unset TEMPORAL_ADDRESS to use a server of this machine's own.",
            )
        await asyncio.sleep(0.05)


async def _serves(address: str) -> bool:
    try:
        # Somebody else's server on the port may take the connection and never say a word.
        async with asyncio.timeout(2):
            service = await ServiceClient.connect(ConnectConfig(target_host=address))
            return await service.check_health()
    except (RPCError, RuntimeError, TimeoutError):
        return False


def _forget_last_run(database: Path) -> None:
    """Clear what the last run left in the database and the next one would stumble over.

    Its own services, which the server would look for at their old ports for a minute before it serves; and a first
    set-up that was cut short, whose half of the tables the server would take for all.
    """
    if not database.is_file():
        return
    try:
        with closing(sqlite3.connect(database)) as connection, connection:
            used = connection.execute("SELECT count(*) FROM namespaces").fetchone()[0] > 0
            connection.execute("DELETE FROM cluster_membership")
    except sqlite3.OperationalError as error:
        # Any other table missing is no reason to throw journeys away.
        if "no such table: namespaces" not in str(error):
            raise
        used = False
    if not used:
        for file in database.parent.glob(f"{database.name}*"):
            file.unlink()
