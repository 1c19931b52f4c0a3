"""An adviser at a page of the sync that leads to an act: what it leads to is said first, and it is done once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict
from temporalio.service import RPCError

from api.dependencies import NowDep, ServicesDep
from api.idempotency import Answer
from api.problem_types import ENGINE_UNAVAILABLE
from api.problems import Problem
from api.web.forms import FieldError, Typed, read_form
from api.web.rendering import Pages, PagesDep
from api.workbench.access import WorkbenchVisit, WritingVisitDep
from api.workbench.consequences import Consequence
from api.workbench.submitting import form_key, once_for
from runtime.services import Services

_RETRY_AFTER = {"Retry-After": "5"}


class _Carried(BaseModel):
    """What is kept of an act, so that the same form sent again does nothing."""

    model_config = ConfigDict(hide_input_in_errors=True)

    done: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a page asks before something is done.

    Attributes:
        about: What it is about, above the heading.
        title: The heading, a question.
        button: What the button says.
        back: Where the page leads back to.
        consequences: What the act leads to.
        answers: What the form sends besides its key.
    """

    about: str
    title: str
    button: str
    back: str
    consequences: list[Consequence]
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SyncAsking:
    """One request of an adviser who may act."""

    request: Request
    pages: Pages
    services: Services
    visit: WorkbenchVisit
    now: datetime

    @property
    def firm(self) -> str:
        """The adviser's firm."""
        return self.visit.adviser.firm.id

    def confirm(
        self, question: Question, *, status: int = HTTPStatus.OK, errors: list[FieldError] | None = None
    ) -> Response:
        """Return the page that asks."""
        return self.pages.render(
            self.request,
            "workbench/sync_confirm.html",
            status_code=status,
            errors=errors,
            adviser=self.visit.adviser,
            question=question,
            key=form_key(),
        )

    async def typed(self) -> Typed:
        """Return what the form sent."""
        return await read_form(self.request)

    async def carry_out(self, typed: Typed, back: str, word: str, act: Callable[[], Awaitable[None]]) -> Response:
        """Do it, once however often the form is sent, and lead back to a page that says so.

        Raises:
            Problem: `engine-unavailable`, or what the act raises.
        """

        async def carried() -> Answer:
            try:
                await act()
            except RPCError as error:
                raise Problem(ENGINE_UNAVAILABLE, headers=_RETRY_AFTER) from error
            return Answer(HTTPStatus.ACCEPTED, _Carried(done=word))

        await once_for(self.services, self.visit, self.request, typed).run(carried)
        return RedirectResponse(f"{back}?{urlencode({'done': word})}", status_code=HTTPStatus.SEE_OTHER)


def _asking(
    *, request: Request, pages: PagesDep, services: ServicesDep, visit: WritingVisitDep, now: NowDep
) -> SyncAsking:
    return SyncAsking(request, pages, services, visit, now)


SyncAskingDep = Annotated[SyncAsking, Depends(_asking)]
"""Who asks for something at a page of the sync."""
