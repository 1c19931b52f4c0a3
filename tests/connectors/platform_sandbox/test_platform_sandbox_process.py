"""The sandbox as a process of its own: start, kill, restart, an answer that never comes, a quiet end."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import Eventually
from tests.connectors.platform_sandbox.platform_calls import BANK_ACCOUNT, CREDENTIAL, Platform, person


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A sandbox process on a database file."""

    def __init__(self, database: Path, eventually: Eventually) -> None:
        self.port = free_port()
        self.output = b""
        self._database = database
        self._eventually = eventually
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "ONWARD_PLATFORM_SANDBOX_PORT": str(self.port),
            "ONWARD_PLATFORM_SANDBOX_DATABASE": str(self._database),
            "ONWARD_PLATFORM_CLIENT_ID": CREDENTIAL["client_id"],
            "ONWARD_PLATFORM_CLIENT_SECRET": CREDENTIAL["client_secret"],
        }
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "connectors.platform.sandbox",
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as http:

            async def answers() -> bool:
                try:
                    return bool((await http.get("/health/live")).json() == {"status": "ok"})
                except httpx.TransportError:
                    return False

            await self._eventually(answers, within=30)

    async def end(self, signal_number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal_number)
        output, _ = await self._process.communicate()
        self.output += output
        assert self._process.returncode is not None
        return self._process.returncode


@pytest.fixture
async def server(tmp_path: Path, eventually: Eventually) -> AsyncIterator[Server]:
    """Run a process until the end of the test."""
    server = Server(tmp_path / "folder" / "platform.sqlite3", eventually)
    await server.start()
    yield server
    await server.end(signal.SIGKILL)


@asynccontextmanager
async def calls(server: Server) -> AsyncIterator[Platform]:
    """Give a caller over a real connection."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
        yield await Platform(http).log_in()


@pytest.mark.rule("P42")
async def test_killed_process_keeps_every_committed_record_and_check(server: Server, eventually: Eventually) -> None:
    """SIGKILL after an answer loses nothing: records, tokens, keys and checks under way are there after the restart."""
    async with calls(server) as platform:
        await platform.http.patch("/_sandbox/settings", json={"verification_delay_seconds": 1})
        client = platform.data(await platform.post("/clients", person(), key="k"))
        await platform.http.put(f"/clients/{client['id']}/bank-account", json=BANK_ACCOUNT)
        await platform.act(f"/clients/{client['id']}/submission")
        await server.end(signal.SIGKILL)
        await server.start()
        again = await platform.post("/clients", person(), key="k")

        async def checked() -> bool:
            return [await platform.aml(client["id"]), await platform.bav(client["id"])] == ["cleared", "verified"]

        assert platform.data(again) == client
        assert (await platform.get(f"/clients/{client['id']}"))["status"] == "pending"
        await eventually(checked)


@pytest.mark.rule("P42")
async def test_committed_write_closes_the_connection_without_an_answer(server: Server) -> None:
    """Over a real connection not one byte of an answer comes, the write is there, and the process says nothing."""
    async with calls(server) as platform:
        await platform.fault("commit_then_timeout", operation="POST /clients", times=1)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            await platform.post("/clients", person(), key="k")
        again = await platform.post("/clients", person(), key="k")

        assert again.headers["Idempotency-Replayed"] == "true"
        assert len(await platform.get("/clients")) == 1


async def test_process_ends_at_once_and_in_silence_when_asked(server: Server) -> None:
    """SIGTERM ends it, though background work is waiting; nothing about people was printed, nor anything else."""
    async with calls(server) as platform:
        await platform.post("/webhook-subscriptions", {"url": "http://127.0.0.1:9/nobody", "events": ["*"]})
        await platform.submitted()
        await platform.http.get("/clients?email=ref-1@example.com")
    code = await asyncio.wait_for(server.end(signal.SIGTERM), 10)

    assert code in (0, -signal.SIGTERM)
    assert server.output == b""


async def test_process_without_a_credential_says_what_to_do() -> None:
    """A start without a credential ends with a sentence, not with a traceback."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "connectors.platform.sandbox",
        env={"PATH": os.environ["PATH"]},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()

    assert process.returncode == 2
    assert errors.decode() == (
        "The platform sandbox has no credential. Set ONWARD_PLATFORM_CLIENT_ID and ONWARD_PLATFORM_CLIENT_SECRET "
        "and start it again.\n"
    )
