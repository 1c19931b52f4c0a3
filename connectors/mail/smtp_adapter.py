"""Sends e-mail over SMTP: one connection per message, explicit time-outs, no retries (Temporal retries)."""

import re
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import SMTPUTF8 as SMTPUTF8_POLICY
from pathlib import Path
from typing import Literal, Self

from aiosmtplib import SMTP, SMTPException, SMTPResponseException
from pydantic import Field, SecretStr, model_validator

from connectors.mail.port import (
    HeaderLine,
    MailAddress,
    MailError,
    MailRefused,
    MailUnavailable,
    OutgoingEmail,
    Receipt,
    Stage,
)
from models.base import Message

_ENHANCED_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_PERMANENT = 500
_REPLY_LENGTH = 200
_GOODBYE = timedelta(seconds=2)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SmtpConfig(Message):
    """Where and how e-mail is handed over.

    `starttls` begins in the clear on the submission port and insists on the upgrade; `tls` is encrypted from the first
    byte. Both check the server's certificate.
    """

    host: str
    port: int = Field(ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    password: SecretStr | None = None
    from_address: MailAddress
    from_name: HeaderLine
    reply_to: MailAddress
    certificate_authority: Path | None = Field(default=None, description="PEM file of a private authority to trust")
    connect_timeout: timedelta = timedelta(seconds=10)
    reply_timeout: timedelta = Field(default=timedelta(seconds=30), description="for each answer of the server")

    @model_validator(mode="after")
    def _sign_in_safely(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("give both a user name and a password for the mail service, or neither")
        if self.username is not None and self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError(
                "a password is not sent over an open line: set the mail service's security to starttls or tls"
            )
        return self


def build_message(email: OutgoingEmail, config: SmtpConfig, sent_at: datetime) -> EmailMessage:
    """Compose the message: text first, then HTML, UTF-8, marked as sent by a machine (RFC 3834).

    There is no List-Unsubscribe: these are service messages about a person's own account, not marketing.
    """
    message = EmailMessage(policy=SMTP_POLICY if email.to_address.isascii() else SMTPUTF8_POLICY)
    message["From"] = Address(config.from_name, addr_spec=config.from_address)
    message["To"] = Address(email.to_name or "", *email.to_address.rsplit("@", 1))
    message["Reply-To"] = Address(addr_spec=config.reply_to)
    message["Subject"] = email.subject
    message["Date"] = sent_at
    message["Message-ID"] = email.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Onward-Template"] = email.template.value
    message.set_content(email.text, cte="quoted-printable")
    message.add_alternative(email.html, subtype="html", cte="quoted-printable")
    return message


class SmtpMailGateway:
    """A `MailGateway` on any SMTP server."""

    def __init__(self, config: SmtpConfig) -> None:
        self._config = config
        self._tls = (
            None if config.security == "none" else ssl.create_default_context(cafile=config.certificate_authority)
        )

    async def send(self, message: OutgoingEmail) -> Receipt:
        """Hand one message over on a connection of its own.

        Raises:
            MailUnavailable: no connection, no answer in time, a 4xx answer, or the sign-in failed.
            MailRefused: a 5xx answer to the sender, the recipient or the message.
        """
        wire = build_message(message, self._config, datetime.now(UTC)).as_bytes()
        smtp = self._connection()
        stage: Stage | Literal["connect"] = "connect"
        try:
            await smtp.connect(timeout=self._config.connect_timeout.total_seconds())
            international = not message.to_address.isascii()
            if international:
                await smtp.ehlo()
                if not smtp.supports_extension("smtputf8"):
                    # What RFC 6531 has a relay answer that cannot pass such an address on.
                    raise _refused("recipient", 553, "5.6.7")
            encoding = "utf-8" if international else "ascii"
            stage = "sender"
            await smtp.mail(self._config.from_address, options=["SMTPUTF8"] if international else [])
            stage = "recipient"
            await smtp.rcpt(message.to_address, encoding=encoding)
            stage = "message"
            answer = await smtp.data(wire)
            with suppress(SMTPException, OSError):
                await smtp.quit(timeout=_GOODBYE.total_seconds())
        except (SMTPException, OSError) as error:
            # The library's error quotes the address: it must not travel along as the cause.
            raise _failure(stage, error) from None
        finally:
            smtp.close()
        reply = f"{answer.code} {answer.message}".replace(message.to_address, "…")
        return Receipt(reply=reply[:_REPLY_LENGTH])

    def _connection(self) -> SMTP:
        config = self._config
        return SMTP(
            hostname=config.host,
            port=config.port,
            username=config.username,
            password=config.password.get_secret_value() if config.password else None,
            # The name of this machine is nobody's business, and looking it up can block for seconds.
            local_hostname=config.from_address.rsplit("@", 1)[1],
            timeout=config.reply_timeout.total_seconds(),
            use_tls=config.security == "tls",
            start_tls=config.security == "starttls",
            tls_context=self._tls,
        )


def _refused(stage: Stage, code: int, enhanced_status: str | None) -> MailRefused:
    reason = f"the mail server refused the {stage}: {' '.join(filter(None, (str(code), enhanced_status)))}"
    return MailRefused("mail", "send", reason, code=code, enhanced_status=enhanced_status, stage=stage)


def _failure(stage: Stage | Literal["connect"], error: SMTPException | OSError) -> MailError:
    """Map what the library raised; a refusal while connecting or signing in is ours to mend, not the recipient's."""
    if not isinstance(error, SMTPResponseException):
        reason = f"no usable answer from the mail server ({type(error).__name__}) at the step {stage}"
        return MailUnavailable("mail", "send", reason, possibly_taken=stage == "message")
    found = _ENHANCED_STATUS.match(error.message)
    enhanced_status = found.group() if found else None
    if error.code >= _PERMANENT and stage != "connect":
        return _refused(stage, error.code, enhanced_status)
    codes = " ".join(filter(None, (str(error.code), enhanced_status)))
    return MailUnavailable("mail", "send", f"the mail server answered {codes} at the step {stage}")
