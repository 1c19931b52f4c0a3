"""The confirmation: what was agreed, a receipt to keep, what happens next, and whom to ask (C13)."""

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from api.portal.agreed import agreements, other_acts
from api.portal.pages.documents import kept
from api.portal.pages.next_step import HUB, next_page
from api.portal.pages.task_page import TaskPage, TaskPageDep
from api.portal.pdf import NoPdf, make_pdf
from api.portal.person_journey import PersonJourney
from api.portal.sharing import share
from api.portal.views import journey_view
from api.portal.whats_next import next_steps
from domain.journey import DocumentKind

router = APIRouter(prefix="/journeys/{journey_id}/confirmation")


@router.get("")
async def portal_confirmation_page(page: TaskPageDep) -> Response:
    """Show what was agreed and what happens now; someone who has not finished is led to what is left (P26)."""
    if not _has_agreed(page.journey):
        return RedirectResponse(page.onward, status_code=303)
    return page.show(
        "confirmation.html",
        steps=next_steps(page.journey, page.now),
        other_account=await _other_account(page),
        task_left=page.onward if page.onward != HUB else "",
        **_agreed(page),
    )


@router.get("/receipt")
async def portal_receipt(page: TaskPageDep) -> Response:
    """Return the receipt as a web page to keep: it needs nothing else to be read."""
    return await _receipt(page, "html")


@router.get("/receipt.pdf")
async def portal_receipt_pdf(page: TaskPageDep) -> Response:
    """Return the receipt as a PDF; as a web page where a PDF could not show all of it."""
    return await _receipt(page, "pdf")


def _has_agreed(journey: PersonJourney) -> bool:
    return journey.accepted(DocumentKind.PRODUCT_TERMS)


async def _receipt(page: TaskPage, ending: Literal["html", "pdf"]) -> Response:
    if not _has_agreed(page.journey):
        return RedirectResponse(page.onward, status_code=303)
    context = _agreed(page)
    shown = page.show("receipt.html", **context)
    content, name = bytes(shown.body), f"receipt {context['reference']}"
    if ending == "pdf":
        origin = (
            f"Reference {context['reference']}. The receipt as a web page in the portal is the accessible original."
        )
        latest = max(one.accepted_at for one in context["agreements"]) if context["agreements"] else page.now
        try:
            made = await asyncio.to_thread(
                make_pdf, content, title=f"Receipt {context['reference']}", origin=origin, made_at=latest
            )
        except NoPdf:
            return kept(content, name, "html", "text/html; charset=utf-8")
        return kept(made, name, "pdf", "application/pdf")
    return kept(content, name, "html", "text/html; charset=utf-8")


def _agreed(page: TaskPage) -> dict[str, Any]:
    return {
        "reference": page.journey.progress.external_reference,
        "agreements": agreements(page.journey),
        "acts": other_acts(page.journey),
        "first_name": page.visit.person.first_name,
        "capacity": page.journey.capacity,
    }


async def _other_account(page: TaskPage) -> dict[str, str] | None:
    """Return another account that still has something for this person to do, in the same visit (P49)."""
    for other in await share(page.services, page.visit, page.now):
        if other.progress.journey_id != page.journey.progress.journey_id and next_page(other) != HUB:
            words = journey_view(page.services.settings, other).wrapper_label
            return {"words": words, "page": next_page(other)}
    return None
