"""The timeline of a journey's page, and how it grows while somebody looks at it (A7)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.dependencies import ServicesDep
from api.following import RECONNECT_MILLISECONDS, follow
from api.journeys import Journeys
from api.web.rendering import PagesDep
from api.workbench import wording
from api.workbench.access import WatchingVisitDep, WorkbenchVisit
from api.workbench.actions import path
from api.workbench.possible import possible_commands
from models.facts import DocumentView
from models.messages import Progress, TimelineEntry

# A reader whose session has ended finds out when their browser asks again.
_LASTING: Final = timedelta(minutes=5)
_ITEM: Final = "workbench/timeline_item.html"

router = APIRouter(prefix="/journeys/{journey_id}")


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """An event as the page shows it; `fix` leads to where a refused address is corrected, while that is possible."""

    index: int
    at: datetime
    by: str
    words: str
    detail: str
    fix: str


def item(index: int, entry: TimelineEntry, progress: Progress, *, may_act: bool) -> TimelineItem:
    """Return an event in the words of the page (E4)."""
    documents: list[DocumentView] = progress.documents
    fixable = may_act and entry.event == wording.REFUSED and "change-email" in possible_commands(progress)
    return TimelineItem(
        index=index,
        at=entry.at,
        by=wording.doer(entry),
        words=entry.event,
        detail=wording.detail_words(entry, documents) if entry.detail else "",
        fix=path(progress.journey_id, "change-email") if fixable else "",
    )


def items(progress: Progress, *, may_act: bool) -> list[TimelineItem]:
    """Return the whole timeline, the newest event first."""
    shown = [item(index, entry, progress, may_act=may_act) for index, entry in enumerate(progress.timeline)]
    return shown[::-1]


@dataclass(frozen=True, slots=True)
class _Watched:
    visit: WorkbenchVisit
    journeys: Journeys
    known: int
    version: int | None


async def _watched(
    *,
    journey_id: str,
    visit: WatchingVisitDep,
    services: ServicesDep,
    known: Annotated[int, Query(ge=0, le=10**9)] = 0,
    version: Annotated[int | None, Query(ge=0, le=10**9)] = None,
    last_event_id: Annotated[str, Header(pattern="^[0-9]{0,9}$")] = "",
) -> _Watched:
    # Checked in a dependency: once the stream has begun it is too late for a problem.
    journeys = Journeys(services, visit.adviser.firm.id)
    await journeys.get(journey_id)
    return _Watched(visit, journeys, int(last_event_id) + 1 if last_event_id else known, version)


@router.get("/events", response_class=EventSourceResponse)
async def stream_timeline(
    journey_id: str, watched: Annotated[_Watched, Depends(_watched)], pages: PagesDep
) -> AsyncIterator[ServerSentEvent]:
    """Send what is new since the page was made: `timeline` with an event's markup, then `changed`, or `final`.

    The query says how many events the page shows (`known`) and of which `version` of the journey it is; a browser
    that asks again names the last event that it got.
    """
    may_act = watched.visit.adviser.may_write
    news_of = follow(watched.journeys, journey_id, entries=watched.known, version=watched.version, lasting=_LASTING)
    async for news in news_of:
        for index, entry in news.entries:
            shown = item(index, entry, news.progress, may_act=may_act)
            yield ServerSentEvent(
                raw_data=pages.fragment(_ITEM, "item", item=shown),
                event="timeline",
                id=str(index),
                retry=RECONNECT_MILLISECONDS,
            )
        # An event without data would not reach the page's script.
        over = "final" if news.progress.stage.is_final else "changed"
        yield ServerSentEvent(raw_data=str(news.progress.version), event=over)
