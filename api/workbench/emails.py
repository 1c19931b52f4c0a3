"""What an e-mail of a journey said: written again from what was kept of it, without the recipient's own link (A8)."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.dependencies import ServicesDep
from api.journeys import Journeys
from api.problem_types import PAGE_NOT_FOUND
from api.problems import Problem
from api.web.rendering import Pages, PagesDep
from api.workbench import wording
from api.workbench.access import WorkbenchVisit, WorkbenchVisitDep
from api.workbench.journey_parts import email_key
from connectors.mail.identity import EmailTemplate
from connectors.mail.rendering import Rendered, render, told_again
from models.tables import EmailRow
from runtime.services import Services, mail_brand
from storage.emails import EmailRepository
from storage.people import PersonRepository

# An e-mail's styles stand in the e-mail itself; nothing in it may run, load or lead anywhere.
_FRAME_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)

router = APIRouter(prefix="/journeys/{journey_id}/emails/{key}")


@router.get("")
async def show_email(
    *, request: Request, journey_id: str, key: str, pages: PagesDep, services: ServicesDep, visit: WorkbenchVisitDep
) -> Response:
    """Show an e-mail: what became of it and what it said."""
    row = await _email(services, visit, journey_id, key)
    words, colour = wording.EMAIL_STATES[row.state]
    return pages.render(
        request,
        "workbench/email.html",
        visit=visit,
        adviser=visit.adviser,
        journey_id=journey_id,
        key=key,
        email=row,
        about=wording.sentence(wording.event_words(row.event)),
        to="the client" if row.recipient_role == "client" else "the adviser",
        state=words,
        colour=colour,
        written=await _written(services, pages, row, visit),
    )


@router.get("/content")
async def show_email_content(
    journey_id: str, key: str, pages: PagesDep, services: ServicesDep, visit: WorkbenchVisitDep
) -> HTMLResponse:
    """Return the e-mail's own markup for the frame of its page."""
    row = await _email(services, visit, journey_id, key)
    written = await _written(services, pages, row, visit)
    if written is None:
        raise Problem(PAGE_NOT_FOUND)
    return HTMLResponse(written.html, headers={"Content-Security-Policy": _FRAME_POLICY})


async def _email(services: Services, visit: WorkbenchVisit, journey_id: str, key: str) -> EmailRow:
    await Journeys(services, visit.adviser.firm.id).require(journey_id)
    async with services.database.reading() as session:
        rows = await EmailRepository(session).of_journey(journey_id)
    found = next((row for row in rows if email_key(row) == key), None)
    if found is None:
        raise Problem(PAGE_NOT_FOUND)
    return found


async def _written(services: Services, pages: Pages, row: EmailRow, visit: WorkbenchVisit) -> Rendered | None:
    """Return the e-mail again; None when it is from before what e-mails tell was kept."""
    if row.facts is None:
        return None
    context = told_again(row.facts, await _first_name(services, row, visit))
    return render(EmailTemplate(row.template), context, mail_brand(pages.brand))


async def _first_name(services: Services, row: EmailRow, visit: WorkbenchVisit) -> str:
    if row.recipient_role != "client":
        own = row.facts is not None and row.facts.get("adviser_name") == visit.adviser.adviser.display_name
        return visit.adviser.adviser.first_name if own else "Adviser"
    async with services.database.reading() as session:
        known = await PersonRepository(session).known(visit.adviser.firm.id, [row.person_id])
    return known[row.person_id].first_name if row.person_id in known else "Client"
