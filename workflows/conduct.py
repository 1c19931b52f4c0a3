"""How a journey goes about its work: attempts and refusals, waiting, and being seen."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from models.messages import StartJourney

from workflows import search_attributes, views
from workflows.commands import AnyPending
from workflows.orders import JourneyOrders

Step = Callable[[], Awaitable[None]]


class JourneyEnded(Exception):  # noqa: N818 - the state it tells of, caught by `run` alone
    """The journey was withdrawn, declined or has expired: leave the stage and compensate (P43)."""


class JourneyConduct(JourneyOrders):
    """What every stage of a journey uses."""

    def __init__(self, start: StartJourney) -> None:
        """Begin unseen."""
        super().__init__(start)
        self._published: object = None
        self._under_way: list[asyncio.Task[None]] = []

    async def _attempt(self, *steps: Step, until: Callable[[], bool] = lambda: False) -> list[str]:
        """Run the steps side by side; outages are waited out inside, refusals come back as sentences.

        When the journey ends meanwhile, or there is no need of them any more, what only waits for a system is given up
        and what is under way is let finish.
        """
        tasks = self._under_way = [asyncio.create_task(self._run(step)) for step in steps]
        await workflow.wait_condition(lambda: self._is_ending or until() or all(task.done() for task in tasks))
        given_up = self._is_ending or until()
        outcomes = await (self._let_finish() if given_up else asyncio.gather(*tasks, return_exceptions=True))
        if self._is_ending:
            raise JourneyEnded
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, ActivityError | asyncio.CancelledError):
                raise outcome
        refused = [str(outcome.cause or outcome) for outcome in outcomes if isinstance(outcome, ActivityError)]
        return [] if given_up else refused

    async def _run(self, step: Step) -> None:
        await step()

    async def _let_finish(self) -> list[BaseException | None]:
        """Give up what only waits for a system, and wait for what is under way."""
        for task in self._under_way:
            task.cancel()
        return await asyncio.gather(*self._under_way, return_exceptions=True)

    @property
    def _is_ending(self) -> bool:
        return self._state.ending is not None and self._state.can_end

    async def _try(self, step: Step) -> list[str]:
        """Run one step that goes on even though the journey is ending."""
        try:
            await step()
        except ActivityError as error:
            return [str(error.cause or error)]
        return []

    async def _sleep_until_retry(self) -> None:
        interval = self._state.start.timings.retry_refused
        try:
            await workflow.wait_condition(
                lambda: self._retry_now, timeout=interval, timeout_summary="Try again what a system refused"
            )
        except TimeoutError:
            return

    async def _carry_out(self, pending: AnyPending, *steps: Step) -> bool:
        """Do what a command asks for; what a system refuses is the command's answer and needs attention (P41)."""
        self._state.refused = await self._attempt(*steps)
        if self._state.refused:
            await self._publish()
            pending.refuse(self._state.refused)
        return not self._state.refused

    async def _insist(self, step: Step) -> None:
        """Repeat a step until no system refuses it; a person may mend the cause and ask for it at once (P41)."""
        while reasons := await self._attempt(step):
            await self._await_retry(reasons)

    async def _await_retry(self, reasons: list[str], until: Callable[[], bool] = lambda: False) -> None:
        """Show what was refused, and wait for somebody to ask for another attempt, or for the next automatic one."""
        interval = self._state.start.timings.retry_refused
        self._state.refused, self._state.retry_at = reasons, workflow.now() + interval
        self._retry_now = False
        await self._publish()
        await self._wait(lambda: self._retry_now or until(), interval, "Try again what a system refused")
        self._state.refused, self._state.retry_at = [], None

    async def _wait(self, condition: Callable[[], bool], patience: timedelta | None, summary: str) -> bool:
        """Wait for the condition; False when the time ran out first. Raises JourneyEnded when the journey ends."""
        try:
            await workflow.wait_condition(
                lambda: self._is_ending or condition(), timeout=patience, timeout_summary=summary
            )
        except TimeoutError:
            return False
        if self._is_ending:
            raise JourneyEnded
        return True

    # --- being seen ---

    def _shown(self) -> object:
        state = self._state
        due = (state.poll_at is None, state.quiet_at)
        known = (state.records, tuple(state.documents), state.first_subscription_on)
        return (state.stage, state.on_hold, views.awaited(state)[0], tuple(state.attention()), known, due)

    async def _publish(self) -> None:
        """Show a change of stage or of who is awaited: search attributes, operator's page, projection."""
        state = self._state
        state.now_waiting_on(views.awaited(state)[0], workflow.now())
        self._published = self._shown()
        shown = views.progress(state)
        workflow.set_current_details(views.current_details(state))
        if changed := search_attributes.changed(workflow.info().typed_search_attributes, shown):
            workflow.upsert_search_attributes(changed)
        await self._systems.project(shown)
