"""Following a journey while it happens: what is new on it, as soon as it is known."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from api.journeys import Journeys
from api.problems import Problem
from models.messages import Progress, TimelineEntry

POLL_SECONDS: Final = 1.0
RECONNECT_MILLISECONDS: Final = 3000


@dataclass(frozen=True, slots=True)
class News:
    """A journey that has changed, and what has been added to its timeline, each entry with its place in it."""

    progress: Progress
    entries: list[tuple[int, TimelineEntry]]


async def follow(
    journeys: Journeys,
    journey_id: str,
    *,
    entries: int = 0,
    version: int | None = None,
    lasting: timedelta | None = None,
) -> AsyncIterator[News]:
    """Yield a journey each time that it has changed, until it is over; the last one is in a final stage.

    Args:
        journeys: Where to ask.
        journey_id: Which one.
        entries: How many entries of its timeline are known already.
        version: The version that is known already.
        lasting: Stop after this time, so that whoever follows has to show again that they may; None is without end.
    """
    clock = asyncio.get_running_loop().time
    until = None if lasting is None else clock() + lasting.total_seconds()
    while until is None or clock() < until:
        progress = await _latest(journeys, journey_id)
        if progress is not None:
            new = list(enumerate(progress.timeline))[entries:]
            if new or progress.version != version or progress.stage.is_final:
                yield News(progress, new)
            entries, version = max(entries, len(progress.timeline)), progress.version
            if progress.stage.is_final:
                return
        await asyncio.sleep(POLL_SECONDS)


async def _latest(journeys: Journeys, journey_id: str) -> Progress | None:
    """Return the journey's present state, or None while it cannot be told."""
    try:
        return await journeys.get(journey_id)
    except Problem:
        return None
