"""How far polling has come (P53)."""

from datetime import datetime

from sqlalchemy import case
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import PollCursorRow
from storage.upsert import insert_into


class PollCursorRepository:
    """One position for each list that is polled; it survives restarts and never goes back."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def position(self, source: str, tenant: str, resource: str) -> datetime | None:
        """Return up to which change a list was read, in the clock of its system; None: never."""
        row = await self._session.get(PollCursorRow, (source, tenant, resource), populate_existing=True)
        return None if row is None else row.position

    async def advance(self, source: str, tenant: str, resource: str, position: datetime, now: datetime) -> None:
        """Note up to which change a list was read; another process may have come further already."""
        insert = insert_into(self._session, PollCursorRow).values(
            source=source, tenant=tenant, resource=resource, position=position, polled_at=now
        )
        new, stored = insert.excluded.position, col(PollCursorRow.position)
        await self._session.execute(
            insert.on_conflict_do_update(
                index_elements=["source", "tenant", "resource"],
                set_={"position": case((new > stored, new), else_=stored), "polled_at": insert.excluded.polled_at},
            )
        )
