"""Opening a document and accepting terms: one way for the pages and for the JSON (P24, P25, P49)."""

from datetime import datetime

from api.portal import acts, evidence
from api.portal.person_journey import PersonJourney
from api.portal.sessions import Visit
from api.portal.sharing import share
from domain.journey import DocumentKind
from models.facts import DocumentView
from models.schemas.portal_acts import AcceptTerms
from models.tables import EvidenceRow
from runtime.services import Services


async def open_document(
    services: Services, visit: Visit, journey: PersonJourney, document_id: str, version: int, *, now: datetime
) -> tuple[DocumentView, PersonJourney]:
    """Record that a document was opened, once its bytes have been fetched and checked (P24).

    Returns:
        The document, and the journey with the opening.

    Raises:
        Problem: `document-unknown`, `document-superseded`, `system-unavailable`, `wrong-stage` or `journey-over`.
        ConnectorUnavailable: the platform can't be reached.
    """
    document = acts.document_in_force(journey, document_id, version)
    await acts.content(services.platform, document_id, document.version, document.sha256)
    row = await evidence.record(services, visit, journey, acts.opening(document), now)
    await share(services, visit, now)
    return document, journey.with_act(row)


async def accept_terms(
    services: Services, visit: Visit, journey: PersonJourney, kind: DocumentKind, form: AcceptTerms, *, now: datetime
) -> EvidenceRow:
    """Record that terms are accepted: the platform's on all of the person's journeys (P49), a product's on this one.

    Raises:
        Problem: as `acts.acceptance` and `evidence.record` do; nothing is recorded then.
    """
    row = await evidence.record(services, visit, journey, acts.acceptance(journey, kind, form, now), now)
    if kind is DocumentKind.PLATFORM_TERMS:
        await share(services, visit, now)
    return row
