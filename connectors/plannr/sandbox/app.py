"""Builds the sandbox's FastAPI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from connectors.plannr.sandbox.config import SandboxConfig
from connectors.plannr.sandbox.errors import (
    ApiError,
    answer_crash,
    answer_refusal,
    answer_unknown_route,
    answer_wrong_method,
)
from connectors.plannr.sandbox.faults import Faults
from connectors.plannr.sandbox.gate import Parts, guarded
from connectors.plannr.sandbox.limiter import RateLimiter
from connectors.plannr.sandbox.routes.accounts import accounts_router
from connectors.plannr.sandbox.routes.addon import addon_router
from connectors.plannr.sandbox.routes.business import business_router
from connectors.plannr.sandbox.routes.contacts import contacts_router
from connectors.plannr.sandbox.routes.control import control_router
from connectors.plannr.sandbox.routes.page import page_router, page_templates
from connectors.plannr.sandbox.routes.papers import papers_router
from connectors.plannr.sandbox.routes.plans import plans_router
from connectors.plannr.sandbox.routes.subscriptions import subscriptions_router
from connectors.plannr.sandbox.routes.work import work_router
from connectors.plannr.sandbox.seed import ensure_seeded
from connectors.plannr.sandbox.store import Store
from connectors.plannr.sandbox.webhooks import Dispatcher, Outbox


class SandboxApp(FastAPI):
    """The application, with every answer passing the guard that can lose it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs one ASGI call."""
        if scope["type"] == "http":
            await guarded(super().__call__, self.state.parts, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


async def _answer_bad_control(_request: Request, error: Exception) -> Response:
    """422 for a control request; the input is never repeated."""
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    fields = {".".join(str(step) for step in item["loc"][1:]): [item["msg"]] for item in problems}
    return JSONResponse({"message": "The request is not valid.", "errors": fields}, 422)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    dispatcher = Dispatcher(parts.store, parts.outbox, parts.faults, parts.config)
    running = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        parts.store.close()


def create_app(config: SandboxConfig) -> FastAPI:
    """A sandbox on its own database, seeded if that is empty; webhooks leave while its lifespan runs."""
    store = Store(config.database, config.clock)
    ensure_seeded(store)
    faults = Faults()
    # Its interactive documentation would load scripts from elsewhere, so only the JSON is served.
    app = SandboxApp(
        title="Plannr sandbox", version="1", docs_url=None, redoc_url=None, openapi_url="/_sandbox/openapi.json",
        lifespan=_lifespan,
    )  # fmt: skip
    app.state.parts = Parts(config, store, faults, RateLimiter(config.rate_limit_per_minute), Outbox(store, faults))
    app.state.templates = page_templates()
    for router in (
        accounts_router(), contacts_router(), plans_router(), business_router(), work_router(), papers_router(),
        addon_router(), subscriptions_router(), control_router(), page_router(),
    ):  # fmt: skip
        app.include_router(router)
    app.add_exception_handler(ApiError, answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_bad_control)
    app.add_exception_handler(404, answer_unknown_route)
    app.add_exception_handler(405, answer_wrong_method)
    app.add_exception_handler(Exception, answer_crash)
    return app
