"""The sync of one client or account of the platform (P50)."""

from temporalio import workflow
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.syncing import SyncActivities
    from domain.ownership import Subject
    from models.syncing import Changed, StartPlatformSync, SyncAccount, SyncClient

from workflows.options import SYNC
from workflows.sync_quiet import Quiet


def platform_sync_id(platform_id: str) -> str:
    """Return the id of the workflow that syncs this client or account of the platform."""
    return f"platform-sync-{platform_id}"


@workflow.defn(name="PlatformSync")
class PlatformSync:
    """Compares one record of the platform with Plannr once it is quiet, and again for what changed meanwhile.

    Always begun by signal with start, so that there is one at a time for each record and no change is missed.
    """

    def __init__(self) -> None:
        """Begin with a change to look at."""
        self._quiet = Quiet()

    @workflow.run
    async def run(self, start: StartPlatformSync) -> None:
        """Sync until nothing is waiting any more."""
        await self._quiet.look_until_still(start, lambda: self._sync(start))

    @workflow.signal
    def changed(self, news: Changed) -> None:
        """Something about the record changed, or may have."""
        self._quiet.changed(news)

    async def _sync(self, start: StartPlatformSync) -> None:
        if start.subject is Subject.CLIENT:
            await workflow.execute_activity_method(
                SyncActivities.sync_client,
                SyncClient(platform_client=start.platform_id, cause=self._quiet.cause),
                **_options("Both systems: compare the client, carry over what may be"),
            )
        else:
            await workflow.execute_activity_method(
                SyncActivities.sync_account,
                SyncAccount(platform_account=start.platform_id, cause=self._quiet.cause),
                **_options("Both systems: compare the account with its plan, carry over what may be"),
            )


def _options(summary: str) -> ActivityConfig:
    return ActivityConfig(**SYNC, summary=summary)
