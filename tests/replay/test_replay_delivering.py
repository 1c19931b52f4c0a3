"""Deliveries that began under earlier code, and are still offered, must go on under this code.

As with journeys, `ONWARD_RECORD_HISTORIES=1` keeps the history of a new path and never overwrites one.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from runtime.temporal import workflow_runner
from tests.conftest import Eventually
from tests.replay.test_replay import keep
from tests.workflows.test_delivering import Handle, Post, open_post
from workflows.delivering import EventDelivery

HISTORIES = Path(__file__).parent / "histories" / "delivering"
RECORDED = sorted(HISTORIES.glob("*.json"))


async def delivered(post: Post) -> Handle:
    """Taken at the second attempt."""
    post.receiver.answers = [(503, {"retry-after": "0"})]
    handle = await post.start()
    await handle.result()
    return handle


async def given_up(post: Post) -> Handle:
    """Not taken in all its time."""
    post.receiver.status = 503
    handle = await post.start(patience=timedelta(minutes=1))
    await post.skipper.fast_forward(handle, timedelta(minutes=2))
    await handle.result()
    return handle


async def waiting(post: Post) -> Handle:
    """Refused, and waiting for the next attempt."""
    post.receiver.answers = [(503, {"retry-after": "3600"})]
    handle = await post.start()
    await post.eventually(lambda: post.receiver.taken)
    return handle


PATHS: Final[dict[str, Callable[[Post], Awaitable[Handle]]]] = {
    path.__name__: path for path in (delivered, given_up, waiting)
}


@pytest.fixture
async def post(
    temporal_address: str, tmp_path: Path, request: pytest.FixtureRequest, eventually: Eventually
) -> AsyncIterator[Post]:
    """Yield a firm's receiving system with one event on its way."""
    queue = f"{request.node.name}-{tmp_path.parent.name}"[:100]
    async with open_post(temporal_address, tmp_path, queue, eventually) as post:
        yield post


def replayer() -> Replayer:
    """Return a replayer set up exactly as the worker is."""
    return Replayer(
        workflows=[EventDelivery], data_converter=pydantic_data_converter, workflow_runner=workflow_runner()
    )


def read(recorded: Path) -> WorkflowHistory:
    """Return a history that is kept."""
    return WorkflowHistory.from_json(f"event-{recorded.stem}", recorded.read_text())


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_delivery_replays(recorded: Path) -> None:
    """A history that was recorded under earlier code leads this code to the same commands."""
    await replayer().replay_workflow(read(recorded))


def test_every_path_of_a_delivery_has_a_recorded_history() -> None:
    """No path is left out, and no history is kept of a path that nobody can play any more."""
    assert {path.stem for path in RECORDED} == set(PATHS)


@pytest.mark.parametrize("name", PATHS)
async def test_a_fresh_delivery_replays(post: Post, name: str) -> None:
    """Each path, played now, replays; with the setting above its history is kept."""
    handle = await PATHS[name](post)
    history = await handle.fetch_history()

    await replayer().replay_workflow(history)

    target = HISTORIES / f"{name}.json"
    if os.environ.get("ONWARD_RECORD_HISTORIES") and not target.exists():
        keep(history, target)


async def test_a_changed_delivery_is_noticed() -> None:
    """Replaying against commands that this code does not give fails, so the tests above can fail."""
    changed = (HISTORIES / "delivered.json").read_text().replace("events.deliver", "events.something_else")

    with pytest.raises(NondeterminismError):
        await replayer().replay_workflow(WorkflowHistory.from_json("event-changed", changed))
