"""A running development inbox with real sockets, and messages to send to it."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.mail.identity import EmailTemplate, message_id
from connectors.mail.inbox.app import InboxConfig, create_app
from connectors.mail.inbox.smtp_server import SmtpAccess
from connectors.mail.port import OutgoingEmail
from tests.connectors.mail.running_inbox import BuildEmail, Certificate, OpenInbox, RunningInbox


@asynccontextmanager
async def _open_inbox(database: Path, access: SmtpAccess) -> AsyncIterator[RunningInbox]:
    app = create_app(InboxConfig(database, 0, access))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http,
    ):
        alive = await http.get("/health/live")
        yield RunningInbox(http, alive.json()["smtp_port"])


@pytest.fixture
def open_inbox(tmp_path: Path) -> OpenInbox:
    """Open an inbox on a database of this test; a second one in the same test meets the same database."""

    def open_(access: SmtpAccess | None = None) -> AbstractAsyncContextManager[RunningInbox]:
        return _open_inbox(tmp_path / "inbox.db", access or SmtpAccess())

    return open_


@pytest.fixture
async def inbox(open_inbox: OpenInbox) -> AsyncIterator[RunningInbox]:
    """An inbox on an open line."""
    async with open_inbox() as running:
        yield running


@pytest.fixture
def email() -> BuildEmail:
    """Build an e-mail to Zoë, with changes."""

    def build(sequence: int = 1, **changes: Any) -> OutgoingEmail:
        template = EmailTemplate.ACCOUNT_CREATED
        fields = {
            "message_id": message_id("journey-abc", template, "person-1", sequence, "onward.example"),
            "template": template,
            "to_address": "zoe@example.com",
            "to_name": "Zoë",
            "subject": "Your ISA: für Zoë €",
            "text": "Dear Zoë,\n.a line that begins with a dot\nhttps://portal.example/start\n",
            "html": '<p>Dear Zoë, <a href="https://portal.example/start">start</a></p>',
        }
        return OutgoingEmail.model_validate(fields | changes)

    return build


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Make a certificate for this run."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    authority, private = folder / "certificate.pem", folder / "key.pem"
    authority.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(authority, private)
    return Certificate(server, authority)
