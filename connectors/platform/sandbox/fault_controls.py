"""Controls of what goes wrong: faults, and the webhooks they strike; open to this machine only."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from connectors.platform.sandbox.database import Delivery, Event
from connectors.platform.sandbox.envelope import not_found
from connectors.platform.sandbox.faults import FaultOrder
from connectors.platform.sandbox.forms import Form
from connectors.platform.sandbox.gate import require_loopback
from connectors.platform.sandbox.server import Sandbox, SandboxDep

router = APIRouter(prefix="/_sandbox", tags=["sandbox"], dependencies=[Depends(require_loopback)])


class ReplayOrder(Form):
    """Which events to send again."""

    since: AwareDatetime | None = None
    event_types: list[str] = Field(default_factory=list, max_length=20)


@router.post("/faults")
async def add_fault(order: FaultOrder, sandbox: SandboxDep) -> Response:
    """Switch a fault on."""
    return JSONResponse(sandbox.faults.add(order, sandbox.now()).model_dump())


@router.get("/faults")
async def faults(sandbox: SandboxDep) -> Response:
    """List the faults that are switched on."""
    return JSONResponse([view.model_dump() for view in sandbox.faults.views()])


@router.delete("/faults")
async def clear_faults(sandbox: SandboxDep) -> Response:
    """Switch every fault off."""
    sandbox.faults.clear()
    return JSONResponse([])


@router.delete("/faults/{fault_id}")
async def remove_fault(fault_id: int, sandbox: SandboxDep) -> Response:
    """Switch one fault off."""
    if not sandbox.faults.remove(fault_id):
        raise not_found("fault")
    return await faults(sandbox)


@router.get("/webhooks")
async def deliveries(sandbox: SandboxDep, limit: Annotated[int, Query(ge=1, le=10_000)] = 200) -> Response:
    """List the newest deliveries first."""
    return JSONResponse(await _delivery_log(sandbox, limit))


async def _delivery_log(sandbox: Sandbox, limit: int) -> list[dict[str, Any]]:
    query = (
        select(Delivery, Event).join(Event, Event.seq == Delivery.event_seq).order_by(Delivery.id.desc()).limit(limit)
    )
    shown = ("id", "subscription_id", "state", "treatment", "attempts", "last_status", "last_error", "next_attempt_at")
    async with sandbox.reading() as store:
        rows = (await store.session.execute(query)).all()
        return [
            {name: getattr(delivery, name) for name in shown}
            | {"event_id": event.event_id, "event_type": event.event_type}
            for delivery, event in rows
        ]


@router.post("/webhooks/replay")
async def replay(sandbox: SandboxDep, order: Annotated[ReplayOrder | None, Body()] = None) -> Response:
    """Queue past events again."""
    since: datetime | None = order.since if order else None
    async with sandbox.writing() as store:
        queued = await store.replay(since, order.event_types if order else [])
    return JSONResponse({"queued": queued})
