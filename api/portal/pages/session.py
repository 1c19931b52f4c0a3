"""How long a session lasts, for the page that warns before it ends (C17)."""

from fastapi import APIRouter, Request
from pydantic import Field

from api.dependencies import NowDep, ServicesDep
from api.portal.dependencies import VisitDep
from api.portal.sessions import Visit, seen_visit
from models.schemas.portal_access import PortalAnswer

router = APIRouter(prefix="/session")


class TimeLeft(PortalAnswer):
    """How long the session of this browser lasts; says nothing about whose it is."""

    seconds_left: int = Field(description="0 when nobody is signed in")
    can_be_prolonged: bool = Field(description="whether doing something makes it last longer")


def _time_left(visit: Visit) -> TimeLeft:
    return TimeLeft(seconds_left=visit.seconds_left, can_be_prolonged=visit.can_be_prolonged)


@router.get("")
async def session_time(request: Request, services: ServicesDep, now: NowDep) -> TimeLeft:
    """Say how long the session lasts; asking does not prolong it."""
    visit = await seen_visit(request, services, now)
    return _time_left(visit) if visit is not None else TimeLeft(seconds_left=0, can_be_prolonged=False)


@router.post("")
async def prolong_session(visit: VisitDep) -> TimeLeft:
    """Keep the session alive and say how long it lasts now."""
    return _time_left(visit)
