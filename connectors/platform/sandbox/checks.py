"""Identity checks, bank account verification, and what they do to a client's status."""

from connectors.platform.sandbox.database import Record
from connectors.platform.sandbox.forms import BankAccountForm
from connectors.platform.sandbox.resources import AmlCheck, AmlStatus, BavCheck, BavStatus, Client
from connectors.platform.sandbox.store import Store

AML_TIMER = "aml"
BAV_TIMER = "bav"
FAILING_MANDATE_ACCOUNT = "11110349"

_AML_BY_LAST_NAME: dict[str, AmlStatus] = {"referred": "referred", "sanction": "failed"}
_BAV_BY_ACCOUNT: dict[str, BavStatus] = {"22220202": "mismatch", "33330206": "unverifiable"}
_BAV_BY_HOLDER: dict[str, BavStatus] = {"mismatch": "mismatch", "unverifiable": "unverifiable"}
_AML_REASONS: dict[AmlStatus, str] = {
    "referred": "The identity check needs a person to look at it.",
    "failed": "The identity check did not succeed: the details match an entry on a sanctions list.",
}
_BAV_REASONS: dict[BavStatus, str] = {
    "mismatch": "The bank says that the account belongs to somebody else.",
    "unverifiable": "The bank could not confirm the account.",
}
_IDENTITY = ("first_name", "last_name", "date_of_birth", "address")


def aml_outcome(last_name: str) -> AmlStatus:
    """Return what the identity check of a person with this last name comes to."""
    return _AML_BY_LAST_NAME.get(last_name.casefold(), "cleared")


def bav_outcome(account: BankAccountForm) -> BavStatus:
    """Return what the verification of this bank account comes to."""
    by_number = _BAV_BY_ACCOUNT.get(account.account_number)
    first_word = account.account_holder.casefold().split()[0]
    return by_number or _BAV_BY_HOLDER.get(first_word, "verified")


async def start_aml(store: Store, client: Client, delay: float) -> None:
    """Begin the identity check; the caller saves the client."""
    client.verifications.aml = AmlCheck(status="pending")
    await store.set_timer(AML_TIMER, client.id, delay)


async def start_bav(store: Store, client: Client, delay: float) -> None:
    """Begin to verify the bank account, if there is one; the caller saves the client."""
    if client.bank_account is not None:
        client.verifications.bav = BavCheck(status="pending")
        await store.set_timer(BAV_TIMER, client.id, delay)


async def stop(store: Store, client: Client) -> None:
    """Call both checks off; the caller saves the client."""
    for timer in (AML_TIMER, BAV_TIMER):
        await store.stop_timer(timer, client.id)
    client.verifications.aml, client.verifications.bav = AmlCheck(), BavCheck()


def identity_changed(before: Client, after: Client) -> bool:
    """Tell whether an undecided identity check has to be made anew."""
    undecided = before.verifications.aml.status in ("referred", "failed")
    return undecided and any(getattr(before, name) != getattr(after, name) for name in _IDENTITY)


async def finish_aml(store: Store, client_id: str) -> None:
    """Come to the identity check's outcome."""
    client = await store.get(Client, client_id)
    await decide_aml(store, client, aml_outcome(client.last_name), None)


async def finish_bav(store: Store, client_id: str) -> None:
    """Come to the bank account verification's outcome."""
    client = await store.get(Client, client_id)
    if client.bank_account is not None:
        await decide_bav(store, client, bav_outcome(client.bank_account), None)


async def decide_aml(store: Store, client: Client, status: AmlStatus, reason: str | None) -> Client:
    """Set the identity check's outcome and what follows from it."""
    await store.stop_timer(AML_TIMER, client.id)
    reason = reason or _AML_REASONS.get(status)
    client.verifications.aml = AmlCheck(status=status, reason=reason, checked_at=store.now())
    return await _decided(store, client)


async def decide_bav(store: Store, client: Client, status: BavStatus, reason: str | None) -> Client:
    """Set the bank account verification's outcome and what follows from it."""
    await store.stop_timer(BAV_TIMER, client.id)
    reason = reason or _BAV_REASONS.get(status)
    client.verifications.bav = BavCheck(status=status, reason=reason, checked_at=store.now())
    return await _decided(store, client)


async def announce(store: Store, client: Client) -> None:
    """Tell subscribers where both checks stand."""
    statuses = {"aml": client.verifications.aml.status, "bav": client.verifications.bav.status}
    await store.emit("client.verification_updated", client, verifications=statuses)


async def _decided(store: Store, client: Client) -> Client:
    await store.save(client)
    await announce(store, client)
    return await settle(store, client)


async def settle(store: Store, client: Client) -> Client:
    """Turn a pending client active once nothing is missing, and then the minors it is guardian of."""
    if client.status != "pending" or not await _is_complete(store, client):
        return client
    client.status, client.activated_at = "active", store.now()
    await store.save(client)
    await store.emit("client.status_changed", client, previous_status="pending")
    for ward in await store.all(Client, Record.guardian_id == client.id):
        await settle(store, ward)
    return client


async def _is_complete(store: Store, client: Client) -> bool:
    if client.verifications.aml.status != "cleared":
        return False
    if client.bank_account is not None and client.verifications.bav.status != "verified":
        return False
    if client.guardian_id is not None:
        return (await store.get(Client, client.guardian_id)).status == "active"
    return client.terms_accepted is not None
