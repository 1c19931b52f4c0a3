"""Controls for tests and people: state, reset, faults, more clients, webhook log. No token, this machine only."""

from datetime import UTC
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from connectors.plannr.sandbox import seed
from connectors.plannr.sandbox.assumptions import ASSUMPTIONS
from connectors.plannr.sandbox.errors import refuse
from connectors.plannr.sandbox.faults import FaultRequest
from connectors.plannr.sandbox.gate import PartsOf
from connectors.plannr.sandbox.population import Population, populate

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class _Control(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True, extra="forbid")


class StateChange(_Control):
    """What can be changed while running."""

    rate_limit_per_minute: int = Field(ge=1, description="calls per minute and user; published: 500")


class MoreClients(_Control):
    """How many further clients to make, and in which firm."""

    accounts: int = Field(ge=1, le=200_000)
    firm: str = seed.HARBOUR_UUID


class Replay(_Control):
    """From when deliveries are sent again; without it all of them are."""

    since: AwareDatetime | None = None


def this_machine(request: Request) -> None:
    """Refuses callers from elsewhere, and pages of other origins in a browser on this machine.

    Raises:
        ApiError: 403, the caller is one of these.
    """
    foreign_page = request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    if foreign_page or request.client is None or request.client.host not in _LOOPBACK:
        raise refuse(403, "The sandbox's controls answer on this machine only.")


async def show_state(parts: PartsOf, full: bool = False) -> Response:
    """Counts per kind of record; with ``full=1`` all records, newest first."""
    counts = dict(parts.store.counts())
    state: dict[str, Any] = {"counts": counts, "rate_limit_per_minute": parts.limiter.per_minute}
    if full:
        state["records"] = {
            kind: [{"firm_uuid": firm, **document} for firm, document in parts.store.everything(kind)]
            for kind in counts
        }
    return JSONResponse(state)


async def change_state(parts: PartsOf, change: StateChange) -> Response:
    """Sets the rate limit, for timing runs."""
    parts.limiter.per_minute = change.rate_limit_per_minute
    return JSONResponse({"rate_limit_per_minute": parts.limiter.per_minute})


async def reset(parts: PartsOf) -> Response:
    """Back to the seed: no other records, subscriptions, deliveries or faults, and the configured rate limit."""
    seed.reset(parts.store)
    parts.faults.clear()
    parts.limiter.per_minute = parts.config.rate_limit_per_minute
    parts.limiter.clear()
    return JSONResponse({"counts": dict(parts.store.counts())})


async def make_clients(parts: PartsOf, wanted: MoreClients) -> Response:
    """Makes further clients, the same ones in the same order every time; fires no events."""
    if wanted.firm not in seed.FIRMS:
        raise refuse(404, "There is no such firm.")
    return JSONResponse({"clients": seed.generate(parts.store, wanted.firm, wanted.accounts)}, 201)


async def take_in(parts: PartsOf, population: Population) -> Response:
    """Stores given clients with all that belongs to them, at most 5,000 a call; fires no events."""
    return JSONResponse({"clients": populate(parts.store, population)}, 201)


async def list_faults(parts: PartsOf) -> Response:
    """All faults and how often each has struck, by operation."""
    return JSONResponse({"faults": parts.faults.listed()})


async def add_fault(parts: PartsOf, wanted: FaultRequest) -> Response:
    """Switches a fault on."""
    return JSONResponse(parts.faults.add(wanted).as_json(), 201)


async def clear_faults(parts: PartsOf) -> Response:
    """Ends all faults."""
    parts.faults.clear()
    return Response(status_code=204)


async def show_webhooks(parts: PartsOf) -> Response:
    """The last 1,000 deliveries, newest first."""
    return JSONResponse({"deliveries": parts.outbox.log()})


async def replay_webhooks(parts: PartsOf, wanted: Replay | None = None) -> Response:
    """Sends deliveries again, also dropped and given up ones."""
    since = wanted.since if wanted else None
    spelled = since.astimezone(UTC).isoformat(timespec="microseconds") if since else ""
    return JSONResponse({"replayed": parts.outbox.replay(spelled)}, 202)


async def show_assumptions() -> Response:
    """What goes beyond Plannr's published pages."""
    return JSONResponse({"assumptions": list(ASSUMPTIONS)})


async def live() -> Response:
    """Says that the process answers."""
    return JSONResponse({"status": "live"})


def control_router() -> APIRouter:
    """The routes of this module."""
    router = APIRouter(tags=["sandbox"])
    own = APIRouter(prefix="/_sandbox", dependencies=[Depends(this_machine)])
    own.get("/state")(show_state)
    own.put("/state")(change_state)
    own.post("/reset")(reset)
    own.post("/seed", status_code=201)(make_clients)
    own.post("/population", status_code=201)(take_in)
    own.get("/faults")(list_faults)
    own.post("/faults", status_code=201)(add_fault)
    own.delete("/faults", status_code=204)(clear_faults)
    own.get("/webhooks")(show_webhooks)
    own.post("/webhooks/replay", status_code=202)(replay_webhooks)
    own.get("/assumptions")(show_assumptions)
    router.include_router(own)
    router.get("/health/live")(live)
    return router
