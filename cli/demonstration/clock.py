"""Lets weeks pass for one journey alone, on the real engine, while everything it does in them is really done."""

import asyncio
from datetime import timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from cli.demonstration.surroundings import PATIENCE, DemonstrationFailed, Surroundings
from cli.local import NAMESPACE

_PAUSE = 0.1
_LOOKS = int(PATIENCE.total_seconds() / _PAUSE)


async def let_pass(around: Surroundings, workflow_id: str, days: int) -> None:
    """Move the journey's own clock on by so many days: every timer and call that falls due in them runs.

    Raises:
        DemonstrationFailed: the journey does not come to rest, or the Temporal server does not allow it.
    """
    temporal = await Client.connect(around.urls["temporal_address"], namespace=NAMESPACE)
    journey = temporal.get_workflow_handle(workflow_id)
    # What has no timer yet would have none in all these days.
    for _ in range(_LOOKS):
        if await _rests_on_a_timer(journey):
            break
        await asyncio.sleep(_PAUSE)
    else:
        raise DemonstrationFailed("the journey set no timer, so no time can pass for it")
    # Time is skipped only while a journey is moved on; all others, and this one afterwards, live in real time.
    skipper = TimeSkipper(temporal, config=TimeSkippingConfig(enabled=False))
    try:
        await skipper.fast_forward(journey, timedelta(days=days))
    except RPCError as error:
        raise DemonstrationFailed(
            f"this Temporal server does not let time pass for a workflow ({error}); "
            "set frontend.WorkflowTimeSkippingEnabled to true there"
        ) from None


async def _rests_on_a_timer(journey: WorkflowHandle[object, object]) -> bool:
    """Whether nothing is under way and a timer runs."""
    described = (await journey.describe()).raw_description
    if described.pending_activities or described.HasField("pending_workflow_task"):
        return False
    running: set[int] = set()
    async for event in journey.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            running.add(event.event_id)
        elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
            running.discard(event.timer_fired_event_attributes.started_event_id)
        elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
            running.discard(event.timer_canceled_event_attributes.started_event_id)
    return bool(running)
