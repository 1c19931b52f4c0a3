"""The two platforms that the contract suite runs on: in memory, and the HTTP adapter on the sandbox server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import httpx
from fastapi import FastAPI

from connectors.errors import ConnectorError, ConnectorUnavailable, NotAuthorised
from connectors.platform.http_adapter import HttpPlatformGateway
from connectors.platform.port import AcceptedDocument, AccountOrder, MandateOrder, PlatformGateway, TermsAcceptance
from connectors.platform.sandbox.app import create_app
from connectors.platform.sandbox.config import SandboxConfig
from domain.journey import CheckStatus, DocumentKind, Wrapper
from models.people import (
    AccountDetails,
    Charges,
    Contribution,
    DirectDebit,
    Frequency,
)
from tests.fakes.platform import FakePlatform
from tests.sample_client import BANK, ILLUSTRATION, KNOWN

CheckName = Literal["identity", "bank"]
CHECKS: tuple[CheckName, ...] = ("identity", "bank")
FaultKind = Literal["outage", "rate_limit", "commit_then_timeout", "unauthorised"]

REFERENCE = "plannr-4711"
JOURNEY = "journey-1"
ADVISER = "adv-1"
ACCEPTED_AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
HOOK = "https://onward.example/webhooks/platform"
EVENTS = ["client.verification_updated", "account.status_changed"]
RETRY_AFTER = 7.0
DEBIT = DirectDebit(amount_pence=250_00, frequency=Frequency.MONTHLY, collection_day=14)
ACCOUNT = AccountDetails(
    name="Eleanor's ISA",
    investment_strategy="Balanced Growth",
    contributions=[
        Contribution(amount_pence=5_000_00),
        Contribution(amount_pence=250_00, frequency=Frequency.MONTHLY),
        Contribution(amount_pence=100_00, frequency=Frequency.ANNUALLY),
    ],
    charges=Charges(initial_basis_points=100, ongoing_basis_points=50),
    direct_debit=DEBIT,
)

OPERATIONS = {
    "register_client": "POST /clients",
    "record_illustration": "POST /illustrations",
    "update_client": "PATCH /clients/{id}",
    "save_bank_details": "PUT /clients/{id}/bank-account",
    "submit_client": "POST /clients/{id}/submission",
    "open_account": "POST /accounts",
    "create_mandate": "POST /mandates",
    "accept_platform_terms": "POST /clients/{id}/terms-acceptances",
    "accept_product_terms": "POST /accounts/{id}/product-terms-acceptances",
    "accept_mandate": "POST /mandates/{id}/acceptance",
    "activate_account": "POST /accounts/{id}/activation",
    "ensure_webhook_subscription": "POST /webhook-subscriptions",
}
"""Every write of the port, in the order of a journey, and the call behind it."""


class PlatformRig(Protocol):
    """A platform under test: the port, and what only its operator can do."""

    gateway: PlatformGateway

    async def decide(self, client: str, check: CheckName, status: CheckStatus, reason: str = "") -> None:
        """Give a check its outcome."""

    async def publish(self, document_id: str) -> None:
        """Put the next version of a document in force."""

    async def strike(self, write: str, kind: FaultKind) -> None:
        """Let the next call of this write meet a fault."""

    async def written(self) -> dict[str, int]:
        """Count the records there are, and under `acts` every change made to them."""


class FakeRig:
    """The in-memory platform."""

    def __init__(self) -> None:
        self.fake = FakePlatform()
        self.gateway: PlatformGateway = self.fake

    async def decide(self, client: str, check: CheckName, status: CheckStatus, reason: str = "") -> None:
        """Give a check its outcome."""
        self.fake.set_check(client, check, status, reason)

    async def publish(self, document_id: str) -> None:
        """Put the next version of a document in force."""
        self.fake.library.publish(document_id)

    async def strike(self, write: str, kind: FaultKind) -> None:
        """Let the next call of this write meet a fault."""
        error: ConnectorError = ConnectorUnavailable("platform", OPERATIONS[write], kind)
        if kind == "rate_limit":
            error = ConnectorUnavailable("platform", OPERATIONS[write], kind, retry_after=RETRY_AFTER)
        if kind == "unauthorised":
            error = NotAuthorised("platform", OPERATIONS[write], kind)
        self.fake.fail_next(write, error, after_write=kind == "commit_then_timeout")

    async def written(self) -> dict[str, int]:
        """Count the records there are, and under `acts` every change made to them."""
        fake = self.fake
        return {
            "clients": len(fake.clients),
            "accounts": len(fake.accounts),
            "illustrations": len(fake.illustrations),
            "mandates": len(fake.mandates),
            "webhook_subscriptions": len(fake.subscriptions),
            "acts": len(fake.writes),
        }


class Recorder(httpx.AsyncBaseTransport):
    """Carries requests to an application in this process and keeps them.

    A rival acts once, just before a request `METHOD /path` arrives.
    """

    def __init__(self, app: FastAPI) -> None:
        self.requests: list[httpx.Request] = []
        self.rivals: dict[str, Callable[[], Awaitable[object]]] = {}
        self._transport = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request."""
        rival = self.rivals.pop(f"{request.method} {request.url.path}", None)
        if rival is not None:
            await rival()
        self.requests.append(request)
        return await self._transport.handle_async_request(request)


