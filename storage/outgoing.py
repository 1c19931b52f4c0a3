"""Events for the firms' own systems (P55)."""

import asyncio
from datetime import datetime
from typing import Final

from pydantic import JsonValue
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import OutgoingEventRow
from storage.identifiers import derived_id
from storage.upsert import insert_into

# Whoever inserts into the table holds this lock from before its `seq` is drawn until its transaction is over.
_WRITERS: Final = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND granted AND mode = 'RowExclusiveLock'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND relation = CAST(:table AS regclass) AND pid <> pg_backend_pid()"
)
_ASK_AGAIN_SECONDS: Final = 0.02


class OutgoingRepository:
    """What happened, to be told to the firms' own systems."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def tell(
        self, *, firm: str, event_type: str, identity: tuple[str, ...], data: dict[str, JsonValue], at: datetime
    ) -> bool:
        """Store an event in the transaction of what it tells of; False when it was told before.

        Args:
            firm: Whose systems hear of it.
            event_type: With its version, e.g. `journey.stage_changed.v1`.
            identity: What makes the event this one; the same identity is told once.
            data: Ids and states; no personal data.
            at: When it happened.
        """
        insert = insert_into(self._session, OutgoingEventRow).values(
            event_id=derived_id("outgoing-event", event_type, *identity),
            firm=firm,
            type=event_type,
            occurred_at=at,
            data=data,
        )
        stored = await self._session.execute(
            insert.on_conflict_do_nothing(index_elements=["event_id"]).returning(col(OutgoingEventRow.seq))
        )
        return stored.first() is not None

    async def settled_head(self, firm: str, *, patience_seconds: float = 2.0) -> int:
        """Return the `seq` of the firm's newest event, 0 without any; every lower one is there by then."""
        newest = await self._head(firm)
        await self._settled(patience_seconds)
        return newest

    async def _head(self, firm: str) -> int:
        query = select(func.max(col(OutgoingEventRow.seq))).where(col(OutgoingEventRow.firm) == firm)
        return (await self._session.scalars(query)).one() or 0

    async def after(self, firm: str, seq: int, limit: int, *, patience_seconds: float = 2.0) -> list[OutgoingEventRow]:
        """Return the firm's events after this place in its stream, the first one first, and never skip one.

        On PostgreSQL transactions may commit in another order than the one in which their `seq` were drawn. Only
        events are returned before which no other one can appear any more: those up to the newest one seen, once every
        transaction that was writing events at that moment is over. Nobody is held up by the waiting. SQLite has one
        writer at a time, so there the order is the same.

        Args:
            firm: Whose events.
            seq: The place after which to begin.
            limit: At most so many.
            patience_seconds: How long to wait for such transactions; after that nothing is returned this time.
        """
        newest = await self._head(firm)
        if newest <= seq or not await self._settled(patience_seconds):
            return []
        query = (
            select(OutgoingEventRow)
            .where(
                col(OutgoingEventRow.firm) == firm,
                col(OutgoingEventRow.seq) > seq,
                col(OutgoingEventRow.seq) <= newest,
            )
            .order_by(col(OutgoingEventRow.seq))
        )
        return list(await self._session.scalars(query.limit(limit)))

    async def _settled(self, patience_seconds: float) -> bool:
        """Wait until every transaction that writes events now is over; later ones draw a higher `seq`."""
        deadline = asyncio.get_running_loop().time() + patience_seconds
        writing = await self._writers()
        while writing:
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
            writing &= await self._writers()
        return True

    async def _writers(self) -> set[str]:
        if self._session.get_bind().dialect.name != "postgresql":
            return set()
        found = await self._session.scalars(_WRITERS, {"table": OutgoingEventRow.__tablename__})
        return set(found)
