"""The sandbox's own controls: no part of the platform, open to this machine only."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlalchemy import func, select

from connectors.platform.sandbox import checks, library, mandates
from connectors.platform.sandbox.database import Delivery, DocumentVersion, Event
from connectors.platform.sandbox.editions import editions_in_force
from connectors.platform.sandbox.envelope import invalid_field, invalid_state, not_found
from connectors.platform.sandbox.forms import Form
from connectors.platform.sandbox.gate import require_loopback
from connectors.platform.sandbox.population import Population, populate
from connectors.platform.sandbox.resources import (
    Account,
    AmlStatus,
    BavStatus,
    Client,
    Illustration,
    Mandate,
    Stamped,
    Subscription,
)
from connectors.platform.sandbox.routes.accounts import move
from connectors.platform.sandbox.seed import seed_clients
from connectors.platform.sandbox.server import SandboxDep, SettingsChange
from connectors.platform.sandbox.store import Store

router = APIRouter(prefix="/_sandbox", tags=["sandbox"], dependencies=[Depends(require_loopback)])
_COUNTED: dict[str, type[Stamped]] = {
    "clients": Client,
    "accounts": Account,
    "illustrations": Illustration,
    "mandates": Mandate,
    "webhook_subscriptions": Subscription,
}


class ResetOrder(Form):
    """What a reset spares."""

    keep_subscriptions: bool = False


class SeedOrder(Form):
    """How many clients to add."""

    clients: int = Field(ge=0, le=100_000)


class AmlDecision(Form):
    """An identity check's outcome."""

    status: AmlStatus
    reason: str | None = Field(default=None, max_length=500)


class BavDecision(Form):
    """A bank account verification's outcome."""

    status: BavStatus
    reason: str | None = Field(default=None, max_length=500)


class AccountDecision(Form):
    """A status that the platform's staff give an account."""

    status: Literal["active", "suspended", "closed"]


class SubscriptionOrder(Form):
    """Money that arrived on an account."""

    amount_pence: Annotated[int, Field(ge=1, le=10**12)]
    received_on: date


class MandateFailing(Form):
    """A Bacs reason code."""

    reason_code: str


class Publication(Form):
    """What changed in a document."""

    note: str = Field(default="", max_length=500)


def _record(record: Stamped) -> JSONResponse:
    return JSONResponse(record.model_dump(mode="json"))


@router.get("/state")
async def state(sandbox: SandboxDep, full: Annotated[bool, Query()] = False) -> Response:
    """Count the records; with `full` show them all."""
    async with sandbox.reading() as store:
        counts = {name: await store.count(kind) for name, kind in _COUNTED.items()}
        counts["events"] = await store.session.scalar(select(func.count(Event.seq))) or 0
        pending = select(func.count(Delivery.id)).where(Delivery.state == "pending")
        counts["deliveries_pending"] = await store.session.scalar(pending) or 0
        content: dict[str, Any] = {
            "counts": counts,
            "settings": sandbox.settings.model_dump(),
            "faults": [view.model_dump() for view in sandbox.faults.views()],
        }
        if full:
            content |= await _everything(store)
    return JSONResponse(content)


async def _everything(store: Store) -> dict[str, Any]:
    kinds = {name: kind for name, kind in _COUNTED.items() if kind is not Subscription}
    records = {name: [item.model_dump(mode="json") for item in await store.all(kind)] for name, kind in kinds.items()}
    documents = [edition.model_dump(mode="json") for edition in await editions_in_force(store)]
    return {**records, "documents": documents, "events": await store.event_bodies()}


@router.post("/reset")
async def reset(sandbox: SandboxDep, order: Annotated[ResetOrder | None, Body()] = None) -> Response:
    """Empty everything and begin anew."""
    await sandbox.reset(keep_subscriptions=order is not None and order.keep_subscriptions)
    return await state(sandbox)


@router.get("/settings")
async def settings(sandbox: SandboxDep) -> Response:
    """Show the settings."""
    return JSONResponse(sandbox.settings.model_dump())


@router.patch("/settings")
async def change_settings(change: SettingsChange, sandbox: SandboxDep) -> Response:
    """Change settings; they outlive a restart."""
    return JSONResponse((await sandbox.change_settings(change)).model_dump())


