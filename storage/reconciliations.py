"""Runs of the reconciliation: how far one has come, and what it found (P54)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import JsonValue
from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.journey import Stage
from models.tables import DiscrepancyRow, JourneyHolderRow, JourneyRow, ReconciliationRow, SyncedClientRow
from storage.upsert import insert_into

_STEP: Final = "step"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a journey of a client or account stands; `external_reference` is the journey's own id."""

    journey_id: str
    firm: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Found:
    """What a run found: seen, of them new, and of them repaired."""

    found: int = 0
    new: int = 0
    repaired: int = 0


class ReconciliationRepository:
    """Runs, their progress, and what a whole page needs to know of journeys in one query."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, run_id: str, trigger: str, *, now: datetime) -> None:
        """Store a run that starts; one that is there stays as it is."""
        insert = insert_into(self._session, ReconciliationRow).values(
            run_id=run_id, trigger=trigger, phase="clients", started_at=now, calls={}
        )
        await self._session.execute(insert.on_conflict_do_nothing(index_elements=["run_id"]))

    async def get(self, run_id: str) -> ReconciliationRow | None:
        """Return a run."""
        return await self._session.get(ReconciliationRow, run_id)

    async def newest(self) -> ReconciliationRow | None:
        """Return the run that was started last."""
        query = select(ReconciliationRow).order_by(col(ReconciliationRow.started_at).desc()).limit(1)
        return (await self._session.scalars(query)).one_or_none()

    async def advance(
        self,
        run_id: str,
        step: str,
        *,
        phase: str,
        counted: Mapping[str, int] | None = None,
        totals: Mapping[str, int] | None = None,
        calls: Mapping[str, int] | None = None,
    ) -> None:
        """Add what one step compared, once however often the step is repeated.

        Args:
            run_id: Which run.
            step: The name of the step; the same as that of the last one adds nothing.
            phase: What the run does now.
            counted: What is added to `clients` or `accounts`.
            totals: How many there are in all, by column.
            calls: What is added to the calls of each system.
        """
        row = await self._session.get(ReconciliationRow, run_id)
        if row is None or row.calls.get(_STEP) == step:
            return
        row.phase = phase
        for name, number in (counted or {}).items():
            setattr(row, name, getattr(row, name) + number)
        for name, number in (totals or {}).items():
            setattr(row, name, number)
        added: dict[str, JsonValue] = {name: _number(row.calls.get(name)) + n for name, n in (calls or {}).items()}
        row.calls = {**row.calls, **added, _STEP: step}

    async def close(self, run_id: str, found: Found, *, open_now: int, now: datetime) -> ReconciliationRow:
        """Store what a run that is at its end found, and how many discrepancies are open then."""
        row = await self._session.get_one(ReconciliationRow, run_id)
        row.found, row.new, row.repaired, row.open = found.found, found.new, found.repaired, open_now
        row.phase, row.finished_at = "done", row.finished_at or now
        row.calls = {name: value for name, value in row.calls.items() if name != _STEP}
        return row

    async def abandon(self, run_id: str, *, now: datetime) -> None:
        """Note that a run ended before it was complete, in the phase in which it was."""
        row = await self._session.get(ReconciliationRow, run_id)
        if row is not None:
            row.finished_at = row.finished_at or now

    async def found(self, run_id: str, *, firm: str | None = None) -> Found:
        """Count what a run has found so far, over all firms or in one."""
        started = (
            select(col(ReconciliationRow.started_at)).where(col(ReconciliationRow.run_id) == run_id).scalar_subquery()
        )
        query = select(
            func.count(),
            _how_many(col(DiscrepancyRow.first_seen_at) >= started),
            _how_many(col(DiscrepancyRow.closed_as) == "repaired"),
        ).where(col(DiscrepancyRow.run_id) == run_id)
        if firm is not None:
            query = query.where(col(DiscrepancyRow.firm) == firm)
        seen, new, repaired = (await self._session.execute(query)).one()
        return Found(seen, new or 0, repaired or 0)

    async def pass_over(self, run_id: str, platform_ids: Collection[str], *, now: datetime) -> None:
        """Keep the open discrepancies of records that this run does not compare: nobody knows that they are gone."""
        if not platform_ids:
            return
        await self._session.execute(
            update(DiscrepancyRow)
            .where(col(DiscrepancyRow.platform_id).in_(platform_ids), col(DiscrepancyRow.closed_at).is_(None))
            .values(run_id=run_id, last_seen_at=now)
        )

    async def repaired(self, discrepancy_ids: Collection[str]) -> int:
        """Count those of these discrepancies that are closed by now."""
        query = select(func.count()).where(
            col(DiscrepancyRow.discrepancy_id).in_(discrepancy_ids), col(DiscrepancyRow.closed_at).is_not(None)
        )
        return (await self._session.scalars(query)).one()

    async def linked_records(self, firm: str, plannr_accounts: Collection[str]) -> set[str]:
        """Return those of these records of a firm's Plannr that are known as the record of a platform client."""
        query = select(col(SyncedClientRow.plannr_account)).where(
            col(SyncedClientRow.firm) == firm, col(SyncedClientRow.plannr_account).in_(plannr_accounts)
        )
        return {account for account in await self._session.scalars(query) if account is not None}

    async def journeys_of_clients(self, clients: Mapping[str, str | None]) -> dict[str, list[Standing]]:
        """Return the journeys, running or over, of clients of the platform, each given with their record in Plannr.

        A journey knows its client by one id or the other.
        """
        holder = JourneyHolderRow
        by_record = {record: client for client, record in clients.items() if record is not None}
        query = (
            select(
                col(holder.platform_client),
                col(holder.plannr_account),
                col(JourneyRow.journey_id),
                col(JourneyRow.firm),
                col(JourneyRow.stage),
            )
            .join(JourneyRow, col(JourneyRow.journey_id) == col(holder.journey_id))
            .where(or_(col(holder.platform_client).in_(clients), col(holder.plannr_account).in_(by_record)))
            .order_by(col(JourneyRow.journey_id))
        )
        standings: dict[str, list[Standing]] = {}
        for client, record, journey_id, firm, stage in await self._session.execute(query):
            for known in {client or "", by_record.get(record, "")} & clients.keys():
                standings.setdefault(known, []).append(Standing(journey_id, firm, stage))
        return standings

    async def journeys(self, journey_ids: Collection[str]) -> dict[str, Standing]:
        """Return those of these ids that are journeys."""
        query = select(col(JourneyRow.journey_id), col(JourneyRow.firm), col(JourneyRow.stage)).where(
            col(JourneyRow.journey_id).in_(journey_ids)
        )
        return {row[0]: Standing(*row) for row in await self._session.execute(query)}


def _how_many(condition: Any) -> Any:
    return func.sum(case((and_(condition), 1), else_=0))


def _number(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0
