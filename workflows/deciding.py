"""A person's decision on one discrepancy, carried out in the systems (P54)."""

from temporalio import workflow
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.reconciling import ReconcilingActivities
    from models.deciding import Settle, SettleOutcome

from workflows.options import SYSTEM_CALL


def settle_id(discrepancy_id: str) -> str:
    """Return the id of the workflow that carries out the decision on a discrepancy."""
    return f"settle-{discrepancy_id}"


@workflow.defn(name="SettleDiscrepancy")
class SettleDiscrepancy:
    """Writes what a person decided, once, then compares the record again."""

    @workflow.run
    async def run(self, decision: Settle) -> SettleOutcome:
        """Write the decision; whatever became of it, the record is compared again and says what is open now."""
        settled = await workflow.execute_activity_method(
            ReconcilingActivities.settle, decision, **_options("Write what a person decided")
        )
        if settled.subject is not None:
            await workflow.execute_activity_method(
                ReconcilingActivities.compare_again, settled, **_options("Compare the record again")
            )
        return settled.outcome


def _options(summary: str) -> ActivityConfig:
    return ActivityConfig(**SYSTEM_CALL, summary=summary)
