"""An adviser at a page that leads to a command: who asks, about which journey, and how they are answered."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from api.commanding import CommandDesk
from api.dependencies import NowDep, ServicesDep
from api.journeys import Journeys
from api.problem_types import (
    BANK_DETAILS_INVALID,
    BANK_DETAILS_REQUIRED,
    DETAILS_INCOMPLETE,
    NOT_ELIGIBLE,
    REJECTED_BY_SYSTEM,
    STALE_VERSION,
    WRONG_STAGE,
)
from api.problems import Problem
from api.web.forms import FieldError, Typed
from api.web.rendering import Pages, PagesDep
from api.workbench.access import WorkbenchVisit, WritingVisitDep
from api.workbench.details_words import full_name
from api.workbench.possible import why_not
from api.workbench.submitting import desk_for, form_key
from api.workbench.timeline import TimelineItem, item
from domain.wrappers import wrapper_words
from models.messages import HolderDetailsView, Progress
from runtime.services import Services

REASON_LENGTH: Final = 200
_ON_THE_PAGE: Final = frozenset(
    {
        STALE_VERSION,
        WRONG_STAGE,
        REJECTED_BY_SYSTEM,
        NOT_ELIGIBLE,
        DETAILS_INCOMPLETE,
        BANK_DETAILS_REQUIRED,
        BANK_DETAILS_INVALID,
    }
)
_HAS_CHANGED: Final = (
    "This journey has changed since you opened the page, so nothing was done. Read what changed, then decide again."
)


@dataclass(frozen=True, slots=True)
class Asking:
    """One request of an adviser who may act, about one journey."""

    request: Request
    pages: Pages
    services: Services
    visit: WorkbenchVisit
    now: datetime
    journey_id: str

    @property
    def journeys(self) -> Journeys:
        """The journeys of the adviser's firm."""
        return Journeys(self.services, self.visit.adviser.firm.id)

    def desk(self, typed: Typed) -> CommandDesk:
        """Return the desk for the command of this form, meant for the version that the form was shown for."""
        version = int(typed["version"]) if typed["version"].isdecimal() else 0
        return desk_for(self.services, self.visit, self.request, typed, self.now, expected_version=version)

    def page(
        self,
        template: str,
        progress: Progress,
        *,
        typed: Typed | None = None,
        status: int = HTTPStatus.OK,
        errors: list[FieldError] | None = None,
        **context: Any,
    ) -> Response:
        """Return a page about the journey, with a form for the version that it shows."""
        before = typed or Typed()
        return self.pages.render(
            self.request,
            template,
            status_code=status,
            errors=errors,
            adviser=self.visit.adviser,
            progress=progress,
            wrapper=wrapper_words(progress.wrapper),
            journey_href=journey_page(progress.journey_id),
            key=form_key(),
            typed=before,
            news=_news(progress, before) if status == HTTPStatus.CONFLICT else [],
            **context,
        )

    def refusal(self, progress: Progress, word: str, title: str) -> Response | None:
        """Return the page that says why a command makes no sense now; None if it does."""
        sentence = why_not(progress, word)
        if sentence is None:
            return None
        return self.page("workbench/not_now.html", progress, status=HTTPStatus.CONFLICT, title=title, sentence=sentence)

    def done(self, word: str, answer: JSONResponse | None = None, *, next_page: str = "") -> Response:
        """Lead on after a command: to the journey, or to another page of it, which says what was done."""
        still = {"still": "1"} if answer is not None and answer.status_code == HTTPStatus.ACCEPTED else {}
        return RedirectResponse(
            f"{journey_page(self.journey_id)}{next_page}?{urlencode({'done': word} | still)}",
            status_code=HTTPStatus.SEE_OTHER,
        )


def _asking(
    *, request: Request, pages: PagesDep, services: ServicesDep, visit: WritingVisitDep, now: NowDep, journey_id: str
) -> Asking:
    return Asking(request, pages, services, visit, now, journey_id)


AskingDep = Annotated[Asking, Depends(_asking)]


def journey_page(journey_id: str) -> str:
    """Return the address of a journey's page."""
    return f"/workbench/journeys/{journey_id}"


def on_the_page(problem: Problem) -> tuple[HTTPStatus, list[FieldError]]:
    """Return the status and the sentences of a problem that is said beside the form; raises every other one again."""
    if problem.problem_type not in _ON_THE_PAGE:
        raise problem
    if problem.problem_type is STALE_VERSION:
        return HTTPStatus.CONFLICT, [FieldError("", _HAS_CHANGED)]
    sentences = [FieldError("", error["detail"]) for error in problem.errors] or [FieldError("", problem.detail)]
    unprocessable = problem.problem_type.status == HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.UNPROCESSABLE_ENTITY if unprocessable else HTTPStatus.CONFLICT, sentences


def reason_errors(typed: Typed) -> list[FieldError]:
    """Return what is wrong with the reason that was given."""
    too_long = len(typed["reason"]) - REASON_LENGTH
    return [FieldError("reason", f"Shorten the reason by {too_long} characters.")] if too_long > 0 else []


def names_of(parties: list[HolderDetailsView]) -> dict[str, str]:
    """Return how a page calls the parties of a journey, by person id."""
    return {party.person_id: full_name(party.details) or "The client" for party in parties}


def _news(progress: Progress, typed: Typed) -> list[TimelineItem]:
    """Return what happened on the journey since the form was shown."""
    seen = int(typed["seen"]) if typed["seen"].isdecimal() else len(progress.timeline)
    new = enumerate(progress.timeline[seen:], seen)
    return [item(index, entry, progress, may_act=False) for index, entry in new]
