"""What every page of one journey works with: who asks, their journey, how it is shown, and where it leads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.dependencies import NowDep, ServicesDep
from api.portal.dependencies import JourneyDep
from api.portal.pages.next_step import journey_page, next_page
from api.portal.person_journey import PersonJourney
from api.portal.sessions import Visit, VisitDep
from api.portal.views import journey_view
from api.problem_types import ProblemType
from api.problems import Problem
from api.web.forms import FieldError, of_problem
from api.web.rendering import Pages, PagesDep
from models.tables import EvidenceRow
from runtime.services import Services

_ACTING: Final = {
    "registered_contact": "You are the registered contact of this Junior ISA and act for the child it is opened for.",
    "joint": "You share this account with someone else. This page is about your own part; they do theirs themselves.",
}


@dataclass(frozen=True)
class TaskPage:
    """One request for a page of one journey."""

    request: Request
    pages: Pages
    services: Services
    visit: Visit
    journey: PersonJourney
    now: datetime

    def show(
        self, template: str, *, status_code: int = 200, errors: list[FieldError] | None = None, **context: Any
    ) -> Response:
        """Return a page of this journey; `template` is below `portal/`."""
        return self.pages.render(
            self.request,
            f"portal/{template}",
            status_code=status_code,
            errors=errors,
            visit=self.visit,
            journey=journey_view(self.services.settings, self.journey),
            acting=_ACTING.get(self.journey.capacity, ""),
            **context,
        )

    def address(self, page: str) -> str:
        """Return the address of another page of this journey."""
        return journey_page(self.journey.progress.journey_id, page)

    def to(self, page: str) -> Response:
        """Lead to another page of this journey."""
        return RedirectResponse(self.address(page), status_code=303)

    @property
    def onward(self) -> str:
        """Where the client goes on: the next open task, or the hub."""
        return next_page(self.journey)

    def after(self, row: EvidenceRow) -> Response:
        """Lead on after an act: to the next open task, or to the hub (P26)."""
        return RedirectResponse(next_page(self.journey.with_act(row)), status_code=303)


def _task_page(  # noqa: PLR0917 - FastAPI hands in each dependency by name
    request: Request, pages: PagesDep, services: ServicesDep, visit: VisitDep, journey: JourneyDep, now: NowDep
) -> TaskPage:
    return TaskPage(request, pages, services, visit, journey, now)


def _open_task_page(page: "TaskPageDep") -> TaskPage:
    page.journey.expect_under_way()
    return page


TaskPageDep = Annotated[TaskPage, Depends(_task_page)]
"""A page of the path's journey, whatever stage it is in; `journey-not-found` for anybody else's."""
OpenTaskPageDep = Annotated[TaskPage, Depends(_open_task_page)]
"""The same once it is the client's turn; `wrong-stage` before, `journey-over` when it ended without an account."""


def belongs_on_page(problem: Problem, *kinds: ProblemType) -> list[FieldError]:
    """Return what the page shows of a problem of these kinds; any other problem is raised again."""
    if problem.problem_type not in kinds:
        raise problem
    return of_problem(problem)
