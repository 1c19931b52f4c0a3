"""The development inbox: what its pages and its JSON show of received mail."""

import smtplib
import sqlite3
from asyncio import to_thread
from contextlib import closing
from pathlib import Path

import pytest

from connectors.mail.identity import EmailTemplate
from connectors.mail.port import MailUnavailable
from connectors.mail.rendering import Brand, EmailContext, render
from connectors.mail.smtp_adapter import SmtpMailGateway
from tests.connectors.mail.running_inbox import BuildEmail, OpenInbox, RunningInbox


async def _send_raw(inbox: RunningInbox, recipients: list[str], raw: bytes) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=5) as smtp:
            smtp.sendmail("sender@example.com", recipients, raw)

    await to_thread(send)


async def test_messages_are_listed_newest_first_and_by_recipient(inbox: RunningInbox, email: BuildEmail) -> None:
    """Tests and the demo find what a person got, whatever the case of the address, and what an event sent."""
    gateway = SmtpMailGateway(inbox.config())
    await gateway.send(email(1, subject="one"))
    await gateway.send(email(2, subject="two", to_address="amir@example.com"))
    await gateway.send(email(3, subject="three", template=EmailTemplate.NEW_DOCUMENTATION))

    assert [message["subject"] for message in await inbox.messages()] == ["three", "two", "one"]
    assert [message["subject"] for message in await inbox.messages(to="ZOE@example.com")] == ["three", "one"]
    assert [message["subject"] for message in await inbox.messages(template="new_documentation")] == ["three"]
    assert [message["subject"] for message in await inbox.messages(limit="1")] == ["three"]


async def test_every_recipient_has_a_copy(inbox: RunningInbox) -> None:
    """A message to two people lies in two mailboxes."""
    await _send_raw(inbox, ["a@example.com", "b@example.com"], b"Subject: both\r\n\r\nhello\r\n")

    assert sorted(message["to"] for message in await inbox.messages()) == ["a@example.com", "b@example.com"]


async def test_numbers_are_not_used_again(inbox: RunningInbox, email: BuildEmail) -> None:
    """After deleting, nothing is left, and a new message does not take an old one's address."""
    gateway = SmtpMailGateway(inbox.config())
    await gateway.send(email())
    (old,) = await inbox.messages()

    assert (await inbox.http.delete("/dev/inbox/messages")).status_code == 204
    assert await inbox.messages() == []
    await gateway.send(email())
    (new,) = await inbox.messages()
    assert new["id"] > old["id"]
    assert (await inbox.http.get(f"/dev/inbox/{old['id']}")).status_code == 404


async def test_mail_survives_a_restart(open_inbox: OpenInbox, email: BuildEmail) -> None:
    """A second start on the same file shows what the first one took."""
    async with open_inbox() as first:
        await SmtpMailGateway(first.config()).send(email())
        before = await first.messages()

    async with open_inbox() as second:
        assert await second.messages() == before != []


async def test_e3_the_overview_links_to_each_message_and_refreshes_itself(
    inbox: RunningInbox, email: BuildEmail
) -> None:
    """The page has no script, is escaped, and reloads within the two seconds in which mail must show, until stopped."""
    empty = (await inbox.http.get("/dev/inbox")).text
    await SmtpMailGateway(inbox.config()).send(email(subject="<b>bold</b>"))
    (message,) = await inbox.messages()

    page = await inbox.http.get("/dev/inbox")

    assert "No e-mail yet" in empty
    assert f'href="/dev/inbox/{message["id"]}"' in page.text
    assert "&lt;b&gt;bold&lt;/b&gt;" in page.text
    assert page.headers["Refresh"] == "2"
    assert 'href="/dev/inbox?still=true"' in page.text
    assert "Refresh" not in (await inbox.http.get("/dev/inbox", params={"still": "true"})).headers
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert (await inbox.http.get("/dev/inbox/inbox.css")).headers["Content-Type"].startswith("text/css")
    assert (await inbox.http.get("/")).headers["Location"] == "/dev/inbox"


async def test_e3_a_message_page_shows_link_text_headers_and_a_caged_frame(
    inbox: RunningInbox, email: BuildEmail
) -> None:
    """A person reads the mail as its reader would, and goes on by its link."""
    await SmtpMailGateway(inbox.config()).send(email())
    (message,) = await inbox.messages()

    page = (await inbox.http.get(f"/dev/inbox/{message['id']}")).text

    assert '<a href="https://portal.example/start"' in page
    assert "Dear Zoë," in page
    assert "<dt>Auto-Submitted</dt><dd>auto-generated</dd>" in page
    assert f'src="/dev/inbox/{message["id"]}/html" sandbox="allow-popups allow-popups-to-escape-sandbox"' in page


