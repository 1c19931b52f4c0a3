"""Events for the firms' own systems (P55)."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import OutgoingEventRow
from storage.identifiers import derived_id
from storage.upsert import insert_into


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
