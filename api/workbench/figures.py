"""How the firm's journeys are doing: as charts with their tables, and as CSV (A11)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from api.dependencies import NowDep, ServicesDep
from api.problem_types import PAGE_NOT_FOUND
from api.problems import Problem
from api.web.rendering import PagesDep
from api.workbench.access import WorkbenchVisit, WorkbenchVisitDep
from api.workbench.measured import FIGURES, facts, lasted
from domain.figures import JourneyFacts, Step, times
from runtime.services import Services
from storage.figures import FiguresRepository

_PERIODS: Final = {"30": "The last 30 days", "90": "The last 90 days", "365": "The last 12 months", "all": "Any time"}
_WHOSE: Final = {"all": "Everybody's", "me": "Mine"}

router = APIRouter(prefix="/figures")


class Choice(BaseModel):
    """Which journeys are counted."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    days: Literal["30", "90", "365", "all"] = "365"
    adviser: Literal["all", "me"] = "all"


@dataclass(frozen=True, slots=True)
class Headline:
    """A number with what it counts."""

    value: str
    words: str


@router.get("")
async def show_figures(
    *,
    request: Request,
    choice: Annotated[Choice, Query()],
    pages: PagesDep,
    services: ServicesDep,
    visit: WorkbenchVisitDep,
    now: NowDep,
) -> Response:
    """Show the figures of the firm's journeys, or of the adviser's own."""
    journeys = await _journeys(services, visit, choice, now)
    return pages.render(
        request,
        "workbench/figures.html",
        visit=visit,
        adviser=visit.adviser,
        headlines=_headlines(journeys),
        figures=[make(journeys, now) for make in FIGURES.values()],
        query=urlencode(choice.model_dump()),
        fields=[
            ("days", "Started", _PERIODS.items(), choice.days),
            ("adviser", "Whose journeys", _WHOSE.items(), choice.adviser),
        ],
        empty=not journeys,
    )


@router.get("/{name}.csv")
async def export_figure(
    *,
    name: str,
    choice: Annotated[Choice, Query()],
    services: ServicesDep,
    visit: WorkbenchVisitDep,
    now: NowDep,
) -> Response:
    """Return one figure as CSV; times are in hours."""
    if name not in FIGURES:
        raise Problem(PAGE_NOT_FOUND)
    figure = FIGURES[name](await _journeys(services, visit, choice, now), now)
    headers = {"Content-Disposition": f'attachment; filename="onward-{name}-{now:%Y-%m-%d}.csv"'}
    return Response(figure.as_csv(), media_type="text/csv; charset=utf-8", headers=headers)


async def _journeys(services: Services, visit: WorkbenchVisit, choice: Choice, now: datetime) -> list[JourneyFacts]:
    since = None if choice.days == "all" else now - timedelta(days=int(choice.days))
    mine = visit.adviser.id if choice.adviser == "me" else None
    async with services.database.reading() as session:
        counted = await FiguresRepository(session).journeys(visit.adviser.firm.id, since=since, adviser_id=mine)
    return [facts(journey) for journey in counted]


def _headlines(journeys: list[JourneyFacts]) -> list[Headline]:
    whole = next(row for row in times(journeys) if (row.before, row.after) == (Step.STARTED, Step.ACTIVE))
    still_open = sum(not journey.stage.is_final for journey in journeys)
    return [
        Headline(lasted(whole.median), "median time to active"),
        Headline(str(len(journeys)), "journeys started"),
        Headline(str(whole.count), "became active"),
        Headline(str(still_open), "still open"),
        Headline(str(len(journeys) - whole.count - still_open), "ended early"),
    ]
