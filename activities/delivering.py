"""Delivering an event to a firm's own system; every attempt is counted and can be seen (P55)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from connectors.errors import ConnectorUnavailable
from connectors.firms.port import AddressRefused, FirmGateway, Posted
from connectors.firms.signing import signed_headers
from models.outgoing import DeliverEvent, DeliveryOutcome
from models.schemas.outgoing import OutgoingEvent
from models.tables import DeliveryState, EventSubscriptionRow, OutgoingEventRow
from storage.database import Database
from storage.event_deliveries import EventDeliveryRepository
from storage.event_subscriptions import EventSubscriptionRepository

NOT_TAKEN: Final = "EventNotTaken"
_SWITCHED_OFF: Final = "the subscription was paused"
_GONE: Final = "answered 410: the address wants no more events, so the subscription was paused"


def shown_event(row: OutgoingEventRow) -> OutgoingEvent:
    """Return an event as it is delivered, listed and streamed."""
    return OutgoingEvent(
        type=row.type, timestamp=row.occurred_at, id=row.event_id, seq=int(row.seq or 0), data=row.data
    )


class DeliveringActivities:
    """Offers events to the addresses that firms chose."""

    def __init__(
        self, database: Database, firms: FirmGateway, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Post through this gateway, with events, addresses and the log in this database."""
        self._database = database
        self._firms = firms
        self._clock = clock

    @activity.defn(name="events.deliver")
    async def deliver(self, request: DeliverEvent) -> DeliveryOutcome:
        """Offer the event once, unless it was delivered or given up already; a refusal is tried again."""
        async with self._database.reading() as session:
            found = await EventDeliveryRepository(session).find(request.subscription_id, request.seq, firm=request.firm)
        if found is None:
            return DeliveryOutcome(state="dropped")
        delivery, subscription, event = found
        if delivery.state is not DeliveryState.PENDING:
            return DeliveryOutcome(
                state="delivered" if delivery.state is DeliveryState.DELIVERED else "failed",
                status=delivery.last_status,
            )
        if not subscription.active:
            return await self._fail(request, _SWITCHED_OFF)
        return await self._offer(request, subscription, event)

    @activity.defn(name="events.give_up")
    async def give_up(self, request: DeliverEvent) -> DeliveryOutcome:
        """Mark an event that was not taken in all its time as failed; it can be sent again by hand."""
        return await self._fail(request)

    async def _offer(
        self, request: DeliverEvent, subscription: EventSubscriptionRow, event: OutgoingEventRow
    ) -> DeliveryOutcome:
        body = shown_event(event).model_dump_json()
        headers = signed_headers(subscription.secrets, event.event_id, self._clock(), body)
        try:
            posted = await self._firms.post(subscription.url, body.encode(), headers)
        except AddressRefused as refused:
            await self._count(request, None, refused.reason)
            return await self._fail(request)
        except ConnectorUnavailable as error:
            await self._count(request, None, error.reason)
            raise _not_taken(error.reason, error.retry_after) from None
        return await self._answered(request, posted)

    async def _answered(self, request: DeliverEvent, posted: Posted) -> DeliveryOutcome:
        if posted.gone:
            async with self._database.transaction() as session:
                await EventSubscriptionRepository(session).change(request.subscription_id, active=False)
                deliveries = EventDeliveryRepository(session)
                await deliveries.count_attempt(
                    request.subscription_id, request.seq, status=posted.status, error=_GONE, delivered_at=None
                )
                await deliveries.give_up(request.subscription_id, request.seq)
            return DeliveryOutcome(state="failed", status=posted.status)
        reason = "" if posted.taken else f"answered {posted.status}"
        await self._count(request, posted.status, reason, delivered_at=self._clock() if posted.taken else None)
        if not posted.taken:
            raise _not_taken(reason, posted.retry_after)
        return DeliveryOutcome(state="delivered", status=posted.status)

    async def _count(
        self, request: DeliverEvent, status: int | None, error: str, delivered_at: datetime | None = None
    ) -> None:
        async with self._database.transaction() as session:
            await EventDeliveryRepository(session).count_attempt(
                request.subscription_id, request.seq, status=status, error=error, delivered_at=delivered_at
            )

    async def _fail(self, request: DeliverEvent, error: str | None = None) -> DeliveryOutcome:
        async with self._database.transaction() as session:
            await EventDeliveryRepository(session).give_up(request.subscription_id, request.seq, error=error)
        return DeliveryOutcome(state="failed")


def _not_taken(reason: str, retry_after: float | None) -> ApplicationError:
    return ApplicationError(
        f"The firm's system has not taken the event: {reason}.",
        type=NOT_TAKEN,
        next_retry_delay=timedelta(seconds=retry_after) if retry_after is not None else None,
        category=ApplicationErrorCategory.BENIGN,
    )
