"""The projection of the journeys."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, case, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.journey import GateKind, Party, Stage, Wrapper
from models.messages import HolderView, Progress
from models.tables import JourneyHolderRow, JourneyRow
from storage.journey_events import journey_events
from storage.outgoing import OutgoingRepository
from storage.upsert import insert_into

_FINAL: Final = tuple(stage for stage in Stage if stage.is_final)


class JourneyRepository:
    """Journeys as their workflows last reported them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def project(self, progress: Progress) -> None:
        """Store what a workflow reports, unless something later is stored already.

        Reports may come late, twice or out of order: a lower version changes nothing, nor does the same version
        with an earlier last change. What is new is told to the firm's own systems in the same transaction (P55).
        """
        known = select(col(JourneyRow.stage), col(JourneyRow.stage_since))
        found = await self._session.execute(known.where(col(JourneyRow.journey_id) == progress.journey_id))
        before = found.one_or_none()
        values = _columns(progress)
        insert = insert_into(self._session, JourneyRow).values(**values)
        new = insert.excluded
        stored = await self._session.execute(
            insert.on_conflict_do_update(
                index_elements=["journey_id"],
                set_={name: new[name] for name in values if name not in {"journey_id", "created_at"}},
                where=or_(
                    new.version > JourneyRow.version,
                    and_(new.version == JourneyRow.version, new.updated_at >= JourneyRow.updated_at),
                ),
            ).returning(col(JourneyRow.journey_id))
        )
        if stored.first() is not None:
            await self._project_holders(progress.journey_id, progress.holders)
            await self._tell(progress, None if before is None else (before.stage, before.stage_since))

    async def _tell(self, progress: Progress, before: tuple[Stage, datetime] | None) -> None:
        outgoing = OutgoingRepository(self._session)
        for event in journey_events(progress, before):
            await outgoing.tell(
                firm=progress.firm, event_type=event.type, identity=event.identity, data=event.data, at=event.at
            )

    async def _project_holders(self, journey_id: str, holders: list[HolderView]) -> None:
        insert = insert_into(self._session, JourneyHolderRow).values(
            [
                {
                    "journey_id": journey_id,
                    "person_id": holder.person_id,
                    "plannr_account": holder.plannr_account,
                    "platform_client": holder.platform_client,
                    "checks_told": "",
                }
                for holder in holders
            ]
        )
        await self._session.execute(
            insert.on_conflict_do_update(
                index_elements=["journey_id", "person_id"],
                set_={
                    "plannr_account": insert.excluded.plannr_account,
                    "platform_client": insert.excluded.platform_client,
                },
            )
        )

    async def get(self, journey_id: str, *, firm: str | None = None) -> JourneyRow | None:
        """Return the journey; None when there is none, or none of this firm."""
        query = select(JourneyRow).where(col(JourneyRow.journey_id) == journey_id)
        if firm is not None:
            query = query.where(col(JourneyRow.firm) == firm)
        return (await self._session.scalars(query)).one_or_none()

    async def page(
        self,
        firm: str,
        *,
        adviser_id: str | None = None,
        stage: Stage | None = None,
        waiting_on: Party | None = None,
        waiting_for: GateKind | None = None,
        waiting_before: datetime | None = None,
        due_before: datetime | None = None,
        wrapper: Wrapper | None = None,
        needs_attention: bool | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int,
    ) -> list[JourneyRow]:
        """Return a firm's journeys, the last changed first.

        Args:
            firm: Whose journeys.
            adviser_id: Only this adviser's.
            stage: Only those in this stage.
            waiting_on: Only those that wait for this party.
            waiting_for: Only those that wait for this condition.
            waiting_before: Only those that have waited since this moment or longer.
            due_before: Only those that act by themselves before this moment.
            wrapper: Only those that open this wrapper.
            needs_attention: Only those that do, or do not.
            before: `(updated_at, journey_id)` of the last row of the page before.
            limit: At most so many.
        """
        wanted = {
            "adviser_id": adviser_id,
            "stage": stage,
            "waiting_on": waiting_on,
            "wrapper": wrapper,
            "needs_attention": needs_attention,
        }
        place = tuple_(col(JourneyRow.updated_at), col(JourneyRow.journey_id))
        query = select(JourneyRow).where(col(JourneyRow.firm) == firm)
        query = query.filter_by(**{name: value for name, value in wanted.items() if value is not None})
        if waiting_for is not None:
            words = col(JourneyRow.progress)["waiting_for"].as_string()
            query = query.where(words.contains(waiting_for.value.replace("_", " "), autoescape=True))
        if waiting_before is not None:
            query = query.where(col(JourneyRow.waiting_since) <= waiting_before, col(JourneyRow.stage).not_in(_FINAL))
        if due_before is not None:
            query = query.where(col(JourneyRow.due_at) < due_before)
        if before is not None:
            query = query.where(place < before)
        query = query.order_by(col(JourneyRow.updated_at).desc(), col(JourneyRow.journey_id).desc()).limit(limit)
        return list(await self._session.scalars(query))

    async def awaited(self, firm: str, *, adviser_id: str | None = None) -> dict[Party, tuple[int, int]]:
        """Return who a firm's journeys wait for: how many wait for each party, and how many of them need attention."""
        attention = func.sum(case((col(JourneyRow.needs_attention), 1), else_=0))
        query = select(col(JourneyRow.waiting_on), func.count(), attention).where(col(JourneyRow.firm) == firm)
        if adviser_id is not None:
            query = query.where(col(JourneyRow.adviser_id) == adviser_id)
        found = await self._session.execute(query.group_by(col(JourneyRow.waiting_on)))
        return {party: (count, needing) for party, count, needing in found}

    async def for_person(self, person_id: str) -> list[JourneyRow]:
        """Return the journeys that open an account for this person, the newest first."""
        query = (
            select(JourneyRow)
            .join(JourneyHolderRow, col(JourneyHolderRow.journey_id) == col(JourneyRow.journey_id))
            .where(col(JourneyHolderRow.person_id) == person_id)
            .order_by(col(JourneyRow.created_at).desc(), col(JourneyRow.journey_id).desc())
        )
        return list(await self._session.scalars(query))

    async def running_of_platform_client(self, platform_client: str) -> list[str]:
        """Return the journeys that are not over and have this client of the platform as a holder."""
        query = (
            select(col(JourneyRow.journey_id))
            .join(JourneyHolderRow, col(JourneyHolderRow.journey_id) == col(JourneyRow.journey_id))
            .where(
                col(JourneyHolderRow.platform_client) == platform_client,
                col(JourneyRow.stage).not_in(_FINAL),
            )
            .order_by(col(JourneyRow.journey_id))
        )
        return list(await self._session.scalars(query))

    async def claim_news(self, journey_id: str, platform_client: str, digest: str) -> bool:
        """Note what a journey is about to be told of its client's checks; False when it was told exactly that last.

        Of several events with the same news, handled at once, one gets True.
        """
        claimed = await self._session.execute(
            update(JourneyHolderRow)
            .where(
                col(JourneyHolderRow.journey_id) == journey_id,
                col(JourneyHolderRow.platform_client) == platform_client,
                col(JourneyHolderRow.checks_told) != digest,
            )
            .values(checks_told=digest)
            .returning(col(JourneyHolderRow.journey_id))
        )
        return claimed.first() is not None

    async def running(self, *, after: str, limit: int) -> list[JourneyRow]:
        """Return journeys that are not over, by their ids, from the first one after an id on."""
        query = (
            select(JourneyRow)
            .where(col(JourneyRow.journey_id) > after, col(JourneyRow.stage).not_in(_FINAL))
            .order_by(col(JourneyRow.journey_id))
        )
        return list(await self._session.scalars(query.limit(limit)))

    async def with_record(self, name: str, value: str) -> list[JourneyRow]:
        """Return the journeys, running or over, whose `SystemRecords` have this value under a name."""
        query = select(JourneyRow).where(col(JourneyRow.progress)["records"][name].as_string() == value)
        return list(await self._session.scalars(query.order_by(col(JourneyRow.journey_id))))

    async def knows_platform_client(self, platform_client: str) -> bool:
        """Whether any journey, running or over, has this client of the platform as a holder."""
        query = select(col(JourneyHolderRow.journey_id)).where(col(JourneyHolderRow.platform_client) == platform_client)
        return (await self._session.scalars(query.limit(1))).first() is not None


def _columns(progress: Progress) -> dict[str, object]:
    moments = [progress.started_at, progress.stage_since, progress.waiting_since]
    moments += [gate.since for gate in progress.gates] + [entry.at for entry in progress.timeline]
    return {
        "journey_id": progress.journey_id,
        "firm": progress.firm,
        "adviser_id": progress.adviser_id,
        "external_reference": progress.external_reference,
        "wrapper": progress.wrapper,
        "stage": progress.stage,
        "waiting_on": progress.waiting_on,
        "needs_attention": progress.needs_attention,
        "waiting_since": progress.waiting_since,
        "stage_since": progress.stage_since,
        "due_at": progress.next_action_at,
        "version": progress.version,
        "created_at": progress.started_at,
        "updated_at": max(moments),
        "progress": progress.model_dump(mode="json"),
    }
