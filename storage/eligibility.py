"""What was found about each journey's eligibility."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from models.tables import EligibilityRow
from storage.upsert import insert_into


class EligibilityRepository:
    """One assessment per journey: the last one."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def save(
        self,
        journey_id: str,
        firm: str,
        *,
        answers: dict[str, JsonValue],
        warnings: Sequence[dict[str, JsonValue]],
        now: datetime,
    ) -> None:
        """Store a journey's assessment in place of an earlier one."""
        insert = insert_into(self._session, EligibilityRow).values(
            journey_id=journey_id, firm=firm, answers=answers, warnings=list(warnings), assessed_at=now
        )
        changed = {name: insert.excluded[name] for name in ("answers", "warnings", "assessed_at")}
        await self._session.execute(insert.on_conflict_do_update(index_elements=["journey_id"], set_=changed))

    async def get(self, journey_id: str) -> EligibilityRow | None:
        """Return a journey's assessment, None when none was made."""
        return await self._session.get(EligibilityRow, journey_id, populate_existing=True)
