"""A new journey in three pages: who and what, the details, check and submit (A1-A5).

Nothing is kept between the pages but what the forms carry, so that no personal data stands in an address or a table.
"""

from http import HTTPStatus

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from api.problems import Problem
from api.web.forms import FieldError, Typed, read_form
from api.workbench.drafting import BACK, CHANGE, Drafting, DraftingDep
from api.workbench.new_checks import errors_of, look
from api.workbench.new_plan import SEND, Plan
from api.workbench.new_submission import Submission
from connectors.errors import ConnectorError

router = APIRouter()


@router.get("/new")
async def show_who(drafting: DraftingDep) -> Response:
    """Show the first page, empty."""
    return drafting.who_page(drafting.blank())


@router.post("/new")
async def search_or_change_who(drafting: DraftingDep) -> Response:
    """Show the first page again: with whom a search found, or with an answer to be changed."""
    typed = await read_form(drafting.request)
    if typed[CHANGE]:
        typed[BACK] = "check"
    return await drafting.search_again(typed)


@router.get("/new/account")
@router.get("/new/check")
@router.get("/new/submission")
async def begin_again() -> Response:
    """Lead to the first page: the others show what a form sends them and have nothing to show without."""
    return RedirectResponse("/workbench/new", status_code=HTTPStatus.SEE_OTHER)


@router.post("/new/account")
async def show_details(drafting: DraftingDep) -> Response:
    """Take the first page, or a wish to change an answer, and show the second."""
    typed = await read_form(drafting.request)
    reading = await drafting.read_choice(typed)
    choice = reading.choice
    if choice is None:
        return drafting.who_page(typed, reading)
    if typed[CHANGE] or not typed[BACK]:
        return drafting.details_page(choice, typed, go_to=typed[CHANGE])
    plan, _ = drafting.read_plan(choice, typed)
    return drafting.details_page(choice, typed) if plan is None else await _check(drafting, plan, typed)


@router.post("/new/check")
async def show_check(drafting: DraftingDep) -> Response:
    """Take the second page and show everything to be checked, with what stands in the way (A3, A5)."""
    typed = await read_form(drafting.request)
    plan = await _plan(drafting, typed)
    return plan if isinstance(plan, Response) else await _check(drafting, plan, typed)


@router.post("/new/submission")
async def submit(drafting: DraftingDep) -> Response:
    """Start the journeys and submit their forms; the page comes back with what is wrong if a step fails (A4)."""
    typed = await read_form(drafting.request)
    plan = await _plan(drafting, typed)
    if isinstance(plan, Response):
        return plan
    if typed[SEND] not in {"yes", "no"}:
        error = FieldError(SEND, "Say whether the account is to be opened now.")
        return await _check(drafting, plan, typed, errors=[error])
    submission = Submission(drafting.services, drafting.visit, drafting.request, typed, plan, drafting.now)
    try:
        submitted = await submission.carry_out(send_to_platform=typed[SEND] == "yes")
    except Problem as problem:
        return await _check(
            drafting, plan, typed, errors=errors_of(problem, plan), status=problem.problem_type.status, tried=True
        )
    if not submitted.completed:
        return await _check(drafting, plan, typed, status=HTTPStatus.ACCEPTED, tried=True)
    return RedirectResponse(f"/workbench/new/done/{submitted.journeys[0]}", status_code=HTTPStatus.SEE_OTHER)


async def _plan(drafting: Drafting, typed: Typed) -> Plan | Response:
    """Return everything that was planned, or the page on which something is missing."""
    reading = await drafting.read_choice(typed)
    choice = reading.choice
    if choice is None:
        return drafting.who_page(typed, reading)
    plan, errors = drafting.read_plan(choice, typed)
    return drafting.details_page(choice, typed, errors=errors) if plan is None else plan


async def _check(
    drafting: Drafting,
    plan: Plan,
    typed: Typed,
    *,
    errors: list[FieldError] | None = None,
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
    tried: bool = False,
) -> Response:
    try:
        found = await look(drafting.services, drafting.visit.adviser, plan, drafting.now)
    except ConnectorError as error:
        return drafting.unavailable(error, plan.choice, typed)
    if errors or tried:
        found.errors, found.status = [*(errors or []), *([] if tried else found.errors)], int(status)
    return drafting.check_page(plan, typed, found, tried=tried)
