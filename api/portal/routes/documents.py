"""Opening documents and accepting terms (P24, P25)."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.dependencies import NowDep, ServicesDep
from api.portal import acts, terms, views
from api.portal.dependencies import JourneyDep, OpenJourneyDep, VisitDep
from api.problem_types import (
    DOCUMENT_SUPERSEDED,
    DOCUMENT_UNKNOWN,
    DOCUMENTS_NOT_OPENED,
    JOURNEY_NOT_FOUND,
    JOURNEY_OVER,
    SIGN_IN_REQUIRED,
    STATEMENT_NOT_ACCEPTED,
    SYSTEM_UNAVAILABLE,
    WRONG_STAGE,
)
from api.problems import Problem, responses
from domain.journey import DocumentKind
from models.schemas.portal_acts import AcceptTerms, DocumentOpening
from models.schemas.portal_journeys import ActAnswer, OpenedDocument

router = APIRouter(
    prefix="/journeys/{journey_id}", responses=responses(SIGN_IN_REQUIRED, JOURNEY_NOT_FOUND, DOCUMENT_UNKNOWN)
)
_ACCEPTANCE = responses(WRONG_STAGE, JOURNEY_OVER, DOCUMENTS_NOT_OPENED, DOCUMENT_SUPERSEDED, STATEMENT_NOT_ACCEPTED)


@router.post(
    "/documents/{document_id}/open",
    responses=responses(WRONG_STAGE, JOURNEY_OVER, DOCUMENT_SUPERSEDED, SYSTEM_UNAVAILABLE),
)
async def open_portal_document(
    *,
    document_id: str,
    form: DocumentOpening,
    services: ServicesDep,
    visit: VisitDep,
    journey: OpenJourneyDep,
    now: NowDep,
) -> OpenedDocument:
    """Open a document: the bytes are fetched and checked, then the opening is recorded with their hash (P24)."""
    document, opened = await terms.open_document(services, visit, journey, document_id, form.version, now=now)
    return views.opened_document(services.settings, opened, document)


@router.get(
    "/documents/{document_id}/content",
    response_class=Response,
    responses={
        **responses(DOCUMENTS_NOT_OPENED, SYSTEM_UNAVAILABLE),
        200: {"content": {"text/html": {}}, "description": "exactly the bytes that were recorded as opened"},
    },
)
async def portal_document_content(
    document_id: str, version: Annotated[int, Query(ge=1)], services: ServicesDep, journey: JourneyDep
) -> Response:
    """Return the bytes of a document that this person opened; opening is a POST, so that no prefetch counts (P24)."""
    opened = journey.opened().get((document_id, version))
    if opened is None or opened.sha256 is None:
        raise Problem(DOCUMENTS_NOT_OPENED, "Open the document first; then its content can be read here.")
    found = await acts.content(services.platform, document_id, version, opened.sha256)
    return Response(found, media_type="text/html; charset=utf-8", headers=acts.CONTENT_HEADERS)


@router.post("/platform-terms", responses=_ACCEPTANCE)
async def accept_portal_platform_terms(
    form: AcceptTerms, services: ServicesDep, visit: VisitDep, journey: OpenJourneyDep, now: NowDep
) -> ActAnswer:
    """Accept the platform terms, once every document was opened (P24), on all of the client's journeys (P49)."""
    row = await terms.accept_terms(services, visit, journey, DocumentKind.PLATFORM_TERMS, form, now=now)
    return views.act_answer(services.settings, journey, row)


@router.post("/product-terms", responses=_ACCEPTANCE)
async def accept_portal_product_terms(
    form: AcceptTerms, services: ServicesDep, visit: VisitDep, journey: OpenJourneyDep, now: NowDep
) -> ActAnswer:
    """Accept the wrapper's terms with its declaration, once every document was opened (P24, P25)."""
    row = await terms.accept_terms(services, visit, journey, DocumentKind.PRODUCT_TERMS, form, now=now)
    return views.act_answer(services.settings, journey, row)
