"""Our own record of what the two systems agreed on, and what the sync did."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from domain.journey import Stage
from domain.sync_events import SyncEvent
from models.syncing import Cause, LinkState, PlanState
from models.tables import (
    DiscrepancyRow,
    JourneyHolderRow,
    JourneyRow,
    StoredRow,
    SyncedAccountRow,
    SyncedClientRow,
    SyncEventRow,
)
from storage.upsert import insert_into

_WRITING: Final = tuple(stage for stage in Stage if not stage.is_final and stage is not Stage.AWAITING_CLIENT)


class SyncRepository:
    """Clients and accounts of the platform with their records in Plannr, and the timeline of each client."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def client(self, platform_client: str) -> SyncedClientRow | None:
        """Return what we know of a client of the platform, if anything."""
        return (await self.clients([platform_client])).get(platform_client)

    async def clients(self, platform_clients: Collection[str]) -> dict[str, SyncedClientRow]:
        """Return what we know of these clients of the platform, by their ids; unknown ones are left out."""
        query = select(SyncedClientRow).where(col(SyncedClientRow.platform_client).in_(platform_clients))
        found = await self._session.scalars(query.execution_options(populate_existing=True))
        return {row.platform_client: row for row in found}

    async def client_of(self, firm: str, plannr_account: str) -> SyncedClientRow | None:
        """Return the client of the platform that a record of the firm's Plannr is linked with, if any."""
        query = (
            select(SyncedClientRow)
            .where(col(SyncedClientRow.firm) == firm, col(SyncedClientRow.plannr_account) == plannr_account)
            .order_by(col(SyncedClientRow.state) != LinkState.LINKED, col(SyncedClientRow.platform_client))
        )
        return (await self._session.scalars(query.limit(1))).first()

    async def undecided_about(self, firm: str, plannr_account: str) -> list[str]:
        """Return the firm's clients for whom a person has to choose among records, this one in Plannr one of them."""
        query = select(DiscrepancyRow).where(
            col(DiscrepancyRow.firm) == firm,
            col(DiscrepancyRow.field) == "link",
            col(DiscrepancyRow.closed_at).is_(None),
        )
        undecided = await self._session.scalars(query.order_by(col(DiscrepancyRow.platform_id)))
        return [row.platform_id for row in undecided if plannr_account in {row.plannr_id, *row.candidates}]

    async def journeys_of(self, platform_client: str, plannr_account: str | None) -> list[tuple[str, Stage]]:
        """Return firm and stage of each journey, running or over, of a client, who is known by one id or the other."""
        is_theirs = col(JourneyHolderRow.platform_client) == platform_client
        if plannr_account is not None:
            is_theirs = or_(is_theirs, col(JourneyHolderRow.plannr_account) == plannr_account)
        query = (
            select(col(JourneyRow.firm), col(JourneyRow.stage))
            .join(JourneyHolderRow, col(JourneyHolderRow.journey_id) == col(JourneyRow.journey_id))
            .where(is_theirs)
            .order_by(col(JourneyRow.journey_id))
        )
        return [(firm, stage) for firm, stage in await self._session.execute(query)]

    async def last_kind(self, platform_client: str) -> str | None:
        """Return what the newest entry in a client's timeline is."""
        query = select(col(SyncEventRow.kind)).where(col(SyncEventRow.platform_client) == platform_client)
        return (await self._session.scalars(query.order_by(col(SyncEventRow.seq).desc()).limit(1))).first()

    async def left_behind(self, limit: int) -> list[str]:
        """Return clients left to a journey that writes no more, and not looked at since; the longest waiting first."""
        later = aliased(SyncEventRow)
        query = (
            select(col(SyncEventRow.platform_client))
            .where(col(SyncEventRow.kind) == SyncEvent.LEFT_TO_JOURNEY, col(SyncEventRow.platform_client).is_not(None))
            .where(
                ~exists().where(
                    col(later.platform_client) == col(SyncEventRow.platform_client),
                    col(later.seq) > col(SyncEventRow.seq),
                ),
                ~exists().where(
                    col(SyncedClientRow.platform_client) == col(SyncEventRow.platform_client),
                    col(SyncedClientRow.synced_at) > col(SyncEventRow.at),
                ),
                ~exists().where(
                    col(JourneyHolderRow.platform_client) == col(SyncEventRow.platform_client),
                    col(JourneyRow.journey_id) == col(JourneyHolderRow.journey_id),
                    col(JourneyRow.stage).in_(_WRITING),
                ),
            )
            .order_by(col(SyncEventRow.seq))
        )
        return [str(client) for client in await self._session.scalars(query.limit(limit))]

    async def accounts_waiting(self, firm: str | None) -> set[str]:
        """Return the accounts without a plan because a holder was not linked yet, of a firm or of none."""
        query = select(col(SyncedAccountRow.platform_account)).where(
            col(SyncedAccountRow.state) == PlanState.WAITING_FOR_CLIENT,
            or_(col(SyncedAccountRow.firm) == firm, col(SyncedAccountRow.firm).is_(None)),
        )
        return set(await self._session.scalars(query))

    async def account(self, platform_account: str) -> SyncedAccountRow | None:
        """Return what we know of an account of the platform, if anything."""
        return (await self.accounts([platform_account])).get(platform_account)

    async def accounts(self, platform_accounts: Collection[str]) -> dict[str, SyncedAccountRow]:
        """Return what we know of these accounts of the platform, by their ids; unknown ones are left out."""
        query = select(SyncedAccountRow).where(col(SyncedAccountRow.platform_account).in_(platform_accounts))
        found = await self._session.scalars(query.execution_options(populate_existing=True))
        return {row.platform_account: row for row in found}

    async def account_of_plan(self, firm: str, plan: str) -> SyncedAccountRow | None:
        """Return the account of the platform that a plan of the firm's Plannr stands for, if any."""
        query = (
            select(SyncedAccountRow)
            .where(col(SyncedAccountRow.firm) == firm, col(SyncedAccountRow.plannr_plan) == plan)
            .order_by(col(SyncedAccountRow.platform_account))
        )
        return (await self._session.scalars(query.limit(1))).first()

    async def save_clients(self, rows: Sequence[SyncedClientRow]) -> None:
        """Store what is known now, each row anew or over the one that is there.

        `synced_at` is the moment at which the reading of the two systems *began*: a comparison never overwrites one
        that read later.
        """
        await self._save(SyncedClientRow, "platform_client", rows)

    async def save_accounts(self, rows: Sequence[SyncedAccountRow]) -> None:
        """Store what is known now, each row anew or over the one that is there; see `save_clients`."""
        await self._save(SyncedAccountRow, "platform_account", rows)

    async def _save(self, table: type[StoredRow], key: str, rows: Sequence[StoredRow]) -> None:
        if not rows:
            return
        new = insert_into(self._session, table)
        columns: Any = table
        statement = new.on_conflict_do_update(
            index_elements=[key],
            set_={name: new.excluded[name] for name in table.model_fields if name != key},
            where=new.excluded["synced_at"] >= columns.synced_at,
        )
        # Through the connection: many rows with one prepared statement, and no objects to keep in step.
        connection = await self._session.connection()
        await connection.execute(statement, [row.model_dump() for row in rows])

    async def note(
        self,
        *,
        at: datetime,
        kind: str,
        cause: Cause,
        firm: str | None = None,
        platform_client: str | None = None,
        platform_account: str | None = None,
        plannr_account: str | None = None,
        fields: Collection[str] = (),
    ) -> None:
        """Add an entry to the timeline; `kind` is of `domain.sync_events`, `fields` are names and never values."""
        await self._session.execute(
            insert(SyncEventRow).values(
                at=at,
                firm=firm,
                platform_client=platform_client,
                platform_account=platform_account,
                plannr_account=plannr_account,
                kind=kind,
                cause=cause,
                fields=sorted(fields),
            )
        )

    async def timeline(
        self, firm: str, platform_client: str, *, before: int | None = None, limit: int
    ) -> list[SyncEventRow]:
        """Return what the sync did for a firm's client, the newest first; `before` is the last page's lowest `seq`."""
        query = select(SyncEventRow).where(
            col(SyncEventRow.firm) == firm, col(SyncEventRow.platform_client) == platform_client
        )
        if before is not None:
            query = query.where(col(SyncEventRow.seq) < before)
        return list(await self._session.scalars(query.order_by(col(SyncEventRow.seq).desc()).limit(limit)))
