"""A firm's own system under test: a real server that takes events and checks who signed them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from standardwebhooks import Webhook

from tests.conftest import Eventually

Part = MutableMapping[str, Any]


@dataclass(frozen=True)
class Taken:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, Any]:
        """Return the event, checked by the library that a firm would use; raises when it is not ours."""
        event: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return event

    @property
    def event(self) -> dict[str, Any]:
        """The event as it was sent, unchecked."""
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass
class Receiver:
    """Answers 204, or what it is told to answer next; `status` is what it answers when nothing is left to answer."""

    status: int = 204
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    address: str = ""

    @property
    def seqs(self) -> list[int]:
        """The places of the events that were offered, in the order of their arrival."""
        return [each.event["seq"] for each in self.taken]

    async def __call__(self, scope: Part, receive: Callable[[], Any], send: Callable[[Part], Any]) -> None:
        """Take one request, as ASGI has it."""
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.taken.append(Taken(scope["method"], scope["path"], headers, body))
        status, extra = self.answers.pop(0) if self.answers else (self.status, {})
        named = [(name.encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": named})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def receiving(eventually: Eventually) -> AsyncIterator[Receiver]:
    """Serve a receiver on a free port of this machine."""
    receiver = Receiver()
    server = uvicorn.Server(uvicorn.Config(receiver, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    receiver.address = f"http://127.0.0.1:{port}/onward-events"
    try:
        yield receiver
    finally:
        server.should_exit = True
        await task
