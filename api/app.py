"""The HTTP application: routes for advisers, clients, webhooks and operators around one set of services."""

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastapi import FastAPI

from api import background, documentation, problem_handlers
from api.metrics import Metrics
from api.middleware import BodyLimit, RequestEnvelope
from api.portal.access import Doorkeeper
from api.portal.pages.router import build_page_router
from api.portal.router import build_router
from api.routes import (
    changes,
    commands,
    deliveries,
    discrepancies,
    docs,
    event_deliveries,
    event_stream,
    event_subscriptions,
    events,
    evidence_pack,
    health,
    imports,
    journeys,
    oidc,
    reconciliations,
    records,
    webhooks,
)
from api.security.attempts import SignInLimits
from api.security.code_flow import code_flow
from api.security.tokens import token_verifier
from api.web import assets
from api.web.rendering import Pages
from api.workbench import router as workbench
from runtime.brand import load_brand
from runtime.services import Services


def create_app(services: Services) -> FastAPI:
    """Build the application around these services; its background work runs while it is served."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with background.running(services):
            yield

    app = FastAPI(
        title="Onward",
        version=_version(),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        description=documentation.DESCRIPTION,
        openapi_tags=documentation.TAGS,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.services = services
    app.state.metrics = Metrics()
    app.state.pages = Pages(load_brand(services.settings.brand))
    app.state.token_verifier = token_verifier(services.settings)
    app.state.code_flow = code_flow(services.settings, app.state.token_verifier)
    app.state.sign_in_limits = SignInLimits()
    problem_handlers.install(app)
    advisers = (imports, journeys, commands, changes, records, evidence_pack, events)
    sync = (discrepancies, reconciliations, deliveries, event_subscriptions, event_deliveries, event_stream)
    for module in (*advisers, *sync, webhooks, health, docs, problem_handlers):
        app.include_router(module.router)
    if services.settings.development_users:
        app.include_router(oidc.build_router(app.state.sign_in_limits))
    # One count of attempts, whichever way someone tries to come in.
    doorkeeper = Doorkeeper()
    app.include_router(build_router(doorkeeper))
    app.include_router(build_page_router(doorkeeper))
    app.include_router(workbench.build_router())
    app.include_router(assets.router)
    app.mount("/static", assets.HashedFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_middleware(BodyLimit)
    app.add_middleware(
        RequestEnvelope, metrics=app.state.metrics, https=services.settings.public_url.startswith("https")
    )
    documentation.install(app)
    return app


def _version() -> str:
    try:
        return version("onward")
    except PackageNotFoundError:
        # Run from a clone, where nothing is installed under this name.
        project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
        return str(project["project"]["version"])
