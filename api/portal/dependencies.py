"""What the portal's routes ask for, each named once."""

from typing import Annotated, cast

from fastapi import Depends, Request

from api.dependencies import ServicesDep
from api.portal.access import Doorkeeper
from api.portal.loading import load
from api.portal.person_journey import PersonJourney
from api.portal.sessions import VisitDep

__all__ = ["DoorkeeperDep", "JourneyDep", "OpenJourneyDep", "VisitDep"]


def _doorkeeper(request: Request) -> Doorkeeper:
    return cast("Doorkeeper", request.state.doorkeeper)


async def _journey(journey_id: str, services: ServicesDep, visit: VisitDep) -> PersonJourney:
    return await load(services, visit, journey_id)


def _open_journey(journey: "JourneyDep") -> PersonJourney:
    journey.expect_under_way()
    return journey


DoorkeeperDep = Annotated[Doorkeeper, Depends(_doorkeeper)]
JourneyDep = Annotated[PersonJourney, Depends(_journey)]
"""The journey of the path, if it is the signed-in person's; `journey-not-found` otherwise."""
OpenJourneyDep = Annotated[PersonJourney, Depends(_open_journey)]
"""The same, once it is the client's turn; `wrong-stage` before, `journey-over` when it ended without an account."""
