"""The pages of the direct debit: what it is, who can authorise it, the Guarantee, and how it goes on (P23, P47)."""

from typing import Final

from fastapi import APIRouter, Response

from api.portal import evidence, payments, views
from api.portal.pages.task_page import OpenTaskPageDep, TaskPage, belongs_on_page
from api.problem_types import BANK_DETAILS_REQUIRED, DOCUMENT_SUPERSEDED, MANDATE_ALREADY_ANSWERED, WRONG_STAGE
from api.problems import Problem
from api.web.forms import FieldError, read_form
from domain.journey import MandateRoute, Stage
from domain.portal_tasks import AGAIN_WORDS, TaskKey
from models.schemas.portal_acts import AnswerMandate
from models.tables import EvidenceKind

router = APIRouter(prefix="/journeys/{journey_id}/direct-debit")
_ANSWER_MISSING = FieldError(
    "sole_signatory", "Choose yes if nobody else has to sign for this bank account, and no if someone does."
)
_FAILED: Final = (
    "Your bank has told us that the direct debit no longer works. Your account stays open. To go on paying in, please "
    "set up a new one here."
)
_CHANGED: Final = "The Direct Debit Guarantee has changed while this page was open. Read it again, then confirm."
_PAGES: Final = {"yes": "direct-debit/authorise", "no": "direct-debit/paper"}


@router.get("")
async def portal_direct_debit_page(page: OpenTaskPageDep) -> Response:
    """Show what is to be collected and ask who has to authorise it, or say how it was answered (P23)."""
    payments.selected_direct_debit(page.journey)
    if page.journey.mandate_answer is not None:
        return _answered(page)
    return await _question(page)


@router.post("")
async def choose_direct_debit_route(page: OpenTaskPageDep) -> Response:
    """Lead to the Guarantee, or to the paper route; nothing is recorded before it is confirmed there (P23)."""
    payments.selected_direct_debit(page.journey)
    typed = await read_form(page.request)
    if typed["sole_signatory"] not in _PAGES:
        return await _question(page, status_code=422, errors=[_ANSWER_MISSING])
    return page.to(_PAGES[typed["sole_signatory"]])


@router.get("/authorise")
async def portal_guarantee_page(page: OpenTaskPageDep) -> Response:
    """Show the Guarantee in full, before anything is confirmed (P23)."""
    return await _if_open(page) or await _guarantee(page)


@router.post("/authorise")
async def authorise_direct_debit_on_page(page: OpenTaskPageDep) -> Response:
    """Authorise the mandate under the Guarantee that was shown; under another one it is shown again (P23, P47)."""
    typed = await read_form(page.request)
    form = AnswerMandate(sole_signatory=True, guarantee_version=typed["guarantee_version"] or None)
    return await _answer(page, form)


@router.get("/paper")
async def portal_paper_mandate_page(page: OpenTaskPageDep) -> Response:
    """Say what happens when others have to sign too (P23)."""
    return await _if_open(page) or page.show("direct_debit_paper.html")


@router.post("/paper")
async def ask_for_paper_mandate_on_page(page: OpenTaskPageDep) -> Response:
    """Ask for the paper mandate; the other tasks go on meanwhile (P23)."""
    return await _answer(page, AnswerMandate(sole_signatory=False))


async def _answer(page: TaskPage, form: AnswerMandate) -> Response:
    services = page.services
    payments.selected_direct_debit(page.journey)
    try:
        await payments.expect_mandate_ready(services.platform, page.journey)
        guarantee = await services.platform.guarantee() if form.sole_signatory else None
        act = payments.answering_mandate(page.journey, form, guarantee)
        await evidence.record(services, page.visit, page.journey, act, page.now)
    except Problem as problem:
        errors = belongs_on_page(
            problem, DOCUMENT_SUPERSEDED, MANDATE_ALREADY_ANSWERED, BANK_DETAILS_REQUIRED, WRONG_STAGE
        )
        return await _refused(page, problem, errors)
    return page.to("direct-debit")


async def _refused(page: TaskPage, problem: Problem, errors: list[FieldError]) -> Response:
    if problem.problem_type is DOCUMENT_SUPERSEDED:
        return await _guarantee(page, status_code=409, errors=[FieldError("guarantee", _CHANGED)])
    if problem.problem_type is MANDATE_ALREADY_ANSWERED and page.journey.mandate_answer is not None:
        return _answered(page, status_code=409, errors=errors)
    if problem.problem_type is WRONG_STAGE and not page.journey.mandate_wanted_again:
        raise problem
    return await _question(page, status_code=409, errors=errors)


async def _if_open(page: TaskPage) -> Response | None:
    """Lead back to the question where there is nothing to confirm."""
    payments.selected_direct_debit(page.journey)
    blocked = page.journey.mandate_answer is not None or not page.journey.bank_details_given
    return page.to("direct-debit") if blocked or await _not_ready(page) else None


async def _question(page: TaskPage, *, status_code: int = 200, errors: list[FieldError] | None = None) -> Response:
    return page.show(
        "direct_debit.html",
        status_code=status_code,
        errors=errors,
        mandate=await views.mandate_shown(page.services, page.journey),
        bank_details_missing=not page.journey.bank_details_given,
        bank_details_asked=any(task.key is TaskKey.BANK_DETAILS for task in page.journey.tasks().tasks),
        waiting=await _not_ready(page),
        again=_again(page),
        today=page.now,
    )


async def _guarantee(page: TaskPage, *, status_code: int = 200, errors: list[FieldError] | None = None) -> Response:
    mandate = await views.mandate_shown(page.services, page.journey)
    return page.show(
        "direct_debit_authorise.html", status_code=status_code, errors=errors, mandate=mandate, today=page.now
    )


def _answered(page: TaskPage, *, status_code: int = 200, errors: list[FieldError] | None = None) -> Response:
    route = page.journey.mandate_answer
    given = page.journey.acts(EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED)
    return page.show(
        "direct_debit_answered.html",
        status_code=status_code,
        errors=errors,
        online=route is MandateRoute.ONLINE,
        paper_received=route is MandateRoute.PAPER_RECEIVED,
        answered_at=given[-1].occurred_at if given else None,
        what_happens_next=payments.WHAT_HAPPENS_NEXT.get(route, "") if route is not None else "",
        onward=page.onward,
    )


async def _not_ready(page: TaskPage) -> str:
    try:
        await payments.expect_mandate_ready(page.services.platform, page.journey)
    except Problem as problem:
        if problem.problem_type is not WRONG_STAGE:
            raise
        return problem.detail
    return ""


def _again(page: TaskPage) -> str:
    if page.journey.stage is Stage.ACTIVE and page.journey.mandate_wanted_again:
        return _FAILED
    return AGAIN_WORDS[TaskKey.DIRECT_DEBIT_MANDATE] if page.journey.lapsed_answers() else ""
