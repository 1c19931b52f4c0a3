"""A reconciliation, and a decision, that began under earlier code must go on under this code.

To keep a history of a new path, add a scenario and run these tests with `ONWARD_RECORD_HISTORIES=1`; a history that is
there already is never overwritten.
"""

import json
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from connectors.errors import ConnectorUnavailable
from models.deciding import Settle
from runtime.temporal import workflow_runner
from tests.reconciling_world import FIRM, ReconcilingWorld, reconciling
from workflows.deciding import SettleDiscrepancy, settle_id
from workflows.nightly import NightlyReconciliation
from workflows.reconciliation import Reconciliation

__all__ = ["reconciling"]

HISTORIES = Path(__file__).parent / "histories" / "reconciliation"
RECORDED = sorted(HISTORIES.glob("*.json"))
Scenario = Callable[[ReconcilingWorld], Awaitable[WorkflowHistory]]


async def compared(world: ReconcilingWorld) -> WorkflowHistory:
    """Everything agrees."""
    await world.people(2)
    handle = await world.start()
    await handle.result()
    return await handle.fetch_history()


async def repaired_and_asked(world: ReconcilingWorld) -> WorkflowHistory:
    """A repair, a task, several pages, and a system that was away for a moment."""
    first, second, *_ = await world.people(3)
    await world.reconcile()
    world.plannr.edit_person(FIRM, first.account, mobile="07400 999999")
    world.plannr.edit_person(FIRM, second.account, title="Dr")
    world.platform.records_per_page = 2
    world.plannr.fail_next("read_people", ConnectorUnavailable("plannr", "GET", "away", retry_after=0.1))
    handle = await world.start()
    await handle.result()
    return await handle.fetch_history()


async def decided(world: ReconcilingWorld) -> WorkflowHistory:
    """A person says whose value is right."""
    (pair,) = await world.people(1)
    await world.reconcile()
    world.plannr.edit_person(FIRM, pair.account, title="Dr")
    await world.reconcile()
    (row,) = await world.discrepancies()
    handle = await world.skipper.client.start_workflow(
        SettleDiscrepancy.run,
        Settle(discrepancy_id=row.discrepancy_id, firm=FIRM, take="plannr"),
        id=f"{settle_id(row.discrepancy_id)}-{datetime.now(UTC).timestamp()}",
        task_queue=world.queue,
    )
    await handle.result()
    assert world.platform.clients[pair.client].details.title == "Dr"
    return await handle.fetch_history()


SCENARIOS: dict[str, Scenario] = {each.__name__: each for each in (compared, repaired_and_asked, decided)}


def read(recorded: Path) -> WorkflowHistory:
    """Return a history that is kept."""
    return WorkflowHistory.from_json(recorded.stem, recorded.read_text())


def replayer() -> Replayer:
    """Return a replayer set up exactly as the worker is."""
    return Replayer(
        workflows=[Reconciliation, NightlyReconciliation, SettleDiscrepancy],
        data_converter=pydantic_data_converter,
        workflow_runner=workflow_runner(),
    )


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(recorded: Path) -> None:
    """A history that was recorded under earlier code leads this code to the same commands."""
    await replayer().replay_workflow(read(recorded))


def test_every_scenario_has_a_recorded_history() -> None:
    """No path is left out, and no history is kept of a path that nobody can play any more."""
    assert {path.stem for path in RECORDED} == set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_fresh_history_replays(reconciling: ReconcilingWorld, name: str) -> None:
    """The path played now, on the real engine, replays too."""
    history = await SCENARIOS[name](reconciling)

    await replayer().replay_workflow(history)

    target = HISTORIES / f"{name}.json"
    if os.environ.get("ONWARD_RECORD_HISTORIES") and not target.exists():
        # Stack traces, which a replay never reads, would name this machine's folders.
        kept = re.sub(
            r'"stackTrace": "(?:[^"\\]|\\.)*"', '"stackTrace": ""', json.dumps(history.to_json_dict(), indent=1)
        )
        target.write_text(kept + "\n")


async def test_a_changed_history_is_noticed() -> None:
    """Replaying against commands that this code does not give fails, so the tests above can fail."""
    changed = RECORDED[0].read_text().replace("reconcile.step", "reconcile.something_else")
    assert changed != RECORDED[0].read_text()

    with pytest.raises(NondeterminismError):
        await replayer().replay_workflow(WorkflowHistory.from_json("changed", changed))
