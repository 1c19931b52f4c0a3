"""Clients: registration, submission, checks and the acceptance of the platform terms."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query, Response
from pydantic import ValidationError

from connectors.platform.sandbox import checks, statements
from connectors.platform.sandbox.database import Record
from connectors.platform.sandbox.editions import editions_in_force, refuse_unless_accepted, terms_version
from connectors.platform.sandbox.envelope import (
    FieldError,
    PlatformError,
    field_errors_of,
    invalid,
    invalid_field,
    invalid_state,
    reply,
)
from connectors.platform.sandbox.filters import ClientFilters
from connectors.platform.sandbox.forms import BankAccountForm, ClientForm, TermsAcceptanceForm, age_on
from connectors.platform.sandbox.gate import PlatformRoute
from connectors.platform.sandbox.resources import BankAccount, Client, Stamped, TermsAccepted
from connectors.platform.sandbox.server import SandboxDep, StoreDep
from connectors.platform.sandbox.store import Store

router = APIRouter(route_class=PlatformRoute, tags=["clients"])
IfMatch = Annotated[str | None, Header()]

_FIXED = ("client_type", "guardian_id")
_NEEDED = ("nationalities", "address")
_NEEDED_OF_INDIVIDUALS = ("mobile", "tax_residences", "us_person", *_NEEDED)
_ADULT, _YOUNGEST_INDIVIDUAL = 18, 16


def require_version(record: Stamped, if_match: str | None) -> None:
    """Refuse a change that was made against another version.

    Raises:
        PlatformError: 412.
    """
    wanted = {tag.strip().removeprefix("W/") for tag in (if_match or "*").split(",")}
    if not wanted & {"*", f'"{record.version}"'}:
        message = "The record was changed meanwhile. Read it again and repeat the change."
        raise PlatformError(412, "precondition_failed", message, headers={"ETag": f'"{record.version}"'})


async def _refuse_duplicate_email(store: Store, email: str | None, own_id: str = "") -> None:
    if email is None:
        return
    existing = await store.find(Client, Record.email == email.lower(), Record.id != own_id)
    if existing is not None:
        message = "Another client uses this e-mail address. Every client needs an address of their own."
        raise PlatformError(409, "email_in_use", message, existing_id=existing.id)


def _refuse_wrong_age(form: ClientForm, now: datetime) -> None:
    age = age_on(form.date_of_birth, now)
    if form.date_of_birth >= now.date():
        raise invalid_field("date_of_birth", "out_of_range", "The date of birth lies in the future.")
    if form.client_type == "minor" and age >= _ADULT:
        raise invalid_field("date_of_birth", "out_of_range", "A minor is under 18.")
    if form.client_type == "individual" and age < _YOUNGEST_INDIVIDUAL:
        raise invalid_field("date_of_birth", "out_of_range", "An individual is 16 or over. Register a minor instead.")


@router.post("/clients")
async def register(form: ClientForm, store: StoreDep) -> Response:
    """Register a client; nothing is sent to the person."""
    _refuse_wrong_age(form, store.now())
    if form.guardian_id is not None:
        guardian = await store.find(Client, Record.id == form.guardian_id, Record.client_type == "individual")
        if guardian is None:
            raise invalid_field("guardian_id", "unknown", "The guardian is not a client who is an individual.")
    await store.refuse_duplicate(Client, form.external_reference)
    await _refuse_duplicate_email(store, form.email)
    client = await store.add(Client, form)
    await store.emit("client.created", client)
    return reply(client, status=201)


@router.get("/clients")
async def clients(filters: Annotated[ClientFilters, Query()], store: StoreDep) -> Response:
    """List clients."""
    found, meta = await store.page(Client, filters)
    return reply(found, meta=meta)


@router.post("/clients/search")
async def search(filters: ClientFilters, store: StoreDep) -> Response:
    """List clients, with the filters in the body so that no personal data stands in an address."""
    found, meta = await store.page(Client, filters)
    return reply(found, meta=meta)


@router.get("/clients/{client_id}")
async def client_by_id(client_id: str, store: StoreDep) -> Response:
    """Answer one client."""
    return reply(await store.get(Client, client_id))


@router.patch("/clients/{client_id}")
async def change(
    client_id: str,
    fields: Annotated[dict[str, Any], Body()],
    store: StoreDep,
    sandbox: SandboxDep,
    if_match: IfMatch = None,
) -> Response:
    """Change the fields given."""
    before = await store.get(Client, client_id)
    require_version(before, if_match)
    after = _merged(before, fields)
    if "date_of_birth" in fields:
        _refuse_wrong_age(after, store.now())
    await store.refuse_duplicate(Client, after.external_reference, client_id)
    await _refuse_duplicate_email(store, after.email, client_id)
    if after == before:
        return reply(before)
    is_checked_again = checks.identity_changed(before, after)
    if is_checked_again:
        await checks.start_aml(store, after, sandbox.settings.verification_delay_seconds)
    await store.save(after)
    await store.emit("client.updated", after)
    if is_checked_again:
        await checks.announce(store, after)
    await statements.correct(store, after)
    return reply(after)


def _merged(before: Client, fields: dict[str, Any]) -> Client:
    fixed = [
        FieldError(field=name, type="not_allowed", message="This cannot change.") for name in _FIXED if name in fields
    ]
    if fixed:
        raise invalid(fixed)
    known = before.model_dump(include=set(ClientForm.model_fields), mode="json")
    try:
        form = ClientForm.model_validate({**known, **fields})
    except ValidationError as error:
        raise invalid(field_errors_of(error.errors(include_input=False))) from None
    return before.model_copy(update={name: getattr(form, name) for name in ClientForm.model_fields}, deep=True)


@router.post("/clients/{client_id}/submission")
async def submit(client_id: str, store: StoreDep, sandbox: SandboxDep) -> Response:
    """Submit a registered client: identity check and bank account verification begin."""
    client = await store.get(Client, client_id)
    if client.status != "registered":
        return reply(client)
    needed = _NEEDED if client.client_type == "minor" else _NEEDED_OF_INDIVIDUALS
    missing = [name for name in needed if getattr(client, name) in (None, [])]
    if missing:
        raise invalid(
            [FieldError(field=name, type="required", message="Needed before submission.") for name in missing]
        )
    client.status, client.submitted_at = "pending", store.now()
    await checks.start_aml(store, client, sandbox.settings.verification_delay_seconds)
    await checks.start_bav(store, client, sandbox.settings.verification_delay_seconds)
    await store.save(client)
    await store.emit("client.status_changed", client, previous_status="registered")
    return reply(client)


@router.post("/clients/{client_id}/reversion")
async def revert(client_id: str, store: StoreDep) -> Response:
    """Take a submitted client who accepted no terms back to registered."""
    client = await store.get(Client, client_id)
    if client.status == "registered":
        return reply(client)
    if client.status != "pending" or client.terms_accepted is not None:
        raise invalid_state("Only a pending client who never accepted the platform terms can go back to registered.")
    await checks.stop(store, client)
    client.status, client.submitted_at = "registered", None
    await store.save(client)
    await store.emit("client.status_changed", client, previous_status="pending")
    return reply(client)


@router.put("/clients/{client_id}/bank-account")
async def set_bank_account(
    client_id: str, form: BankAccountForm, store: StoreDep, sandbox: SandboxDep, if_match: IfMatch = None
) -> Response:
    """Set the client's bank account; new details are verified once the client is submitted."""
    client = await store.get(Client, client_id)
    require_version(client, if_match)
    current = client.bank_account
    if current is not None and current.model_dump(exclude={"provided_at"}) == form.model_dump():
        return reply(client)
    client.bank_account = BankAccount(**form.model_dump(), provided_at=store.now())
    if client.status != "registered":
        await checks.start_bav(store, client, sandbox.settings.verification_delay_seconds)
    await store.save(client)
    await store.emit("client.updated", client)
    if client.status != "registered":
        await checks.announce(store, client)
    return reply(client)


