"""The last look at everything before it is recorded, and the acceptance that finishes the client's part (C13, P25)."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from api.portal import views
from api.portal.pages import personal_details
from api.portal.pages.details import pending_corrections
from api.portal.pages.next_step import HUB
from api.portal.pages.task_page import OpenTaskPageDep, TaskPage
from api.portal.pages.terms import acceptance_form, refused
from api.portal.pages.terms_shown import PAGES, agreed, last_terms, terms_shown
from api.portal.payments import masked_account
from api.portal.reading import ShelfDep
from api.portal.terms import accept_terms
from api.problems import Problem
from api.web.forms import read_form
from connectors.errors import ConnectorError
from domain.journey import DocumentKind, Wrapper
from models.schemas.portal_journeys import MandateView
from models.tables import EvidenceKind

router = APIRouter(prefix="/journeys/{journey_id}/check")
_GROUPS: Final = (*personal_details.YOU, *personal_details.CONTACT, *personal_details.ADDRESS)


@router.get("")
async def portal_check_page(
    page: OpenTaskPageDep, shelf: ShelfDep, ticked: Annotated[str, Query(alias="agreed", max_length=64)] = ""
) -> Response:
    """Show everything that was given and what is about to be agreed; nothing is recorded by looking (C13)."""
    kind = last_terms(page.journey)
    if kind is None:
        return RedirectResponse(after_everything(page), status_code=303)
    if ticked != agreed(page.journey, kind, page.now):
        return page.to(PAGES[kind])
    return page.show(
        "check.html",
        shown=await terms_shown(page, shelf, kind),
        others=[await terms_shown(page, shelf, other) for other in DocumentKind if other is not kind],
        **await _given(page),
    )


@router.post("")
async def finish_on_page(page: OpenTaskPageDep, shelf: ShelfDep) -> Response:
    """Accept what was ticked, exactly as a direct acceptance does, and finish (P24, P25)."""
    typed = await read_form(page.request)
    kind = DocumentKind.PLATFORM_TERMS if typed["kind"] == DocumentKind.PLATFORM_TERMS else DocumentKind.PRODUCT_TERMS
    try:
        row = await accept_terms(page.services, page.visit, page.journey, kind, acceptance_form(typed), now=page.now)
    except Problem as problem:
        return await refused(page, shelf, kind, problem, typed)
    return RedirectResponse(after_everything(replace(page, journey=page.journey.with_act(row))), status_code=303)


def after_everything(page: TaskPage) -> str:
    """Return the next open task, or the confirmation when this person has done everything."""
    return page.onward if page.onward != HUB else page.address("confirmation")


async def _given(page: TaskPage) -> dict[str, Any]:
    held = await views.held_if_reachable(page.services, page.journey)
    pension = page.journey.progress.wrapper is Wrapper.SIPP
    confirmed = page.journey.acts(EvidenceKind.DETAILS_CONFIRMED)
    rows = []
    if held is not None:
        rows = personal_details.rows(
            personal_details.shown_details(_GROUPS, held.details, pension=pension), held.details
        ) + personal_details.tax_rows(held.details)
    return {
        "details": rows,
        "details_statement": confirmed[-1].statement if confirmed else "",
        "details_confirmed_at": confirmed[-1].occurred_at if confirmed else page.journey.holder.details_confirmed_at,
        "pending": pending_corrections(page),
        "bank_account": masked_account(held) if held is not None else None,
        "bank_given": page.journey.bank_details_given,
        "mandate": await _mandate(page),
        "mandate_answer": page.journey.mandate_answer,
        "now": page.now,
    }


async def _mandate(page: TaskPage) -> MandateView | None:
    if page.journey.progress.direct_debit is None or not page.journey.pays:
        return None
    try:
        return await views.mandate_shown(page.services, page.journey)
    except ConnectorError:
        return None
