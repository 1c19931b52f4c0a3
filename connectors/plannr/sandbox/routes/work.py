"""Tags, task statuses and tasks."""

import re
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from connectors.plannr.sandbox import bodies
from connectors.plannr.sandbox.errors import not_found, unprocessable
from connectors.plannr.sandbox.gate import Call, CallOf
from connectors.plannr.sandbox.present import STATUS_FIELDS, TAG_FIELDS, Presenter, pick
from connectors.plannr.sandbox.query import Listing, envelope, exact, uuids
from connectors.plannr.sandbox.store import Document

TAGS = Listing(
    "tag",
    {"uuid": uuids, "name": exact("name")},
    sorts=("created_at", "updated_at", "name", "slug"),
    default_sort="name",
)
TASKS = Listing(
    "task",
    {"uuid": uuids, "name": exact("name"), "taskable_uuid": exact("taskable"), "task_status_uuid": exact("status")},
    sorts=("created_at", "updated_at", "due_at"),
)
TASK_STATUSES = Listing("task_status", {"uuid": uuids}, sorts=("created_at", "updated_at", "position"))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _named_tag(call: Call, name: str, colour: str | None) -> Document:
    present = call.store.find("tag", call.tenant, name=name)
    if present:
        return present[0]
    return call.store.insert("tag", call.tenant, {"name": name, "slug": _slug(name), "colour": colour or "#6b7280"})


def _tag(call: Call, given: Any) -> Document:
    """The tag that an entry means: the uuid of one, a name (made when absent), or {name, colour}."""
    if isinstance(given, str):
        return call.store.get("tag", call.tenant, given.lower()) or _named_tag(call, given, None)
    if isinstance(given, dict) and isinstance(given.get("name"), str):
        return _named_tag(call, given["name"], given.get("colour"))
    raise unprocessable({"tags": ["The tags field must hold names, uuids or objects with a name."]})


async def apply_tags(call: CallOf) -> Response:
    """Attaches, replaces or detaches tags of a record; tagging fires no event and does not touch updated_at."""
    fields = call.checked(bodies.TAG)
    kind = fields["taggable_type"]
    if kind not in {"account", "plan"}:
        raise not_found(kind, fields["taggable_uuid"])
    record = call.get(kind, fields["taggable_uuid"])
    with call.store.transaction():
        tags = [_tag(call, given) for given in fields["tags"]]
        given_uuids = [tag["uuid"] for tag in tags]
        present = record.get("tag_uuids", [])
        wanted = {
            "attach": [*present, *given_uuids],
            "create": [*present, *given_uuids],
            "sync": given_uuids,
            "detach": [uuid for uuid in present if uuid not in given_uuids],
        }[fields["mode"]]
        record["tag_uuids"] = list(dict.fromkeys(wanted))
        call.store.save(kind, call.tenant, record, touch=False)
    return JSONResponse({"data": Presenter(call.store, call.tenant).tags(record["tag_uuids"])})


async def list_tags(call: CallOf) -> Response:
    """All tags of the firm by name."""
    part = call.slice(TAGS)
    return JSONResponse(envelope([pick(tag, TAG_FIELDS) for tag in part.documents], part, call.request.url))


async def create_task_status(call: CallOf) -> Response:
    """A status that tasks can have."""
    fields = call.checked(bodies.TASK_STATUS)
    position = call.store.count("task_status", call.tenant)
    flags = {"is_type_completed": False, "is_archived": False, "is_not_started": False}
    with call.store.transaction():
        stored = call.store.insert("task_status", call.tenant, {**flags, "position": position, **fields})
    return JSONResponse(pick(stored, STATUS_FIELDS), 201)


async def list_task_statuses(call: CallOf) -> Response:
    """The statuses that tasks can have (assumption)."""
    part = call.slice(TASK_STATUSES)
    return JSONResponse(envelope([pick(item, STATUS_FIELDS) for item in part.documents], part, call.request.url))


def _subject(call: Call, fields: Document) -> None:
    kind = {"client": "client", "plan": "plan"}.get(fields["taskable_type"])
    if kind is None or not call.exists(kind, fields["taskable_uuid"]):
        raise unprocessable({"taskable_uuid": ["The selected taskable uuid is invalid."]})


def _completes(call: Call, task: Document) -> bool:
    status = call.get("task_status", task["task_status_uuid"])
    return bool(status["is_type_completed"]) and not task.get("completed_at")


async def create_task(call: CallOf) -> Response:
    """A task about a client or plan; fires task.created."""
    fields = call.checked(bodies.TASK)
    _subject(call, fields)
    fields["author_uuid"] = call.request.headers["x-plannr-account-uuid"].lower()
    fields.setdefault("priority", "medium")
    fields["position"] = call.store.count("task", call.tenant)
    with call.store.transaction():
        task = call.store.insert("task", call.tenant, fields)
        call.announce("task.created", task["uuid"])
    return JSONResponse(Presenter(call.store, call.tenant).task(task), 201)


async def get_task(call: CallOf, uuid: str) -> Response:
    """One task."""
    return JSONResponse(Presenter(call.store, call.tenant).task(call.get("task", uuid)))


async def list_tasks(call: CallOf) -> Response:
    """Tasks, by name or subject if asked (assumption)."""
    part = call.slice(TASKS)
    presenter = Presenter(call.store, call.tenant)
    return JSONResponse(envelope([presenter.task(task) for task in part.documents], part, call.request.url))


async def update_task(call: CallOf, uuid: str) -> Response:
    """Changes a task; fires task.updated, and task.completed when it reaches a completed status (assumption)."""
    task = call.get("task", uuid)
    task.update(call.checked(bodies.partial(bodies.TASK)))
    _subject(call, task)
    with call.store.transaction():
        completes = _completes(call, task)
        if completes:
            task["completed_at"] = call.store.now()
        call.store.save("task", call.tenant, task)
        call.announce("task.updated", task["uuid"])
        if completes:
            call.announce("task.completed", task["uuid"])
    return JSONResponse(Presenter(call.store, call.tenant).task(task))


async def delete_task(call: CallOf, uuid: str) -> Response:
    """Removes a task; fires task.deleted (assumption)."""
    task = call.get("task", uuid)
    with call.store.transaction():
        call.store.delete(task["uuid"])
        call.announce("task.deleted", task["uuid"])
    return Response(status_code=204)


def work_router() -> APIRouter:
    """The routes of this module."""
    router = APIRouter(tags=["tags and tasks"])
    router.post("/api/v1/tag")(apply_tags)
    router.get("/api/v1/tag")(list_tags)
    router.post("/api/v1/task-status", status_code=201)(create_task_status)
    router.get("/api/v1/task-status")(list_task_statuses)
    router.post("/api/v1/task", status_code=201)(create_task)
    router.get("/api/v1/task")(list_tasks)
    router.get("/api/v1/task/{uuid}")(get_task)
    router.put("/api/v1/task/{uuid}")(update_task)
    router.delete("/api/v1/task/{uuid}")(delete_task)
    return router
