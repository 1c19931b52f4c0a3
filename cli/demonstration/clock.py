"""Lets weeks pass for one journey alone, on the real engine, while everything it does in them is really done."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from cli.demonstration.surroundings import DemonstrationFailed, Surroundings
from cli.local import NAMESPACE


async def let_pass(around: Surroundings, workflow_id: str, days: int) -> None:
    """Move the journey's own clock on by so many days: every timer and call that falls due in them runs.

    Raises:
        DemonstrationFailed: the Temporal server does not allow it.
    """
    temporal = await Client.connect(around.urls["temporal_address"], namespace=NAMESPACE)
    # Time is skipped only while a journey is moved on; all others, and this one afterwards, live in real time.
    skipper = TimeSkipper(temporal, config=TimeSkippingConfig(enabled=False))
    try:
        await skipper.fast_forward(temporal.get_workflow_handle(workflow_id), timedelta(days=days))
    except RPCError as error:
        raise DemonstrationFailed(
            f"this Temporal server does not let time pass for a workflow ({error}); "
            "set frontend.WorkflowTimeSkippingEnabled to true there"
        ) from None
