"""What a journey has on record: e-mails, documents, evidence."""

from fastapi import APIRouter

from api import problem_types as problems
from api import views
from api.dependencies import ServicesDep
from api.journeys import Journeys
from api.problems import responses
from api.routes.journeys import SIGN_IN
from api.security.advisers import AdviserDep
from models.schemas.journeys import JourneyDocuments, JourneyEmails, JourneyEvidence
from storage.emails import EmailRepository
from storage.evidence import EvidenceRepository
from storage.evidence_chain import chain_holds

_PROBLEMS = responses(*SIGN_IN, problems.JOURNEY_NOT_FOUND, problems.ENGINE_UNAVAILABLE)

router = APIRouter(prefix="/api/v1/journeys/{journey_id}", tags=["records"], responses=_PROBLEMS)


@router.get("/emails")
async def list_emails(journey_id: str, adviser: AdviserDep, services: ServicesDep) -> JourneyEmails:
    """List the journey's e-mails and what became of them."""
    await Journeys(services, adviser.firm.id).require(journey_id)
    async with services.database.reading() as session:
        rows = await EmailRepository(session).of_journey(journey_id)
    return JourneyEmails(journey_id=journey_id, emails=[views.email(row) for row in rows])


@router.get("/documents")
async def list_documents(journey_id: str, adviser: AdviserDep, services: ServicesDep) -> JourneyDocuments:
    """List the documents in force, and who has opened and accepted which (P24)."""
    progress = await Journeys(services, adviser.firm.id).get(journey_id)
    async with services.database.reading() as session:
        evidence = await EvidenceRepository(session).of_journey(journey_id)
    people = [holder.person_id for holder in progress.holders]
    documents = [views.document(shown, people, evidence) for shown in progress.documents]
    return JourneyDocuments(journey_id=journey_id, documents=documents)


@router.get("/evidence")
async def list_evidence(journey_id: str, adviser: AdviserDep, services: ServicesDep) -> JourneyEvidence:
    """List everything the clients did, and whether the record is unchanged since it was stored."""
    await Journeys(services, adviser.firm.id).require(journey_id)
    async with services.database.reading() as session:
        rows = await EvidenceRepository(session).of_journey(journey_id)
    return JourneyEvidence(
        journey_id=journey_id,
        chain_verified=chain_holds(rows),
        evidence=[views.evidence_record(row) for row in rows],
    )
