"""Submitting what was planned: start, details form, account form, each once however often the button is pressed (A4).

Whatever was done before something failed or was slow is met again when the form is sent again, so that pressing the
button goes on from there.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.commanding import CommandDesk
from api.idempotency import Answer, Once
from api.journeys import Journeys
from api.problem_types import ENGINE_UNAVAILABLE, IDEMPOTENCY_KEY_IN_FLIGHT, WRONG_STAGE
from api.problems import Problem
from api.starting import start_answer
from api.together import start_together
from api.web.forms import Typed
from api.workbench.access import WorkbenchVisit
from api.workbench.new_plan import Plan
from api.workbench.submitting import KEY, form_key, once_for
from domain.journey import Stage
from models.commands import SubmitApplication, SubmitClientDetails
from models.people import AccountDetails
from runtime.services import Services
from workflows.onboarding import OnboardingJourney

_AGAIN: Final = "again."
# The first attempt may still be carried out: it is looked for, not repeated.
_PERHAPS_UNDER_WAY: Final = frozenset({ENGINE_UNAVAILABLE, IDEMPOTENCY_KEY_IN_FLIGHT})


@dataclass(frozen=True, slots=True)
class Submitted:
    """The journeys, and whether everything was carried out or something still is."""

    journeys: list[str]
    completed: bool


@dataclass(frozen=True, slots=True)
class Submission:
    """One press of the button."""

    services: Services
    visit: WorkbenchVisit
    request: Request
    typed: Typed
    plan: Plan
    now: datetime

    async def carry_out(self, *, send_to_platform: bool) -> Submitted:
        """Start the journeys and give them their forms (P10-P13, P49).

        Raises:
            Problem: What forbids one of the steps; the steps before it stay done.
            ConnectorError: A system does not answer.
        """
        with self._step("start"):
            journeys = await self._start()
        for journey in journeys:
            with self._step(f"details.{journey}"):
                if not await self._details(journey):
                    return Submitted(journeys, completed=False)
        for journey, planned in zip(journeys, self.plan.accounts, strict=True):
            with self._step(f"application.{journey}"):
                if not await self._application(journey, planned.account, send=send_to_platform):
                    return Submitted(journeys, completed=False)
        return Submitted(journeys, completed=True)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        """Do a step; one that is refused is another command when the form is sent again, which then repeats it."""
        try:
            yield
        except Problem as problem:
            if problem.problem_type not in _PERHAPS_UNDER_WAY:
                self.typed[f"{_AGAIN}{name}"] = form_key()
            raise

    async def _start(self) -> list[str]:
        adviser, forms = self.visit.adviser, self.plan.start_forms()
        if len(forms) == 1:

            async def act() -> Answer:
                return await start_answer(self.services, adviser, forms[0], self.now)

            answer = await self._once("start", forms).run(act)
            return [json.loads(bytes(answer.body))["journey_id"]]

        async def act_together() -> Answer:
            together = await start_together(self.services, adviser, self.plan.together_form(), self.now)
            return Answer(HTTPStatus.CREATED if together.created else HTTPStatus.OK, together)

        answer = await self._once("start", forms).run(act_together)
        return [journey["journey_id"] for journey in json.loads(bytes(answer.body))["journeys"]]

    async def _details(self, journey: str) -> bool:
        """P11: the details form; a journey that has gone on since keeps its own."""
        command = SubmitClientDetails(actor=self.visit.adviser.actor, holders=self.plan.given)
        desk = self._desk(f"details.{journey}", [command])
        try:
            answer = await desk.give(
                journey,
                "submit_client_details",
                command,
                OnboardingJourney.submit_client_details,
                forms=self.plan.given,
            )
        except Problem as problem:
            return await self._has_gone_on(journey, problem)
        return _completed(answer)

    async def _application(self, journey: str, account: AccountDetails, *, send: bool) -> bool:
        """P12, P13: the account form; a journey whose account was applied for already keeps its own."""
        command = SubmitApplication(actor=self.visit.adviser.actor, account=account, send_to_platform=send)
        desk = self._desk(f"application.{journey}", [command])
        try:
            answer = await desk.give(journey, "submit_application", command, OnboardingJourney.submit_application)
        except Problem as problem:
            return await self._has_gone_on(journey, problem)
        return _completed(answer)

    async def _has_gone_on(self, journey: str, problem: Problem) -> bool:
        if problem.problem_type is not WRONG_STAGE:
            raise problem
        progress = await Journeys(self.services, self.visit.adviser.firm.id).get(journey)
        if progress.stage in {Stage.ILLUSTRATED, Stage.APPLICATION_DRAFT}:
            raise problem
        return True

    def _desk(self, step: str, content: Sequence[BaseModel]) -> CommandDesk:
        return CommandDesk(self.services, self.visit.adviser, self._once(step, content), self.now, None)

    def _once(self, step: str, content: Sequence[BaseModel]) -> Once:
        """Return the one time that a step is done with this content; corrected content is another command."""
        once = once_for(self.services, self.visit, self.request, self.typed)
        text = "\0".join(part.model_dump_json() for part in content)
        digest = hashlib.sha256(text.encode()).hexdigest()
        key = self.typed[f"{_AGAIN}{step}"] or self.typed[KEY]
        return replace(once, key=f"{key}.{step}.{digest[:32]}", fingerprint=digest)


def _completed(answer: JSONResponse) -> bool:
    return answer.status_code == HTTPStatus.OK
