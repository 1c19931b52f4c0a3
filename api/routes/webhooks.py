"""The inbox for both systems' webhooks: verify, store once, answer, then hand on."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Header, Request, Response

from api import problem_types as problems
from api.dependencies import NowDep, ServicesDep
from api.metrics import Metrics
from api.problems import responses
from api.webhooks.deliveries import Delivery, from_plannr, from_platform
from api.webhooks.handling import handle
from api.webhooks.telling import Heard
from runtime.services import Services
from storage.webhooks import WebhookRepository

router = APIRouter(
    prefix="/webhooks",
    tags=["webhooks"],
    responses=responses(problems.WEBHOOK_SIGNATURE_WRONG, problems.WEBHOOK_NOT_READY, problems.INVALID_REQUEST),
)


@router.post("/platform", status_code=HTTPStatus.ACCEPTED)
async def receive_platform_webhook(
    request: Request,
    services: ServicesDep,
    now: NowDep,
    tasks: BackgroundTasks,
    webhook_signature: Annotated[str, Header()] = "",
) -> Response:
    """Take a delivery of the platform; a repeated one is answered alike and does nothing."""
    delivery = await from_platform(services, await request.body(), webhook_signature, now)
    return await _take(request, services, delivery, now, tasks)


@router.post("/plannr", status_code=HTTPStatus.ACCEPTED)
async def receive_plannr_webhook(
    request: Request,
    services: ServicesDep,
    now: NowDep,
    tasks: BackgroundTasks,
    x_signature: Annotated[str, Header()] = "",
) -> Response:
    """Take a delivery of Plannr; a repeated one is answered alike and does nothing."""
    delivery = await from_plannr(services, await request.body(), x_signature)
    return await _take(request, services, delivery, now, tasks)


async def _take(
    request: Request, services: Services, delivery: Delivery, now: datetime, tasks: BackgroundTasks
) -> Response:
    async with services.database.transaction() as session:
        fresh = await WebhookRepository(session).receive(
            delivery.source, delivery.event_id, delivery.event_type, delivery.body, now, delivery.firm
        )
    metrics: Metrics = request.app.state.metrics
    metrics.webhooks.labels(delivery.source, "new" if fresh else "repeated").inc()
    if fresh:
        tasks.add_task(handle, services, delivery, Heard(now))
    return Response(status_code=HTTPStatus.ACCEPTED, background=tasks)
