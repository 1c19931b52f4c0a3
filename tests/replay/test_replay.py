"""Journeys that began under earlier code must go on under this code.

To keep a history of a new path, add a scenario and run these tests with `ONWARD_RECORD_HISTORIES=1`; a history that
is there already is never overwritten, since it stands for journeys that are running somewhere.
"""

import json
import os
import re
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from runtime.temporal import workflow_runner
from tests.journey_world import World
from tests.replay.scenarios import SCENARIOS
from workflows.onboarding import OnboardingJourney
from workflows.together import TogetherMail

HISTORIES = Path(__file__).parent / "histories"
RECORDED = sorted(HISTORIES.glob("*.json"))


def replayer() -> Replayer:
    """Return a replayer set up exactly as the worker is."""
    return Replayer(
        workflows=[OnboardingJourney, TogetherMail],
        data_converter=pydantic_data_converter,
        workflow_runner=workflow_runner(),
    )


def read(recorded: Path) -> WorkflowHistory:
    """Return a history that is kept."""
    return WorkflowHistory.from_json(f"journey-{recorded.stem}", recorded.read_text())


def keep(history: WorkflowHistory, target: Path) -> None:
    """Write a history to be kept; stack traces, which a replay never reads, would name this machine's folders."""
    kept = re.sub(r'"stackTrace": "(?:[^"\\]|\\.)*"', '"stackTrace": ""', json.dumps(history.to_json_dict(), indent=1))
    target.write_text(kept + "\n")


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(recorded: Path) -> None:
    """A history that was recorded under earlier code leads this code to the same commands."""
    await replayer().replay_workflow(read(recorded))


def test_every_scenario_has_a_recorded_history() -> None:
    """No path is left out, and no history is kept of a path that nobody can play any more."""
    assert {path.stem for path in RECORDED} == set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_fresh_history_replays(world: World, name: str) -> None:
    """The path played now, on the real engine, replays too."""
    journey = await SCENARIOS[name](world)
    history = await journey.handle.fetch_history()

    await replayer().replay_workflow(history)

    target = HISTORIES / f"{name}.json"
    if os.environ.get("ONWARD_RECORD_HISTORIES") and not target.exists():
        keep(history, target)


async def test_a_changed_history_is_noticed() -> None:
    """Replaying against commands that this code does not give fails, so the tests above can fail."""
    changed = RECORDED[0].read_text().replace("platform.set_up_clients", "platform.something_else")
    assert changed != RECORDED[0].read_text()

    with pytest.raises(NondeterminismError):
        await replayer().replay_workflow(WorkflowHistory.from_json("journey-changed", changed))
