"""What the sync did and found for one client, how the client is linked, and comparing them now (P5, P50-P52)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.dependencies import NowDep, ServicesDep
from api.problem_types import PAGE_NOT_FOUND
from api.problems import Problem
from api.web.rendering import PagesDep
from api.webhooks.syncing import begin_platform_sync
from api.workbench import sync_wording as wording
from api.workbench.access import WorkbenchVisitDep
from api.workbench.asking import journey_page
from api.workbench.consequences import Consequence
from api.workbench.discrepancy_rows import shown_rows, timeline_page
from api.workbench.sync_asking import Question, SyncAskingDep
from api.workbench.wording import sentence
from domain.ownership import Subject
from models.syncing import Cause, LinkState
from models.tables import SyncedClientRow, SyncEventRow
from storage.audit import AuditRepository
from storage.discrepancies import DiscrepancyRepository
from storage.sync_pages import SyncPagesRepository
from storage.syncing import SyncRepository

_EVENTS: Final = 50
_MOST_DIFFERENCES: Final = 50

router = APIRouter(prefix="/clients/{client_id}/sync")


@dataclass(frozen=True, slots=True)
class ShownJourney:
    """A journey of the client."""

    reference: str
    href: str


@dataclass(frozen=True, slots=True)
class ShownLink:
    """How the client stands with the record in Plannr."""

    state: str
    colour: str
    sentence: str
    record: str | None
    since: datetime | None
    compared_at: datetime | None
    held: str


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """One thing that the sync did or found."""

    seq: int
    at: datetime
    words: str
    because: str
    account: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What a firm has of a client of the platform."""

    row: SyncedClientRow | None
    journeys: list[tuple[str, str]]


@router.get("")
async def show_timeline(
    *,
    request: Request,
    client_id: str,
    pages: PagesDep,
    services: ServicesDep,
    visit: WorkbenchVisitDep,
    now: NowDep,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Show a client's link, open differences and timeline."""
    firm = visit.adviser.firm.id
    async with services.database.reading() as session:
        known = await _known(session, firm, client_id)
        found = await SyncRepository(session).timeline(firm, client_id, before=before, limit=_EVENTS + 1)
        discrepancies = DiscrepancyRepository(session)
        differing = await discrepancies.page(firm, platform_id=client_id, limit=_MOST_DIFFERENCES)
        differences = await shown_rows(session, firm, differing, now)
        linked_since = await SyncPagesRepository(session, firm).linked_since(client_id)
    shown = found[:_EVENTS]
    return pages.render(
        request,
        "workbench/sync_timeline.html",
        adviser=visit.adviser,
        client=client_id,
        address=timeline_page(client_id),
        link=_link(known.row, linked_since),
        journeys=[ShownJourney(reference, journey_page(journey_id)) for journey_id, reference in known.journeys],
        differences=differences,
        events=[_event(row) for row in shown],
        first_page=before is None,
        following=urlencode({"before": shown[-1].seq}) if len(found) > _EVENTS else None,
    )


@router.get("/compare")
async def ask_to_compare(client_id: str, asking: SyncAskingDep) -> Response:
    """Say what comparing this client leads to."""
    async with asking.services.database.reading() as session:
        await _known(session, asking.firm, client_id)
    return asking.confirm(
        Question(
            about="Sync of a client",
            title="Compare this client now?",
            button="Compare now",
            back=timeline_page(client_id),
            consequences=[
                Consequence("Both systems", ["The client's record in Plannr and the client on the platform are read."]),
                Consequence(
                    "Where they differ",
                    [
                        "What the rules give to one of the two systems is written to the other one.",
                        "What only a person can decide is listed among the differences, and nothing is written.",
                    ],
                ),
                Consequence(
                    "Where they agree",
                    ["Nothing is written. While a journey is under way, it keeps both in step itself."],
                ),
            ],
        )
    )


@router.post("/compare")
async def compare(client_id: str, asking: SyncAskingDep) -> Response:
    """Begin the sync of this client, or join the one that runs."""
    async with asking.services.database.reading() as session:
        await _known(session, asking.firm, client_id)

    async def act() -> None:
        await begin_platform_sync(asking.services, Subject.CLIENT, client_id, Cause.PERSON)
        async with asking.services.database.transaction() as session:
            await AuditRepository(session).record(
                firm=asking.firm,
                actor=asking.visit.adviser.actor,
                action="compare_client",
                at=asking.now,
                details={"platform_client": client_id},
            )

    return await asking.carry_out(await asking.typed(), timeline_page(client_id), "compare", act)


async def _known(session: AsyncSession, firm: str, client_id: str) -> Known:
    """Return what the firm has of a client; raises Problem `not-found` for a client of another firm or of nobody."""
    row = await SyncRepository(session).client(client_id)
    own = row if row is not None and row.firm == firm else None
    pages = SyncPagesRepository(session, firm)
    journeys = (await pages.journeys_of([client_id])).get(client_id, [])
    if own is None and not journeys and not await pages.speaks_of(client_id):
        raise Problem(PAGE_NOT_FOUND)
    return Known(own, journeys)


def _link(row: SyncedClientRow | None, linked_since: datetime | None) -> ShownLink:
    if row is None:
        meaning = "Nothing is on record yet that both systems agreed on."
        return ShownLink("Not compared yet", "grey", meaning, None, None, None, "")
    words, colour, meaning = wording.LINKS[row.state]
    is_linked = row.state is LinkState.LINKED
    return ShownLink(
        state=words,
        colour=colour,
        sentence=meaning,
        record=row.plannr_account,
        since=linked_since if is_linked else None,
        compared_at=row.synced_at,
        held=sentence(wording.field_names(row.held)),
    )


def _event(row: SyncEventRow) -> ShownEvent:
    return ShownEvent(
        seq=row.seq or 0,
        at=row.at,
        words=wording.done_words(row.kind, row.fields),
        because=f"Because {wording.CAUSES[row.cause]}",
        account=row.platform_account,
    )
