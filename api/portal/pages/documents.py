"""The pages of one document: opening it, reading it in the portal, keeping it as a PDF (P24)."""

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from api.portal import acts
from api.portal.pages.task_page import OpenTaskPageDep, TaskPage, TaskPageDep
from api.portal.pages.terms import show_terms
from api.portal.pages.terms_shown import terms_shown
from api.portal.pdf import NoPdf, make_pdf
from api.portal.reading import Shelf, ShelfDep, length_of
from api.portal.terms import open_document
from api.problem_types import DOCUMENT_SUPERSEDED, DOCUMENT_UNKNOWN
from api.problems import Problem
from api.web.forms import FieldError, Typed, read_form
from domain.journey import DocumentKind
from models.facts import DocumentView
from models.tables import EvidenceRow

router = APIRouter(prefix="/journeys/{journey_id}/documents/{document_id}")

# In the frame the portal may measure the document, which itself still runs nothing, sends nothing and loads nothing.
FRAME_HEADERS: Final[Mapping[str, str]] = {
    **acts.CONTENT_HEADERS,
    "Content-Security-Policy": acts.CONTENT_HEADERS["Content-Security-Policy"].replace(
        "sandbox;", "sandbox allow-same-origin;", 1
    ),
}
_VERSION = Annotated[int | None, Query(ge=1)]
_PLAIN: Final = re.compile(r"[^A-Za-z0-9]+")


@router.post("/open")
async def open_document_on_page(document_id: str, page: OpenTaskPageDep, shelf: ShelfDep) -> Response:
    """Record that a document is opened, and lead to its page or to its PDF (P24)."""
    typed = await read_form(page.request)
    try:
        document, _ = await open_document(
            page.services, page.visit, page.journey, document_id, _version(typed), now=page.now
        )
    except Problem as problem:
        return await _changed(page, shelf, document_id, problem)
    where = f"documents/{document_id}" + ("/pdf" if typed["format"] == "pdf" else "")
    return page.to(f"{where}?version={document.version}")


@router.get("")
async def portal_document_page(
    document_id: str, page: OpenTaskPageDep, shelf: ShelfDep, version: _VERSION = None
) -> Response:
    """Show a document that this person opened; one that they did not open is opened from its terms (P24, P28)."""
    document = _known(page, document_id)
    opened = page.journey.opened().get((document_id, version or document.version))
    if opened is None:
        return page.to(f"{_terms_page(document)}#document-{document_id}")
    content = await _content(page, document_id, opened)
    shown = await terms_shown(page, shelf, document.kind)
    return page.show(
        "document.html",
        document=document,
        version=opened.version,
        opened_at=opened.occurred_at,
        sha256=opened.sha256,
        superseded=opened.version != document.version,
        length=length_of(content),
        content_url=page.address(f"documents/{document_id}/content?version={opened.version}"),
        pdf_url=page.address(f"documents/{document_id}/pdf?version={opened.version}"),
        shown=shown,
        typed=Typed(),
    )


@router.get("/content")
async def portal_document_frame(document_id: str, page: TaskPageDep, version: Annotated[int, Query(ge=1)]) -> Response:
    """Return exactly the bytes that were recorded as opened, for the frame of the document's page (P24)."""
    opened = page.journey.opened().get((document_id, version))
    if opened is None:
        raise Problem(DOCUMENT_UNKNOWN, "Open the document from its list of terms first; then it can be read here.")
    content = await _content(page, document_id, opened)
    return Response(content, media_type="text/html; charset=utf-8", headers=dict(FRAME_HEADERS))


@router.get("/pdf")
async def portal_document_pdf(document_id: str, page: TaskPageDep, version: Annotated[int, Query(ge=1)]) -> Response:
    """Return an opened document to keep: as a PDF, or as it is where a PDF could not show all of it."""
    document = _known(page, document_id)
    opened = page.journey.opened().get((document_id, version))
    if opened is None:
        return page.to(f"{_terms_page(document)}#document-{document_id}")
    content = await _content(page, document_id, opened)
    origin = (
        f"Made from {document.title}, version {opened.version}, SHA-256 {opened.sha256}. "
        "The page in the portal is the accessible original."
    )
    try:
        made = await asyncio.to_thread(
            make_pdf, content, title=document.title, origin=origin, made_at=opened.occurred_at
        )
    except NoPdf:
        return kept(content, f"{document_id} v{version}", "html", "text/html; charset=utf-8")
    return kept(made, f"{document_id} v{version}", "pdf", "application/pdf")


def kept(content: bytes, name: str, ending: str, media_type: str) -> Response:
    """Return a file that the browser saves under a plain name."""
    plain = _PLAIN.sub("-", name).strip("-").lower()[:80]
    headers = {**acts.CONTENT_HEADERS, "Content-Disposition": f'attachment; filename="{plain}.{ending}"'}
    return Response(content, media_type=media_type, headers=headers)


def _version(typed: Typed) -> int:
    return int(typed["version"]) if re.fullmatch(r"[1-9][0-9]{0,8}", typed["version"]) else 0


def _known(page: TaskPage, document_id: str) -> DocumentView:
    found = (one for one in page.journey.progress.documents if one.document_id == document_id)
    document = next(found, None)
    if document is None:
        raise Problem(DOCUMENT_UNKNOWN)
    return document


def _terms_page(document: DocumentView) -> str:
    return "platform-terms" if document.kind is DocumentKind.PLATFORM_TERMS else "product-terms"


async def _content(page: TaskPage, document_id: str, opened: EvidenceRow) -> bytes:
    version, sha256 = opened.version or 0, opened.sha256 or ""
    return await acts.content(page.services.platform, document_id, version, sha256)


async def _changed(page: TaskPage, shelf: Shelf, document_id: str, problem: Problem) -> Response:
    if problem.problem_type is not DOCUMENT_SUPERSEDED:
        raise problem
    document = _known(page, document_id)
    sentence = (
        f"{document.title} has changed since this page was shown to you. "
        f"Its version {document.version} is in the list now: open that one."
    )
    errors = [FieldError(f"document-{document_id}", sentence)]
    return await show_terms(page, shelf, document.kind, refusal=problem, errors=errors)
