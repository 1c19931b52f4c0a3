"""The SMTP adapter against the real inbox: what arrives, and what each failure becomes."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from pydantic import ValidationError

from connectors.errors import ConnectorRejected, ConnectorUnavailable
from connectors.mail.port import MailError, MailRefused, MailUnavailable
from connectors.mail.smtp_adapter import SmtpMailGateway, build_message
from tests.connectors.mail.running_inbox import BuildEmail, RunningInbox


def _read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, _class=EmailMessage, policy=default)


async def test_an_email_arrives_as_it_was_written(inbox: RunningInbox, email: BuildEmail) -> None:
    """The inbox holds the very subject, text, link, recipient and event that were handed over."""
    sent = email()

    receipt = await SmtpMailGateway(inbox.config()).send(sent)

    assert receipt.reply.startswith("250 ")
    (arrived,) = await inbox.messages()
    assert arrived["message_id"] == sent.message_id
    assert arrived["to"] == "zoe@example.com"
    assert arrived["subject"] == sent.subject
    assert arrived["text"].replace("\r\n", "\n") == sent.text
    assert arrived["template"] == "account_created"
    assert arrived["links"] == ["https://portal.example/start"]


def test_the_message_is_built_as_machine_mail_should_be(inbox: RunningInbox, email: BuildEmail) -> None:
    """Text comes before HTML, UTF-8, with the headers of an automatic service message and no marketing header."""
    sent_at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    built = build_message(email(), inbox.config(), sent_at)
    message = _read(built.as_bytes())

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in message.iter_parts()} == {"utf-8"}
    assert message["From"] == "Onward <onboarding@onward.example>"
    assert message["To"] == "Zoë <zoe@example.com>"
    assert message["Reply-To"] == "support@onward.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 23 Nov 2026 09:30:00 +0000"
    assert message["X-Onward-Template"] == "account_created"
    assert "List-Unsubscribe" not in message
    assert max(map(len, built.as_bytes().split(b"\r\n"))) <= 998
    assert built.as_bytes().isascii()


def test_a_long_message_id_is_not_folded_apart(inbox: RunningInbox, email: BuildEmail) -> None:
    """A Message-ID longer than a header line still arrives whole, so that copies can be told."""
    long_id = f"<4ce4c6a4-a07a-5b1c-8b3f-0f6f6f0c8b11@{'mail.' * 12}onward.example>"

    raw = build_message(email(message_id=long_id), inbox.config(), datetime.now(UTC)).as_bytes()

    assert long_id.encode() in raw


async def test_an_international_address_is_delivered(inbox: RunningInbox, email: BuildEmail) -> None:
    """An address with letters beyond ASCII goes out with SMTPUTF8."""
    await SmtpMailGateway(inbox.config()).send(email(to_address="zoë@example.com"))

    assert [message["to"] for message in await inbox.messages()] == ["zoë@example.com"]


@pytest.mark.rule("P48")
async def test_a_refused_recipient_is_final_and_unnamed(inbox: RunningInbox, email: BuildEmail) -> None:
    """A 550 becomes MailRefused with code, enhanced status and stage, and never repeats the address."""
    await inbox.order_fault(kind="refuse", recipient="zoe@example.com")

    with pytest.raises(MailRefused) as caught:
        await SmtpMailGateway(inbox.config()).send(email())

    error = caught.value
    assert (error.code, error.enhanced_status, error.stage) == (550, "5.1.1", "recipient")
    assert isinstance(error, MailError)
    assert isinstance(error, ConnectorRejected)
    assert "example.com" not in f"{error} {error!r}"
    assert error.__cause__ is None
    assert await inbox.messages() == []


async def test_a_fault_for_one_recipient_spares_the_others(inbox: RunningInbox, email: BuildEmail) -> None:
    """A fault that names a recipient leaves everybody else's mail alone."""
    await inbox.order_fault(kind="refuse", recipient="Other@example.com")

    await SmtpMailGateway(inbox.config()).send(email())
    with pytest.raises(MailRefused):
        await SmtpMailGateway(inbox.config()).send(email(to_address="other@example.com"))

    assert [message["to"] for message in await inbox.messages()] == ["zoe@example.com"]