class SandboxRig:
    """The HTTP adapter on the sandbox server; checks wait until they are decided."""

    def __init__(self, transport: Recorder) -> None:
        self.transport = transport
        self._controls = httpx.AsyncClient(transport=transport, base_url="http://platform.example")
        self.adapter = _adapter(transport, client_secret="right")
        self.gateway: PlatformGateway = self.adapter

    async def aclose(self) -> None:
        """Close all connections."""
        await self.adapter.aclose()
        await self._controls.aclose()

    async def control(self, method: str, path: str, content: Any = None) -> Any:
        """Use a control of the sandbox."""
        answer = await self._controls.request(method, f"/_sandbox/{path}", json=content)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def decide(self, client: str, check: CheckName, status: CheckStatus, reason: str = "") -> None:
        """Give a check its outcome."""
        words = {CheckStatus.PASSED: "cleared", CheckStatus.REFERRED: "referred", CheckStatus.FAILED: "failed"}
        if check == "bank":
            words = {CheckStatus.PASSED: "verified", CheckStatus.FAILED: "mismatch"}
        content = {"status": words[status], "reason": reason or None}
        await self.control("POST", f"clients/{client}/{'aml' if check == 'identity' else 'bav'}", content)

    async def publish(self, document_id: str) -> None:
        """Put the next version of a document in force."""
        await self.control("POST", f"documents/{document_id}/publish", {"note": "Charges"})

    async def strike(self, write: str, kind: FaultKind) -> None:
        """Let the next call of this write meet a fault."""
        if kind == "unauthorised":
            await self.adapter.aclose()
            self.gateway = self.adapter = _adapter(self.transport, client_secret="wrong")
            return
        fault = {"operation": OPERATIONS[write], "kind": kind, "times": 1}
        await self.control("POST", "faults", fault | ({"delay_seconds": RETRY_AFTER} if kind == "rate_limit" else {}))

    async def written(self) -> dict[str, int]:
        """Count the records there are, and under `acts` every change made to them."""
        state = await self.control("GET", "state?full=1")
        counts: dict[str, int] = state["counts"]
        kinds = ("clients", "accounts", "illustrations", "mandates")
        counts["acts"] = sum(record["version"] for kind in kinds for record in state[kind])
        return {name: counts[name] for name in (*kinds, "webhook_subscriptions", "acts")}

    async def call(self, operation: str, content: Any = None, *, key: str | None = None) -> Any:
        """Use the platform as another program with our credential would."""
        credential = {"grant_type": "client_credentials", "client_id": "onward", "client_secret": "right"}
        token = (await self._controls.post("/oauth/token", data=credential)).json()["access_token"]
        method, path = operation.split(" ")
        headers = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
        answer = await self._controls.request(method, path, json=content, headers=headers)
        answer.raise_for_status()
        return answer.json()["data"]


def _adapter(transport: httpx.AsyncBaseTransport, *, client_secret: str) -> HttpPlatformGateway:
    return HttpPlatformGateway(
        base_url="http://platform.example",
        client_id="onward",
        client_secret=client_secret,
        connect_timeout=timedelta(seconds=1),
        read_timeout=timedelta(seconds=5),
        transport=transport,
    )


def sandbox_config(folder: Path, **settings: Any) -> SandboxConfig:
    """Return the settings of a fresh sandbox whose checks wait until they are decided."""
    defaults = {"verification_delay_seconds": 86_400, "mandate_delay_seconds": 86_400, "rate_limit_per_minute": 100_000}
    return SandboxConfig(
        database=folder / "platform.sqlite3", client_id="onward", client_secret="right", **{**defaults, **settings}
    )


