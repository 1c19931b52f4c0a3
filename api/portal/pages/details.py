"""The pages on which a client checks their details: right in one click, or corrected through the adviser (P21, C6)."""

from typing import Final

from fastapi import APIRouter, Response

from api.portal import evidence, views
from api.portal.corrections import as_shown_to_the_adviser, confirming_details
from api.portal.pages import correcting, personal_details
from api.portal.pages.task_page import OpenTaskPageDep, TaskPage, belongs_on_page
from api.problem_types import DETAILS_ALREADY_CONFIRMED
from api.problems import Problem
from api.web.forms import FieldError, Typed, read_form
from connectors.errors import ConnectorError
from domain.calendar import london_day
from domain.journey import PartyRole, Wrapper
from models.people import KnownDetails
from models.tables import EvidenceKind

router = APIRouter(prefix="/journeys/{journey_id}/details")
_RETRY: Final = {"Retry-After": "60"}


@router.get("")
async def portal_details_page(page: OpenTaskPageDep) -> Response:
    """Show the details as the platform holds them; nothing that is known is asked again (P21)."""
    return await _details(page)


@router.post("")
async def confirm_details_on_page(page: OpenTaskPageDep) -> Response:
    """Confirm the details, or send the corrections that were looked over to the adviser (P21)."""
    asked = correcting.sent_corrections(await read_form(page.request))
    services = page.services
    held = await views.held_client(services, page.journey) if asked else None
    corrections = as_shown_to_the_adviser(
        asked,
        held.details if held is not None else KnownDetails(),
        allow_test_identifiers=services.settings.allow_test_identifiers,
    )
    try:
        act = confirming_details(services.settings, corrections)
        row = await evidence.record(services, page.visit, page.journey, act, page.now)
    except Problem as problem:
        return await _details(page, status_code=409, errors=belongs_on_page(problem, DETAILS_ALREADY_CONFIRMED))
    return page.after(row)


@router.get("/correct")
async def portal_corrections_page(page: OpenTaskPageDep) -> Response:
    """Ask what is not right, with every field filled in as it is held (P21)."""
    held = await _held(page)
    if held is None:
        return _away(page)
    if _confirmed(page):
        return page.to("details")
    return _form(page, held, correcting.prefilled(held))


@router.post("/correct")
async def look_over_corrections(page: OpenTaskPageDep) -> Response:
    """Show each correction as old → new before it is sent; nothing is recorded yet (C6)."""
    typed = await read_form(page.request)
    held = await _held(page)
    if held is None:
        return _away(page)
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
        send_to=page.address("details"),
        change_at=page.address("details/correct"),
        what_happens_next="Your adviser looks at it and puts it right with the platform. You can go on meanwhile.",
    )


def _form(page: TaskPage, held: KnownDetails, typed: Typed, *, errors: list[FieldError] | None = None) -> Response:
    return page.show(
        "corrections.html",
        status_code=422 if errors else 200,
        errors=errors,
        groups=correcting.form_groups(held, typed, pension=page.journey.progress.wrapper is Wrapper.SIPP),
        title="What needs correcting?",
        action=page.address("details/correct"),
        back=page.address("details"),
    )


async def _details(page: TaskPage, *, status_code: int = 200, errors: list[FieldError] | None = None) -> Response:
    held = await _held(page)
    if held is None:
        return _away(page)
    given = page.journey.acts(EvidenceKind.DETAILS_CONFIRMED)
    confirmed_at = given[0].occurred_at if given else page.journey.holder.details_confirmed_at
    return page.show(
        "details.html",
        status_code=status_code,
        errors=errors,
        cards=_cards(held, pension=page.journey.progress.wrapper is Wrapper.SIPP),
        tax=personal_details.tax_rows(held),
        child=await _child(page),
        confirmed_at=confirmed_at,
        statement=given[0].statement if given else "",
        pending=pending_corrections(page),
        onward=page.onward,
    )


def _cards(held: KnownDetails, *, pension: bool) -> list[tuple[str, list[dict[str, dict[str, str]]]]]:
    groups = (
        ("You", personal_details.YOU),
        ("How we reach you", personal_details.CONTACT),
        ("Your address", personal_details.ADDRESS),
    )
    return [
        (title, personal_details.rows(personal_details.shown_details(details, held, pension=pension), held))
        for title, details in groups
    ]


def pending_corrections(page: TaskPage) -> list[dict[str, str]]:
    """Return this person's corrections that the adviser has not dealt with yet, as old → new (P21)."""
    own = [one for one in page.journey.progress.change_requests if one.person_id == page.journey.person_id]
    return [change for request in own for change in correcting.old_and_new(request.corrections)]


def _confirmed(page: TaskPage) -> bool:
    return bool(page.journey.holder.details_confirmed_at or page.journey.acts(EvidenceKind.DETAILS_CONFIRMED))


async def _held(page: TaskPage) -> KnownDetails | None:
    try:
        held = await views.held_client(page.services, page.journey)
    except ConnectorError:
        return None
    return held.details if held is not None else None


async def _child(page: TaskPage) -> list[dict[str, dict[str, str]]]:
    """Return for whom a registered contact acts, so that they see whose account this is (P31)."""
    children = [one for one in page.journey.progress.holders if one.role is PartyRole.CHILD]
    if page.journey.holder.role is not PartyRole.REGISTERED_CONTACT or not children[0].platform_client:
        return []
    try:
        child = await page.services.platform.read_client(children[0].platform_client)
    except ConnectorError:
        return []
    name = " ".join(text for text in (child.details.first_name, child.details.last_name) if text)
    born = personal_details.held_text(child.details, personal_details.DATE)
    shown = {"Name": name, "Date of birth": personal_details.in_words(personal_details.DATE, born)}
    return [{"key": {"text": key}, "value": {"text": value}} for key, value in shown.items() if value]


def _away(page: TaskPage) -> Response:
    return page.show("details_away.html", status_code=503, onward=page.onward)
