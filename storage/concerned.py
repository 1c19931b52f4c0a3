"""Which journeys a record of the platform concerns: what news of it have to be told to, and whose they are."""

from collections.abc import Collection
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.journey import Stage
from models.tables import JourneyHolderRow, JourneyRow

_FINAL: Final = tuple(stage for stage in Stage if stage.is_final)
RecordName = Literal["platform_account", "platform_mandate"]


class ConcernedRepository:
    """The journeys behind clients, accounts and mandates of the platform."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def firm_of_client(self, platform_client: str) -> str | None:
        """Return the firm whose journey, running or over, has this client as a holder."""
        query = (
            select(col(JourneyRow.firm))
            .join(JourneyHolderRow, col(JourneyHolderRow.journey_id) == col(JourneyRow.journey_id))
            .where(col(JourneyHolderRow.platform_client) == platform_client)
        )
        return (await self._session.scalars(query.limit(1))).first()

    async def running_clients(self, platform_clients: Collection[str]) -> set[str]:
        """Return which of these clients a journey that is not over has as a holder."""
        query = (
            select(col(JourneyHolderRow.platform_client))
            .join(JourneyRow, col(JourneyHolderRow.journey_id) == col(JourneyRow.journey_id))
            .where(col(JourneyHolderRow.platform_client).in_(platform_clients), col(JourneyRow.stage).not_in(_FINAL))
        )
        return {client for client in await self._session.scalars(query) if client is not None}

    async def firms_of_records(self, name: RecordName, records: Collection[str]) -> dict[str, str]:
        """Return the firm of each of these records that a journey, running or over, has; others are left out."""
        record = col(JourneyRow.progress)["records"][name].as_string()
        query = select(record, col(JourneyRow.firm)).where(record.in_(records))
        return {str(identifier): firm for identifier, firm in await self._session.execute(query)}
