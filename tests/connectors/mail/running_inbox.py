"""What the tests of e-mail hold in their hands; the fixtures are in `conftest.py`."""

import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from connectors.mail.port import OutgoingEmail
from connectors.mail.smtp_adapter import SmtpConfig

BuildEmail = Callable[..., OutgoingEmail]


@dataclass(frozen=True)
class RunningInbox:
    """An inbox that takes mail on `smtp_port` and answers `http`."""

    http: httpx.AsyncClient
    smtp_port: int

    def config(self, **changes: Any) -> SmtpConfig:
        """Return what an adapter needs to hand mail to this inbox."""
        settings = {
            "host": "127.0.0.1",
            "port": self.smtp_port,
            "from_address": "onboarding@onward.example",
            "from_name": "Onward",
            "reply_to": "support@onward.example",
            "connect_timeout": timedelta(seconds=5),
            "reply_timeout": timedelta(seconds=5),
        }
        return SmtpConfig.model_validate(settings | changes)

    async def messages(self, **query: str) -> list[dict[str, Any]]:
        """Return the received messages, newest first."""
        answer = await self.http.get("/dev/inbox/messages", params=query)
        assert answer.status_code == 200
        messages: list[dict[str, Any]] = answer.json()
        return messages

    async def order_fault(self, **fault: Any) -> None:
        """Order a fault."""
        answer = await self.http.post("/_sandbox/faults", json=fault)
        assert answer.status_code == 201, answer.text


OpenInbox = Callable[..., AbstractAsyncContextManager[RunningInbox]]


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate of 127.0.0.1: the server's context, and the file senders trust."""

    server: ssl.SSLContext
    authority: Path
