"""What the pages of the sync show beside the sync's own records: whose client it is, and since when it is linked."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.ownership import Subject
from domain.sync_events import SyncEvent
from models.tables import DiscrepancyRow, JourneyHolderRow, JourneyRow, SyncEventRow

_LINKING: Final = (SyncEvent.LINKED, SyncEvent.MATCHED, SyncEvent.CREATED)


class SyncPagesRepository:
    """Look-ups for whole pages, of one firm."""

    def __init__(self, session: AsyncSession, firm: str) -> None:
        self._session = session
        self._firm = firm

    async def journeys_of(self, platform_clients: Collection[str]) -> dict[str, list[tuple[str, str]]]:
        """Return the journeys of these clients of the platform as id and reference, the newest first."""
        query = (
            select(
                col(JourneyHolderRow.platform_client),
                col(JourneyRow.journey_id),
                col(JourneyRow.external_reference),
            )
            .join(JourneyRow, col(JourneyRow.journey_id) == col(JourneyHolderRow.journey_id))
            .where(col(JourneyHolderRow.platform_client).in_(platform_clients), col(JourneyRow.firm) == self._firm)
            .order_by(col(JourneyRow.created_at).desc(), col(JourneyRow.journey_id))
        )
        found: dict[str, list[tuple[str, str]]] = {}
        for client, journey_id, reference in await self._session.execute(query):
            found.setdefault(client or "", []).append((journey_id, reference))
        return found

    async def clients_of(self, platform_accounts: Collection[str]) -> dict[str, str]:
        """Return a client of each of these accounts of the platform, as far as the timeline knows one."""
        query = (
            select(col(SyncEventRow.platform_account), func.max(col(SyncEventRow.platform_client)))
            .where(
                col(SyncEventRow.platform_account).in_(platform_accounts),
                col(SyncEventRow.platform_client).is_not(None),
                col(SyncEventRow.firm) == self._firm,
            )
            .group_by(col(SyncEventRow.platform_account))
        )
        return {account: client for account, client in await self._session.execute(query) if account and client}

    async def speaks_of(self, platform_client: str) -> bool:
        """Whether a difference or an entry of the timeline is about this client."""
        differing = select(col(DiscrepancyRow.platform_id)).where(
            col(DiscrepancyRow.platform_id) == platform_client,
            col(DiscrepancyRow.subject) == Subject.CLIENT,
            col(DiscrepancyRow.firm) == self._firm,
        )
        told = select(col(SyncEventRow.seq)).where(
            col(SyncEventRow.platform_client) == platform_client, col(SyncEventRow.firm) == self._firm
        )
        found = [(await self._session.scalars(query.limit(1))).first() for query in (differing, told)]
        return any(one is not None for one in found)

    async def linked_since(self, platform_client: str) -> datetime | None:
        """Return when the sync last linked this client, if it was the sync that did."""
        query = (
            select(col(SyncEventRow.at))
            .where(
                col(SyncEventRow.firm) == self._firm,
                col(SyncEventRow.platform_client) == platform_client,
                col(SyncEventRow.kind).in_(_LINKING),
            )
            .order_by(col(SyncEventRow.seq).desc())
        )
        return (await self._session.scalars(query.limit(1))).first()