@router.get("/clients/{client_id}/verifications")
async def verifications(client_id: str, store: StoreDep) -> Response:
    """Answer where both checks stand."""
    return reply((await store.get(Client, client_id)).verifications)


@router.post("/clients/{client_id}/terms-acceptances")
async def accept_terms(client_id: str, form: TermsAcceptanceForm, store: StoreDep) -> Response:
    """Record the client's acceptance of the platform terms in force."""
    client = await store.get(Client, client_id)
    if client.client_type == "minor":
        raise invalid_state("A minor accepts no terms; the guardian does.")
    if client.status == "registered":
        raise invalid_state("The client is registered only. Submit the client before the terms are accepted.")
    accepted = client.terms_accepted
    if accepted is not None and accepted.evidence_reference == form.evidence_reference:
        return reply(client)
    editions = await editions_in_force(store, kind="platform_terms")
    if form.terms_version != terms_version(editions):
        raise invalid_field("terms_version", "stale_version", "These are not the terms in force. Read them again.")
    refuse_unless_accepted(form.documents, editions)
    client.terms_accepted = TermsAccepted(
        version=form.terms_version,
        accepted_at=form.accepted_at,
        documents=form.documents,
        evidence_reference=form.evidence_reference,
    )
    await store.save(client)
    await store.emit("client.updated", client)
    return reply(await checks.settle(store, client))
