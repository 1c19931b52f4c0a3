"""A sandbox in this process, a subscriber that records what it is sent, and a wait without sleeping blindly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from connectors.plannr.sandbox import seed
from connectors.plannr.sandbox.app import create_app
from connectors.plannr.sandbox.config import SandboxConfig

TOKEN = "token-of-the-tests"
Json = dict[str, Any]


@dataclass
class Subscriber:
    """An HTTP endpoint that keeps every delivery and answers with the next status it was given, else 200."""

    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Takes one delivery."""
        self.received.append((dict(request.headers), await request.aread()))
        return httpx.Response(self.statuses.pop(0) if self.statuses else 200)


@dataclass
class Running:
    """A running sandbox: as Harbour Wealth, as Kestrel, and with nothing but the address."""

    app: FastAPI
    http: httpx.AsyncClient
    kestrel: httpx.AsyncClient
    bare: httpx.AsyncClient
    subscriber: Subscriber

    async def post(self, path: str, body: Json, status: int = 200) -> Json:
        """Posts as Harbour Wealth and checks the status."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        found: Json = answer.json()
        return found

    async def get(self, path: str, **params: str) -> Json:
        """Reads as Harbour Wealth, expecting success."""
        answer = await self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def fault(self, **fault: Any) -> None:
        """Switches a fault on."""
        assert (await self.bare.post("/_sandbox/faults", json=fault)).status_code == 201


@asynccontextmanager
async def running(database: Path, **settings: Any) -> AsyncIterator[Running]:
    """Starts a sandbox on a database."""
    subscriber = Subscriber()
    config = SandboxConfig(
        database=database,
        token=TOKEN,
        webhook_transport=httpx.MockTransport(subscriber.handle),
        **{"webhook_backoff_seconds": (0.01, 0.01), "rate_limit_per_minute": 100_000, **settings},
    )
    app = create_app(config)

    def caller(**headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app)
        return httpx.AsyncClient(transport=transport, base_url="http://plannr.test", headers=headers)

    token = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        app.router.lifespan_context(app),
        caller(**token, **{"X-PLANNR-ACCOUNT-UUID": seed.HARBOUR_ACCOUNT_UUID}) as http,
        caller(**token, **{"X-PLANNR-ACCOUNT-UUID": seed.KESTREL_ACCOUNT_UUID}) as kestrel,
        caller() as bare,
    ):
        yield Running(app, http, kestrel, bare, subscriber)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Running]:
    """A fresh sandbox."""
    async with running(tmp_path / "plannr.db") as started:
        yield started


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One sandbox for a module whose tests do not disturb each other."""
    async with running(tmp_path_factory.mktemp("plannr") / "plannr.db") as started:
        yield started


@pytest.fixture
def start() -> Callable[..., Any]:
    """Starts a sandbox with settings of the test's own."""
    return running


Condition = Callable[[], Awaitable[Any]]


@pytest.fixture
def eventually() -> Callable[[Condition], Awaitable[Any]]:
    """Asks again until the answer is true, for at most twenty seconds; returns that answer."""

    async def ask(condition: Condition) -> Any:
        async with asyncio.timeout(20):
            answer = await condition()
            while not answer:
                await asyncio.sleep(0.01)
                answer = await condition()
            return answer

    return ask


@pytest.fixture
def plan_body() -> Json:
    """A valid body for a new plan."""
    return {
        "name": "Stocks and shares ISA",
        "accounts": [seed.CLIENT_UUID],
        "type": "investment",
        "sub_type": "isa",
        "provider_uuid": seed.HARBOUR_PROVIDER_UUID,
        "status": "proposed",
        "proposal_reference": "journey-1",
    }


@pytest.fixture
def illustration_body() -> Json:
    """A valid body for a new illustration."""
    return {
        "name": "ISA for Eleanor",
        "accounts": [seed.CLIENT_UUID],
        "requested_by_uuid": seed.HARBOUR_ADVISER_UUID,
        "request_data": {"wrapper_type": "ISA"},
        "is_draft": False,
        "platform": "seccl",
    }


@pytest.fixture
def application_body() -> Json:
    """A valid body for a new application."""
    return {
        "account_uuids": [seed.CLIENT_UUID],
        "wrapper_type": "ISA",
        "external_reference": "journey-1",
        "request_data": {"contribution": 100_000},
    }
