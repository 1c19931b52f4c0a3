"""The sync of one record of a firm's Plannr (P51)."""

from temporalio import workflow
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.syncing import SyncActivities
    from models.syncing import Changed, FindSubjects, StartPlannrSync, SyncAccount, SyncClient

from workflows.options import SYNC
from workflows.sync_quiet import Quiet


def plannr_sync_id(plannr_id: str) -> str:
    """Return the id of the workflow that syncs this record of Plannr."""
    return f"plannr-sync-{plannr_id}"


@workflow.defn(name="PlannrSync")
class PlannrSync:
    """Finds what a record of Plannr concerns on the platform, and compares that; it creates nothing in Plannr.

    Always begun by signal with start, so that there is one at a time for each record and no change is missed.
    """

    def __init__(self) -> None:
        """Begin with a change to look at."""
        self._quiet = Quiet()

    @workflow.run
    async def run(self, start: StartPlannrSync) -> None:
        """Sync until nothing is waiting any more."""
        await self._quiet.look_until_still(start, lambda: self._sync(start))

    @workflow.signal
    def changed(self, news: Changed) -> None:
        """Something about the record changed, or may have."""
        self._quiet.changed(news)

    async def _sync(self, start: StartPlannrSync) -> None:
        found = await workflow.execute_activity_method(
            SyncActivities.find_subjects,
            FindSubjects(firm=start.firm, kind=start.kind, plannr_id=start.plannr_id),
            **_options("Both systems: find what the record concerns"),
        )
        for client in found.clients:
            await workflow.execute_activity_method(
                SyncActivities.sync_client,
                SyncClient(platform_client=client, cause=self._quiet.cause),
                **_options("Both systems: compare the client, carry over what may be"),
            )
        for account in found.accounts:
            await workflow.execute_activity_method(
                SyncActivities.sync_account,
                SyncAccount(platform_account=account, cause=self._quiet.cause),
                **_options("Both systems: compare the account with its plan, carry over what may be"),
            )


def _options(summary: str) -> ActivityConfig:
    return ActivityConfig(**SYNC, summary=summary)
