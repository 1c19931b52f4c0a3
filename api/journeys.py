"""How the API reaches journeys: their workflow first, their projection where the workflow does not answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from temporalio.client import (
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from api.problem_handlers import engine_unavailable
from api.problem_types import JOURNEY_NOT_FOUND, WRONG_STAGE
from api.problems import Problem
from api.refusals import from_refusal
from models.commands import Amend, AmendmentEffect, Command, CommandOutcome
from models.messages import AccountFormView, HolderDetailsView, Progress
from models.tables import JourneyRow
from runtime.services import Services
from runtime.temporal import JourneyHandle, journey_handle
from storage.journeys import JourneyRepository
from workflows.onboarding import OnboardingJourney

QUERY_PATIENCE: Final = timedelta(seconds=1.5)
COMMAND_PATIENCE: Final = timedelta(seconds=8)

AnswerT = TypeVar("AnswerT")
StartUpdate = Callable[[], Awaitable[WorkflowUpdateHandle[CommandOutcome]]]


class _NoAnswerError(Exception):
    """The engine or the worker did not answer in time."""


@dataclass(frozen=True, slots=True)
class Journeys:
    """The journeys of one firm; those of every other firm do not exist here."""

    services: Services
    firm: str

    def handle(self, journey_id: str) -> JourneyHandle:
        """Return the handle of a journey's workflow."""
        return journey_handle(self.services.temporal, journey_id)

    async def find(self, journey_id: str) -> Progress | None:
        """Return the journey as its workflow sees it, else as it was last reported; None when there is none.

        Raises:
            Problem: `engine-unavailable`, when neither can tell.
        """
        row = await self._row(journey_id)
        if row is not None and row.firm != self.firm:
            return None
        if row is not None and row.stage.is_final:
            return Progress.model_validate(row.progress)
        try:
            live = await self._ask(journey_id, lambda handle: handle.query(OnboardingJourney.progress))
        except _NoAnswerError:
            if row is None:
                detail = "The journey has not reported its state yet, and nothing is there to ask it."
                raise engine_unavailable(detail) from None
            live = None
        if live is not None:
            return live if live.firm == self.firm else None
        return Progress.model_validate(row.progress) if row is not None else None

    async def get(self, journey_id: str) -> Progress:
        """Return the journey as `find` does; raises the problem `journey-not-found` when there is none."""
        progress = await self.find(journey_id)
        if progress is None:
            raise Problem(JOURNEY_NOT_FOUND)
        return progress

    async def exists(self, journey_id: str) -> bool:
        """Return whether a journey with this id was ever reported; the engine knows of newer ones."""
        row = await self._row(journey_id)
        return row is not None and row.firm == self.firm

    async def require(self, journey_id: str) -> None:
        """Make sure that the journey is one of the firm's; raises the problem `journey-not-found`."""
        row = await self._row(journey_id)
        if row is None:
            await self.get(journey_id)
        elif row.firm != self.firm:
            raise Problem(JOURNEY_NOT_FOUND)

    async def client_details(self, journey_id: str, *, for_command: bool = False) -> list[HolderDetailsView]:
        """Return the details form of P11, pre-filled; personal details are in no projection.

        Args:
            journey_id: Whose.
            for_command: Wait for a busy worker as long as a command does.

        Raises:
            Problem: `journey-not-found` or `engine-unavailable`.
        """
        await self.require(journey_id)
        patience = COMMAND_PATIENCE if for_command else QUERY_PATIENCE
        try:
            details = await self._ask(
                journey_id, lambda handle: handle.query(OnboardingJourney.client_details), patience
            )
        except _NoAnswerError:
            raise engine_unavailable() from None
        if details is None:
            raise Problem(JOURNEY_NOT_FOUND, "The journey is over, and its details are no longer kept here.")
        return details

    async def account_form(self, journey_id: str) -> AccountFormView:
        """Return the account form as it was saved last, or pre-filled from the illustration (P7).

        Raises:
            Problem: `journey-not-found` or `engine-unavailable`.
        """
        await self.require(journey_id)
        try:
            form = await self._ask(journey_id, lambda handle: handle.query(OnboardingJourney.account_form))
        except _NoAnswerError:
            raise engine_unavailable() from None
        if form is None:
            raise Problem(JOURNEY_NOT_FOUND, "The journey is over, and its account form is no longer kept here.")
        return form

    async def amendment_effect(self, journey_id: str, command: Amend) -> AmendmentEffect:
        """Return what an amendment would change and void (P44).

        Raises:
            Problem: `journey-not-found` or `engine-unavailable`.
        """
        try:
            effect = await self._ask(
                journey_id, lambda handle: handle.query(OnboardingJourney.amendment_effect, command)
            )
        except _NoAnswerError:
            raise engine_unavailable() from None
        if effect is None:
            raise Problem(JOURNEY_NOT_FOUND)
        return effect

    async def command(self, command: Command, start: StartUpdate) -> CommandOutcome | None:
        """Give a command and wait for its outcome; None when it was taken but is still being carried out.

        Raises:
            Problem: what the workflow refused, `wrong-stage` when it is over, or `engine-unavailable` when the
                command was not even taken.
        """
        taken: WorkflowUpdateHandle[CommandOutcome] | None = None
        try:
            async with asyncio.timeout(COMMAND_PATIENCE.total_seconds()):
                taken = await start()
                return await taken.result()
        except WorkflowUpdateFailedError as failure:
            raise from_refusal(failure, command) from None
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            if taken is None:
                detail = "The journey did not take the command in time. It may still do so; repeating it does no harm."
                raise engine_unavailable(detail) from None
            return None
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            raise Problem(WRONG_STAGE, "The journey is over.") from None

    async def _row(self, journey_id: str) -> JourneyRow | None:
        async with self.services.database.reading() as session:
            return await JourneyRepository(session).get(journey_id)

    async def _ask(
        self,
        journey_id: str,
        query: Callable[[JourneyHandle], Awaitable[AnswerT]],
        patience: timedelta = QUERY_PATIENCE,
    ) -> AnswerT | None:
        """Return what the workflow answers, or None when there is no such workflow."""
        try:
            async with asyncio.timeout(patience.total_seconds()):
                return await query(self.handle(journey_id))
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise _NoAnswerError from error
        except (TimeoutError, WorkflowQueryFailedError) as error:
            raise _NoAnswerError from error
