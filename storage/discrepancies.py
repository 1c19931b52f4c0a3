"""Where the two systems and our own record do not agree, from when it was first seen until it is gone (P54)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import JsonValue
from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.outgoing import EventType
from domain.ownership import Act, Owner, Subject
from models.tables import DiscrepancyRow, ReconciliationRow
from storage.identifiers import derived_id
from storage.outgoing import OutgoingRepository
from storage.upsert import insert_into

State = Literal["open", "closed", "all"]

_MOST_IDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One field, or one whole record, in which the two systems do not agree.

    Attributes:
        subject: What the field belongs to.
        platform_id: The client or account of the platform, or, where there is none, the record in Plannr.
        plannr_id: The record or plan in Plannr, if there is one.
        firm: Whose it is.
        field: A field of the ownership table, or `link`, `plan`, `record`.
        owner: Whose value is right.
        proposal: What repairs it.
        platform_value: Masked where personal.
        plannr_value: Masked where personal.
        candidates: The records in Plannr that a person may choose from.
    """

    subject: Subject
    platform_id: str
    plannr_id: str | None
    firm: str | None
    field: str
    owner: Owner
    proposal: Act
    platform_value: str
    plannr_value: str
    candidates: tuple[str, ...] = ()

    @property
    def discrepancy_id(self) -> str:
        """The id under which it is stored: the same difference has the same one, whenever it comes back."""
        return derived_id("discrepancy", self.subject, self.platform_id, self.field)


