"""Journeys started from a file: in small batches, so that no firm's file holds up the others."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import Priority
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.importing import ImportActivities
    from models.imports import ImportBatch, RunImport

from workflows.options import SYSTEM_CALL

ROWS_AT_ONCE = 25

# A batch is many calls of both systems; it reports each row, so that a lost one is noticed soon.
START_BATCH = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=15),
    schedule_to_close_timeout=timedelta(days=60),
    heartbeat_timeout=timedelta(minutes=2),
    retry_policy=SYSTEM_CALL["retry_policy"],
)


def import_workflow_id(import_id: str) -> str:
    """Return the id of the workflow that starts the journeys of a file."""
    return f"import-{import_id}"


@workflow.defn(name="JourneyImport")
class JourneyImport:
    """Starts every journey of one file, each once."""

    @workflow.run
    async def run(self, start: RunImport) -> None:
        """Go on until no row waits; between two batches other firms have their turn."""
        left = 1
        while left:
            done = await workflow.execute_activity_method(
                ImportActivities.start_batch,
                ImportBatch(import_id=start.import_id, limit=ROWS_AT_ONCE),
                **_options("Start the next journeys of the file", start.firm),
            )
            left = done.left


def _options(summary: str, firm: str) -> ActivityConfig:
    return ActivityConfig(**START_BATCH, summary=summary, priority=Priority(fairness_key=firm))
