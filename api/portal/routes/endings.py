"""Declining, and asking for help (P27)."""

from fastapi import APIRouter

from api.dependencies import NowDep, ServicesDep
from api.portal import endings, evidence, views
from api.portal.dependencies import JourneyDep, OpenJourneyDep, VisitDep
from api.problem_types import JOURNEY_NOT_FOUND, JOURNEY_OVER, SIGN_IN_REQUIRED, STATEMENT_NOT_ACCEPTED, WRONG_STAGE
from api.problems import responses
from models.schemas.portal_acts import Decline
from models.schemas.portal_journeys import ActFollowed

router = APIRouter(
    prefix="/journeys/{journey_id}",
    responses=responses(SIGN_IN_REQUIRED, JOURNEY_NOT_FOUND, WRONG_STAGE, JOURNEY_OVER),
)


@router.post("/decline", responses=responses(STATEMENT_NOT_ACCEPTED))
async def decline_portal_journey(
    form: Decline, services: ServicesDep, visit: VisitDep, journey: JourneyDep, now: NowDep
) -> ActFollowed:
    """Decline the account. The journey ends for everyone in it, and the adviser is told (P27, P30)."""
    row = await evidence.record(services, visit, journey, endings.declining(form), now)
    return views.act_followed(services.settings, journey, row, endings.AFTER_DECLINING)


@router.post("/help")
async def ask_for_portal_help(
    services: ServicesDep, visit: VisitDep, journey: OpenJourneyDep, now: NowDep
) -> ActFollowed:
    """Ask the adviser for help; the journey goes on waiting meanwhile (P27)."""
    row = await evidence.record(services, visit, journey, endings.asking_for_help(now), now)
    return views.act_followed(services.settings, journey, row, endings.AFTER_ASKING)
