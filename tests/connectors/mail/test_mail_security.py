"""TLS and sign-in of the SMTP adapter, against the real inbox with a self-signed certificate."""

from typing import Literal

import pytest
from pydantic import SecretStr, ValidationError

from connectors.mail.inbox.smtp_server import SmtpAccess
from connectors.mail.port import MailUnavailable
from connectors.mail.smtp_adapter import SmtpConfig, SmtpMailGateway
from tests.connectors.mail.running_inbox import BuildEmail, Certificate, OpenInbox

LOGIN = ("onward", "correct horse battery staple")
Security = Literal["starttls", "tls"]
BOTH_WAYS = pytest.mark.parametrize("security", ["starttls", "tls"])


def _access(certificate: Certificate, security: Security) -> SmtpAccess:
    return SmtpAccess(certificate.server, implicit_tls=security == "tls", login=LOGIN)


@BOTH_WAYS
async def test_mail_goes_out_encrypted_and_signed_in(
    open_inbox: OpenInbox, certificate: Certificate, email: BuildEmail, security: Security
) -> None:
    """STARTTLS and TLS both deliver to a server that demands them and a login."""
    async with open_inbox(_access(certificate, security)) as inbox:
        config = inbox.config(
            security=security,
            username=LOGIN[0],
            password=SecretStr(LOGIN[1]),
            certificate_authority=certificate.authority,
        )

        await SmtpMailGateway(config).send(email())

        assert len(await inbox.messages()) == 1


@BOTH_WAYS
async def test_an_unknown_certificate_is_not_trusted(
    open_inbox: OpenInbox, certificate: Certificate, email: BuildEmail, security: Security
) -> None:
    """A self-signed server gets neither the password nor the message, unless its authority is named."""
    async with open_inbox(_access(certificate, security)) as inbox:
        config = inbox.config(security=security, username=LOGIN[0], password=SecretStr(LOGIN[1]))

        with pytest.raises(MailUnavailable, match="at the step connect"):
            await SmtpMailGateway(config).send(email())

        assert await inbox.messages() == []


@BOTH_WAYS
async def test_a_wrong_password_is_not_the_recipients_fault(
    open_inbox: OpenInbox, certificate: Certificate, email: BuildEmail, security: Security
) -> None:
    """A refused sign-in is MailUnavailable: the setting gets mended and the message goes out; no password shows."""
    async with open_inbox(_access(certificate, security)) as inbox:
        config = inbox.config(
            security=security,
            username=LOGIN[0],
            password=SecretStr("wrong-password"),
            certificate_authority=certificate.authority,
        )

        with pytest.raises(MailUnavailable, match=r"535 5\.7\.8") as caught:
            await SmtpMailGateway(config).send(email())

        assert "wrong-password" not in f"{caught.value!r} {config!r}"
        assert await inbox.messages() == []


async def test_a_server_that_wants_a_login_refuses_a_stranger(
    open_inbox: OpenInbox, certificate: Certificate, email: BuildEmail
) -> None:
    """Without a login the sender is refused: our settings, so the stage is not the recipient."""
    async with open_inbox(_access(certificate, "tls")) as inbox:
        config = inbox.config(security="tls", certificate_authority=certificate.authority)

        with pytest.raises(Exception, match=r"530 5\.7\.0") as caught:
            await SmtpMailGateway(config).send(email())

        assert getattr(caught.value, "stage", None) == "sender"


async def test_starttls_is_never_skipped(open_inbox: OpenInbox, email: BuildEmail) -> None:
    """A server that does not offer STARTTLS gets nothing: a stripped offer must not lead to plain text."""
    async with open_inbox() as inbox:
        with pytest.raises(MailUnavailable, match="at the step connect"):
            await SmtpMailGateway(inbox.config(security="starttls")).send(email())

        assert await inbox.messages() == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"username": "onward", "password": "secret-word"}, "open line"),
        ({"username": "onward", "security": "tls"}, "both a user name and a password"),
        ({"password": "secret-word", "security": "tls"}, "both a user name and a password"),
    ],
)
def test_an_unsafe_setting_is_refused(changes: dict[str, str], sentence: str) -> None:
    """A password over an open line, or half a login, stops the start with a sentence that hides the password."""
    settings = {
        "host": "mail.example.com",
        "port": 25,
        "from_address": "onboarding@onward.example",
        "from_name": "Onward",
        "reply_to": "support@onward.example",
    }

    with pytest.raises(ValidationError, match=sentence) as caught:
        SmtpConfig.model_validate(settings | changes)

    assert "secret-word" not in str(caught.value)
