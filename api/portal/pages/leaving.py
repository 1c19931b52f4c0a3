"""The pages of a client who does not want to go on, or not alone: declining, and asking the adviser (P27)."""

from fastapi import APIRouter, Response

from api.portal import endings, evidence
from api.portal.pages.task_page import OpenTaskPageDep, TaskPage, TaskPageDep
from api.problem_types import STATEMENT_NOT_ACCEPTED
from api.problems import Problem
from api.web.forms import FieldError, read_form
from domain.calendar import london_day
from domain.declarations import DECLINE_STATEMENT
from domain.journey import Stage
from models.schemas.portal_acts import Decline
from models.tables import EvidenceKind

router = APIRouter(prefix="/journeys/{journey_id}")
_NOT_CONFIRMED = FieldError("confirm", "Tick the box if you want to decline. Nothing has ended.")


@router.get("/decline")
async def portal_decline_page(page: TaskPageDep) -> Response:
    """Say what declining does, or that it is done (P27)."""
    if page.journey.stage is Stage.DECLINED:
        return _declined(page)
    return _decline_form(page)


@router.post("/decline")
async def decline_on_page(page: TaskPageDep) -> Response:
    """Decline the account, once that is confirmed; it ends for everyone in it (P27, P30)."""
    typed = await read_form(page.request)
    try:
        act = endings.declining(Decline(confirm=typed["confirm"] == "yes"))
    except Problem as problem:
        if problem.problem_type is not STATEMENT_NOT_ACCEPTED:
            raise
        return _decline_form(page, status_code=422, errors=[_NOT_CONFIRMED])
    await evidence.record(page.services, page.visit, page.journey, act, page.now)
    return page.to("decline")


@router.get("/help")
async def portal_help_page(page: OpenTaskPageDep) -> Response:
    """Offer to tell the adviser that the client wants to talk, or say since when the adviser knows (P27)."""
    asked = page.journey.acts(EvidenceKind.HELP_REQUESTED)
    return page.show(
        "help.html",
        asked_at=asked[-1].occurred_at if asked else None,
        asked_today=bool(asked) and london_day(asked[-1].occurred_at) == london_day(page.now),
        can_ask=page.journey.stage is Stage.AWAITING_CLIENT or page.journey.mandate_wanted_again,
        what_happens_next=endings.AFTER_ASKING,
        onward=page.onward,
    )


@router.post("/help")
async def ask_for_help_on_page(page: OpenTaskPageDep) -> Response:
    """Tell the adviser, once a day however often it is clicked; everything else stays as it is (P27)."""
    await evidence.record(page.services, page.visit, page.journey, endings.asking_for_help(page.now), page.now)
    return page.to("help")


def _decline_form(page: TaskPage, *, status_code: int = 200, errors: list[FieldError] | None = None) -> Response:
    if page.journey.stage is not Stage.AWAITING_CLIENT:
        raise page.journey.out_of_turn()
    return page.show("decline.html", status_code=status_code, errors=errors, statement=DECLINE_STATEMENT)


def _declined(page: TaskPage) -> Response:
    own = page.journey.acts(EvidenceKind.JOURNEY_DECLINED)
    return page.show(
        "declined.html",
        declined_at=own[0].occurred_at if own else None,
        what_happens_next=endings.AFTER_DECLINING,
    )
