"""Direct Debit mandates and the Guarantee."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from connectors.platform.sandbox import mandates
from connectors.platform.sandbox.database import Record
from connectors.platform.sandbox.envelope import PlatformError, invalid_field, invalid_state, reply
from connectors.platform.sandbox.filters import MandateFilters
from connectors.platform.sandbox.forms import BankAccountForm, MandateAcceptanceForm, MandateForm
from connectors.platform.sandbox.gate import PlatformRoute
from connectors.platform.sandbox.resources import Account, Client, Mandate
from connectors.platform.sandbox.server import SandboxDep, StoreDep

router = APIRouter(route_class=PlatformRoute, tags=["mandates"])


@router.post("/mandates")
async def set_up(form: MandateForm, store: StoreDep) -> Response:
    """Set up a mandate; the customer has to accept it."""
    await store.refuse_duplicate(Mandate, form.external_reference)
    account = await store.find(Account, Record.id == form.account_id)
    if account is None:
        raise invalid_field("account_id", "unknown", "There is no such account.")
    if form.client_id not in account.signatory_ids:
        raise invalid_field("client_id", "not_allowed", "This client does not sign for the account.")
    if account.status in ("cancelled", "closed"):
        raise invalid_state(f"The account is {account.status}.")
    for other in await store.all(Mandate, Record.account_id == account.id):
        if other.client_id == form.client_id and other.is_open:
            message = "This client has a mandate for the account already. Cancel it before setting up another."
            raise PlatformError(409, "duplicate_mandate", message, existing_id=other.id)
    mandate = await store.add(Mandate, form, guarantee_version=mandates.GUARANTEE_VERSION)
    await mandates.announce(store, mandate, None)
    return reply(mandate, status=201)


@router.get("/mandates")
async def mandate_list(filters: Annotated[MandateFilters, Query()], store: StoreDep) -> Response:
    """List mandates."""
    found, meta = await store.page(Mandate, filters)
    return reply(found, meta=meta)


@router.get("/mandates/{mandate_id}")
async def mandate_by_id(mandate_id: str, store: StoreDep) -> Response:
    """Answer one mandate."""
    return reply(await store.get(Mandate, mandate_id))


@router.post("/mandates/{mandate_id}/acceptance")
async def accept(mandate_id: str, form: MandateAcceptanceForm, store: StoreDep, sandbox: SandboxDep) -> Response:
    """Record the payer's authority and submit the mandate to the bank."""
    mandate = await store.get(Mandate, mandate_id)
    if not mandate.is_open:
        raise invalid_state(f"The mandate is {mandate.status}. Set up a new one.")
    if mandate.accepted_at is not None:
        return reply(mandate)
    if not form.sole_signatory and form.channel == "online":
        message = "The payer has to be the only person who authorises payments. Use a paper mandate otherwise."
        raise invalid_field("sole_signatory", "not_allowed", message)
    bank_account = (await store.get(Client, mandate.client_id)).bank_account
    if bank_account is None:
        raise invalid_state("The client has no bank account. Set it before the mandate is accepted.")
    mandate.bank_account = BankAccountForm.model_validate(bank_account.model_dump(exclude={"provided_at"}))
    mandate.accepted_at, mandate.evidence_reference = form.accepted_at, form.evidence_reference
    mandate.channel = form.channel
    await store.set_timer(mandates.MANDATE_TIMER, mandate.id, sandbox.settings.mandate_delay_seconds)
    return reply(await mandates.move(store, mandate, "pending_submission"))


@router.post("/mandates/{mandate_id}/cancellation")
async def cancel(mandate_id: str, store: StoreDep) -> Response:
    """Cancel a mandate."""
    mandate = await store.get(Mandate, mandate_id)
    if mandate.status == "cancelled":
        return reply(mandate)
    if mandate.status == "failed":
        raise invalid_state("The mandate has failed; there is nothing to cancel.")
    await store.stop_timer(mandates.MANDATE_TIMER, mandate.id)
    return reply(await mandates.move(store, mandate, "cancelled"))


@router.get("/guarantee")
async def direct_debit_guarantee() -> Response:
    """Answer the Direct Debit Guarantee."""
    return reply(mandates.guarantee())
