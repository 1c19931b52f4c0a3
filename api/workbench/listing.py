"""The firm's journeys on one page: whom each waits for and why, for how long, and what happens next by itself (A6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.dependencies import NowDep, ServicesDep
from api.listing import JourneyFilters, list_journeys
from api.problem_types import INVALID_REQUEST
from api.problems import Problem
from api.web.rendering import PagesDep
from api.workbench import wording
from api.workbench.access import WorkbenchVisitDep
from domain.advice import advice
from domain.journey import Party, PartyRole, Wrapper
from domain.wrappers import wrapper_words
from models.messages import Progress
from models.tables import JourneyRow
from storage.journeys import JourneyRepository
from storage.people import PersonRepository

_ANY: Final = ("", "Any")
_OPTIONS: Final[Mapping[str, list[tuple[str, str]]]] = {
    "stage": [_ANY, *((stage.value, words) for stage, words in wording.STAGES.items())],
    "waiting_on": [_ANY, *((party.value, words) for party, words in wording.PARTIES.items())],
    "waiting_for": [_ANY, *((gate.value, words) for gate, words in wording.GATES.items())],
    "waiting_days": [_ANY, ("3", "3 days or more"), ("7", "7 days or more"), ("14", "14 days or more")],
    "due_days": [_ANY, ("1", "Within a day"), ("7", "Within 7 days"), ("30", "Within 30 days")],
    "wrapper": [_ANY, *((wrapper.value, wording.sentence(wrapper_words(wrapper))) for wrapper in Wrapper)],
    "needs_attention": [_ANY, ("true", "Needs attention"), ("false", "Needs no attention")],
    "adviser": [("all", "Everybody's"), ("me", "Mine")],
}
_LABELS: Final[Mapping[str, str]] = {
    "stage": "Stage",
    "waiting_on": "Waiting on",
    "waiting_for": "Waiting for",
    "waiting_days": "Waiting for so long",
    "due_days": "Next automatic action",
    "wrapper": "Account",
    "needs_attention": "Attention",
    "adviser": "Whose journeys",
}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ListedJourney:
    """A journey as a row shows it; `people` are the first names of those who act, as far as they are known."""

    progress: Progress
    people: list[str]
    account: str
    stage: str
    colour: str
    waiting_on: str
    reason: str
    next_action: str
    attention: list[str]


@router.get("")
async def show_journeys(
    request: Request, pages: PagesDep, services: ServicesDep, visit: WorkbenchVisitDep, now: NowDep
) -> Response:
    """Show the firm's journeys, the last changed first, narrowed as the address says."""
    filters = _filters(request)
    mine = visit.adviser.id if filters.adviser == "me" else None
    listed = await list_journeys(services, visit.adviser, filters, now)
    async with services.database.reading() as session:
        awaited = await JourneyRepository(session).awaited(visit.adviser.firm.id, adviser_id=mine)
        people = {holder for row in listed.rows for holder in _acting(row)}
        known = await PersonRepository(session).known(visit.adviser.firm.id, people)
    names = {person: found.first_name for person, found in known.items()}
    wanted = filters.wanted()
    return pages.render(
        request,
        "workbench/journeys.html",
        visit=visit,
        adviser=visit.adviser,
        now=now,
        journeys=[_listed(row, names) for row in listed.rows],
        following=listed.following,
        first_page=filters.cursor is None,
        counts=_counts(awaited, filters.adviser),
        none_yet=not awaited,
        narrowed=wanted.keys() - {"adviser"} or filters.adviser == "me",
        wanted=wanted,
        fields=[(name, _LABELS[name], options) for name, options in _OPTIONS.items()],
    )


def _filters(request: Request) -> JourneyFilters:
    given = {name: value for name, value in request.query_params.items() if value}
    try:
        return JourneyFilters.model_validate(given)
    except ValidationError as error:
        names = ", ".join(sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False)}))
        raise Problem(INVALID_REQUEST, f"The list cannot be narrowed that way: {names}.") from None


def _counts(awaited: Mapping[Party, tuple[int, int]], adviser: str) -> list[tuple[str, int, str]]:
    """Return the words, the number and the query of each count above the list."""
    whose = f"&adviser={adviser}"
    parties = [
        (f"Waiting on {words}", awaited.get(party, (0, 0))[0], f"waiting_on={party.value}{whose}")
        for party, words in (
            (Party.CLIENT, "the client"),
            (Party.ADVISER, "the adviser"),
            (Party.PLATFORM, "the platform"),
            (Party.PLANNR, "Plannr"),
        )
    ]
    attention = sum(needing for _, needing in awaited.values())
    return [*parties, ("Needing attention", attention, f"needs_attention=true{whose}")]


def _acting(row: JourneyRow) -> list[str]:
    holders = Progress.model_validate(row.progress).holders
    return [holder.person_id for holder in holders if holder.role.acts]


def _listed(row: JourneyRow, names: Mapping[str, str]) -> ListedJourney:
    progress = Progress.model_validate(row.progress)
    reasons = advice(progress.attention, mandate_failed=progress.mandate_failed)
    return ListedJourney(
        progress=progress,
        people=people_in_words(progress, names),
        account=wording.sentence(wrapper_words(progress.wrapper)),
        stage=wording.STAGES[progress.stage],
        colour=wording.STAGE_COLOURS[progress.stage],
        waiting_on=wording.PARTIES[progress.waiting_on],
        reason="; ".join(wording.reasons(progress.waiting_for)),
        next_action=wording.following(progress.next_action),
        attention=[reason.what for reason in reasons],
    )


def people_in_words(progress: Progress, names: Mapping[str, str]) -> list[str]:
    """Return the first names of those who act, as far as they are known; a child is named by who acts for it (P31)."""
    acting: Iterable[tuple[str, PartyRole]] = (
        (names[holder.person_id], holder.role)
        for holder in progress.holders
        if holder.role.acts and holder.person_id in names
    )
    return [f"{name}, for a child" if role is PartyRole.REGISTERED_CONTACT else name for name, role in acting]
