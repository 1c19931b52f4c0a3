"""The comparison of both systems with our own record: page by page, then repairs, tasks and closing (P54)."""

from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.reconciling import ReconcilingActivities
    from models.syncing import (
        PageReconciled,
        Phase,
        ReconcilePage,
        ReconciliationResult,
        StartReconciliation,
    )

from workflows.options import RECONCILE

RECONCILIATION_ID: Final = "reconciliation"
STEPS_PER_RUN: Final = 100

_ORDER: Final = tuple(Phase)
_WRITING: Final = frozenset({Phase.REPAIRS, Phase.TASKS})
_WORDS: Final = {
    Phase.CLIENTS: "Compare the next clients of the platform with Plannr",
    Phase.ACCOUNTS: "Compare the next accounts of the platform with their plans",
    Phase.PLANNR: "Look for records in Plannr whose link leads nowhere",
    Phase.REPAIRS: "Repair the next differences that may be repaired",
    Phase.TASKS: "Ask advisers about the next differences",
}


@workflow.defn(name="Reconciliation")
class Reconciliation:
    """Compares everything once; one at a time, whoever asks for it."""

    def __init__(self) -> None:
        self._phase = Phase.CLIENTS
        self._compared = 0
        self._found = 0

    @workflow.run
    async def run(self, start: StartReconciliation) -> ReconciliationResult:
        """Go through the phases, and go on in a new run when this one's history is long enough."""
        run_id = start.run_id or workflow.info().first_execution_run_id
        try:
            return await self._compare(start, run_id)
        except ActivityError:
            # Nobody would look at a run again that seems to go on for ever.
            await workflow.execute_activity_method(
                ReconcilingActivities.abandon,
                ReconcilePage(run_id=run_id, trigger=start.trigger, phase=self._phase),
                **_options("Note that it ended before it was complete"),
            )
            raise

    @workflow.query
    def phase(self) -> Phase:
        """Return what is being done now."""
        return self._phase

    async def _compare(self, start: StartReconciliation, run_id: str) -> ReconciliationResult:
        self._phase, cursor, steps = start.phase, start.cursor, 0
        while self._phase is not Phase.CLOSING:
            if steps == STEPS_PER_RUN or workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(
                    start.model_copy(update={"run_id": run_id, "phase": self._phase, "cursor": cursor})
                )
            page = await self._step(start, run_id, cursor)
            steps, cursor = steps + 1, page.cursor
            if cursor is None:
                self._phase = _after(self._phase, repair=start.repair)
        return await workflow.execute_activity_method(
            ReconcilingActivities.close,
            ReconcilePage(run_id=run_id, trigger=start.trigger, phase=Phase.CLOSING),
            **_options("Close what is gone, and count"),
        )

    async def _step(self, start: StartReconciliation, run_id: str, cursor: str | None) -> PageReconciled:
        page = await workflow.execute_activity_method(
            ReconcilingActivities.step,
            ReconcilePage(run_id=run_id, trigger=start.trigger, phase=self._phase, cursor=cursor),
            **_options(_WORDS[self._phase]),
        )
        self._compared += page.compared
        self._found += page.found
        workflow.set_current_details(
            f"Phase: {self._phase.value}. Since this run began: {self._compared} handled, {self._found} found."
        )
        return page


def _options(summary: str) -> ActivityConfig:
    return ActivityConfig(**RECONCILE, summary=summary)


def _after(phase: Phase, *, repair: bool) -> Phase:
    following = _ORDER[_ORDER.index(phase) + 1]
    while following in _WRITING and not repair:
        following = _ORDER[_ORDER.index(following) + 1]
    return following
