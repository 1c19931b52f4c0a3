"""The inbox's SMTP side."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hmac import compare_digest

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from connectors.mail.inbox.faults import Faults
from connectors.mail.inbox.store import MessageStore

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class SmtpAccess:
    """How senders must come in.

    Attributes:
        certificate: the server's TLS context, or None for an open line.
        implicit_tls: TLS from the first byte; otherwise STARTTLS is demanded. Without meaning on an open line.
        login: user name and password that senders must give, or None.
    """

    certificate: ssl.SSLContext | None = None
    implicit_tls: bool = False
    login: tuple[str, str] | None = None


class _Mailroom:
    """Handles the commands of one server; the names of the hooks are aiosmtpd's."""

    def __init__(self, store: MessageStore, faults: Faults, access: SmtpAccess) -> None:
        self._store = store
        self._faults = faults
        self._access = access

    def sign_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        name, password = self._access.login or ("", "")
        known = compare_digest(given.login, name.encode()) & compare_digest(given.password, password.encode())
        return AuthResult(success=self._access.login is not None and bool(known), handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd looks the hook up by this name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._access.login is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks the hook up by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        fault = self._faults.take({"outage", "refuse"}, [address])
        if fault is not None:
            return "421 4.3.2 Service not available" if fault.kind == "outage" else "550 5.1.1 Mailbox unavailable"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks the hook up by this name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        fault = self._faults.take({"slow", "commit_then_timeout"}, envelope.rcpt_tos)
        await self._store.add(envelope.rcpt_tos, envelope.original_content or b"")
        if fault is not None and fault.kind == "commit_then_timeout":
            assert server.transport is not None
            server.transport.close()
            # What aiosmtpd itself raises in a command whose connection is gone: it ends the session without an answer.
            raise asyncio.CancelledError
        if fault is not None:
            await asyncio.sleep(fault.delay_seconds)
        return "250 2.0.0 Kept in the development inbox"

    async def handle_exception(self, error: Exception) -> str:
        logging.getLogger(__name__).error(
            "A message could not be kept (%s); the sender may try again.", type(error).__name__
        )
        return "451 4.3.0 The message could not be kept, try again"


@asynccontextmanager
async def smtp_server(store: MessageStore, faults: Faults, access: SmtpAccess, port: int) -> AsyncIterator[int]:
    """Receive mail on the loopback address; yields the port, which is chosen freely for port 0."""
    # Its lines name senders and recipients.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    mailroom = _Mailroom(store, faults, access)
    starttls = access.certificate is not None and not access.implicit_tls
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(
            mailroom,
            hostname="localhost",
            ident="Onward development inbox",
            enable_SMTPUTF8=True,
            tls_context=access.certificate if starttls else None,
            require_starttls=starttls,
            auth_require_tls=starttls,
            authenticator=mailroom.sign_in,
            loop=loop,
        )

    server = await loop.create_server(session, _LOOPBACK, port, ssl=access.certificate if access.implicit_tls else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
