"""The journey of one account from illustration to active: the section *Steps and states* of docs/process.md as code."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from domain.journey import Party, Stage
    from models.messages import JourneyResult, StartJourney, SubmitApplication, SubmitClientDetails

from workflows import emails, search_attributes, views
from workflows.commands import Pending
from workflows.handlers import JourneyHandlers

Step = Callable[[], Awaitable[None]]


@workflow.defn(name="OnboardingJourney")
class OnboardingJourney(JourneyHandlers):
    """One account, from illustration to active."""

    @workflow.init
    def __init__(self, start: StartJourney) -> None:
        """Begin with what the start message says."""
        super().__init__(start)
        self._published: object = None

    @workflow.run
    async def run(self, start: StartJourney) -> JourneyResult:
        """Take the account through its stages; the result says how it ended."""
        await self._illustrate(start)  # P10, P5, P6
        await self._set_up_clients()  # P11
        await self._open_account()  # P12, P13
        await self._await_client()  # P14
        await self._activate()  # P15
        await workflow.wait_condition(workflow.all_handlers_finished)
        return JourneyResult(
            stage=self._state.stage,
            records=self._state.records,
            next_step="Key transfers and expected payments directly in the platform.",  # P16
            next_step_url=start.platform_url,
        )

    async def _illustrate(self, start: StartJourney) -> None:
        await self._publish(busy_with=Party.PLATFORM)
        if start.illustration is not None:
            await self._insist(self._systems.record_illustration)
            self._note("system", "illustration recorded, client linked")
        if any(holder.platform_client for holder in start.holders):
            await self._insist(self._systems.read_checks)
        await self._publish()

    async def _set_up_clients(self) -> None:
        while not self._state.details_submitted:
            await workflow.wait_condition(lambda: bool(self._details))
            await self._write_details(self._details.take())
        self._state.enter(Stage.APPLICATION_DRAFT, workflow.now())
        await self._publish()

    async def _write_details(self, pending: Pending[SubmitClientDetails]) -> None:
        state, first = self._state, not self._state.details_submitted
        state.take_over(pending.command)
        if not await self._carry_out(pending, self._systems.open_application, self._systems.set_up_clients):
            return
        state.details_submitted, state.change_requests = True, []
        self._note("adviser", "client details submitted")
        if first:
            await self._systems.send(emails.client_setup_started(state))
        pending.done()

    async def _open_account(self) -> None:
        while self._state.stage is not Stage.AWAITING_CLIENT:
            await workflow.wait_condition(lambda: bool(self._details) or bool(self._application))
            if self._details:
                await self._write_details(self._details.take())
            else:
                await self._write_application(self._application.take())

    async def _write_application(self, pending: Pending[SubmitApplication]) -> None:
        state, account, proceed = self._state, pending.command.account, pending.command.send_to_platform
        steps: list[Step] = [partial(self._systems.save_application, account, propose=proceed)]
        if proceed:
            steps.append(partial(self._systems.open_account, account))
        if not await self._carry_out(pending, *steps):
            return
        state.account = account
        self._note("adviser", "application sent to the platform" if proceed else "application saved as a draft")
        if proceed:
            state.enter(Stage.AWAITING_CLIENT, workflow.now())
        self._arm_poll()
        # The portal reads the projection, so it has to know of the account before the client gets the link.
        await self._publish()
        if proceed:
            await self._systems.send(emails.account_created(state))
        pending.done()

    async def _await_client(self) -> None:
        state = self._state
        while not state.all_gates_met:
            await self._attend()
            interval = self._arm_poll()
            if self._published != self._shown():
                await self._publish()
            if not await self._wait(self._has_work, interval, "Read the checks from the platform again"):
                state.polls += 1
                await self._insist(self._systems.read_checks)
        state.poll_at = None

    def _arm_poll(self) -> timedelta | None:
        """Say when the checks are read again, in case their event is lost; None once they have all passed."""
        interval = views.poll_interval(self._state)
        self._state.poll_at = workflow.now() + interval if interval else None
        return interval

    def _has_work(self) -> bool:
        unsaved = any(holder.unsaved_bank_details for holder in self._state.holders.values())
        changed = self._published != self._shown()
        return self._state.all_gates_met or bool(self._details) or unsaved or changed

    async def _attend(self) -> None:
        """Do what the facts ask for while the client is awaited."""
        state = self._state
        while self._details:
            await self._write_details(self._details.take())
        for holder in state.holders.values():
            if (given := holder.unsaved_bank_details) is not None:
                await self._insist(partial(self._systems.save_bank_details, holder, given))
                holder.unsaved_bank_details = None
        client_is_done = views.awaited(state)[0] is not Party.CLIENT
        if client_is_done and (state.acceptances_to_record() or state.mandate_to_record()):
            await self._insist(partial(self._systems.record_acceptances, activate=False))

    async def _activate(self) -> None:
        state = self._state
        state.enter(Stage.ACTIVATING, workflow.now())
        await self._publish(busy_with=Party.PLATFORM)
        await self._insist(partial(self._systems.record_acceptances, activate=True))
        state.busy_with = Party.PLANNR
        await self._insist(self._systems.complete_application)
        await self._systems.send(emails.account_active(state))
        state.enter(Stage.ACTIVE, workflow.now())
        self._note("system", "account active")
        await self._publish()

    # --- working with the systems ---

    async def _attempt(self, *steps: Step) -> list[str]:
        """Run the steps side by side; outages are waited out inside, refusals come back as sentences."""
        outcomes = await asyncio.gather(*(step() for step in steps), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, ActivityError):
                raise outcome
        return [str(outcome.cause or outcome) for outcome in outcomes if isinstance(outcome, ActivityError)]

    async def _carry_out(
        self, pending: Pending[SubmitClientDetails] | Pending[SubmitApplication], *steps: Step
    ) -> bool:
        """Do what a command asks for; what a system refuses is the command's answer and needs attention (P41)."""
        self._state.busy_with = Party.PLATFORM
        self._state.refused = await self._attempt(*steps)
        self._state.busy_with = None
        if self._state.refused:
            await self._publish()
            pending.refuse(self._state.refused)
        return not self._state.refused

    async def _insist(self, step: Step) -> None:
        """Repeat a step until no system refuses it; a person may mend the cause and ask for it at once (P41)."""
        while reasons := await self._attempt(step):
            interval, busy_with = self._state.start.timings.retry_refused, self._state.busy_with
            self._state.refused, self._state.retry_at = reasons, workflow.now() + interval
            self._retry_now = False
            await self._publish()
            await self._wait(lambda: self._retry_now, interval, "Try again what a system refused")
            self._state.refused, self._state.retry_at, self._state.busy_with = [], None, busy_with

    async def _wait(self, condition: Callable[[], bool], patience: timedelta | None, summary: str) -> bool:
        """Wait for the condition; False when the time ran out first."""
        try:
            await workflow.wait_condition(condition, timeout=patience, timeout_summary=summary)
        except TimeoutError:
            return False
        return True

    # --- being seen ---

    def _shown(self) -> object:
        state = self._state
        return (state.stage, views.awaited(state)[0], tuple(state.attention()), state.records, state.poll_at is None)

    async def _publish(self, *, busy_with: Party | None = None) -> None:
        """Show a change of stage or of who is awaited: search attributes, operator's page, projection."""
        state = self._state
        state.busy_with = busy_with
        state.now_waiting_on(views.awaited(state)[0], workflow.now())
        self._published = self._shown()
        shown = views.progress(state)
        workflow.set_current_details(views.current_details(state))
        if changed := search_attributes.changed(workflow.info().typed_search_attributes, shown):
            workflow.upsert_search_attributes(changed)
        await self._systems.project(shown)
