"""How news reach a journey that may have ended meanwhile, and how they are read from a delivery."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from temporalio.service import RPCError, RPCStatusCode
from temporalio.types import MethodSyncOrAsyncSingleParam

from api.webhooks.deliveries import Delivery
from models.base import Message
from runtime.services import Services
from runtime.temporal import journey_handle
from workflows.onboarding import OnboardingJourney

_SIGNAL_PATIENCE: Final = timedelta(seconds=3)
NewsT = TypeVar("NewsT", bound=Message)
Signal = MethodSyncOrAsyncSingleParam[OnboardingJourney, NewsT, None]
"""The journey's signal that takes news of this kind."""


@dataclass(frozen=True, slots=True)
class Heard:
    """When we heard of a delivery, and what became of it so far.

    Attributes:
        at: When it was stored.
        again: Whether an earlier attempt to carry it out may have begun.
        looked_at: Whether an earlier attempt told everybody who was known then, and nothing failed.
        failed: How many attempts failed so far.
    """

    at: datetime
    again: bool = False
    looked_at: bool = False
    failed: int = 0


async def tell(services: Services, journey_id: str, signal: Signal[NewsT], news: NewsT) -> None:
    """Signal a journey; one that has ended needs no news. Raises RPCError when the engine does not take it."""
    try:
        await journey_handle(services.temporal, journey_id).signal(signal, news, rpc_timeout=_SIGNAL_PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def resource_id(delivery: Delivery) -> str | None:
    """Return the id of the record that a delivery of the platform is about."""
    resource = delivery.body.get("resource")
    identifier = resource.get("id") if isinstance(resource, dict) else None
    return identifier if isinstance(identifier, str) else None


def occurred_at(delivery: Delivery, heard: Heard) -> datetime:
    """Return when it happened, as the platform says, else when we heard of it."""
    text = delivery.body.get("occurred_at")
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else heard.at
    except ValueError:
        return heard.at
    return moment if moment.tzinfo is not None else heard.at
