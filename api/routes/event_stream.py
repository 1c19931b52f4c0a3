"""A firm's events to be read instead of delivered: page by page from a cursor, or as a stream (P55)."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api import problem_types as problems
from api.dependencies import ServicesDep
from api.following import RECONNECT_MILLISECONDS
from api.outgoing.reading import events_page, follow_events, newest
from api.problems import responses
from api.routes.journeys import SIGN_IN
from api.security.advisers import AdviserDep
from models.schemas.outgoing import EventsPage, StreamPosition

_After = Annotated[int, Query(ge=0, le=2**53, description="the `seq` after which to begin")]

router = APIRouter(prefix="/api/v1/events", tags=["events"])


@router.get("", responses=responses(*SIGN_IN, problems.INVALID_REQUEST))
async def list_events(
    adviser: AdviserDep, services: ServicesDep, after: _After = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> EventsPage:
    """Read the firm's events after a place in their stream, the first one first; nothing is ever put in before them."""
    return await events_page(services, adviser.firm.id, after, limit)


@router.get("/stream", response_class=EventSourceResponse, responses=responses(*SIGN_IN, problems.INVALID_REQUEST))
async def stream_events_of_firm(
    adviser: AdviserDep,
    services: ServicesDep,
    after: Annotated[int | None, Query(ge=0, le=2**53, description="begin after this `seq`; left out: now")] = None,
    last_event_id: Annotated[str, Header(pattern="^[0-9]{0,15}$", description="goes before `after`")] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Follow the firm's events: each under its type, with its `seq` as id, and the same body as a delivery.

    The first event is `position`: where the stream begins. Come again with `Last-Event-ID` and nothing is lost or
    doubled; the stream ends by itself after an hour. A comment line comes at least every 15 seconds.
    """
    firm = adviser.firm.id
    begin = int(last_event_id) if last_event_id else after
    begin = await newest(services, firm) if begin is None else begin
    yield ServerSentEvent(data=StreamPosition(seq=begin), event="position", id=str(begin), retry=RECONNECT_MILLISECONDS)
    async for event in follow_events(services, firm, begin):
        yield ServerSentEvent(data=event, event=event.type, id=str(event.seq))
