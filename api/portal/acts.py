"""What a client does, each as the act that is recorded: checks first, nothing is stored here (P21-P25)."""

import hashlib
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from api.portal.evidence import Act
from api.portal.person_journey import PersonJourney
from api.problem_types import (
    DOCUMENT_SUPERSEDED,
    DOCUMENT_UNKNOWN,
    DOCUMENTS_NOT_OPENED,
    INVALID_REQUEST,
    STATEMENT_NOT_ACCEPTED,
    SYSTEM_UNAVAILABLE,
    WRONG_STAGE,
)
from api.problems import Problem
from connectors.errors import NotFound
from connectors.platform.port import PlatformGateway
from domain.declarations import Declaration, acceptance_statement, declaration
from domain.gates import RequiredDocument
from domain.journey import DocumentKind
from domain.portal_tasks import unopened_reason
from models.facts import DocumentRef, DocumentView
from models.schemas.portal_acts import AcceptTerms, DocumentVersionRef
from models.tables import EvidenceKind
from storage.evidence import DocumentShown

LONDON: Final = ZoneInfo("Europe/London")
# A document is shown and nothing else: it runs no script, loads nothing and stands in no foreign frame.
CONTENT_HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_KINDS: Final = {
    DocumentKind.PLATFORM_TERMS: EvidenceKind.PLATFORM_TERMS_ACCEPTED,
    DocumentKind.PRODUCT_TERMS: EvidenceKind.PRODUCT_TERMS_ACCEPTED,
}


def document_in_force(journey: PersonJourney, document_id: str, version: int) -> DocumentView:
    """Return the document in the version that is in force.

    Raises:
        Problem: `document-unknown`, or `document-superseded` for any other version.
    """
    document = next((one for one in journey.progress.documents if one.document_id == document_id), None)
    if document is None:
        raise Problem(DOCUMENT_UNKNOWN)
    if document.version != version:
        raise _superseded(document.title, document.version)
    return document


async def content(platform: PlatformGateway, document_id: str, version: int, sha256: str) -> bytes:
    """Return the bytes of a document, which have the hash that was announced (P24).

    Raises:
        Problem: `system-unavailable` when the platform serves other bytes or none.
        ConnectorUnavailable: the platform can't be reached.
    """
    try:
        found = await platform.document_content(document_id, version)
    except NotFound:
        found = b""
    if hashlib.sha256(found).hexdigest() != sha256:
        detail = "The platform does not serve this document as it announced it. Your adviser's support looks into it."
        raise Problem(SYSTEM_UNAVAILABLE, detail, headers={"Retry-After": "300"}, extra={"system": "platform"})
    return found


def opening(document: DocumentView) -> Act:
    """Return the act of opening a document whose bytes have been checked (P24)."""
    reference = DocumentRef(document_id=document.document_id, version=document.version)
    return Act(
        kind=EvidenceKind.DOCUMENT_OPENED,
        statement=f"Opened: {document.title} (version {document.version}).",
        documents=(DocumentShown(document_id=document.document_id, version=document.version, sha256=document.sha256),),
        payload={"document": reference.model_dump(mode="json")},
    )


def declaration_today(journey: PersonJourney, kind: DocumentKind, now: datetime) -> Declaration | None:
    """Return what has to be declared with these terms today (P25)."""
    if kind is not DocumentKind.PRODUCT_TERMS:
        return None
    return declaration(journey.progress.wrapper, now.astimezone(LONDON).date())


def statement(journey: PersonJourney, kind: DocumentKind, now: datetime) -> str:
    """Return everything the client agrees to with these terms, word for word (P24, P25)."""
    ticked = acceptance_statement(kind, journey.progress.wrapper, journey.required(kind))
    declared = declaration_today(journey, kind, now)
    return ticked if declared is None else f"{ticked}\n{declared.text}"


def acceptance(journey: PersonJourney, kind: DocumentKind, form: AcceptTerms, now: datetime) -> Act:
    """Return the act of accepting terms (P24, P25).

    Raises:
        Problem: `document-unknown`, `document-superseded`, `documents-not-opened` naming the titles,
            `invalid-request` when a document in force is left out, or `statement-not-accepted`.
    """
    required = journey.required(kind)
    if not required:
        raise Problem(WRONG_STAGE, "The documents for this step are not ready yet. Please look again in a moment.")
    _refuse_other_documents(required, form.documents)
    if missing := journey.unopened(kind):
        errors = [{"pointer": "/documents", "detail": document.title} for document in missing]
        raise Problem(DOCUMENTS_NOT_OPENED, unopened_reason(missing, journey.changed()), errors=errors)
    _refuse_left_out(required, form.documents)
    _refuse_unticked(form, declaration_today(journey, kind, now))
    opened = journey.opened()
    references = [DocumentRef(document_id=document.document_id, version=document.version) for document in required]
    return Act(
        kind=_KINDS[kind],
        statement=statement(journey, kind, now),
        documents=tuple(
            DocumentShown(
                document_id=document.document_id, version=document.version, sha256=opened[document.key].sha256 or ""
            )
            for document in required
        ),
        payload={"documents": [reference.model_dump(mode="json") for reference in references]},
        lapsed=tuple(row.evidence_id for row in journey.lapsed_acceptances(kind)),
        again=True,
    )


def _refuse_other_documents(required: list[RequiredDocument], given: list[DocumentVersionRef]) -> None:
    in_force = {document.document_id: document for document in required}
    for reference in given:
        document = in_force.get(reference.document_id)
        if document is None:
            raise Problem(DOCUMENT_UNKNOWN, "One of these documents does not belong to the terms being accepted.")
        if document.version != reference.version:
            raise _superseded(document.title, document.version)


def _refuse_left_out(required: list[RequiredDocument], given: list[DocumentVersionRef]) -> None:
    named = {(reference.document_id, reference.version) for reference in given}
    left_out = [document for document in required if document.key not in named]
    if left_out:
        errors = [{"pointer": "/documents", "detail": f"{document.title} is missing."} for document in left_out]
        raise Problem(INVALID_REQUEST, "An acceptance names every document it stands under.", errors=errors)


def _refuse_unticked(form: AcceptTerms, declared: Declaration | None) -> None:
    if not form.accepted:
        raise Problem(STATEMENT_NOT_ACCEPTED, errors=[{"pointer": "/accepted", "detail": "The box is not ticked."}])
    if declared is None:
        return
    if not form.declaration_accepted:
        errors = [{"pointer": "/declaration_accepted", "detail": "The declaration is not agreed to."}]
        raise Problem(STATEMENT_NOT_ACCEPTED, errors=errors)
    if form.declaration_version not in (None, declared.version):
        raise Problem(
            DOCUMENT_SUPERSEDED, "The declaration has changed since it was shown. Load the page and read it again."
        )


def _superseded(title: str, version: int) -> Problem:
    return Problem(DOCUMENT_SUPERSEDED, f"{title} is now in version {version}.", extra={"version": version})
