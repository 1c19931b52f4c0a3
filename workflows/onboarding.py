"""The journey of one account from illustration to active: the section *Steps and states* of docs/process.md as code."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.journey import EndReason, Party, Stage
    from models.commands import SubmitApplication
    from models.messages import JourneyResult, StartJourney

from workflows import emails, together, views
from workflows.awaiting import JourneyAwaiting
from workflows.commands import Pending
from workflows.conduct import JourneyEnded, Step
from workflows.recording import acceptances_to_record
from workflows.state import Ending

ResultT = TypeVar("ResultT")


@workflow.defn(name="OnboardingJourney")
class OnboardingJourney(JourneyAwaiting):
    """One account, from illustration to active."""

    @workflow.init
    def __init__(self, start: StartJourney) -> None:
        """Begin with what the start message says."""
        super().__init__(start)
        self._cancelled = False

    @workflow.run
    async def run(self, start: StartJourney) -> JourneyResult:
        """Take the account through its stages; the result says how it ended."""
        try:
            await self._illustrate(start)  # P10, P5, P6
            await self._set_up_clients()  # P11
            await self._open_account()  # P12, P13
            while self._state.stage is not Stage.ACTIVE:
                await self._await_client()  # P14, P40
                refused = await self._shielded(self._activate())  # P15
                await self._go_on(refused)
            await self._look_after()  # P47, a pension's statement
        except JourneyEnded:
            await self._shielded(self._compensate())  # P43
        except asyncio.CancelledError:
            self._state.end(Ending(EndReason.WITHDRAWN, "operator"))
            await self._shielded(self._compensate())
        if start.together is not None:
            await together.leave(start.together, self._state.ref)  # P49
        await workflow.wait_condition(workflow.all_handlers_finished)
        return views.result(self._state)  # P16

    async def _illustrate(self, start: StartJourney) -> None:
        with self._state.working(Party.PLATFORM):
            await self._publish()
            if start.illustration is not None:
                await self._insist(self._systems.record_illustration)
                self._note("system", "illustration recorded, client linked")
            if any(holder.platform_client for holder in start.holders):
                await self._read_platform()
        await self._publish()

    async def _set_up_clients(self) -> None:
        while not self._state.details_submitted:
            await self._wait(self._has_form, None, "")
            if self._details:
                await self._write_details(self._details.take())
            else:
                await self._catch_up()
        self._state.enter(Stage.APPLICATION_DRAFT, workflow.now())
        await self._publish()

    async def _open_account(self) -> None:
        while self._state.stage is not Stage.AWAITING_CLIENT:
            await self._wait(self._has_form, None, "")
            if self._details:
                await self._write_details(self._details.take())
            elif self._amendments:
                await self._amend(self._amendments.take())
            elif self._application:
                await self._write_application(self._application.take())
            else:
                await self._catch_up()

    async def _catch_up(self) -> None:
        await self._empty_outbox()
        await self._publish()

    def _has_form(self) -> bool:
        asked = bool(self._details) or bool(self._amendments) or bool(self._application)
        return asked or self._has_post or self._published != self._shown()

    async def _write_application(self, pending: Pending[SubmitApplication]) -> None:
        state, account, proceed = self._state, pending.command.account, pending.command.send_to_platform
        steps: list[Step] = [partial(self._systems.save_application, account, propose=proceed)]
        if proceed and state.records.platform_account is not None:
            # An earlier attempt opened it from another form before the other system refused.
            steps.append(partial(self._amend_account, account))
        elif proceed:
            steps.append(partial(self._systems.open_account, account))
        if not await self._carry_out(pending, *steps):
            return
        state.account = account
        self._note("adviser", "application sent to the platform" if proceed else "application saved as a draft")
        if proceed:
            state.enter(Stage.AWAITING_CLIENT, workflow.now())
        self._arm_timer()
        # The portal reads the projection, so it has to know of the account before the client gets the link.
        await self._publish()
        if proceed:
            await self._tell(emails.account_created(state))
        pending.done()

    async def _activate(self) -> list[str]:
        """P15: record what was accepted and turn everything active; returns what the platform sees unmet."""
        state = self._state
        if self._is_ending:
            raise JourneyEnded
        state.enter(Stage.ACTIVATING, workflow.now())
        with state.working(Party.PLATFORM):
            await self._publish()
            refused = await self._attempt(partial(self._systems.record_acceptances, activate=True))
        if refused:
            state.enter(Stage.AWAITING_CLIENT, workflow.now())
            return refused
        await self._insist(self._systems.complete_application)
        state.ending = None
        state.enter(Stage.ACTIVE, workflow.now())
        self._note("system", "account active")
        await self._publish()
        await self._tell(emails.account_active(state))
        return []

    async def _go_on(self, refused: list[str]) -> None:
        if self._cancelled:
            raise asyncio.CancelledError
        await self._reconsider(refused)

    async def _compensate(self) -> None:
        """P43: close what was created, in both systems, and tell whom it concerns; an active account stays."""
        await self._let_finish()
        state, ending = self._state, self._state.ending
        if ending is None:
            return
        state.poll_at = state.quiet_at = state.retry_at = None
        state.refused = []
        if state.records.platform_account is not None and acceptances_to_record(state):
            # Who accepted the terms keeps what follows from it; the platform may refuse what is no longer in force.
            await self._try(partial(self._systems.record_acceptances, activate=False, with_mandate=False))
        await self._persist(partial(self._closing.undo_on_platform, ending.reason))
        await self._persist(partial(self._closing.close_in_plannr, ending.reason))
        sentence = f"The journey was {ending.reason.value} meanwhile."
        for desk in (self._details, self._application, self._amendments):
            desk.close(sentence)
        state.enter(ending.reason.stage, workflow.now())
        self._note("system", f"journey {ending.reason.value}: both systems are closed")
        await self._publish()
        await self._tell(emails.ended(state, ending))

    async def _persist(self, step: Step) -> None:
        """Repeat a step of compensation until no system refuses it."""
        while reasons := await self._try(step):
            self._state.refused = reasons
            await self._publish()
            self._retry_now = False
            await self._sleep_until_retry()
        self._state.refused = []

    async def _shielded(self, work: Coroutine[None, None, ResultT]) -> ResultT:
        """Finish what must not be left half done; a cancellation meanwhile is kept for afterwards."""
        task = asyncio.create_task(work)
        while not task.done():
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError:
                if task.cancelled():
                    raise
                self._cancelled = True
        return task.result()
