"""Both adapters on both sandboxes in one process, with every call noted and every record readable."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from connectors.plannr.http_adapter import HttpPlannrGateway
from connectors.plannr.pace import Pace
from connectors.plannr.sandbox import app as plannr_sandbox
from connectors.plannr.sandbox import config as plannr_config
from connectors.plannr.sandbox import seed
from connectors.platform.http_adapter import HttpPlatformGateway
from connectors.platform.sandbox import app as platform_sandbox
from connectors.platform.sandbox import config as platform_config

PLANNR, PLATFORM = "plannr", "platform"
FIRM, LINK_TAG = "harbour", "Platform client"
ACCEPTED_AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
"""When the clients acted; every other moment in a record differs from journey to journey."""
PATIENCE = timedelta(seconds=20)

_TOKEN, _CREDENTIAL = "token-of-the-tests", "secret-of-the-tests"
_PACE = 1_000_000
_DAY = 86_400
_PLATFORM_ID = re.compile(r"\{\w+_id\}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:?\d\d)?")
_CHANGES = {"version"}
"""Fields that count how often a record was written, which is more often when a write is repeated."""
_NAMES = ("uuid", "id", "number", "reference")
"""Fields by which a record is known; the systems give them out anew in each journey."""
_KINDS = ("clients", "accounts", "illustrations", "mandates")


class Wire(httpx.AsyncBaseTransport):
    """Carries requests to an application in this process and notes the operation of each.

    A caller whose patience ends hears no answer, while the application goes on, as it would behind a network.
    """

    def __init__(self, app: FastAPI) -> None:
        self.operations: list[str] = []
        self._app = app
        self._transport = httpx.ASGITransport(self._noted)
        self._under_way: set[asyncio.Task[httpx.Response]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request for as long as its caller waits."""
        task = asyncio.create_task(self._transport.handle_async_request(request))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            async with asyncio.timeout(request.extensions["timeout"]["read"]):
                return await asyncio.shield(task)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer in time", request=request) from None

    async def settle(self) -> None:
        """Wait until the application has finished what nobody waits for any more."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _noted(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            path = scope["route"].path
            if not path.startswith("/_sandbox"):
                self.operations.append(f"{scope['method']} {_PLATFORM_ID.sub('{id}', path)}")


@dataclass
class Sandboxes:
    """Both sandboxes as they run, reset for each journey."""

    wires: dict[str, Wire]
    controls: dict[str, httpx.AsyncClient] = field(repr=False)

    async def control(self, system: str, method: str, path: str, content: object = None) -> Any:
        """Use a control of a sandbox."""
        answer = await self.controls[system].request(method, f"/_sandbox/{path}", json=content)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def reset(self) -> None:
        """Begin anew, with nothing but the seed."""
        for system, wire in self.wires.items():
            await wire.settle()
            await self.control(system, "POST", "reset")
            wire.operations.clear()

    async def strikes_left(self, system: str) -> int:
        """Return how often the faults of a system have yet to strike."""
        where = "faults" if system == PLANNR else "state"
        faults: list[dict[str, Any]] = (await self.control(system, "GET", where))["faults"]
        struck: list[int] = [sum(fault["struck"].values()) if system == PLANNR else fault["struck"] for fault in faults]
        times: list[int] = [fault["times"] for fault in faults]
        return sum(times) - sum(struck)

    async def records(self) -> dict[str, list[Any]]:
        """Return every record of both systems by kind, in the order of creation, comparable between journeys."""
        for wire in self.wires.values():
            await wire.settle()
        plannr = (await self.control(PLANNR, "GET", "state?full=1"))["records"]
        platform = await self.control(PLATFORM, "GET", "state?full=1")
        found = {f"plannr {kind}": list(reversed(rows)) for kind, rows in plannr.items()}
        found |= {f"platform {kind}": platform[kind] for kind in _KINDS}
        return comparable(found)

    @asynccontextmanager
    async def gateways(self, patience: timedelta = PATIENCE) -> AsyncIterator[tuple[Any, Any]]:
        """Yield fresh adapters, without a token and in no hurry, unless told how long they wait for an answer."""
        plannr = HttpPlannrGateway(
            base_url="http://plannr.test",
            token=_TOKEN,
            tenants={FIRM: seed.HARBOUR_ACCOUNT_UUID},
            link_tag=LINK_TAG,
            connect_timeout=patience,
            read_timeout=patience,
            transport=self.wires[PLANNR],
            pace=Pace(_PACE, burst=_PACE),
        )
        platform = HttpPlatformGateway(
            base_url="http://platform.test",
            client_id="onward",
            client_secret=_CREDENTIAL,
            connect_timeout=patience,
            read_timeout=patience,
            transport=self.wires[PLATFORM],
        )
        try:
            yield plannr, platform
        finally:
            await plannr.aclose()
            await platform.aclose()


@asynccontextmanager
async def running_sandboxes(folder: Path) -> AsyncIterator[Sandboxes]:
    """Run both sandboxes in this process; the platform's checks wait until they are decided."""
    plannr = plannr_sandbox.create_app(
        plannr_config.SandboxConfig(database=folder / "plannr.db", token=_TOKEN, rate_limit_per_minute=_PACE)
    )
    platform = platform_sandbox.create_app(
        platform_config.SandboxConfig(
            database=folder / "platform.sqlite3",
            client_id="onward",
            client_secret=_CREDENTIAL,
            verification_delay_seconds=_DAY,
            mandate_delay_seconds=_DAY,
            rate_limit_per_minute=_PACE,
        )
    )
    async with AsyncExitStack() as stack:
        wires, controls = {}, {}
        for system, app in ((PLANNR, plannr), (PLATFORM, platform)):
            await stack.enter_async_context(app.router.lifespan_context(app))
            wires[system] = Wire(app)
            controls[system] = await stack.enter_async_context(
                httpx.AsyncClient(transport=wires[system], base_url=f"http://{system}.test", timeout=20)
            )
        yield Sandboxes(wires, controls)


def comparable(records: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return records with each id and number replaced by whose it is, and each moment by the word."""
    names = {
        row[name]: f"{name} of {kind} {place}"
        for kind, rows in records.items()
        for place, row in enumerate(rows, start=1)
        for name in _NAMES
        if isinstance(row.get(name), str)
    }
    return {kind: [_plain(row, names) for row in rows] for kind, rows in sorted(records.items()) if rows}


def _plain(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one, names) for key, one in value.items() if key not in _CHANGES}
    if isinstance(value, list):
        return [_plain(one, names) for one in value]
    if not isinstance(value, str):
        return value
    if _MOMENT.fullmatch(value) and datetime.fromisoformat(value) != ACCEPTED_AT:
        return "a moment"
    return names.get(value, value)
