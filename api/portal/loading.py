"""The journeys of whoever is signed in."""

from api.journeys import Journeys
from api.portal.person_journey import PersonJourney, acts_on
from api.portal.sessions import Visit
from api.problem_types import JOURNEY_NOT_FOUND
from api.problems import Problem
from models.messages import Progress
from models.tables import EvidenceKind, EvidenceRow
from runtime.services import Services
from storage.evidence import EvidenceRepository
from storage.journeys import JourneyRepository


async def load(services: Services, visit: Visit, journey_id: str) -> PersonJourney:
    """Return a journey of the signed-in person as it is now.

    Raises:
        Problem: `journey-not-found`, for someone else's journey and for a child's own as well (P31);
            `engine-unavailable` when the journey has not reported yet and can't be asked.
    """
    progress = await Journeys(services, visit.person.firm).get(journey_id)
    if not acts_on(progress, visit.person.person_id):
        raise Problem(JOURNEY_NOT_FOUND)
    async with services.database.reading() as database:
        return _of_person(visit, progress, await EvidenceRepository(database).of_journey(journey_id))


async def load_all(services: Services, visit: Visit) -> list[PersonJourney]:
    """Return every journey in which the signed-in person acts, as last reported, the newest first."""
    async with services.database.reading() as database:
        rows = await JourneyRepository(database).for_person(visit.person.person_id)
        reports = [Progress.model_validate(row.progress) for row in rows]
        evidence = EvidenceRepository(database)
        return [
            _of_person(visit, progress, await evidence.of_journey(progress.journey_id))
            for progress in reports
            if acts_on(progress, visit.person.person_id)
        ]


def _of_person(visit: Visit, progress: Progress, evidence: list[EvidenceRow]) -> PersonJourney:
    person_id = visit.person.person_id
    return PersonJourney(
        person_id=person_id,
        progress=progress,
        evidence=tuple(row for row in evidence if row.person_id == person_id),
        declined=any(row.kind is EvidenceKind.JOURNEY_DECLINED for row in evidence),
    )
