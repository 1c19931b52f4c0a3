"""The pages of a pension's statement: to read it, and to have it corrected in its time (P32)."""

from fastapi import APIRouter, Response

from api.portal import evidence, statements, views
from api.portal.corrections import as_shown_to_the_adviser, correcting_statement
from api.portal.pages import correcting
from api.portal.pages.details import pending_corrections
from api.portal.pages.task_page import TaskPage, TaskPageDep, belongs_on_page
from api.problem_types import INVALID_REQUEST, STATEMENT_UNKNOWN, SYSTEM_UNAVAILABLE
from api.problems import Problem
from api.web.forms import FieldError, Typed, read_form
from connectors.errors import ConnectorError
from domain.calendar import london_day
from domain.journey import Wrapper
from models.people import KnownDetails
from models.tables import EvidenceKind

router = APIRouter(prefix="/journeys/{journey_id}/statement")


@router.get("")
async def portal_statement_page(page: TaskPageDep) -> Response:
    """Show the statement, until when it can be corrected, and what is being corrected already (P32)."""
    return await _statement(page)


@router.get("/content")
async def portal_statement_content(page: TaskPageDep) -> Response:
    """Return the statement exactly as the platform made it; it stands in a frame and can do nothing there (P32)."""
    return await statements.statement_content(page.services.platform, page.journey)


@router.get("/correct")
async def portal_statement_corrections_page(page: TaskPageDep) -> Response:
    """Ask what is not right in the statement, with every field filled in as it is held (P32)."""
    statements.expect_correctable(page.journey, page.now)
    held = await _held(page)
    return _form(page, held, correcting.prefilled(held))


@router.post("/correct")
async def look_over_statement_corrections(page: TaskPageDep) -> Response:
    """Show each correction as old → new before it is sent (P32)."""
    statements.expect_correctable(page.journey, page.now)
    typed, held = await read_form(page.request), await _held(page)
    if typed["again"]:
        return _form(page, held, correcting.reopened(held, typed))
    found = correcting.read_corrections(
        typed,
        held,
        london_day(page.now),
        allow_test_identifiers=page.services.settings.allow_test_identifiers,
    )
    if found.errors:
        return _form(page, held, typed, errors=found.errors)
    return page.show(
        "corrections_check.html",
        changes=correcting.old_and_new(found.changes),
        send_to=page.address("statement"),
        change_at=page.address("statement/correct"),
        what_happens_next="Your adviser has it put right. You then find the corrected statement here.",
    )


@router.post("")
async def correct_statement_on_page(page: TaskPageDep) -> Response:
    """Send the corrections that were looked over to the adviser, within their time (P32)."""
    statements.expect_correctable(page.journey, page.now)
    asked = correcting.sent_corrections(await read_form(page.request))
    services = page.services
    corrections = as_shown_to_the_adviser(
        asked, await _held(page), allow_test_identifiers=services.settings.allow_test_identifiers
    )
    try:
        act = correcting_statement(services.settings, corrections)
    except Problem as problem:
        return await _statement(page, status_code=422, errors=belongs_on_page(problem, INVALID_REQUEST))
    await evidence.record(services, page.visit, page.journey, act, page.now)
    return page.to("statement")


async def _statement(page: TaskPage, *, status_code: int = 200, errors: list[FieldError] | None = None) -> Response:
    statement = statements.statement_view(page.journey, page.now)
    if statement is None:
        raise Problem(STATEMENT_UNKNOWN)
    asked = page.journey.acts(EvidenceKind.STATEMENT_CORRECTED)
    return page.show(
        "statement.html",
        status_code=status_code,
        errors=errors,
        statement=statement,
        away=await _away(page),
        content=page.address("statement/content"),
        pending=pending_corrections(page),
        asked=[(row.occurred_at, row.statement) for row in asked],
    )


async def _away(page: TaskPage) -> str:
    """Return why the statement can't be shown now, so that the frame never holds an error; empty when it can."""
    try:
        await statements.statement_content(page.services.platform, page.journey)
    except ConnectorError:
        return "Your statement is held by the platform, which does not answer at the moment. Look again in a minute."
    except Problem as problem:
        if problem.problem_type is STATEMENT_UNKNOWN:
            return "Your statement is being made. It is here in a few minutes, and we send you an e-mail as well."
        if problem.problem_type is SYSTEM_UNAVAILABLE:
            return problem.detail
        raise
    return ""


def _form(page: TaskPage, held: KnownDetails, typed: Typed, *, errors: list[FieldError] | None = None) -> Response:
    return page.show(
        "corrections.html",
        status_code=422 if errors else 200,
        errors=errors,
        groups=correcting.form_groups(held, typed, pension=page.journey.progress.wrapper is Wrapper.SIPP),
        title="What in your statement needs correcting?",
        action=page.address("statement/correct"),
        back=page.address("statement"),
    )


async def _held(page: TaskPage) -> KnownDetails:
    held = await views.held_client(page.services, page.journey)
    return held.details if held is not None else KnownDetails()
