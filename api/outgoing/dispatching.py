"""Begins the delivery of each event to each subscription, in the order of the firm's stream."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from api.launching import START_PATIENCE
from models.outgoing import DeliverEvent
from models.tables import EventSubscriptionRow
from runtime.services import Services
from runtime.temporal import JOURNEYS_QUEUE
from storage.event_deliveries import EventDeliveryRepository
from storage.event_subscriptions import EventSubscriptionRepository
from storage.outgoing import OutgoingRepository
from workflows.delivering import EventDelivery, delivery_workflow_id

# So many may be on their way to one address: one that is slow or away must not take the workers from the others.
IN_FLIGHT: Final = 50
_PAUSE_SECONDS: Final = 1.0
_LOOK_AFTER_SECONDS: Final = 60.0
_log = structlog.get_logger(__name__)


async def run_dispatcher(services: Services) -> None:
    """Begin deliveries until cancelled; nothing that fails ends it, and nothing is lost or doubled if it is ended.

    The delivery's row is written first, then its workflow is started under an id that is derived, then the place is
    moved on: whatever was interrupted is done again and changes nothing the second time.
    """
    clock = asyncio.get_running_loop().time
    looked_after = -_LOOK_AFTER_SECONDS
    while True:
        begun = 0
        try:
            if clock() - looked_after >= _LOOK_AFTER_SECONDS:
                await look_after(services)
                looked_after = clock()
            begun = await dispatch(services)
        except (SQLAlchemyError, RPCError) as error:
            _log.warning("events_not_dispatched", error=type(error).__name__)
        if not begun:
            await asyncio.sleep(_PAUSE_SECONDS)


async def dispatch(services: Services) -> int:
    """Go once through every active subscription; return how many events were passed."""
    async with services.database.reading() as session:
        subscriptions = await EventSubscriptionRepository(session).active()
    passed = 0
    for subscription in subscriptions:
        try:
            passed += await _dispatch(services, subscription)
        except SQLAlchemyError as error:
            # It may have been removed meanwhile; the others have their turn all the same.
            _log.warning("events_not_dispatched", subscription=subscription.subscription_id, error=type(error).__name__)
    return passed


async def _dispatch(services: Services, subscription: EventSubscriptionRow) -> int:
    begun_at = subscription.dispatched
    async with services.database.reading() as session:
        on_their_way = await EventDeliveryRepository(session).pending(subscription.subscription_id, up_to=begun_at)
        room = IN_FLIGHT - len(on_their_way)
        if room <= 0:
            return 0
        events = await OutgoingRepository(session).after(subscription.firm, begun_at, room)
    if not events:
        return 0
    places = [(event.seq or 0, event.type) for event in events]
    wanted = [seq for seq, kind in places if not subscription.types or kind in subscription.types]
    async with services.database.transaction() as session:
        await EventDeliveryRepository(session).begin(subscription, wanted, datetime.now(UTC))
    for seq in wanted:
        await begin_delivery(services, subscription, seq)
    async with services.database.transaction() as session:
        await EventSubscriptionRepository(session).advance(
            subscription.subscription_id, begun_at=begun_at, reached=places[-1][0]
        )
    return len(events)


async def look_after(services: Services) -> None:
    """Start the workflow of every delivery that is on its way, unless it runs.

    A resend may have been interrupted, or a replay may have met a workflow that was just about to end.
    """
    async with services.database.reading() as session:
        subscriptions = await EventSubscriptionRepository(session).active()
    for subscription in subscriptions:
        async with services.database.reading() as session:
            repository = EventDeliveryRepository(session)
            seqs = await repository.pending(subscription.subscription_id, up_to=subscription.dispatched)
        for seq in seqs:
            await begin_delivery(services, subscription, seq)


async def begin_delivery(
    services: Services, subscription: EventSubscriptionRow, seq: int, *, anew: bool = False
) -> None:
    """Start the workflow of a delivery.

    Args:
        services: Where to start it.
        subscription: To whom.
        seq: Which event.
        anew: End one that is waiting for its next attempt, and begin again at once.
    """
    patience: timedelta = services.settings.event_delivery_patience
    await services.temporal.start_workflow(
        EventDelivery.run,
        DeliverEvent(subscription_id=subscription.subscription_id, seq=seq, firm=subscription.firm, patience=patience),
        id=delivery_workflow_id(subscription.subscription_id, seq),
        task_queue=JOURNEYS_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=(
            WorkflowIDConflictPolicy.TERMINATE_EXISTING if anew else WorkflowIDConflictPolicy.USE_EXISTING
        ),
        rpc_timeout=START_PATIENCE,
        static_summary=f"Event {seq} · {subscription.firm}",
        priority=Priority(fairness_key=subscription.firm),
    )
