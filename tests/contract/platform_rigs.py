"""The two platforms that the contract suite runs on: in memory, and the HTTP adapter on the sandbox server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import httpx
from fastapi import FastAPI

from connectors.errors import ConnectorError, ConnectorUnavailable, NotAuthorised
from connectors.platform.http_adapter import HttpPlatformGateway
from connectors.platform.port import PlatformGateway
from connectors.platform.sandbox.app import create_app
from connectors.platform.sandbox.config import SandboxConfig
from domain.journey import CheckStatus
from models.people import (
    AccountDetails,
    Charges,
    Contribution,
    DirectDebit,
    Frequency,
)
from tests.fakes.platform import FakePlatform

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
"""Every write of a straight journey, in its order, and the call behind it."""

FURTHER_OPERATIONS = {
    "register_child": "POST /clients",
    "revert_client": "POST /clients/{id}/reversion",
    "amend_account": "PATCH /accounts/{id}",
    "accept_on_paper": "POST /mandates/{id}/acceptance",
    "cancel_mandate": "POST /mandates/{id}/cancellation",
    "replace_mandate": "POST /mandates",
    "cancel_account": "POST /accounts/{id}/cancellation",
}
"""The writes beside the straight way, and the call behind each."""

SYNC_OPERATIONS = {
    "amend_client": "PATCH /clients/{id}",
    "refer_client": "PATCH /clients/{id}",
    "amend_bank_details": "PUT /clients/{id}/bank-account",
}
"""The writes of the sync, and the call behind each."""

_CALLS = OPERATIONS | FURTHER_OPERATIONS | SYNC_OPERATIONS
_METHODS = {
    "register_child": "register_client",
    "accept_on_paper": "accept_mandate",
    "replace_mandate": "create_mandate",
}


class PlatformRig(Protocol):
    """A platform under test: the port, and what only its operator can do."""

    gateway: PlatformGateway

    async def decide(self, client: str, check: CheckName, status: CheckStatus, reason: str = "") -> None:
        """Give a check its outcome."""

    async def publish(self, document_id: str) -> None:
        """Put the next version of a document in force."""

    async def fail_mandate(self, mandate: str, reason_code: str) -> None:
        """Let the payer's bank report that an accepted mandate failed."""

    async def receive_subscription(self, account: str, received_on: date) -> None:
        """Let money arrive on an active account."""

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

    async def fail_mandate(self, mandate: str, reason_code: str) -> None:
        """Let the payer's bank report that an accepted mandate failed."""
        self.fake.fail_mandate(mandate, reason_code)

    async def receive_subscription(self, account: str, received_on: date) -> None:
        """Let money arrive on an active account."""
        self.fake.receive_subscription(account, received_on)

    async def strike(self, write: str, kind: FaultKind) -> None:
        """Let the next call of this write meet a fault."""
        error: ConnectorError = ConnectorUnavailable("platform", _CALLS[write], kind)
        if kind == "rate_limit":
            error = ConnectorUnavailable("platform", _CALLS[write], kind, retry_after=RETRY_AFTER)
        if kind == "unauthorised":
            error = NotAuthorised("platform", _CALLS[write], kind)
        self.fake.fail_next(_METHODS.get(write, write), error, after_write=kind == "commit_then_timeout")

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

    async def fail_mandate(self, mandate: str, reason_code: str) -> None:
        """Let the payer's bank report that an accepted mandate failed."""
        await self.control("POST", f"mandates/{mandate}/fail", {"reason_code": reason_code})

    async def receive_subscription(self, account: str, received_on: date) -> None:
        """Let money arrive on an active account."""
        content = {"amount_pence": 500_00, "received_on": received_on.isoformat()}
        await self.control("POST", f"accounts/{account}/subscriptions", content)

    async def strike(self, write: str, kind: FaultKind) -> None:
        """Let the next call of this write meet a fault."""
        if kind == "unauthorised":
            await self.adapter.aclose()
            self.gateway = self.adapter = _adapter(self.transport, client_secret="wrong")
            return
        fault = {"operation": _CALLS[write], "kind": kind, "times": 1}
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
