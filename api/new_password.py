"""A client has forgotten their password: their adviser, who knows them, lets the next link ask for a new one (P20)."""

from api.commanding import CommandDesk
from api.journeys import Journeys
from api.portal.person_journey import acts_on
from api.problem_types import PERSON_UNKNOWN, STALE_VERSION, WRONG_STAGE
from api.problems import Problem
from domain.journey import Stage
from storage.people import PersonRepository
from storage.portal_sessions import PortalSessionRepository


async def let_choose_anew(desk: CommandDesk, journey_id: str, person_id: str) -> None:
    """Take the person's password away and sign them out everywhere, unless no invitation could follow now.

    Raises:
        Problem: `journey-not-found`, `wrong-stage`, `stale-version` or `person-unknown`; the password still works then.
    """
    progress = await Journeys(desk.services, desk.adviser.firm.id).get(journey_id)
    if progress.stage is not Stage.AWAITING_CLIENT:
        raise Problem(WRONG_STAGE, "Invitations are sent while the journey waits for the client.")
    if desk.expected_version not in {None, progress.version}:
        raise Problem(STALE_VERSION)
    if not acts_on(progress, person_id):
        raise Problem(PERSON_UNKNOWN)
    async with desk.services.database.transaction() as session:
        await PersonRepository(session).forget_password(person_id)
        await PortalSessionRepository(session).revoke_all(person_id, desk.now)
