"""Takes a received message apart for showing; nothing in it is trusted."""

import re
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from connectors.mail.inbox.store import StoredMessage

_URL_IN_TEXT = re.compile(r"https?://[^\s<>\"']+")


class InboxMessage(BaseModel):
    """One received message."""

    model_config = ConfigDict(hide_input_in_errors=True)

    id: int
    message_id: str | None
    to: str = Field(description="the recipient of the envelope")
    subject: str
    received_at: datetime
    template: str | None = Field(description="the X-Onward-Template header: the event it tells of")
    text: str
    links: list[str] = Field(description="http(s) addresses of both parts, each once, in order")


class OpenedMessage(InboxMessage):
    """One received message with all that its page shows."""

    html: str | None
    headers: list[tuple[str, str]]


class _Hrefs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.extend(value for name, value in attrs if name == "href" and value)


def open_message(stored: StoredMessage) -> OpenedMessage:
    """Decode one stored message; a broken one still opens, with what can be read of it."""
    message = message_from_bytes(stored.raw, _class=EmailMessage, policy=default)
    text = _part(message, "plain") or ""
    html = _part(message, "html")
    return OpenedMessage(
        id=stored.id,
        message_id=message["Message-ID"],
        to=stored.to_address,
        subject=message["Subject"] or "(no subject)",
        received_at=stored.received_at,
        template=message["X-Onward-Template"],
        text=text,
        links=_links(text, html or ""),
        html=html,
        headers=[(name, str(value)) for name, value in message.items()],
    )


def _part(message: EmailMessage, subtype: str) -> str | None:
    part = message.get_body((subtype,))
    if part is None:
        return None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    try:
        return payload.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return payload.decode(errors="replace")


def _links(text: str, html: str) -> list[str]:
    hrefs = _Hrefs()
    hrefs.feed(html)
    in_text = [url.rstrip(".,;:!?)") for url in _URL_IN_TEXT.findall(text)]
    return list(dict.fromkeys(url for url in hrefs.found + in_text if urlsplit(url).scheme in {"http", "https"}))
