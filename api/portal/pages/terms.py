"""The pages of the platform terms and of the product terms: read, tick, accept (P24, P25, P28, P49)."""

import re
from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from api.portal import acts
from api.portal.loading import load
from api.portal.pages.task_page import OpenTaskPageDep, TaskPage
from api.portal.pages.terms_shown import agreed, is_last, terms_shown
from api.portal.reading import Shelf, ShelfDep
from api.portal.sharing import share
from api.portal.terms import accept_terms
from api.problem_types import (
    DOCUMENT_SUPERSEDED,
    DOCUMENT_UNKNOWN,
    DOCUMENTS_NOT_OPENED,
    INVALID_REQUEST,
    STATEMENT_NOT_ACCEPTED,
)
from api.problems import Problem
from api.web.forms import FieldError, Typed, read_form
from domain.journey import DocumentKind
from models.schemas.portal_acts import AcceptTerms, DocumentVersionRef

router = APIRouter(prefix="/journeys/{journey_id}")

REFUSALS: Final = frozenset(
    {DOCUMENTS_NOT_OPENED, DOCUMENT_SUPERSEDED, DOCUMENT_UNKNOWN, STATEMENT_NOT_ACCEPTED, INVALID_REQUEST}
)
"""What is wrong with an acceptance, so that its page is shown again."""

_TICK: Final = FieldError("accepted", "Tick the box if you accept these terms.")
_DECLARE: Final = FieldError("declaration_accepted", "Tick the box if you can declare all of this.")
_NOTHING_ACCEPTED: Final = "Nothing has been accepted yet."
_OTHER_DOCUMENTS: Final = f"The list of documents has changed. Look at it again, then accept. {_NOTHING_ACCEPTED}"
_LONGEST_LIST: Final = 50
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")


@router.get("/platform-terms")
async def portal_platform_terms_page(page: OpenTaskPageDep, shelf: ShelfDep) -> Response:
    """Show the platform's documents and the box; what was done for another account counts here too (P24, P49)."""
    return await show_terms(await _with_other_accounts(page), shelf, DocumentKind.PLATFORM_TERMS)


@router.get("/product-terms")
async def portal_product_terms_page(page: OpenTaskPageDep, shelf: ShelfDep) -> Response:
    """Show the product's key risks, its documents, its declaration and the boxes (P24, P25)."""
    return await show_terms(page, shelf, DocumentKind.PRODUCT_TERMS)


@router.post("/platform-terms")
async def accept_platform_terms_on_page(page: OpenTaskPageDep, shelf: ShelfDep) -> Response:
    """Accept the platform terms once every document was opened (P24)."""
    return await _accept(await _with_other_accounts(page), shelf, DocumentKind.PLATFORM_TERMS)


@router.post("/product-terms")
async def accept_product_terms_on_page(page: OpenTaskPageDep, shelf: ShelfDep) -> Response:
    """Accept the product terms with their declaration once every document was opened (P24, P25)."""
    return await _accept(page, shelf, DocumentKind.PRODUCT_TERMS)


async def show_terms(
    page: TaskPage,
    shelf: Shelf,
    kind: DocumentKind,
    *,
    refusal: Problem | None = None,
    errors: list[FieldError] | None = None,
    typed: Typed | None = None,
) -> Response:
    """Return the page of these terms, with why something was refused, if it was."""
    return page.show(
        "terms.html",
        status_code=refusal.problem_type.status if refusal is not None else 200,
        errors=errors,
        shown=await terms_shown(page, shelf, kind),
        typed=typed or Typed(),
        refused=refusal.problem_type.slug if refusal is not None else "",
        onward=page.onward,
    )


def acceptance_form(typed: Typed) -> AcceptTerms:
    """Return what was ticked, and the documents that stood above it, sent as `id:version,…`."""
    listed = (one.rpartition(":") for one in typed["document"].split(",")[:_LONGEST_LIST])
    return AcceptTerms(
        documents=[
            DocumentVersionRef(document_id=document_id[:200], version=int(version))
            for document_id, _, version in listed
            if document_id and _VERSION.fullmatch(version)
        ],
        accepted=typed["accepted"] == "yes",
        declaration_accepted=typed["declaration_accepted"] == "yes",
        declaration_version=typed["declaration_version"] or None,
    )


async def refused(page: TaskPage, shelf: Shelf, kind: DocumentKind, problem: Problem, typed: Typed) -> Response:
    """Return the page of the terms with why they were not accepted; any other problem is raised again."""
    if problem.problem_type not in REFUSALS:
        raise problem
    keeps_ticks = problem.problem_type is STATEMENT_NOT_ACCEPTED
    return await show_terms(
        page,
        shelf,
        kind,
        refusal=problem,
        errors=_explained(page, kind, problem, typed),
        typed=typed if keeps_ticks else None,
    )


async def _accept(page: TaskPage, shelf: Shelf, kind: DocumentKind) -> Response:
    typed = await read_form(page.request)
    form = acceptance_form(typed)
    try:
        if is_last(page.journey, kind):
            # Everything is looked at as it will be when it is recorded; the check of the answers comes first.
            acts.acceptance(page.journey, kind, form, page.now)
            return page.to(f"check?agreed={agreed(page.journey, kind, page.now)}")
        row = await accept_terms(page.services, page.visit, page.journey, kind, form, now=page.now)
    except Problem as problem:
        return await refused(page, shelf, kind, problem, typed)
    return RedirectResponse(replace(page, journey=page.journey.with_act(row)).onward, status_code=303)


async def _with_other_accounts(page: TaskPage) -> TaskPage:
    await share(page.services, page.visit, page.now)
    return replace(page, journey=await load(page.services, page.visit, page.journey.progress.journey_id))


def _explained(page: TaskPage, kind: DocumentKind, problem: Problem, typed: Typed) -> list[FieldError]:
    if problem.problem_type is DOCUMENTS_NOT_OPENED:
        first = page.journey.unopened(kind)[0]
        return [FieldError(f"document-{first.document_id}", f"{problem.detail} {_NOTHING_ACCEPTED}")]
    if problem.problem_type is DOCUMENT_SUPERSEDED:
        return _superseded(page, kind, problem, typed)
    if problem.problem_type is STATEMENT_NOT_ACCEPTED:
        declares = acts.declaration_today(page.journey, kind, page.now) is not None
        unticked = [_TICK] if typed["accepted"] != "yes" else []
        return unticked + ([_DECLARE] if declares and typed["declaration_accepted"] != "yes" else [])
    return [FieldError("documents", _OTHER_DOCUMENTS)]


def _superseded(page: TaskPage, kind: DocumentKind, problem: Problem, typed: Typed) -> list[FieldError]:
    shown = {one.document_id: one.version for one in acceptance_form(typed).documents}
    changed = [one for one in page.journey.required(kind) if shown.get(one.document_id, one.version) != one.version]
    if not changed:
        return [FieldError("declaration", problem.detail)]
    return [
        FieldError(
            f"document-{one.document_id}",
            f"{one.title} has changed since you saw this page. Open version {one.version}, then accept. "
            f"What else you opened still counts. {_NOTHING_ACCEPTED}",
        )
        for one in changed
    ]
