"""`onward why JOURNEY`: who is awaited, since when, what went wrong last, what happens next, what to do."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from cli.home import default_home, read_state
from cli.local import NAMESPACE
from models.messages import Progress
from runtime.temporal import journey_handle
from workflows.onboarding import OnboardingJourney

_DO = {
    "adviser": "Ask the adviser; `GET /api/v1/journeys/{id}` shows the form that is due.",
    "client": "Nothing by hand: the client acts in the portal. A fresh link: POST /api/v1/journeys/{id}/invitations.",
    "platform": "Look at the platform; to try again at once what it refused: POST /api/v1/journeys/{id}/retry.",
    "plannr": "Look at Plannr; writes are repeated by themselves.",
    "nobody": "Nothing: the journey is over.",
}


def why(
    journey: Annotated[str, typer.Argument(help="The journey's id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Say why a journey is where it is."""
    console = Console(highlight=False)
    state = read_state(default_home())
    if state is None or not state.running:
        Console(stderr=True).print("Onward does not run from here. Type ./onward up, then ask again.", style="red")
        raise typer.Exit(1)
    try:
        answer = asyncio.run(explain(state.urls["temporal_address"], journey.removeprefix("journey-")))
    except RPCError:
        Console(stderr=True).print(
            "No such journey, or no worker answers. ./onward doctor says what runs, the Web UI lists journeys.",
            style="red",
        )
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps(answer, indent=2, default=str))
        return
    for name, value in answer.items():
        console.print(f"[bold]{name.replace('_', ' '):>20}[/]  {value}")


async def explain(address: str, journey: str) -> dict[str, Any]:
    """Return the reasons in words, from the workflow itself and from its pending activities."""
    temporal = await Client.connect(address, namespace=NAMESPACE, data_converter=pydantic_data_converter)
    handle = journey_handle(temporal, journey)
    progress = await handle.query(OnboardingJourney.progress)
    description = await handle.describe()
    return {
        "journey": journey,
        "stage": f"{progress.stage.value}, for {_ago(progress.stage_since)}",
        "waiting_on": f"{progress.waiting_on.value}, for {_ago(progress.waiting_since)}",
        "for": progress.waiting_for,
        "last_error": _last_error(description, progress),
        "next_action": progress.next_action + (f" at {progress.next_action_at}" if progress.next_action_at else ""),
        "what_to_do": _DO[progress.waiting_on.value].format(id=journey),
    }


def _last_error(description: WorkflowExecutionDescription, progress: Progress) -> str:
    if progress.attention:
        return "; ".join(progress.attention)
    for activity in description.raw_description.pending_activities:
        if activity.HasField("last_failure"):
            failure = activity.last_failure
            return f"{failure.message} (attempt {activity.attempt} of {activity.activity_type.name})"
    return "none"


def _ago(since: datetime) -> str:
    seconds = int((datetime.now(UTC) - since).total_seconds())
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
