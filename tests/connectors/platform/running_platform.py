"""A platform sandbox and a receiver of its webhooks, both on real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp


@dataclass
class Delivery:
    """A webhook as it came in."""

    body: bytes
    signature: str


@dataclass
class Receiver:
    """Takes webhooks and keeps them."""

    deliveries: list[Delivery] = field(default_factory=list)

    def app(self) -> FastAPI:
        """Build the application."""
        app = FastAPI()

        @app.post("/webhooks/platform")
        async def take(request: Request) -> Response:
            self.deliveries.append(Delivery(await request.body(), request.headers["Webhook-Signature"]))
            return Response(status_code=202)

        return app


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application on a free port of this machine and yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
