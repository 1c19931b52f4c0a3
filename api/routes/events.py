"""The stream of a journey's timeline (server-sent events)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api import problem_types as problems
from api.dependencies import ServicesDep
from api.journeys import Journeys
from api.problems import Problem, responses
from api.routes.journeys import SIGN_IN
from api.security.advisers import AdviserDep
from models.messages import Progress
from models.schemas.journeys import FinalEvent, TimelineEvent

_POLL_SECONDS: Final = 1.0
_RECONNECT_MILLISECONDS: Final = 3000

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
    following = int(last_event_id) + 1 if last_event_id else 0
    while True:
        progress = await _latest(journeys, journey_id)
        if progress is not None:
            for index, entry in enumerate(progress.timeline[following:], start=following):
                shown = TimelineEvent(at=entry.at, by=entry.by, event=entry.event, detail=entry.detail)
                yield ServerSentEvent(data=shown, event="timeline", id=str(index), retry=_RECONNECT_MILLISECONDS)
            following = max(following, len(progress.timeline))
            if progress.stage.is_final:
                yield ServerSentEvent(data=FinalEvent(stage=progress.stage, version=progress.version), event="final")
                return
        await asyncio.sleep(_POLL_SECONDS)


async def _latest(journeys: Journeys, journey_id: str) -> Progress | None:
    """Return the journey's present state, or None while it cannot be told."""
    try:
        return await journeys.get(journey_id)
    except Problem:
        return None
