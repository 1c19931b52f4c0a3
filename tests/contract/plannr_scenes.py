"""The same gateway twice for the contract suite: the in-memory fake, and the adapter on a sandbox of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import httpx

from connectors.errors import ConnectorUnavailable
from connectors.plannr.http_adapter import HttpPlannrGateway
from connectors.plannr.port import ApplicationRecord, IllustrationRecord, PlannrGateway, PlanRecord, TaskRecord
from connectors.plannr.sandbox import seed
from connectors.plannr.sandbox.app import create_app
from connectors.plannr.sandbox.config import SandboxConfig
from domain.journey import Wrapper
from models.people import (
    AccountDetails,
    Address,
    BankDetails,
    Contribution,
    DirectDebit,
    EmploymentStatus,
    Frequency,
    Illustration,
    KnownDetails,
    MaritalStatus,
    PersonDetails,
    TaxResidence,
)
from tests.fakes.plannr import FakePlannr

FIRM, OTHER_FIRM = "harbour", "kestrel"
CLIENT, SPOUSE, CHILD, STRANGER = (
    seed.CLIENT_UUID,
    seed.SPOUSE_ONE_UUID,
    seed.CHILD_UUID,
    seed.KESTREL_CLIENT_UUID,
)
ADVISER = seed.HARBOUR_ADVISER_UUID
NOBODY = "3d8b1f62-9a47-4c1e-b5d3-000000000000"
JOURNEY = "journey-1"
LINK_TAG = "Platform client"
TOKEN = "token-of-the-tests"
TENANTS = {FIRM: seed.HARBOUR_ACCOUNT_UUID, OTHER_FIRM: seed.KESTREL_ACCOUNT_UUID}
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
WEBHOOK_URL = "http://onward.test/webhooks/plannr/harbour"

KNOWN = KnownDetails(
    title="Mrs",
    first_name="Eleanor",
    last_name="Whitfield",
    date_of_birth=date(1979, 4, 12),
    email="eleanor.whitfield@example.com",
    mobile="+447400123456",
    national_insurance_number="AB123456C",
    nationality="GB",
    marital_status=MaritalStatus.MARRIED,
    employment_status=EmploymentStatus.EMPLOYED,
    address=Address(line_1="14 Quayside Road", town_city="Bristol", postcode="BS1 4DJ"),
)
CHILD_KNOWN = KnownDetails(
    title="Miss",
    first_name="Anya",
    last_name="Raman",
    date_of_birth=date(2015, 3, 9),
    nationality="GB",
    address=Address(line_1="27 Linden Avenue", town_city="Leeds", postcode="LS1 4AP"),
)
DETAILS = PersonDetails(
    title="Dr",
    first_name="Eleanor",
    last_name="Whitfield-Moss",
    date_of_birth=date(1979, 4, 13),
    email="eleanor.moss@example.com",
    mobile="+447400123999",
    national_insurance_number="AB123457C",
    nationality="IE",
    tax_residences=[TaxResidence(country="GB")],
    us_person=False,
    marital_status=MaritalStatus.CIVIL_PARTNERSHIP,
    employment_status=EmploymentStatus.SELF_EMPLOYED,
    retirement_age=67,
    address=Address(line_1="2 Beacon Rise", line_2="Flat 3", town_city="Bath", county="Somerset", postcode="BA1 1AA"),
)
BANK_DETAILS = BankDetails(account_holder="Mrs E Whitfield", sort_code="20-00-00", account_number="55779911")
ACCOUNT_DETAILS = AccountDetails(
    name="Eleanor's ISA",
    investment_strategy="Balanced Growth",
    contributions=[
        Contribution(amount_pence=20_000_00),
        Contribution(amount_pence=250_00, frequency=Frequency.MONTHLY),
    ],
    direct_debit=DirectDebit(amount_pence=250_00),
)


def illustration(**changes: Any) -> IllustrationRecord:
    """Return the journey's illustration."""
    contents = Illustration(
        name="ISA illustration 2026/27",
        investment_strategy="Balanced Growth",
        contributions=[Contribution(amount_pence=20_000_00)],
    )
    usual = {"journey_id": JOURNEY, "accounts": [CLIENT], "requested_by": ADVISER, "wrapper": Wrapper.ISA}
    return IllustrationRecord(**{**usual, "illustration": contents, **changes})


def application(**changes: Any) -> ApplicationRecord:
    """Return the journey's application as a draft."""
    usual = {"journey_id": JOURNEY, "accounts": [CLIENT], "wrapper": Wrapper.ISA, "status": "draft"}
    return ApplicationRecord(**{**usual, "account_details": ACCOUNT_DETAILS, **changes})


def task(**changes: Any) -> TaskRecord:
    """Return a task about the client."""
    usual = {"key": "mandate-failed-1", "journey_id": JOURNEY, "account": CLIENT, "assignee": ADVISER, "due_at": NOW}
    texts = {"name": "Direct debit failed", "description": "The bank refused it.\nAsk for other details."}
    return TaskRecord(**{**usual, **texts, **changes})


def plan(**changes: Any) -> PlanRecord:
    """Return the journey's plan as proposed."""
    usual = {"journey_id": JOURNEY, "accounts": [CLIENT], "wrapper": Wrapper.ISA, "name": "Eleanor's ISA"}
    return PlanRecord(**{**usual, "status": "proposed", **changes})


