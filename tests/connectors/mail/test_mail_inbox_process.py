"""The development inbox as a process of its own: `python -m connectors.mail.inbox`."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from connectors.mail.port import MailError, OutgoingEmail
from connectors.mail.smtp_adapter import SmtpMailGateway
from tests.connectors.mail.running_inbox import BuildEmail, RunningInbox

ROOT = Path(__file__).parents[3]


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@asynccontextmanager
async def _inbox_process(database: Path) -> AsyncIterator[tuple[RunningInbox, asyncio.subprocess.Process]]:
    smtp_port, http_port = _free_ports()
    environment = {
        "PATH": os.environ["PATH"],
        "ONWARD_SMTP_PORT": str(smtp_port),
        "ONWARD_INBOX_PORT": str(http_port),
        "ONWARD_INBOX_DATABASE": str(database),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connectors.mail.inbox", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        # The transport waits for the port to open: tries after 0, 0.5, 1, 2, 4 and 8 seconds.
        patient = httpx.AsyncHTTPTransport(retries=6)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http_port}", transport=patient) as http:
            assert (await http.get("/health/live")).json() == {"status": "live", "smtp_port": smtp_port}
            yield RunningInbox(http, smtp_port), process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def _files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def _taken(gateway: SmtpMailGateway, email: OutgoingEmail) -> str | None:
    """Return the Message-ID if the server confirmed the message, None if it was cut off."""
    try:
        await gateway.send(email)
    except MailError:
        return None
    return email.message_id


async def test_what_was_confirmed_survives_a_kill(tmp_path: Path, email: BuildEmail) -> None:
    """Killed while mail pours in, the inbox shows every confirmed message once it is started again."""
    database = tmp_path / "inbox.db"
    async with _inbox_process(database) as (inbox, process):
        gateway = SmtpMailGateway(inbox.config())
        pouring = [asyncio.ensure_future(_taken(gateway, email(number))) for number in range(1, 41)]
        await pouring[0]
        process.kill()
        confirmed = {taken for taken in await asyncio.gather(*pouring) if taken is not None}

    async with _inbox_process(database) as (inbox, _):
        kept = [message["message_id"] for message in await inbox.messages()]

    assert confirmed
    assert confirmed <= set(kept)
    assert len(kept) == len(set(kept))


async def test_a_signal_ends_the_process_in_order(tmp_path: Path, email: BuildEmail) -> None:
    """SIGTERM closes the database cleanly, ends within seconds and prints no one's address."""
    database = tmp_path / "inbox.db"
    async with _inbox_process(database) as (inbox, process):
        await SmtpMailGateway(inbox.config()).send(email())
        await inbox.messages(to="zoe@example.com")
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), 10)

    assert errors == b""
    assert _files(tmp_path) == ["inbox.db"]
