"""The audit of commands and accesses."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.messages import Actor
from models.tables import AuditRow
from storage.identifiers import derived_id
from storage.upsert import insert_into


class AuditRepository:
    """Who did what, and why; without personal data."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def record(
        self,
        *,
        firm: str,
        actor: Actor,
        action: str,
        at: datetime,
        journey_id: str | None = None,
        reason: str = "",
        details: dict[str, JsonValue] | None = None,
    ) -> None:
        """Store one act; the same act at the same moment is stored once, so a retry may repeat it."""
        values = {
            "journey_id": journey_id,
            "firm": firm,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "action": action,
            "reason": reason,
            "at": at,
            "details": details or {},
        }
        audit_id = derived_id("audit", values)
        insert = insert_into(self._session, AuditRow).values(audit_id=audit_id, **values)
        await self._session.execute(insert.on_conflict_do_nothing(index_elements=["audit_id"]))

    async def has_update(self, journey_id: str, update_id: str) -> bool:
        """Return whether a command was recorded under this id of its update."""
        return any(row.details.get("update") == update_id for row in await self.of_journey(journey_id))

    async def of_journey(self, journey_id: str) -> list[AuditRow]:
        """Return what was done to a journey, the first act first."""
        query = select(AuditRow).where(col(AuditRow.journey_id) == journey_id)
        return list(await self._session.scalars(query.order_by(col(AuditRow.at), col(AuditRow.audit_id))))
