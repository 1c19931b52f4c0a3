"""Events on their way out: written in the transaction of the change they tell of."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.platform.sandbox.database import Delivery, Event, Record, timestamp
from connectors.platform.sandbox.faults import Fault, FaultBoard, portion
from connectors.platform.sandbox.resources import Subscription

EVENT_TYPES = (
    "client.created",
    "client.updated",
    "client.status_changed",
    "client.verification_updated",
    "account.created",
    "account.updated",
    "account.status_changed",
    "mandate.status_changed",
    "document.published",
)


class Outbox:
    """Writes events and one delivery per subscriber that wants them.

    Args:
        session: The session of the change.
        now: The clock.
        faults: Faults that strike events.
    """

    def __init__(self, session: AsyncSession, now: Callable[[], datetime], faults: FaultBoard) -> None:
        self._session = session
        self._now = now
        self._faults = faults
        self._subscriptions: list[Subscription] | None = None
        self.queued = False

    async def put(self, event_type: str, resource: Mapping[str, Any], details: Mapping[str, Any]) -> None:
        """Write an event and queue it."""
        occurred_at = timestamp(self._now())
        event_id = f"ev_{secrets.token_hex(10)}"
        content = {
            "event_id": event_id,
            "event_type": event_type,
            "version": 1,
            "occurred_at": occurred_at,
            "resource": dict(resource),
            **details,
        }
        event = Event(event_id=event_id, event_type=event_type, occurred_at=occurred_at, body=json.dumps(content))
        self._session.add(event)
        await self._session.flush()
        await self._queue(event, self._faults.take_for_event(event_type, event_id, self._now()))

    async def replay(self, since: datetime | None, event_types: Sequence[str]) -> int:
        """Queue past events again, for the subscribers there are now; returns the number of deliveries."""
        query = select(Event).order_by(Event.seq)
        if since is not None:
            query = query.where(Event.occurred_at >= timestamp(since))
        if event_types:
            query = query.where(Event.event_type.in_(event_types))
        return sum([await self._queue(event, []) for event in list(await self._session.scalars(query))])

    async def _queue(self, event: Event, faults: Sequence[Fault]) -> int:
        wanting = [item for item in await self._subscribers() if item.wants(event.event_type)]
        kinds = [fault.order.kind for fault in faults]
        copies = 2 if "duplicate_webhook" in kinds else 1
        releases = [self._release_at(faults, event.event_id, copy) for copy in range(copies)]
        self._session.add_all(
            Delivery(
                event_seq=event.seq,
                subscription_id=subscription.id,
                state="dropped" if "drop_webhook" in kinds else "pending",
                treatment=" ".join(kinds) or None,
                queued_at=timestamp(self._now()),
                next_attempt_at=timestamp(release),
            )
            for subscription in wanting
            for release in releases
        )
        self.queued = self.queued or bool(wanting)
        return len(wanting)

    def _release_at(self, faults: Sequence[Fault], event_id: str, copy: int) -> datetime:
        now = self._now()
        fault = next((fault for fault in faults if fault.order.kind == "reorder_webhooks"), None)
        if fault is None:
            return now
        if fault.order.share is not None:
            return now + timedelta(seconds=fault.delay(1.0) * portion(f"delay {copy}", event_id))
        # All events held together leave together: only then does newest first differ from the order they came in.
        if fault.release_at is None or fault.release_at <= now:
            fault.release_at = now + timedelta(seconds=fault.delay(1.0))
        return fault.release_at

    async def _subscribers(self) -> list[Subscription]:
        if self._subscriptions is None:
            bodies = await self._session.scalars(select(Record.body).where(Record.kind == Subscription.kind))
            self._subscriptions = [Subscription.model_validate(body) for body in bodies]
        return self._subscriptions
