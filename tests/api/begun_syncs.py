"""Which syncs the application has begun, as the engine knows them."""

from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode


@dataclass(frozen=True)
class BegunSync:
    """A sync that waits for a worker: its type, what it starts with, and why it was told to look, each time."""

    workflow_type: str
    start: dict[str, object]
    causes: list[str]


async def begun_sync(temporal: Client, workflow_id: str) -> BegunSync | None:
    """Return the sync that runs under this id, if one does."""
    handle = temporal.get_workflow_handle(workflow_id)
    try:
        history = await handle.fetch_history()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    converter = temporal.data_converter.payload_converter
    started = history.events[0].workflow_execution_started_event_attributes
    causes = [
        converter.from_payload(event.workflow_execution_signaled_event_attributes.input.payloads[0])["cause"]
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    ]
    (start,) = (converter.from_payload(payload) for payload in started.input.payloads)
    return BegunSync(started.workflow_type.name, start, causes)