async def test_the_html_of_a_hostile_mail_can_do_nothing(inbox: RunningInbox) -> None:
    """Script, images and forms are forbidden by the frame's own policy, and a script link is not offered."""
    raw = (
        b"Subject: hostile\r\nContent-Type: text/html; charset=no-such-charset\r\n\r\n"
        b'<html><head></head><body><script>alert(1)</script><a href="javascript:alert(1)">x</a>'
        b'<a href="https://portal.example/ok">y</a></body></html>\r\n'
    )
    await _send_raw(inbox, ["zoe@example.com"], raw)
    (message,) = await inbox.messages()

    html = await inbox.http.get(f"/dev/inbox/{message['id']}/html")

    policy = html.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script" not in policy
    assert '<base target="_blank">' in html.text
    assert message["links"] == ["https://portal.example/ok"]


async def test_a_mail_without_html_or_headers_still_opens(inbox: RunningInbox) -> None:
    """A bare text gets a page without a frame, and its HTML is not found."""
    await _send_raw(inbox, ["zoe@example.com"], b"\r\nSee https://portal.example/a, then https://portal.example/a.\r\n")
    (message,) = await inbox.messages()

    page = await inbox.http.get(f"/dev/inbox/{message['id']}")

    assert page.status_code == 200
    assert "<iframe" not in page.text
    assert message["subject"] == "(no subject)"
    assert message["message_id"] is None
    assert message["links"] == ["https://portal.example/a"]
    assert (await inbox.http.get(f"/dev/inbox/{message['id']}/html")).status_code == 404


@pytest.mark.rule("P12")
async def test_a_rendered_email_arrives_whole(inbox: RunningInbox, email: BuildEmail) -> None:
    """A real template comes out of the inbox with its link intact in both parts and its HTML unchanged."""
    context = EmailContext(
        recipient_first_name="Zoë",
        wrappers=("stocks and shares ISA",),
        adviser_name="Priya Shah",
        firm_name="Harbour Wealth",
        url="http://127.0.0.1:8080/portal/invitations/k3y?a=1&b=2",
        first_visit=True,
    )
    brand = Brand(name="Onward", contact_line="Reply to this e-mail.", regulatory_footer="A sample firm.")
    rendered = render(EmailTemplate.ACCOUNT_CREATED, context, brand)

    await SmtpMailGateway(inbox.config()).send(email(**rendered.model_dump()))

    (message,) = await inbox.messages()
    html = (await inbox.http.get(f"/dev/inbox/{message['id']}/html")).text
    assert message["links"] == [context.url]
    assert message["text"].replace("\r\n", "\n") == rendered.text
    assert html.replace("\r\n", "\n").replace('<base target="_blank">', "") == rendered.html + "\n"


async def test_a_foreign_host_name_is_turned_away(inbox: RunningInbox) -> None:
    """A web page that points its own name at this machine cannot read the mail."""
    answer = await inbox.http.get("/dev/inbox/messages", headers={"Host": "evil.example"})

    assert answer.status_code == 400


async def test_faults_are_listed_and_cleared(inbox: RunningInbox, email: BuildEmail) -> None:
    """An ordered fault shows with what is left of it; clearing makes the inbox work again."""
    await inbox.order_fault(kind="outage", seconds=600)
    await inbox.order_fault(kind="refuse")

    pending = (await inbox.http.get("/_sandbox/faults")).json()
    assert [(fault["kind"], fault["times"], fault["seconds"]) for fault in pending] == [
        ("outage", None, 600),
        ("refuse", 1, None),
    ]
    assert (await inbox.http.delete("/_sandbox/faults")).status_code == 204
    await SmtpMailGateway(inbox.config()).send(email())
    assert len(await inbox.messages()) == 1


@pytest.mark.parametrize(
    "fault", [{"kind": "explode"}, {"kind": "outage", "times": 0}, {"kind": "outage", "unknown": 1}]
)
async def test_an_unknown_fault_is_refused(inbox: RunningInbox, fault: dict[str, object]) -> None:
    """A misspelt order is a 422, not a fault that never strikes."""
    assert (await inbox.http.post("/_sandbox/faults", json=fault)).status_code == 422


async def test_a_message_that_cannot_be_kept_is_not_confirmed(
    inbox: RunningInbox, email: BuildEmail, tmp_path: Path
) -> None:
    """When the database refuses a write, the sender gets a 4xx and keeps the message."""
    with closing(sqlite3.connect(tmp_path / "inbox.db")) as database:
        database.execute("ALTER TABLE message RENAME TO elsewhere")

        with pytest.raises(MailUnavailable, match=r"451 4\.3\.0") as caught:
            await SmtpMailGateway(inbox.config()).send(email())
        database.execute("ALTER TABLE elsewhere RENAME TO message")

    assert not caught.value.possibly_taken
    assert await inbox.messages() == []
