"""The stream of a journey's timeline (server-sent events)."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api import problem_types as problems
from api.dependencies import ServicesDep
from api.following import RECONNECT_MILLISECONDS, follow
from api.journeys import Journeys
from api.problems import responses
from api.routes.journeys import SIGN_IN
from api.security.advisers import AdviserDep
from models.schemas.journeys import FinalEvent, TimelineEvent

router = APIRouter(prefix="/api/v1/journeys/{journey_id}", tags=["journeys"])


async def _journeys(journey_id: str, adviser: AdviserDep, services: ServicesDep) -> Journeys:
    # Checked in a dependency: once the stream has begun it is too late for a problem.
    journeys = Journeys(services, adviser.firm.id)
    await journeys.get(journey_id)
    return journeys


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses=responses(*SIGN_IN, problems.JOURNEY_NOT_FOUND, problems.ENGINE_UNAVAILABLE),
)
async def stream_events(
    journey_id: str,
    journeys: Annotated[Journeys, Depends(_journeys)],
    last_event_id: Annotated[str, Header(pattern="^[0-9]{0,9}$", description="resume after this event")] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Follow a journey: a `timeline` event for each entry, with its index as id, and `final` when it is over.

    A comment line comes at least every 15 seconds. Close the stream on `final`.
    """
    known = int(last_event_id) + 1 if last_event_id else 0
    async for news in follow(journeys, journey_id, entries=known):
        for index, entry in news.entries:
            shown = TimelineEvent(at=entry.at, by=entry.by, event=entry.event, detail=entry.detail)
            yield ServerSentEvent(data=shown, event="timeline", id=str(index), retry=RECONNECT_MILLISECONDS)
        if news.progress.stage.is_final:
            over = FinalEvent(stage=news.progress.stage, version=news.progress.version)
            yield ServerSentEvent(data=over, event="final")