class DiscrepancyRepository:
    """Discrepancies; each one that opens or closes is told to the firm's own systems in the same transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def record(self, findings: Sequence[Finding], *, now: datetime, run_id: str = "") -> int:
        """Store what was found, open again what was closed, and return how many were not open before.

        `run_id` is the reconciliation that saw it; what a sync sees keeps the run that saw it last.
        """
        unique = {finding.discrepancy_id: finding for finding in findings}
        if not unique:
            return 0
        known = {row.discrepancy_id: row for row in await self._by_ids(unique)}
        new: list[DiscrepancyRow] = []
        rows = []
        for discrepancy_id, finding in unique.items():
            row = _seen(finding, known.get(discrepancy_id), now, run_id)
            rows.append(row)
            before = known.get(discrepancy_id)
            if before is None or before.closed_at is not None:
                new.append(row)
        await self._save(rows)
        for row in new:
            await self._tell(EventType.DISCREPANCY_OPENED, row, now)
        return len(new)

    async def keep_only(
        self, platform_id: str, fields: Collection[str], *, now: datetime, closed_as: Literal["repaired", "gone"]
    ) -> int:
        """Close the open discrepancies of a record except those in these fields, and return how many were closed."""
        return len(
            await self._close(
                (col(DiscrepancyRow.platform_id) == platform_id, col(DiscrepancyRow.field).not_in(list(fields))),
                now,
                closed_as,
            )
        )

    async def open_fields(self, platform_id: str) -> set[str]:
        """Return the fields in which a record has an open discrepancy."""
        query = select(col(DiscrepancyRow.field)).where(
            col(DiscrepancyRow.platform_id) == platform_id, col(DiscrepancyRow.closed_at).is_(None)
        )
        return set(await self._session.scalars(query))

    async def close_unseen(self, run_id: str, *, now: datetime) -> int:
        """Close what a complete reconciliation did not see, nor a sync since it began; return how many were closed."""
        started = select(col(ReconciliationRow.started_at)).where(col(ReconciliationRow.run_id) == run_id)
        began = (await self._session.scalars(started)).one_or_none() or now
        unseen = (col(DiscrepancyRow.run_id) != run_id, col(DiscrepancyRow.last_seen_at) < began)
        return len(await self._close(unseen, now, "gone"))

    async def get(self, discrepancy_id: str, firm: str) -> DiscrepancyRow | None:
        """Return the discrepancy; None when there is none, or none of this firm."""
        query = select(DiscrepancyRow).where(
            col(DiscrepancyRow.discrepancy_id) == discrepancy_id, col(DiscrepancyRow.firm) == firm
        )
        return (await self._session.scalars(query)).one_or_none()

    async def page(
        self,
        firm: str,
        *,
        state: State = "open",
        field: str | None = None,
        owner: Owner | None = None,
        proposal: Act | None = None,
        platform_id: str | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int,
    ) -> list[DiscrepancyRow]:
        """Return a firm's discrepancies, the newest first.

        Args:
            firm: Whose.
            state: Those that are open, closed, or both.
            field: Only those in this field.
            owner: Only those whose field belongs to this one.
            proposal: Only those that this repairs.
            platform_id: Only those of this client or account of the platform.
            before: `(first_seen_at, discrepancy_id)` of the last row of the page before.
            limit: At most so many.
        """
        wanted = {"field": field, "owner": owner, "proposal": proposal, "platform_id": platform_id}
        query = select(DiscrepancyRow).where(col(DiscrepancyRow.firm) == firm)
        query = query.filter_by(**{name: value for name, value in wanted.items() if value is not None})
        if state != "all":
            is_open = col(DiscrepancyRow.closed_at).is_(None)
            query = query.where(is_open if state == "open" else ~is_open)
        place = tuple_(col(DiscrepancyRow.first_seen_at), col(DiscrepancyRow.discrepancy_id))
        if before is not None:
            query = query.where(place < before)
        newest_first = (col(DiscrepancyRow.first_seen_at).desc(), col(DiscrepancyRow.discrepancy_id).desc())
        return list(await self._session.scalars(query.order_by(*newest_first).limit(limit)))

    async def counts(self, firm: str) -> dict[str, int]:
        """Return how many of a firm's discrepancies are open, by what repairs them."""
        query = (
            select(col(DiscrepancyRow.proposal), func.count())
            .where(col(DiscrepancyRow.firm) == firm, col(DiscrepancyRow.closed_at).is_(None))
            .group_by(col(DiscrepancyRow.proposal))
        )
        return {row[0].value: row[1] for row in await self._session.execute(query)}

    async def open_count(self, firm: str | None = None) -> int:
        """Return how many are open, of one firm or of all."""
        query = select(func.count()).select_from(DiscrepancyRow).where(col(DiscrepancyRow.closed_at).is_(None))
        if firm is not None:
            query = query.where(col(DiscrepancyRow.firm) == firm)
        return (await self._session.scalars(query)).one()

    async def repairable(self, after: str, limit: int) -> list[DiscrepancyRow]:
        """Return open ones that the ownership table lets us repair, by their ids, from the first after an id on."""
        repairs = col(DiscrepancyRow.proposal).in_([Act.TO_PLATFORM, Act.TO_PLANNR])
        return await self._open_after(after, limit, repairs)

    async def without_task(self, after: str, limit: int) -> list[DiscrepancyRow]:
        """Return open ones that wait for a person whom no task in Plannr asks yet; as `repairable`."""
        for_a_person = col(DiscrepancyRow.proposal) == Act.PERSON
        no_task = (col(DiscrepancyRow.task).is_(None), col(DiscrepancyRow.firm).is_not(None))
        return await self._open_after(after, limit, for_a_person, *no_task)

    async def set_task(self, discrepancy_id: str, task: str) -> None:
        """Note the task in Plannr that asks the adviser."""
        await self._session.execute(
            update(DiscrepancyRow).where(col(DiscrepancyRow.discrepancy_id) == discrepancy_id).values(task=task)
        )

    async def _open_after(self, after: str, limit: int, *which: ColumnElement[bool]) -> list[DiscrepancyRow]:
        query = (
            select(DiscrepancyRow)
            .where(col(DiscrepancyRow.closed_at).is_(None), col(DiscrepancyRow.discrepancy_id) > after, *which)
            .order_by(col(DiscrepancyRow.discrepancy_id))
            .limit(limit)
        )
        return list(await self._session.scalars(query))

    async def _by_ids(self, ids: Iterable[str]) -> list[DiscrepancyRow]:
        wanted, found = list(ids), []
        for start in range(0, len(wanted), _MOST_IDS):
            query = select(DiscrepancyRow).where(
                col(DiscrepancyRow.discrepancy_id).in_(wanted[start : start + _MOST_IDS])
            )
            found += list(await self._session.scalars(query.execution_options(populate_existing=True)))
        return found

    async def _save(self, rows: Sequence[DiscrepancyRow]) -> None:
        new = insert_into(self._session, DiscrepancyRow)
        statement = new.on_conflict_do_update(
            index_elements=["discrepancy_id"],
            set_={name: new.excluded[name] for name in DiscrepancyRow.model_fields if name != "discrepancy_id"},
        )
        connection = await self._session.connection()
        await connection.execute(statement, [row.model_dump() for row in rows])

    async def _close(
        self, which: Iterable[ColumnElement[bool]], now: datetime, closed_as: str
    ) -> Sequence[DiscrepancyRow]:
        closing = (
            update(DiscrepancyRow)
            .where(col(DiscrepancyRow.closed_at).is_(None), *which)
            .values(closed_at=now, closed_as=closed_as)
            .returning(DiscrepancyRow)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        closed = list(await self._session.scalars(closing))
        for row in closed:
            await self._tell(EventType.DISCREPANCY_CLOSED, row, now)
        return closed

    async def _tell(self, event_type: EventType, row: DiscrepancyRow, now: datetime) -> None:
        if row.firm is None:
            return
        subject = "platform_client" if row.subject is Subject.CLIENT else "platform_account"
        data: dict[str, JsonValue] = {
            "discrepancy_id": row.discrepancy_id,
            subject: row.platform_id,
            "plannr_account": row.plannr_id if row.subject is Subject.CLIENT else None,
            "field": row.field,
            "owner": row.owner.value,
        }
        await OutgoingRepository(self._session).tell(
            firm=row.firm,
            event_type=event_type,
            identity=(row.discrepancy_id, row.first_seen_at.isoformat()),
            data=data,
            at=now,
        )


def _seen(finding: Finding, before: DiscrepancyRow | None, now: datetime, run_id: str) -> DiscrepancyRow:
    values: dict[str, Any] = {name: getattr(finding, name) for name in Finding.__slots__}
    is_open = before is not None and before.closed_at is None
    candidates = list(finding.candidates)
    if before is not None and is_open and before.proposal is finding.proposal:
        # Only a sync looks for candidates; a reconciliation that sees the same must not forget them.
        candidates = candidates or before.candidates
    return DiscrepancyRow(
        **values | {"candidates": candidates},
        discrepancy_id=finding.discrepancy_id,
        first_seen_at=before.first_seen_at if before is not None and is_open else now,
        last_seen_at=now,
        run_id=run_id or (before.run_id if before is not None else ""),
        task=before.task if before is not None and is_open else None,
    )
