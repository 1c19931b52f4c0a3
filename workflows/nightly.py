"""The reconciliation of the night, as the schedule starts it (P54)."""

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from models.syncing import StartReconciliation

from workflows.reconciliation import RECONCILIATION_ID, Reconciliation


@workflow.defn(name="NightlyReconciliation")
class NightlyReconciliation:
    """What the schedule starts: the reconciliation under its one name, unless somebody started it already."""

    @workflow.run
    async def run(self, start: StartReconciliation) -> None:
        """Let it run to its end, so that the schedule sees that it has not ended yet."""
        try:
            await workflow.execute_child_workflow(
                Reconciliation.run,
                start,
                id=RECONCILIATION_ID,
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary="Reconciliation of the night",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("a reconciliation is under way already")
