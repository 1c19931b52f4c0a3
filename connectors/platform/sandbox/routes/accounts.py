"""Accounts: opening, product terms, activation and cancellation."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from pydantic import ValidationError

from connectors.platform.sandbox import library, mandates, statements
from connectors.platform.sandbox.database import Record
from connectors.platform.sandbox.editions import editions_in_force, refuse_unless_accepted
from connectors.platform.sandbox.envelope import field_errors_of, invalid, invalid_field, invalid_state, reply
from connectors.platform.sandbox.filters import AccountFilters
from connectors.platform.sandbox.forms import AccountForm, CancellationForm, ProductTermsAcceptanceForm
from connectors.platform.sandbox.gate import PlatformRoute
from connectors.platform.sandbox.opening import refuse_unless_ready, signatories
from connectors.platform.sandbox.resources import Account, AccountStatus, Mandate, ProductTermsAccepted
from connectors.platform.sandbox.routes.clients import IfMatch, require_version
from connectors.platform.sandbox.routes.illustrations import known_clients
from connectors.platform.sandbox.server import StoreDep
from connectors.platform.sandbox.store import Store

router = APIRouter(route_class=PlatformRoute, tags=["accounts"])

_CHANGEABLE = {
    "external_reference",
    "name",
    "investment_strategy",
    "contributions",
    "charges",
    "adviser_reference",
}


def _refuse_ended(account: Account) -> None:
    if account.status in ("cancelled", "closed"):
        raise invalid_state(f"The account is {account.status}.")


async def move(store: Store, account: Account, status: AccountStatus) -> Account:
    """Give an account its next status and tell subscribers."""
    previous = account.status
    account.status = status
    await store.save(account)
    await store.emit("account.status_changed", account, previous_status=previous)
    return account


@router.post("/accounts")
async def open_account(form: AccountForm, store: StoreDep) -> Response:
    """Open an account; it stays pending until activation."""
    await store.refuse_duplicate(Account, form.external_reference)
    holders = await known_clients(store, form.client_ids)
    signatory_ids = await signatories(store, form, holders)
    account = await store.add(Account, form, signatory_ids=signatory_ids)
    await store.emit("account.created", account)
    return reply(account, status=201)


@router.get("/accounts")
async def accounts(filters: Annotated[AccountFilters, Query()], store: StoreDep) -> Response:
    """List accounts."""
    found, meta = await store.page(Account, filters)
    return reply(found, meta=meta)


@router.get("/accounts/{account_id}")
async def account_by_id(account_id: str, store: StoreDep) -> Response:
    """Answer one account."""
    return reply(await store.get(Account, account_id))


@router.patch("/accounts/{account_id}")
async def change(
    account_id: str, fields: Annotated[dict[str, Any], Body()], store: StoreDep, if_match: IfMatch = None
) -> Response:
    """Change the fields given."""
    before = await store.get(Account, account_id)
    require_version(before, if_match)
    _refuse_ended(before)
    fixed = set(fields) & (set(AccountForm.model_fields) - _CHANGEABLE)
    if fixed:
        raise invalid_field(min(fixed), "not_allowed", "This cannot change. Cancel the account and open another.")
    known = before.model_dump(include=set(AccountForm.model_fields), mode="json")
    try:
        form = AccountForm.model_validate({**known, **fields})
    except ValidationError as error:
        raise invalid(field_errors_of(error.errors(include_input=False))) from None
    await store.refuse_duplicate(Account, form.external_reference, account_id)
    after = before.model_copy(update={name: getattr(form, name) for name in _CHANGEABLE}, deep=True)
    if after != before:
        await store.save(after)
        await statements.issue(store, after)
        await store.emit("account.updated", after)
    return reply(after)


@router.post("/accounts/{account_id}/product-terms-acceptances")
async def accept_product_terms(account_id: str, form: ProductTermsAcceptanceForm, store: StoreDep) -> Response:
    """Record one signatory's acceptance of the account's product terms in force."""
    account = await store.get(Account, account_id)
    _refuse_ended(account)
    if form.client_id not in account.signatory_ids:
        raise invalid_field("client_id", "not_allowed", "This client does not sign for the account.")
    others = [item for item in account.product_terms if item.client_id != form.client_id]
    earlier = [item for item in account.product_terms if item.client_id == form.client_id]
    if any(item.evidence_reference == form.evidence_reference for item in earlier):
        return reply(account)
    if not form.declaration_accepted:
        raise invalid_field("declaration_accepted", "required", "The declaration has to be accepted.")
    editions = await editions_in_force(store, kind="product_terms", wrapper=account.wrapper)
    refuse_unless_accepted(form.documents, editions)
    account.product_terms = [*others, ProductTermsAccepted.model_validate(form.model_dump())]
    await store.save(account)
    await store.emit("account.updated", account)
    return reply(account)


@router.get("/accounts/{account_id}/documents")
async def account_documents(account_id: str, store: StoreDep) -> Response:
    """List the documents made for the account, each in its newest version."""
    await store.get(Account, account_id)
    found = await statements.newest(store, account_id)
    documents = [statements.describe(found)] if found else []
    return reply(documents, meta={"count": len(documents), "page": 1, "page_size": len(documents)})


@router.get("/accounts/{account_id}/documents/{document_id}/versions/{version}/content")
async def account_document_content(account_id: str, document_id: str, version: str, store: StoreDep) -> Response:
    """Answer the bytes of one version, exactly as issued; they hold personal data and are kept by no cache."""
    found = await statements.version(store, account_id, document_id, version)
    headers = {
        "ETag": f'"{found.sha256}"',
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": library.CONTENT_SECURITY_POLICY,
    }
    return Response(found.content, media_type="text/html; charset=utf-8", headers=headers)


@router.post("/accounts/{account_id}/activation")
async def activate(account_id: str, store: StoreDep) -> Response:
    """Make a pending account active once nothing is missing."""
    account = await store.get(Account, account_id)
    if account.status == "active":
        return reply(account)
    if account.status != "pending":
        raise invalid_state(f"The account is {account.status}; only a pending one can be activated.")
    await refuse_unless_ready(store, account)
    account.activated_at = store.now()
    await move(store, account, "active")
    await statements.issue(store, account)
    return reply(account)


@router.post("/accounts/{account_id}/cancellation")
async def cancel(account_id: str, form: CancellationForm, store: StoreDep) -> Response:
    """Cancel a pending account and its open mandates."""
    account = await store.get(Account, account_id)
    if account.status == "cancelled":
        return reply(account)
    if account.status != "pending":
        raise invalid_state(f"The account is {account.status}; only a pending one can be cancelled.")
    account.cancelled_at, account.cancellation_reason = store.now(), form.reason
    await move(store, account, "cancelled")
    for mandate in await store.all(Mandate, Record.account_id == account.id):
        if mandate.is_open:
            await store.stop_timer(mandates.MANDATE_TIMER, mandate.id)
            await mandates.move(store, mandate, "cancelled")
    return reply(account)
