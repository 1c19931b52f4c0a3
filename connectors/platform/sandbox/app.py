"""The platform sandbox as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from connectors.platform.sandbox import controls, fault_controls, page
from connectors.platform.sandbox.background import at_work
from connectors.platform.sandbox.config import SandboxConfig
from connectors.platform.sandbox.envelope import install_error_answers
from connectors.platform.sandbox.gate import HANG_UP, RateLimit
from connectors.platform.sandbox.routes import (
    accounts,
    clients,
    documents,
    illustrations,
    mandates,
    oauth,
    webhooks,
)
from connectors.platform.sandbox.server import Sandbox


class PlatformSandbox(FastAPI):
    """An application that can close a connection without an answer, which ASGI has no word for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the gate reach the server's transport, where there is one."""
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if scope["type"] == "http" and isinstance(transport, asyncio.BaseTransport):
            scope[HANG_UP] = transport.close
        await super().__call__(scope, receive, send)


def create_app(config: SandboxConfig) -> FastAPI:
    """Build the application.

    Its lifespan opens the database and starts the background work. In-process users, who run no lifespan of
    themselves, enter `app.router.lifespan_context(app)` around their calls.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sandbox: Sandbox = app.state.sandbox
        await sandbox.open()
        try:
            async with at_work(sandbox):
                yield
        finally:
            await sandbox.close()

    app = PlatformSandbox(title="Platform sandbox", version="1", lifespan=lifespan, openapi_url=None)
    app.state.sandbox = Sandbox(config)
    app.state.rate_limit = RateLimit()
    install_error_answers(app)
    for part in (
        oauth,
        clients,
        illustrations,
        accounts,
        mandates,
        documents,
        webhooks,
        controls,
        fault_controls,
        page,
    ):
        app.include_router(part.router)
    return app
