"""Syncs that began under earlier code must go on under this code; see `tests.replay.test_replay`."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from runtime.temporal import workflow_runner
from tests.replay.syncing_scenarios import SCENARIOS
from tests.replay.test_replay import keep
from tests.workflows.syncing_world import SyncWorld, open_sync_world
from workflows.syncing import PlannrSync, PlatformSync

HISTORIES = Path(__file__).parent / "histories" / "syncing"
RECORDED = sorted(HISTORIES.glob("*.json"))


@pytest.fixture
async def sync_world(
    temporal_address: str, tmp_path: Path, request: pytest.FixtureRequest, eventually: Callable[..., Awaitable[Any]]
) -> AsyncIterator[SyncWorld]:
    """Yield a world of its own for one test."""
    async with open_sync_world(temporal_address, tmp_path, request.node.name, eventually) as world:
        yield world


def replayer() -> Replayer:
    """Return a replayer set up exactly as the worker is."""
    return Replayer(
        workflows=[PlatformSync, PlannrSync],
        data_converter=pydantic_data_converter,
        workflow_runner=workflow_runner(),
    )


def read(recorded: Path) -> WorkflowHistory:
    """Return a history that is kept."""
    return WorkflowHistory.from_json(f"sync-{recorded.stem}", recorded.read_text())


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(recorded: Path) -> None:
    """A history that was recorded under earlier code leads this code to the same commands."""
    await replayer().replay_workflow(read(recorded))


def test_every_scenario_has_a_recorded_history() -> None:
    """No path is left out, and no history is kept of a path that nobody can play any more."""
    assert {path.stem for path in RECORDED} == set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_fresh_history_replays(sync_world: SyncWorld, name: str) -> None:
    """The path played now, on the real engine, replays too."""
    handle = await SCENARIOS[name](sync_world)
    history = await handle.fetch_history()

    await replayer().replay_workflow(history)

    target = HISTORIES / f"{name}.json"
    if os.environ.get("ONWARD_RECORD_HISTORIES") and not target.exists():
        keep(history, target)


async def test_a_changed_history_is_noticed() -> None:
    """Replaying against commands that this code does not give fails, so the tests above can fail."""
    history = next(path for path in RECORDED if path.stem == "person_changed").read_text()
    changed = history.replace("sync.find_subjects", "sync.find_nobody")
    assert changed != history

    with pytest.raises(NondeterminismError):
        await replayer().replay_workflow(WorkflowHistory.from_json("sync-changed", changed))