@router.post("/seed")
async def seed(order: SeedOrder, sandbox: SandboxDep) -> Response:
    """Add registered clients."""
    async with sandbox.writing() as store:
        await seed_clients(store, order.clients)
    return await state(sandbox)


@router.post("/population")
async def take_in(population: Population, sandbox: SandboxDep) -> Response:
    """Store given clients and accounts, without events."""
    async with sandbox.writing() as store:
        await populate(store, population)
    return JSONResponse({"clients": len(population.clients), "accounts": len(population.accounts)})


@router.post("/clients/{client_id}/aml")
async def decide_aml(client_id: str, decision: AmlDecision, sandbox: SandboxDep) -> Response:
    """Decide a submitted client's identity check."""
    async with sandbox.writing() as store:
        client = await _submitted(store, client_id)
        return _record(await checks.decide_aml(store, client, decision.status, decision.reason))


@router.post("/clients/{client_id}/bav")
async def decide_bav(client_id: str, decision: BavDecision, sandbox: SandboxDep) -> Response:
    """Decide the verification of a submitted client's bank account."""
    async with sandbox.writing() as store:
        client = await _submitted(store, client_id)
        if client.bank_account is None:
            raise invalid_state("The client has no bank account.")
        return _record(await checks.decide_bav(store, client, decision.status, decision.reason))


async def _submitted(store: Store, client_id: str) -> Client:
    client = await store.get(Client, client_id)
    if client.status == "registered":
        raise invalid_state("The client is registered only; no check was started.")
    return client


@router.post("/accounts/{account_id}/status")
async def set_account_status(account_id: str, decision: AccountDecision, sandbox: SandboxDep) -> Response:
    """Do what the platform's staff do: suspend, close or reinstate an account that was activated.

    An account of a wrapper that has no terms of its own (third-party, corporate, trust) they activate as well.
    """
    async with sandbox.writing() as store:
        account = await store.get(Account, account_id)
        opened = account.status == "pending" and decision.status == "active" and not library.has_terms(account.wrapper)
        if account.status in ("pending", "cancelled", "closed") and not opened:
            raise invalid_state(f"The account is {account.status}.")
        if opened:
            account.activated_at = store.now()
        if account.status != decision.status:
            await move(store, account, decision.status)
        return _record(account)


@router.post("/accounts/{account_id}/subscriptions")
async def receive_subscription(account_id: str, order: SubscriptionOrder, sandbox: SandboxDep) -> Response:
    """Let money arrive on an active account; the earliest day counts as the first subscription."""
    async with sandbox.writing() as store:
        account = await store.get(Account, account_id)
        if account.status != "active":
            raise invalid_state(f"The account is {account.status}; only an active one takes money.")
        account.first_subscription_on = min(order.received_on, account.first_subscription_on or order.received_on)
        account.subscribed_pence += order.amount_pence
        await store.save(account)
        await store.emit("account.updated", account)
        return _record(account)


@router.post("/mandates/{mandate_id}/fail")
async def fail_mandate(mandate_id: str, failing: MandateFailing, sandbox: SandboxDep) -> Response:
    """Let the bank report that a mandate failed."""
    if failing.reason_code not in mandates.FAILURES:
        raise invalid_field("reason_code", "unknown", f"One of {', '.join(mandates.FAILURES)}.")
    async with sandbox.writing() as store:
        mandate = await store.get(Mandate, mandate_id)
        if not mandate.is_open or mandate.accepted_at is None:
            raise invalid_state(f"The mandate is {mandate.status}; only an accepted one can fail.")
        return _record(await mandates.fail(store, mandate, failing.reason_code))


@router.post("/documents/{document_id}/publish")
async def publish(
    document_id: str, sandbox: SandboxDep, publication: Annotated[Publication | None, Body()] = None
) -> Response:
    """Put the next version of a document in force."""
    async with sandbox.writing() as store:
        query = (
            select(DocumentVersion)
            .where(DocumentVersion.document_id == document_id)
            .order_by(DocumentVersion.version.desc())
            .limit(1)
        )
        current = await store.session.scalar(query)
        if current is None:
            raise not_found("document")
        await store.session.refresh(current, ["content"])
        edition = library.next_edition(current, publication.note if publication else "", store.now())
        store.session.add(edition)
        await store.session.flush()
        document = library.describe(edition)
        await store.emit_document_published(document.id, document.version)
    return JSONResponse(document.model_dump(mode="json"))
