"""Every event on its way to a firm's system: how often it was offered, and what came of it (P55)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import DeliveryState, EventDeliveryRow, EventSubscriptionRow, OutgoingEventRow
from storage.upsert import insert_into

Place = tuple[datetime, int, str]
"""Where a delivery stands in a list: when it was begun, its `seq`, and its subscription."""


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """A delivery with the type and id of its event."""

    row: EventDeliveryRow
    type: str
    event_id: str


class EventDeliveryRepository:
    """The log of deliveries, which is also what says whether one is still to be made."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, subscription: EventSubscriptionRow, seqs: Sequence[int], now: datetime) -> None:
        """Note that events are to be delivered; one that was noted before stays as it is."""
        if not seqs:
            return
        insert = insert_into(self._session, EventDeliveryRow).values(
            [
                {
                    "subscription_id": subscription.subscription_id,
                    "seq": seq,
                    "firm": subscription.firm,
                    "state": DeliveryState.PENDING,
                    "attempts": 0,
                    "last_error": "",
                    "created_at": now,
                }
                for seq in seqs
            ]
        )
        await self._session.execute(insert.on_conflict_do_nothing(index_elements=["subscription_id", "seq"]))

    async def find(
        self, subscription_id: str, seq: int, *, firm: str
    ) -> tuple[EventDeliveryRow, EventSubscriptionRow, OutgoingEventRow] | None:
        """Return a delivery with its subscription and its event; None when the firm has no such delivery."""
        query = (
            select(EventDeliveryRow, EventSubscriptionRow, OutgoingEventRow)
            .join(
                EventSubscriptionRow, col(EventSubscriptionRow.subscription_id) == col(EventDeliveryRow.subscription_id)
            )
            .join(OutgoingEventRow, col(OutgoingEventRow.seq) == col(EventDeliveryRow.seq))
            .where(
                col(EventDeliveryRow.subscription_id) == subscription_id,
                col(EventDeliveryRow.seq) == seq,
                col(EventDeliveryRow.firm) == firm,
            )
        )
        found = (await self._session.execute(query)).one_or_none()
        return None if found is None else (found[0], found[1], found[2])

    async def pending(self, subscription_id: str, *, up_to: int) -> list[int]:
        """Return which events up to this place are still on their way to a subscription."""
        query = select(col(EventDeliveryRow.seq)).where(
            col(EventDeliveryRow.subscription_id) == subscription_id,
            col(EventDeliveryRow.seq) <= up_to,
            col(EventDeliveryRow.state) == DeliveryState.PENDING,
        )
        return list(await self._session.scalars(query.order_by(col(EventDeliveryRow.seq))))

    async def count_attempt(
        self, subscription_id: str, seq: int, *, status: int | None, error: str, delivered_at: datetime | None
    ) -> None:
        """Count an attempt and what came of it; `error` holds no personal data and is empty once delivered."""
        values: dict[str, object] = {
            "attempts": col(EventDeliveryRow.attempts) + 1,
            "last_status": status,
            "last_error": error,
        }
        if delivered_at is not None:
            values |= {"state": DeliveryState.DELIVERED, "delivered_at": delivered_at}
        await self._change(subscription_id, seq, values)

    async def give_up(self, subscription_id: str, seq: int, *, error: str | None = None) -> bool:
        """Stop offering an event that is still on its way; False when it is not. None keeps the last error."""
        values: dict[str, object] = {"state": DeliveryState.FAILED}
        if error is not None:
            values["last_error"] = error
        return await self._change(subscription_id, seq, values)

    async def reopen(self, subscription_id: str, *, seq: int | None = None, after: int | None = None) -> None:
        """Let an event, or every event after a place, be delivered again."""
        chosen = [col(EventDeliveryRow.subscription_id) == subscription_id]
        if seq is not None:
            chosen.append(col(EventDeliveryRow.seq) == seq)
        if after is not None:
            chosen.append(col(EventDeliveryRow.seq) > after)
        await self._session.execute(
            update(EventDeliveryRow).where(and_(*chosen)).values(state=DeliveryState.PENDING, delivered_at=None)
        )

    async def page(
        self,
        firm: str,
        *,
        subscription_id: str | None = None,
        state: DeliveryState | None = None,
        before: Place | None = None,
        limit: int,
    ) -> list[ListedDelivery]:
        """Return a firm's deliveries, the newest first.

        Args:
            firm: Whose.
            subscription_id: Only those to this subscription.
            state: Only those of which this became.
            before: The place of the last one of the page before.
            limit: At most so many.
        """
        row = EventDeliveryRow
        place = tuple_(col(row.created_at), col(row.seq), col(row.subscription_id))
        query = (
            select(row, col(OutgoingEventRow.type), col(OutgoingEventRow.event_id))
            .join(OutgoingEventRow, col(OutgoingEventRow.seq) == col(row.seq))
            .where(col(row.firm) == firm)
        )
        if subscription_id is not None:
            query = query.where(col(row.subscription_id) == subscription_id)
        if state is not None:
            query = query.where(col(row.state) == state)
        if before is not None:
            query = query.where(place < before)
        query = query.order_by(col(row.created_at).desc(), col(row.seq).desc(), col(row.subscription_id).desc())
        found = await self._session.execute(query.limit(limit))
        return [ListedDelivery(delivery, event_type, event_id) for delivery, event_type, event_id in found]

    async def _change(self, subscription_id: str, seq: int, values: dict[str, object]) -> bool:
        changed = await self._session.execute(
            update(EventDeliveryRow)
            .where(
                col(EventDeliveryRow.subscription_id) == subscription_id,
                col(EventDeliveryRow.seq) == seq,
                col(EventDeliveryRow.state) == DeliveryState.PENDING,
            )
            .values(**values)
            .returning(col(EventDeliveryRow.seq))
        )
        return changed.first() is not None
