"""Reading a firm's events from a place in their stream: page by page, or as they happen."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from activities.delivering import shown_event
from models.schemas.outgoing import EventsPage, OutgoingEvent
from runtime.services import Services
from storage.outgoing import OutgoingRepository

POLL_SECONDS: Final = 1.0
# After this time whoever follows comes again, and shows again that they may.
LASTING: Final = timedelta(hours=1)
_AT_ONCE: Final = 100


async def events_page(services: Services, firm: str, after: int, limit: int) -> EventsPage:
    """Return the events after a place, the first one first; none that appears later comes before them."""
    events = await _after(services, firm, after, limit)
    reached = events[-1].seq if events else after
    return EventsPage(events=events, next_after=reached, next=f"/api/v1/events?after={reached}&limit={limit}")


async def newest(services: Services, firm: str) -> int:
    """Return the place of the firm's newest event, 0 without any."""
    async with services.database.reading() as session:
        return await OutgoingRepository(session).settled_head(firm)


async def follow_events(
    services: Services, firm: str, after: int, lasting: timedelta = LASTING
) -> AsyncIterator[OutgoingEvent]:
    """Yield each event after a place once, in order, as it happens."""
    clock = asyncio.get_running_loop().time
    until = clock() + lasting.total_seconds()
    while clock() < until:
        try:
            events = await _after(services, firm, after, _AT_ONCE)
        except SQLAlchemyError:
            # The place is kept, so that nothing is lost while the database is away.
            events = []
        for event in events:
            yield event
            after = event.seq
        if not events:
            await asyncio.sleep(POLL_SECONDS)


async def _after(services: Services, firm: str, after: int, limit: int) -> list[OutgoingEvent]:
    async with services.database.reading() as session:
        return [shown_event(row) for row in await OutgoingRepository(session).after(firm, after, limit)]
