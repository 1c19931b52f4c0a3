"""What the schedule starts is the one reconciliation that there is; one that cannot go on is not left hanging (P54)."""

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError

from connectors.errors import ConnectorRejected, ConnectorUnavailable
from models.syncing import StartReconciliation
from tests.reconciling_world import FIRM, ReconcilingWorld, reconciling
from workflows.nightly import NightlyReconciliation
from workflows.reconciliation import RECONCILIATION_ID, Reconciliation

__all__ = ["reconciling"]

pytestmark = pytest.mark.rule("P54")


@pytest.fixture
async def nothing_runs(reconciling: ReconcilingWorld) -> AsyncIterator[None]:
    """End the one reconciliation, before and after a test."""
    handle = reconciling.skipper.client.get_workflow_handle(RECONCILIATION_ID)
    with suppress(RPCError):
        await handle.terminate("a test begins")
    yield
    with suppress(RPCError):
        await handle.terminate("the test is over")


async def nightly(world: ReconcilingWorld) -> None:
    """Do what the schedule does, to its end."""
    await world.skipper.client.execute_workflow(
        NightlyReconciliation.run,
        StartReconciliation(trigger="schedule"),
        id=f"nightly-{world.queue}",
        task_queue=world.queue,
    )


async def test_the_night_reconciles_everything(reconciling: ReconcilingWorld, nothing_runs: None) -> None:
    """The schedule's workflow ends when the reconciliation has ended, which is kept as the schedule's."""
    (pair,) = await reconciling.people(1)
    reconciling.plannr.edit_person(FIRM, pair.account, mobile="07400 999999")

    await nightly(reconciling)

    described = await reconciling.skipper.client.get_workflow_handle(RECONCILIATION_ID).describe()
    row = await reconciling.run_row(str(described.run_id))
    assert (row.trigger, row.phase, row.clients, row.repaired) == ("schedule", "done", 1, 1)


async def test_the_night_finds_one_under_way(reconciling: ReconcilingWorld, nothing_runs: None) -> None:
    """While one runs, for instance because a system is away, the schedule starts no second one."""
    await reconciling.people(1)
    away = ConnectorUnavailable("platform", "GET", "away", retry_after=3600.0)
    reconciling.platform.fail_next("client_records", away)
    handle = await reconciling.skipper.client.start_workflow(
        Reconciliation.run,
        StartReconciliation(trigger="operator"),
        id=RECONCILIATION_ID,
        task_queue=reconciling.queue,
    )

    await nightly(reconciling)

    assert (await handle.describe()).run_id == handle.first_execution_run_id


async def test_one_that_cannot_go_on_ends_and_says_so(reconciling: ReconcilingWorld) -> None:
    """A list that a system refuses is no outage: the run ends where it was, and closes nothing that it did not see."""
    (pair,) = await reconciling.people(1)
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, pair.account, title="Dr")
    await reconciling.reconcile()
    reconciling.platform.fail_next("account_records", ConnectorRejected("platform", "GET", "refused"))

    handle = await reconciling.start()
    with pytest.raises(WorkflowFailureError):
        await handle.result()

    row = await reconciling.run_row(str(handle.first_execution_run_id))
    assert (row.phase, row.clients, row.accounts) == ("clients", 1, 0)
    assert row.finished_at is not None
    assert len(await reconciling.discrepancies()) == 1
