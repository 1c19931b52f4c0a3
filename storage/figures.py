"""What is counted of a firm's journeys: when each began, what happened on it, and when each client first acted."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.journey import Party, Stage
from models.tables import EvidenceKind, EvidenceRow, JourneyRow


@dataclass(slots=True)
class CountedJourney:
    """A journey as far as it is counted; `timeline` and `holders` as its progress has them in JSON.

    Attributes:
        acts: when each person first did what, by person and kind.
    """

    stage: Stage
    stage_since: datetime
    waiting_on: Party
    waiting_since: datetime
    started_at: datetime
    timeline: list[dict[str, Any]]
    holders: list[dict[str, Any]]
    acts: dict[tuple[str, EvidenceKind], datetime] = field(default_factory=dict)


class FiguresRepository:
    """Reads what is counted, and no more, since a firm may have very many journeys."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def journeys(
        self, firm: str, *, since: datetime | None = None, adviser_id: str | None = None
    ) -> list[CountedJourney]:
        """Return a firm's journeys, all of them or those that were started since a moment or by one adviser."""
        chosen = [col(JourneyRow.firm) == firm]
        if since is not None:
            chosen.append(col(JourneyRow.created_at) >= since)
        if adviser_id is not None:
            chosen.append(col(JourneyRow.adviser_id) == adviser_id)
        counted = await self._counted(chosen)
        for journey_id, person_id, kind, first in await self._first_acts(chosen):
            counted[journey_id].acts[person_id, kind] = first
        return list(counted.values())

    async def _counted(self, chosen: list[ColumnElement[bool]]) -> dict[str, CountedJourney]:
        progress = col(JourneyRow.progress)
        query = select(
            col(JourneyRow.journey_id),
            col(JourneyRow.stage),
            col(JourneyRow.stage_since),
            col(JourneyRow.waiting_on),
            col(JourneyRow.waiting_since),
            col(JourneyRow.created_at),
            progress["timeline"],
            progress["holders"],
        ).where(*chosen)
        return {journey_id: CountedJourney(*values) for journey_id, *values in await self._session.execute(query)}

    async def _first_acts(self, chosen: list[ColumnElement[bool]]) -> list[tuple[str, str, EvidenceKind, datetime]]:
        act = (col(EvidenceRow.journey_id), col(EvidenceRow.person_id), col(EvidenceRow.kind))
        query = (
            select(*act, func.min(col(EvidenceRow.occurred_at)))
            .join(JourneyRow, col(JourneyRow.journey_id) == col(EvidenceRow.journey_id))
            .where(*chosen)
            .group_by(*act)
        )
        return [(journey, person, kind, first) for journey, person, kind, first in await self._session.execute(query)]