Write = Callable[[PlannrGateway], Awaitable[object]]
WRITES: Mapping[str, Write] = {
    "link": lambda gateway: gateway.link(FIRM, CLIENT, "PC-1"),
    "update_person": lambda gateway: gateway.update_person(FIRM, CLIENT, DETAILS),
    "save_bank_account": lambda gateway: gateway.save_bank_account(FIRM, CLIENT, BANK_DETAILS),
    "record_illustration": lambda gateway: gateway.record_illustration(FIRM, illustration()),
    "save_application": lambda gateway: gateway.save_application(FIRM, application()),
    "create_task": lambda gateway: gateway.create_task(FIRM, task()),
    "save_plan": lambda gateway: gateway.save_plan(FIRM, plan(status="active", policy_number="SP-1")),
    "ensure_webhook_subscription": lambda gateway: gateway.ensure_webhook_subscription(
        FIRM, WEBHOOK_URL, ["plan.updated"]
    ),
}


CLOSINGS: Mapping[str, Write] = {
    "close_application": lambda gateway: gateway.close_application(FIRM, JOURNEY, "withdrawn"),
    "close_plan": lambda gateway: gateway.close_plan(FIRM, JOURNEY, "declined"),
}
"""Writes that need a record to be there."""


class Scene(Protocol):
    """A gateway to test, what can be done to it, and what came of it."""

    @property
    def gateway(self) -> PlannrGateway:
        """The gateway."""

    async def fail_next(self, operation: str, kind: Literal["outage", "rate_limit"]) -> None:
        """Let the next call of this method fail before it writes."""

    async def lose_answers(self, operation: str) -> None:
        """Let every kind of request of this method be carried out once without an answer."""

    async def count(self) -> dict[str, int]:
        """Return how many records of each kind there are, kinds without records left out."""


@dataclass(frozen=True)
class FakeScene:
    """The in-memory fake."""

    gateway: FakePlannr

    async def fail_next(self, operation: str, kind: Literal["outage", "rate_limit"]) -> None:
        """Let the next call of this method fail before it writes."""
        after = 1.0 if kind == "rate_limit" else None
        self.gateway.fail_next(operation, ConnectorUnavailable("plannr", operation, kind, retry_after=after))

    async def lose_answers(self, operation: str) -> None:
        """Let the next call of this method write without an answer."""
        self.gateway.lose_answer(operation)

    async def count(self) -> dict[str, int]:
        """Return how many records of each kind there are."""
        fake = self.gateway
        kinds = {
            "bank_account": sum(map(len, fake.banks.values())),
            "illustration": len(fake.illustrations),
            "application": len(fake.applications),
            "plan": len(fake.every_plan),
            "task": len(fake.tasks),
            "webhook_subscription": len(fake.subscriptions),
        }
        return {kind: amount for kind, amount in kinds.items() if amount}


@dataclass(frozen=True)
class SandboxScene:
    """The adapter on a sandbox in this process; `http` speaks to the sandbox as nobody, `plannr` as the firm."""

    gateway: HttpPlannrGateway
    transport: httpx.AsyncBaseTransport
    http: httpx.AsyncClient
    plannr: httpx.AsyncClient

    async def fault(self, **fault: Any) -> None:
        """Switch a fault on."""
        assert (await self.http.post("/_sandbox/faults", json=fault)).status_code == 201

    async def fail_next(self, operation: str, kind: Literal["outage", "rate_limit"]) -> None:
        """Let the next request fail."""
        await self.fault(operation="*", kind=kind, times=1)

    async def lose_answers(self, operation: str) -> None:
        """Let every distinct write be carried out once without an answer."""
        await self.fault(operation="write", kind="commit_then_timeout", each=True)

    async def records(self, kind: str) -> list[dict[str, Any]]:
        """Return every record of a kind, newest first."""
        state = (await self.http.get("/_sandbox/state", params={"full": "1"})).json()
        found: list[dict[str, Any]] = state["records"].get(kind, [])
        return found

    async def count(self) -> dict[str, int]:
        """Return how many records of each kind Onward has made."""
        counts = (await self.http.get("/_sandbox/state")).json()["counts"]
        kinds = ("bank_account", "illustration", "application", "plan", "task", "webhook_subscription")
        return {kind: counts[kind] for kind in kinds if kind in counts}


def gateway_on(transport: httpx.AsyncBaseTransport, **changes: Any) -> HttpPlannrGateway:
    """Return the adapter with its requests carried by this transport."""
    usual: dict[str, Any] = {
        "base_url": "http://plannr.test",
        "token": TOKEN,
        "tenants": TENANTS,
        "link_tag": LINK_TAG,
        "connect_timeout": timedelta(seconds=2),
        "read_timeout": timedelta(seconds=2),
        "clock": lambda: NOW,
    }
    return HttpPlannrGateway(**{**usual, "transport": transport, **changes})


@asynccontextmanager
async def sandbox_scene(folder: Path, **settings: Any) -> AsyncIterator[SandboxScene]:
    """Run a sandbox in this process with the adapter on it."""
    usual: dict[str, Any] = {"rate_limit_per_minute": 100_000, "webhook_backoff_seconds": (0.01,)}
    app = create_app(SandboxConfig(database=folder / "plannr.db", token=TOKEN, **{**usual, **settings}))
    transport = httpx.ASGITransport(app=app)
    gateway = gateway_on(transport)
    firm = {"Authorization": f"Bearer {TOKEN}", "X-PLANNR-ACCOUNT-UUID": TENANTS[FIRM]}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://plannr.test") as http,
        httpx.AsyncClient(transport=transport, base_url="http://plannr.test", headers=firm) as plannr,
    ):
        yield SandboxScene(gateway, transport, http, plannr)
        await gateway.aclose()


def fake_scene() -> FakeScene:
    """Return the fake, holding the same people as the sandbox's seed."""
    fake = FakePlannr()
    for account in (CLIENT, SPOUSE):
        fake.add_person(FIRM, account, KNOWN)
    fake.add_person(FIRM, CHILD, CHILD_KNOWN)
    fake.add_person(OTHER_FIRM, STRANGER, KNOWN)
    return FakeScene(fake)