@pytest.mark.rule("P42")
async def test_an_outage_can_be_tried_again(inbox: RunningInbox, email: BuildEmail) -> None:
    """A 421 becomes MailUnavailable, nothing is kept, and the next try succeeds."""
    await inbox.order_fault(kind="outage", times=2)
    gateway = SmtpMailGateway(inbox.config())

    for _ in range(2):
        with pytest.raises(MailUnavailable, match=r"421 4\.3\.2") as caught:
            await gateway.send(email())
        assert isinstance(caught.value, ConnectorUnavailable)
        assert not caught.value.possibly_taken
    await gateway.send(email())

    assert len(await inbox.messages()) == 1


async def test_a_message_kept_without_an_answer_is_reported_as_possibly_taken(
    inbox: RunningInbox, email: BuildEmail
) -> None:
    """When the connection closes before the 250, the error says the message may be there, and it is."""
    await inbox.order_fault(kind="commit_then_timeout")

    with pytest.raises(MailUnavailable) as caught:
        await SmtpMailGateway(inbox.config()).send(email())

    assert caught.value.possibly_taken
    assert [message["message_id"] for message in await inbox.messages()] == [email().message_id]


async def test_the_copies_of_an_ambiguous_send_share_their_message_id(inbox: RunningInbox, email: BuildEmail) -> None:
    """A try after an unanswered one arrives as a second copy with the same Message-ID, which SMTP cannot prevent."""
    gateway = SmtpMailGateway(inbox.config())
    await inbox.order_fault(kind="commit_then_timeout")
    with pytest.raises(MailUnavailable):
        await gateway.send(email())

    await gateway.send(email())

    assert [message["message_id"] for message in await inbox.messages()] == [email().message_id] * 2


async def test_a_slow_answer_is_cut_off_at_the_time_out(inbox: RunningInbox, email: BuildEmail) -> None:
    """The adapter waits for an answer no longer than its setting says."""
    await inbox.order_fault(kind="slow", delay_seconds=30)
    started = asyncio.get_running_loop().time()

    with pytest.raises(MailUnavailable, match="Timeout") as caught:
        await SmtpMailGateway(inbox.config(reply_timeout=timedelta(milliseconds=200))).send(email())

    assert caught.value.possibly_taken
    assert asyncio.get_running_loop().time() - started < 5


async def test_no_server_means_unavailable(inbox: RunningInbox, email: BuildEmail) -> None:
    """With nobody listening the message surely was not taken."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gateway = SmtpMailGateway(inbox.config(port=closed.getsockname()[1]))

        with pytest.raises(MailUnavailable, match="at the step connect") as caught:
            await gateway.send(email())

    assert not caught.value.possibly_taken


async def test_a_server_that_never_greets_is_given_up(inbox: RunningInbox, email: BuildEmail) -> None:
    """A port that accepts and stays silent costs the connect time-out, not for ever."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        config = inbox.config(port=silent.getsockname()[1], connect_timeout=timedelta(milliseconds=200))

        with pytest.raises(MailUnavailable, match="at the step connect"):
            await SmtpMailGateway(config).send(email())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to_address", "zoe@example.com\r\nBcc: eve@example.com"),
        ("to_address", "Zoë <zoe@example.com>"),
        ("to_name", "Zoë\nBcc: eve@example.com"),
        ("subject", "Hello\r\nBcc: eve@example.com"),
        ("message_id", "<a@b>\r\nBcc: eve@example.com"),
        ("message_id", "no-brackets@onward.example"),
        ("template", "unheard_of"),
    ],
)
def test_an_email_that_could_forge_a_header_is_refused(email: BuildEmail, field: str, value: str) -> None:
    """A line break or a broken address never reaches the wire, and the error does not repeat it."""
    with pytest.raises(ValidationError) as caught:
        email(**{field: value})

    assert value not in str(caught.value)
