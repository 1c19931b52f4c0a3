"""For supervisors and Prometheus."""

import asyncio
from datetime import timedelta
from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api.dependencies import ServicesDep
from models.schemas.health import Alive, Readiness
from runtime.services import Services

_PATIENCE: Final = timedelta(seconds=2)

router = APIRouter(tags=["operation"])


@router.get("/health/live")
async def live() -> Alive:
    """Say that the process runs."""
    return Alive(status="ok")


@router.get("/health/ready", responses={503: {"model": Readiness}})
async def ready(services: ServicesDep, response: Response) -> Readiness:
    """Say whether the database and the engine answer."""
    database, temporal = await asyncio.gather(_database(services), _temporal(services))
    both = database == temporal == "ok"
    response.status_code = 200 if both else 503
    return Readiness(status="ok" if both else "unavailable", database=database, temporal=temporal)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Return the measurements; labels are operations and states alone."""
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


async def _database(services: Services) -> Literal["ok", "unavailable"]:
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()), services.database.reading() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return "unavailable"
    return "ok"


async def _temporal(services: Services) -> Literal["ok", "unavailable"]:
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            healthy = await services.temporal.service_client.check_health(timeout=_PATIENCE)
    except (RPCError, TimeoutError):
        return "unavailable"
    return "ok" if healthy else "unavailable"
