"""When clients of past journeys did what, without who they are."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.journey import Stage
from models.tables import EvidenceKind, EvidenceRow, JourneyRow

_ON_THE_WAY: Final = (
    EvidenceKind.DETAILS_CONFIRMED,
    EvidenceKind.BANK_DETAILS_SUBMITTED,
    EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED,
    EvidenceKind.DOCUMENT_OPENED,
    EvidenceKind.PLATFORM_TERMS_ACCEPTED,
    EvidenceKind.PRODUCT_TERMS_ACCEPTED,
)


async def past_visits(session: AsyncSession, firm: str, *, limit: int = 200) -> list[list[datetime]]:
    """Return when the clients of a firm's latest open accounts did what, a list for each client on each account.

    Args:
        session: An open session.
        firm: Whose clients.
        limit: At most so many journeys, the latest first, since pages and documents change over the years.
    """
    latest = (
        select(col(JourneyRow.journey_id))
        .where(col(JourneyRow.firm) == firm, col(JourneyRow.stage) == Stage.ACTIVE)
        .order_by(col(JourneyRow.updated_at).desc())
        .limit(limit)
    )
    query = select(col(EvidenceRow.journey_id), col(EvidenceRow.person_id), col(EvidenceRow.occurred_at)).where(
        col(EvidenceRow.journey_id).in_(latest), col(EvidenceRow.kind).in_(_ON_THE_WAY)
    )
    visits: dict[tuple[str, str], list[datetime]] = {}
    for journey_id, person_id, occurred_at in await session.execute(query):
        visits.setdefault((journey_id, person_id), []).append(occurred_at)
    return list(visits.values())
