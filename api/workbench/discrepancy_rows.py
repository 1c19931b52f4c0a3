"""Differences as a page shows them: what differs, whose it is, both values masked, and what repairs it (P54)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from api.web.wording import since
from api.workbench import sync_wording as wording
from api.workbench.asking import journey_page
from domain.ownership import Subject
from models.tables import DiscrepancyRow
from storage.sync_pages import SyncPagesRepository

LIST: Final = "/workbench/discrepancies"
_WHOSE: Final = {Subject.CLIENT: "Client", Subject.ACCOUNT: "Account"}


@dataclass(frozen=True, slots=True)
class ShownDiscrepancy:
    """A difference ready to be read; `right` is the side whose value is right, if the rules say so.

    `journey` is the reference of the client's newest journey, if the firm has one with them.
    """

    id: str
    href: str
    what: str
    whose: str
    platform_id: str
    plannr_id: str | None
    journey: str
    journey_href: str
    timeline_href: str
    plannr_value: str
    platform_value: str
    owner: str
    right: str
    proposal: str
    task: str | None
    asked: bool
    age: str
    closed: str
    colour: str
    closed_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime


def timeline_page(platform_client: str) -> str:
    """Return the address of a client's sync timeline."""
    return f"/workbench/clients/{platform_client}/sync"


async def shown_rows(
    session: AsyncSession, firm: str, rows: Sequence[DiscrepancyRow], now: datetime
) -> list[ShownDiscrepancy]:
    """Return these differences of a firm, each with its client's newest journey and timeline where they are known."""
    pages = SyncPagesRepository(session, firm)
    accounts = await pages.clients_of([row.platform_id for row in rows if row.subject is Subject.ACCOUNT])
    clients = {
        row.discrepancy_id: row.platform_id if row.subject is Subject.CLIENT else accounts.get(row.platform_id, "")
        for row in rows
    }
    journeys = await pages.journeys_of([client for client in clients.values() if client])
    return [
        _shown(row, clients[row.discrepancy_id], journeys.get(clients[row.discrepancy_id], []), now) for row in rows
    ]


def _shown(row: DiscrepancyRow, client: str, journeys: list[tuple[str, str]], now: datetime) -> ShownDiscrepancy:
    closed, colour = wording.CLOSED.get(row.closed_as, ("Closed", "grey")) if row.closed_at else ("", "")
    journey_id, reference = journeys[0] if journeys else ("", "")
    # Where there is no client on the platform, the record in Plannr stands in its place.
    is_client = bool(client) and client != row.plannr_id
    return ShownDiscrepancy(
        id=row.discrepancy_id,
        href=f"{LIST}/{row.discrepancy_id}",
        what=wording.title_of(row),
        whose=_WHOSE[row.subject] if row.platform_id != row.plannr_id else "Record in Plannr",
        platform_id=row.platform_id,
        plannr_id=row.plannr_id,
        journey=f"Journey {reference}" if reference else "",
        journey_href=journey_page(journey_id) if journey_id else "",
        timeline_href=timeline_page(client) if is_client else "",
        plannr_value=wording.plannr_says(row),
        platform_value=wording.platform_says(row),
        owner="Both systems" if row.field in wording.WHOLE else wording.OWNERS[row.owner],
        right=row.owner.value if row.proposal in wording.REPAIRABLE and row.field not in wording.WHOLE else "",
        proposal=wording.proposal_of(row),
        task=row.task,
        asked=row.task is not None,
        age=since(row.first_seen_at, row.closed_at or now),
        closed=closed,
        colour=colour,
        closed_at=row.closed_at,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
    )
