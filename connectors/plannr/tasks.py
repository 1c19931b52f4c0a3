"""Tasks for the firm's people in Plannr over HTTP; each is found again by its reference before it is made."""

from connectors.errors import NotFound
from connectors.plannr.connection import PlannrConnection
from connectors.plannr.mapping import is_same_task, task_body
from connectors.plannr.port import TaskRecord
from connectors.plannr.wire import WireTask, WireTaskStatus


class TasksOverHttp(PlannrConnection):
    """The part of the gateway that is about tasks."""

    async def create_task(self, firm: str, record: TaskRecord) -> str:
        """Raise the task in the firm's first status, once per journey and key, and return its id (P47)."""
        listed = await self._listed(firm, "GET /api/v1/task", WireTask, filters={"taskable_uuid": record.account})
        for stored in listed:
            if is_same_task(stored, record):
                return stored.uuid
        body = task_body(record, await self._first_status(firm))
        return (await self._call(firm, "POST /api/v1/task", WireTask, json=body)).uuid

    async def _first_status(self, firm: str) -> str:
        operation = "GET /api/v1/task-status"
        for status in await self._listed(firm, operation, WireTaskStatus, sort="position"):
            if not status.is_type_completed and not status.is_archived:
                return status.uuid
        raise NotFound("plannr", operation, "the firm has no status for an open task; add one in Plannr")
