"""The sandbox as a process of its own: start, lost connections, kill, restart, graceful stop."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.plannr.sandbox import seed
from connectors.plannr.sandbox.config import MissingSettingError, config_from_environment

TOKEN = "token-of-the-process"


@dataclass
class Process:
    """A running sandbox process and a way to call it."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _started(database: Path, eventually: Any) -> AsyncIterator[Process]:
    port = _free_port()
    environment = {
        **os.environ,
        "ONWARD_PLANNR_SANDBOX_PORT": str(port),
        "ONWARD_PLANNR_SANDBOX_DATABASE": str(database),
        "ONWARD_PLANNR_TOKEN": TOKEN,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connectors.plannr.sandbox", env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {TOKEN}", "X-PLANNR-ACCOUNT-UUID": seed.HARBOUR_ACCOUNT_UUID}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=2) as http:

        async def live() -> bool:
            try:
                return (await http.get("/health/live")).status_code == 200
            except httpx.TransportError:
                return False

        try:
            await eventually(live)
            yield Process(process, http)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def test_what_was_answered_or_committed_survives_a_kill(
    tmp_path: Path, plan_body: dict[str, Any], application_body: dict[str, Any], eventually: Any
) -> None:
    """SIGKILL loses no record, not even one whose answer was lost; SIGTERM ends the process quietly."""
    database = tmp_path / "plannr.db"
    async with _started(database, eventually) as first:
        assert (await first.http.post("/api/v1/plans", json=plan_body)).status_code == 200
        await first.http.post("/_sandbox/faults", json={"operation": "write", "kind": "commit_then_timeout"})
        with pytest.raises(httpx.RemoteProtocolError):
            await first.http.post("/api/v1/applications", json=application_body)
        hang = {"operation": "write", "kind": "commit_then_timeout", "hang": True, "seconds": 5}
        await first.http.post("/_sandbox/faults", json=hang)
        with pytest.raises(httpx.ReadTimeout):
            await first.http.put(f"/api/v1/account/{seed.CLIENT_UUID}", json={"title": "Dr"}, timeout=0.3)
        first.process.send_signal(signal.SIGKILL)
        await first.process.wait()

    async with _started(database, eventually) as second:
        for path in ("/api/v1/plans", "/api/v1/applications"):
            assert (await second.http.get(path)).json()["meta"]["total"] == 1
        assert (await second.http.get(f"/api/v1/account/{seed.CLIENT_UUID}")).json()["title"] == "Dr"
        await second.http.get("/api/v1/account", params={"filter[primary_email]": "eleanor.whitfield@example.com"})
        second.process.send_signal(signal.SIGTERM)
        printed, _ = await second.process.communicate()
        assert second.process.returncode in {0, -signal.SIGTERM}
        assert b"eleanor" not in printed.lower()


@pytest.mark.parametrize(
    "absent", ["ONWARD_PLANNR_SANDBOX_PORT", "ONWARD_PLANNR_SANDBOX_DATABASE", "ONWARD_PLANNR_TOKEN"]
)
def test_a_missing_setting_is_named(absent: str, tmp_path: Path) -> None:
    """The sandbox says which variable to set, and takes a complete set."""
    environment = {
        "ONWARD_PLANNR_SANDBOX_PORT": "0",
        "ONWARD_PLANNR_SANDBOX_DATABASE": str(tmp_path / "x.db"),
        "ONWARD_PLANNR_TOKEN": TOKEN,
    }
    config, port = config_from_environment(environment)
    assert (config.token, config.database, port) == (TOKEN, tmp_path / "x.db", 0)
    del environment[absent]
    with pytest.raises(MissingSettingError, match=absent):
        config_from_environment(environment)


def test_a_port_that_is_no_number_is_refused() -> None:
    """The sentence names the variable."""
    with pytest.raises(MissingSettingError, match="ONWARD_PLANNR_SANDBOX_PORT"):
        config_from_environment({"ONWARD_PLANNR_SANDBOX_PORT": "many"})
