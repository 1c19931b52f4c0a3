"""The log of the events that went out to a firm's own systems (P55)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse

from api import problem_types as problems
from api.dependencies import NowDep, ServicesDep
from api.idempotency import Answer, OnceDep
from api.outgoing.deliveries import PATH, Deliveries, DeliveryFilters
from api.problems import responses
from api.routes.journeys import IDEMPOTENCY, SIGN_IN
from api.security.advisers import WritingAdviserDep
from models.schemas.outgoing_subscriptions import DeliveryPage, DeliveryView

router = APIRouter(prefix=PATH, tags=["events"])


async def _deliveries(adviser: WritingAdviserDep, services: ServicesDep) -> Deliveries:
    return Deliveries(services, adviser)


DeliveriesDep = Annotated[Deliveries, Depends(_deliveries)]


@router.get("", responses=responses(*SIGN_IN, problems.INVALID_REQUEST))
async def list_event_deliveries(
    filters: Annotated[DeliveryFilters, Query()], deliveries: DeliveriesDep
) -> DeliveryPage:
    """List the firm's deliveries, the newest first: what was taken, what is still offered, what was given up."""
    return await deliveries.page(filters)


@router.post(
    "/{subscription_id}/{seq}/resend",
    status_code=HTTPStatus.ACCEPTED,
    response_model=DeliveryView,
    responses=responses(*SIGN_IN, *IDEMPOTENCY, problems.EVENT_DELIVERY_NOT_FOUND, problems.ENGINE_UNAVAILABLE),
)
async def resend_event(
    subscription_id: str,
    seq: Annotated[int, Path(ge=0, le=2**53)],
    deliveries: DeliveriesDep,
    once: OnceDep,
    now: NowDep,
) -> JSONResponse:
    """Offer an event again at once, whatever became of it before; it keeps its id."""

    async def act() -> Answer:
        return await deliveries.resend(subscription_id, seq, now)

    return await once.run(act)
