"""The page of a journey: where it stands, what happens next, and everything on record about it (A7, A8, A10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from api import evidence_pack, views
from api.dependencies import NowDep, ServicesDep
from api.eligibility import kept_warnings
from api.journeys import Journeys
from api.openings import with_opening
from api.problems import Problem
from api.web.rendering import Pages, PagesDep
from api.workbench import journey_parts, timeline, wording
from api.workbench.access import WatchingVisitDep, WorkbenchVisit, WorkbenchVisitDep
from api.workbench.actions import actions, attention
from api.workbench.systems import both_systems
from domain.journey import PartyRole, Stage
from domain.wrappers import wrapper_words
from models.messages import Progress
from models.tables import EmailRow, EvidenceRow
from runtime.services import Services
from storage.emails import EmailRepository
from storage.evidence import EvidenceRepository
from storage.people import KnownPerson, PersonRepository

_UNNAMED: Final = {
    PartyRole.HOLDER: "The client",
    PartyRole.CHILD: "The child",
    PartyRole.REGISTERED_CONTACT: "The registered contact",
}

router = APIRouter(prefix="/journeys/{journey_id}")


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What is stored about a journey besides its own state."""

    people: dict[str, KnownPerson]
    emails: list[EmailRow]
    evidence: list[EvidenceRow]


@router.get("")
async def show_journey(
    *, request: Request, journey_id: str, pages: PagesDep, services: ServicesDep, visit: WorkbenchVisitDep, now: NowDep
) -> Response:
    """Show a journey."""
    return await _page(request, journey_id, pages=pages, services=services, visit=visit, now=now)


@router.get("/now")
async def show_journey_again(
    *, request: Request, journey_id: str, pages: PagesDep, services: ServicesDep, visit: WatchingVisitDep, now: NowDep
) -> Response:
    """Show a journey to a page that stands open and has heard of a change; nobody need be there to see it."""
    return await _page(request, journey_id, pages=pages, services=services, visit=visit, now=now)


async def _page(
    request: Request, journey_id: str, *, pages: Pages, services: Services, visit: WorkbenchVisit, now: datetime
) -> Response:
    journeys = Journeys(services, visit.adviser.firm.id)
    progress = await with_opening(journeys, await journeys.get(journey_id))
    record = await on_record(services, progress)
    names = await names_of(journeys, progress, record.people)
    may_act = visit.adviser.may_write
    wrapper = wrapper_words(progress.wrapper)
    return pages.render(
        request,
        "workbench/journey.html",
        visit=visit,
        adviser=visit.adviser,
        now=now,
        progress=progress,
        title=_title(progress, names, wrapper),
        stage=wording.STAGES[progress.stage],
        colour=wording.STAGE_COLOURS[progress.stage],
        waiting_on=wording.PARTIES[progress.waiting_on],
        waiting_for=wording.reasons(progress.waiting_for),
        next_action=wording.following(progress.next_action),
        attention=attention(progress),
        actions=actions(progress) if may_act else [],
        may_act=may_act,
        conditions=journey_parts.conditions(progress, names),
        people=journey_parts.people(progress, names, record.people),
        documents=journey_parts.documents(progress, names, record.evidence),
        emails=journey_parts.emails(progress, names, record.emails, may_act=may_act),
        systems=await both_systems(services, progress, names),
        timeline=timeline.items(progress, may_act=may_act),
        warnings=await kept_warnings(journeys, journey_id),
        platform_url=services.settings.platform_url if progress.stage is Stage.ACTIVE else None,
        operator=views.links(services.settings, journey_id).operator if may_act else None,
        synced=journey_parts.synced(progress, names),
    )


@router.get("/evidence")
async def download_evidence(journey_id: str, services: ServicesDep, visit: WorkbenchVisitDep, now: NowDep) -> Response:
    """Download everything that shows who was shown and accepted what, as one file; the audit notes who did."""
    firm, actor = visit.adviser.firm.id, visit.adviser.actor
    pack = await evidence_pack.for_journey(services, firm, journey_id, actor=actor, now=now)
    headers = {"Content-Disposition": f'attachment; filename="{pack.filename}"'}
    return Response(pack.content, media_type="application/zip", headers=headers)


async def on_record(services: Services, progress: Progress) -> OnRecord:
    """Return what is stored about a journey."""
    async with services.database.reading() as session:
        people = [holder.person_id for holder in progress.holders]
        return OnRecord(
            people=await PersonRepository(session).known(progress.firm, people),
            emails=await EmailRepository(session).of_journey(progress.journey_id),
            evidence=await EvidenceRepository(session).of_journey(progress.journey_id),
        )


async def names_of(journeys: Journeys, progress: Progress, known: dict[str, KnownPerson]) -> dict[str, str]:
    """Return how the page calls everybody who takes part, by person id: the first name, or else what they are."""
    given = {person: found.first_name for person, found in known.items()}
    if not progress.stage.is_final and len(given) < len(progress.holders):
        given |= await _names_in_the_form(journeys, progress.journey_id)
    return {holder.person_id: given.get(holder.person_id) or _UNNAMED[holder.role] for holder in progress.holders}


async def _names_in_the_form(journeys: Journeys, journey_id: str) -> dict[str, str]:
    """Return the first names that the journey knows of before anybody was written to, if it can be asked."""
    try:
        parties = await journeys.client_details(journey_id)
    except Problem:
        return {}
    return {party.person_id: party.details.first_name for party in parties if party.details.first_name}


def _title(progress: Progress, names: dict[str, str], wrapper: str) -> str:
    acting = [names[holder.person_id] for holder in progress.holders if holder.role.acts]
    unnamed = set(_UNNAMED.values())
    if unnamed & set(acting):
        return wording.sentence(wrapper)
    return f"{' and '.join(acting)}: {wrapper}"
