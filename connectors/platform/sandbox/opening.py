"""What an account needs to be opened, and to become active."""

from connectors.platform.sandbox import library
from connectors.platform.sandbox.database import Record
from connectors.platform.sandbox.envelope import FieldError, PlatformError, invalid_field, invalid_state
from connectors.platform.sandbox.forms import AccountForm
from connectors.platform.sandbox.resources import Account, Client, Illustration, Mandate
from connectors.platform.sandbox.store import Store

SINGLE_HOLDER = ("isa", "jisa", "sipp")
_PENSION_FIELDS = ("marital_status", "employment_status", "retirement_age")


async def signatories(store: Store, form: AccountForm, holders: list[Client]) -> list[str]:
    """Return who accepts for an account that is to be opened: its holders, for a minor the adult who acts.

    Raises:
        PlatformError: 422 or 409, it cannot be opened like this.
    """
    _refuse_wrong_holders(form, holders)
    await _refuse_wrong_illustration(store, form)
    if form.registered_contact_id is not None:
        contact = await store.find(Client, Record.id == form.registered_contact_id)
        if contact is None or contact.client_type != "individual":
            message = "The registered contact is not a client who is an individual."
            raise invalid_field("registered_contact_id", "unknown", message)
        holders = [*holders, contact]
    if any(holder.status == "registered" for holder in holders):
        raise invalid_state("A client of this account is registered only. Submit the client first.")
    acting = [form.registered_contact_id or holder.guardian_id or holder.id for holder in holders]
    return list(dict.fromkeys(acting))


def _refuse_wrong_holders(form: AccountForm, holders: list[Client]) -> None:
    if form.wrapper in SINGLE_HOLDER and len(holders) != 1:
        raise invalid_field("client_ids", "out_of_range", "This wrapper has exactly one holder.")
    types = {holder.client_type for holder in holders}
    if form.wrapper == "jisa" and types != {"minor"}:
        raise invalid_field("client_ids.0", "not_allowed", "A Junior ISA is held by a minor.")
    if form.wrapper in ("isa", "gia") and "minor" in types:
        raise invalid_field("client_ids", "not_allowed", "This wrapper is held by individuals.")
    if form.wrapper == "sipp":
        missing = [name for name in _PENSION_FIELDS if getattr(holders[0], name) is None]
        if missing:
            message = f"A pension needs the client's {', '.join(missing)}."
            raise invalid_field("client_ids.0", "required", message)


async def _refuse_wrong_illustration(store: Store, form: AccountForm) -> None:
    if form.illustration_id is None:
        return
    if await store.find(Illustration, Record.id == form.illustration_id, Record.wrapper == form.wrapper) is None:
        raise invalid_field("illustration_id", "unknown", "There is no such illustration for this wrapper.")


async def refuse_unless_ready(store: Store, account: Account) -> None:
    """Refuse an activation while anything is missing.

    Raises:
        PlatformError: 409 `not_ready` that lists every unmet condition.
    """
    mandates = [item for item in await store.all(Mandate, Record.account_id == account.id) if item.is_open]
    people = {*account.client_ids, *account.signatory_ids}
    clients = await store.all(Client, Record.id.in_(people))
    payers = {mandate.client_id for mandate in mandates}
    unmet = [problem for client in clients for problem in _unmet_by(client, account, payers)]
    unmet += [
        _unmet(f"mandates.{mandate.id}", "mandate_not_accepted", "The Direct Debit mandate awaits the customer.")
        for mandate in mandates
        if mandate.accepted_at is None
    ]
    if unmet:
        raise PlatformError(409, "not_ready", "The account cannot be activated yet.", field_errors=unmet)


def _unmet_by(client: Client, account: Account, payers: set[str]) -> list[FieldError]:
    field = f"clients.{client.id}"
    problems = []
    if client.verifications.aml.status != "cleared":
        problems.append(_unmet(field, "aml_not_cleared", "The identity check is not cleared."))
    if client.id not in account.signatory_ids:
        return problems
    if client.terms_accepted is None:
        problems.append(_unmet(field, "platform_terms_not_accepted", "The platform terms are not accepted."))
    if library.has_terms(account.wrapper) and all(item.client_id != client.id for item in account.product_terms):
        problems.append(_unmet(field, "product_terms_not_accepted", "The product terms are not accepted."))
    needs_bank = client.bank_account is not None or client.id in payers
    if needs_bank and client.verifications.bav.status != "verified":
        problems.append(_unmet(field, "bank_account_not_verified", "The bank account is not verified."))
    return problems


def _unmet(field: str, kind: str, message: str) -> FieldError:
    return FieldError(field=field, type=kind, message=message)