@asynccontextmanager
async def sandbox_rig(folder: Path, **settings: Any) -> AsyncIterator[SandboxRig]:
    """Yield the adapter on a fresh sandbox."""
    app = create_app(sandbox_config(folder, **settings))
    async with app.router.lifespan_context(app):
        rig = SandboxRig(Recorder(app))
        yield rig
        await rig.aclose()


class Case:
    """One client's way through the port; every act can be repeated."""

    def __init__(self, rig: PlatformRig) -> None:
        self.rig = rig
        self.client = self.account = self.mandate = ""

    async def act(self, write: str) -> None:
        """Do one write."""
        await getattr(self, write)()

    async def before(self, write: str) -> None:
        """Do all that comes before a write; the checks pass in time for the activation."""
        for name in OPERATIONS:
            if name == "activate_account":
                await self.pass_checks()
            if name == write:
                return
            await self.act(name)

    async def after(self, write: str) -> None:
        """Do all that comes after a write."""
        for name in list(OPERATIONS)[list(OPERATIONS).index(write) + 1 :]:
            if name == "activate_account":
                await self.pass_checks()
            await self.act(name)

    async def register_client(self) -> None:
        """P10."""
        self.client = (await self.rig.gateway.register_client(REFERENCE, KNOWN, ADVISER)).client

    async def record_illustration(self) -> None:
        """P10."""
        await self.rig.gateway.record_illustration(JOURNEY, [self.client], Wrapper.ISA, ILLUSTRATION)

    async def update_client(self) -> None:
        """P11."""
        await self.rig.gateway.update_client(self.client, KNOWN.model_copy(update={"title": "Dr"}).complete())

    async def save_bank_details(self) -> None:
        """P11."""
        await self.rig.gateway.save_bank_details(self.client, BANK)

    async def submit_client(self) -> None:
        """P11."""
        await self.rig.gateway.submit_client(self.client)

    async def pass_checks(self) -> None:
        """Let both checks pass that have not yet."""
        checks = await self.rig.gateway.read_checks(self.client)
        for name in CHECKS:
            if getattr(checks, name).status is not CheckStatus.PASSED:
                await self.rig.decide(self.client, name, CheckStatus.PASSED)

    async def open_account(self) -> None:
        """P12."""
        self.account = (await self.rig.gateway.open_account(self.order())).account

    async def create_mandate(self) -> None:
        """P12."""
        order = MandateOrder(journey_id=JOURNEY, account=self.account, client=self.client, direct_debit=DEBIT)
        self.mandate = (await self.rig.gateway.create_mandate(order)).mandate

    async def accept_platform_terms(self) -> None:
        """P24."""
        acceptance = await self.acceptance(DocumentKind.PLATFORM_TERMS)
        await self.rig.gateway.accept_platform_terms(self.client, acceptance)

    async def accept_product_terms(self) -> None:
        """P25."""
        acceptance = await self.acceptance(DocumentKind.PRODUCT_TERMS)
        await self.rig.gateway.accept_product_terms(self.account, self.client, acceptance)

    async def accept_mandate(self) -> None:
        """P23."""
        await self.rig.gateway.accept_mandate(self.mandate, ACCEPTED_AT, "evidence-mandate")

    async def activate_account(self) -> None:
        """P15."""
        await self.rig.gateway.activate_account(self.account)

    async def ensure_webhook_subscription(self) -> None:
        """P53."""
        await self.rig.gateway.ensure_webhook_subscription(HOOK, EVENTS)

    def order(self) -> AccountOrder:
        """Return the order of the account."""
        return AccountOrder(
            journey_id=JOURNEY, clients=[self.client], wrapper=Wrapper.ISA, adviser=ADVISER, details=ACCOUNT
        )

    async def acceptance(self, kind: DocumentKind) -> TermsAcceptance:
        """Return an acceptance of all documents of a kind that are in force."""
        documents = [item for item in await self.rig.gateway.documents(Wrapper.ISA) if item.kind is kind]
        return TermsAcceptance(
            evidence_id=f"evidence-{kind.value}",
            accepted_at=ACCEPTED_AT,
            documents=[AcceptedDocument.model_validate(item.model_dump()) for item in documents],
        )
