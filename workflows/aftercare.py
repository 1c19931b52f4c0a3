"""What a journey still looks after: a mandate that fails (P47), and a pension's statement within its window."""

from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.journey import Wrapper
    from models.messages import StartJourney

from workflows import emails
from workflows.closing import Closing
from workflows.post import JourneyPost
from workflows.recording import mandate_to_record

_FAILED = "The bank reports that the direct debit mandate can no longer be used."


class JourneyAftercare(JourneyPost):
    """What happens after, or beside, the client's acceptances."""

    def __init__(self, start: StartJourney) -> None:
        """Have the calls of closing and amending at hand."""
        super().__init__(start)
        self._closing = Closing(self._state)
        self._mandate_dealt_with: str | None = None

    async def _look_after(self) -> None:
        """Stay with an active account as long as its mandate or its statement may need somebody."""
        state, timings = self._state, self._state.start.timings
        windows = [timings.mandate_watch] if state.mandate_selected else []
        windows += [timings.statement_window] if state.start.wrapper is Wrapper.SIPP else []
        if not windows:
            return
        until = state.stage_since + max(windows)
        while (left := until - workflow.now()).total_seconds() > 0:
            await self._deal_with_mandate()
            await self._empty_outbox()
            if self._published != self._shown():
                await self._publish()
            await self._wait(self._has_aftercare, left, "Stay with the account: mandate and statement")

    def _has_aftercare(self) -> bool:
        changed = self._published != self._shown()
        return changed or self._has_post or self._mandate_has_failed or self._fresh_mandate_given

    @property
    def _mandate_has_failed(self) -> bool:
        failure = self._state.mandate_failure
        return failure is not None and failure.event_id != self._mandate_dealt_with

    @property
    def _fresh_mandate_given(self) -> bool:
        return self._state.mandate_number > 1 and mandate_to_record(self._state) is not None

    async def _deal_with_mandate(self) -> None:
        """P47: tell client and adviser of a failed mandate and offer a fresh one; record its authorisation."""
        if self._mandate_has_failed:
            await self._replace_mandate()
        elif self._fresh_mandate_given:
            await self._insist(partial(self._systems.record_acceptances, activate=False))
            self._note("system", "fresh mandate in place")

    async def _replace_mandate(self) -> None:
        state, failure = self._state, self._state.mandate_failure
        assert failure is not None
        self._mandate_dealt_with = failure.event_id
        await self._insist(
            partial(
                self._closing.raise_task,
                f"mandate-failed-{state.mandate_number}",
                "Direct debit mandate failed",
                failure.sentence_adviser or _FAILED,
            )
        )
        if failure.needs_new_mandate:
            state.mandate_number += 1
            await self._insist(self._open_mandate)
        await self._tell(
            emails.mandate_failed(
                state,
                number=state.mandate_number,
                client=failure.sentence_client,
                adviser=failure.sentence_adviser or _FAILED,
                stop=failure.stop_mail,
            )
        )

    async def _open_mandate(self) -> None:
        state = self._state
        mandate = await self._closing.open_mandate(state.mandate_number)
        state.mandate_for = state.account.direct_debit if state.account else None
        state.records = state.records.model_copy(update={"platform_mandate": mandate})
