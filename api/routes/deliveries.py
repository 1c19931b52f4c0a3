"""What came in from the two systems and what became of it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from api import problem_types as problems
from api.dependencies import NowDep, ServicesDep
from api.idempotency import Answer, OnceDep
from api.problems import responses
from api.routes.journeys import IDEMPOTENCY, SIGN_IN
from api.security.advisers import AdviserDep, WritingAdviserDep
from api.webhooks.inbox import Deliveries, DeliveryFilters, Source, view
from models.schemas.deliveries import WebhookDelivery, WebhookDeliveryPage

router = APIRouter(prefix="/api/v1/webhook-deliveries", tags=["sync"])


@router.get("", responses=responses(*SIGN_IN, problems.INVALID_REQUEST))
async def list_webhook_deliveries(
    filters: Annotated[DeliveryFilters, Query()], adviser: AdviserDep, services: ServicesDep
) -> WebhookDeliveryPage:
    """List the deliveries of both systems that concern your firm, the newest first (P53)."""
    return await Deliveries(services, adviser).page(filters)


@router.get("/{source}/{event_id}", responses=responses(*SIGN_IN, problems.WEBHOOK_DELIVERY_NOT_FOUND))
async def get_webhook_delivery(
    source: Source, event_id: str, adviser: AdviserDep, services: ServicesDep
) -> WebhookDelivery:
    """Show one delivery and what became of it."""
    return view(await Deliveries(services, adviser).row(source, event_id))


@router.post(
    "/{source}/{event_id}/reprocess",
    response_model=WebhookDelivery,
    responses=responses(*SIGN_IN, *IDEMPOTENCY, problems.WEBHOOK_DELIVERY_NOT_FOUND),
)
async def reprocess_webhook_delivery(  # noqa: PLR0917 - a path of two parts and what every command asks for
    source: Source, event_id: str, adviser: WritingAdviserDep, services: ServicesDep, once: OnceDep, now: NowDep
) -> JSONResponse:
    """Handle a delivery once more, at once: also one that was handled, and one that was given up.

    The record is read again, so that a late repetition does no harm; the answer says what became of it.
    """

    async def act() -> Answer:
        row = await Deliveries(services, adviser).reprocess(source, event_id, now)
        return Answer(HTTPStatus.OK, view(row))

    return await once.run(act)
