"""How every implementation of the platform port reads and amends clients and accounts for the sync."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import Conflict, ConnectorUnavailable, NotFound
from connectors.platform import syncing
from connectors.platform.port import ClientRecord, PlatformGateway
from domain.journey import Wrapper
from models.people import Address, BankDetails, KnownDetails
from tests.contract import platform_staff as staff
from tests.contract.platform_case import CHILD_KNOWN, CHILD_REFERENCE
from tests.contract.platform_rigs import ADVISER, REFERENCE, RETRY_AFTER, SYNC_OPERATIONS, FaultKind, PlatformRig
from tests.fakes.platform import FakePlatform
from tests.sample_client import BANK, KNOWN

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
OTHER_BANK = BankDetails(account_holder="Mrs E Marsh", sort_code="200000", account_number="22220202")
MOVED = Address(line_1="2 Beacon Rise", line_2="Flat 3", town_city="Bath", county="Somerset", postcode="BA1 1AA")
CHANGES = KnownDetails(email="eleanor.moss@example.com", mobile="+447400654321", address=MOVED)

Write = Callable[[PlatformGateway, str, int], Awaitable[ClientRecord]]
WRITES: dict[str, Write] = {
    "amend_client": lambda gateway, client, version: gateway.amend_client(client, CHANGES, version=version),
    "refer_client": lambda gateway, client, version: gateway.refer_client(client, "plannr-9", version=version),
    "amend_bank_details": lambda gateway, client, version: gateway.amend_bank_details(
        client, OTHER_BANK, version=version
    ),
}


@pytest.fixture
def gateway(platform_rig: PlatformRig) -> PlatformGateway:
    """Return the gateway under test."""
    return platform_rig.gateway


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page hold two records."""
    monkeypatch.setattr(syncing, "RECORDS_PER_PAGE", 2)
    monkeypatch.setattr(FakePlatform, "records_per_page", 2)


async def register(gateway: PlatformGateway, number: int = 0) -> str:
    """Register one of many clients, and return their id."""
    email = f"client{number}@example.com" if number else KNOWN.email
    known = KNOWN.model_copy(update={"email": email})
    return (await gateway.register_client(f"{REFERENCE}-{number}", known, ADVISER)).client


@pytest.mark.rule("P54")
async def test_client_is_read_whole(gateway: PlatformGateway) -> None:
    """The record has details, link, bank account, adviser and version; a registered client counts too."""
    client = await register(gateway)
    bare = await gateway.client_record(client)
    await gateway.save_bank_details(client, BANK)
    record = await gateway.client_record(client)

    assert (bare.client, bare.external_reference, bare.bank_details) == (client, f"{REFERENCE}-0", None)
    assert (bare.client_type, bare.guardian, bare.status, bare.adviser) == ("individual", None, "registered", ADVISER)
    assert (record.details, record.bank_details) == (KNOWN, BANK)
    assert record.version > bare.version >= 1
    assert record.updated_at > bare.updated_at


@pytest.mark.rule("P31")
async def test_child_is_read_with_its_guardian(gateway: PlatformGateway) -> None:
    """A minor names the guardian, and has no e-mail address."""
    guardian = await register(gateway)
    child = (await gateway.register_client(CHILD_REFERENCE, CHILD_KNOWN, ADVISER, guardian=guardian)).client
    record = await gateway.client_record(child)

    assert (record.client_type, record.guardian, record.details.email) == ("minor", guardian, None)


@pytest.mark.rule("P54")
@pytest.mark.usefixtures("small_pages")
async def test_clients_and_accounts_are_paged_oldest_first(platform_rig: PlatformRig) -> None:
    """The pages hold every record once, in the order of creation, each as it is read alone, and count the list."""
    gateway = platform_rig.gateway
    clients = [await register(gateway, number) for number in range(5)]
    for client in clients:
        await gateway.submit_client(client)
    accounts = [await staff.open_account(platform_rig, [client], "gia") for client in clients]
    read: dict[str, list[str]] = {"clients": [], "accounts": []}
    after: str | None = None
    for _ in range(3):
        page = await gateway.client_records(after)
        read["clients"] += [record.client for record in page.clients]
        after = page.after
        assert (page.total, len(page.clients) <= 2) == (5, True)
    assert after is None
    for _ in range(3):
        listed = await gateway.account_records(after)
        read["accounts"] += [record.account for record in listed.accounts]
        after = listed.after
        assert listed.total == 5

    assert after is None
    assert read == {"clients": clients, "accounts": accounts}
    first = (await gateway.client_records()).clients[0]
    assert first == await gateway.client_record(clients[0])


async def test_empty_platform_is_one_empty_page(gateway: PlatformGateway) -> None:
    """Nobody and nothing is a list that ends at once."""
    clients, accounts = await gateway.client_records(), await gateway.account_records()
    assert (clients.clients, clients.after, clients.total) == ([], None, 0)
    assert (accounts.accounts, accounts.after, accounts.total) == ([], None, 0)


@pytest.mark.rule("P50")
@pytest.mark.rule("P4")
@pytest.mark.parametrize("wrapper", ["isa", "gia", "tpsipp", "tpofb", "corporate", "trust"])
async def test_account_of_every_wrapper_is_read(platform_rig: PlatformRig, wrapper: str) -> None:
    """An account that staff opened, of a third party, company or trust too, has no reference and its own wrapper."""
    gateway = platform_rig.gateway
    client = await register(gateway)
    await gateway.submit_client(client)
    account = await staff.open_account(platform_rig, [client], wrapper, "Eleanor's account")
    record = await gateway.account_record(account)

    assert (record.account, record.external_reference, record.wrapper) == (account, None, wrapper)
    assert (record.status, record.name, record.adviser) == ("pending", "Eleanor's account", ADVISER)
    assert (record.clients, record.signatories) == ([client], [client])
    assert (await gateway.account_records()).accounts == [record]


@pytest.mark.rule("P52")
async def test_staff_change_a_third_party_account(platform_rig: PlatformRig) -> None:
    """Status and name that staff gave are read, each with a later version."""
    gateway = platform_rig.gateway
    client = await register(gateway)
    await gateway.submit_client(client)
    account = await staff.open_account(platform_rig, [client], "tpsipp")
    records = [await gateway.account_record(account)]
    for status in ("active", "suspended", "active", "closed"):
        await staff.set_account_status(platform_rig, account, status)
        records.append(await gateway.account_record(account))
    active = await staff.open_account(platform_rig, [client], "tpofb")
    await staff.rename_account(platform_rig, active, "Offshore bond")

    assert [record.status for record in records] == ["pending", "active", "suspended", "active", "closed"]
    assert [record.version for record in records] == list(range(records[0].version, records[0].version + 5))
    assert (await gateway.account_record(active)).name == "Offshore bond"


@pytest.mark.rule("P31")
async def test_accounts_of_a_client_are_those_held_and_those_signed_for(platform_rig: PlatformRig) -> None:
    """A joint account belongs to both, a child's to the child and the parent who signs, in every page of the list."""
    gateway = platform_rig.gateway
    first, second = await register(gateway, 1), await register(gateway, 2)
    child = (await gateway.register_client(CHILD_REFERENCE, CHILD_KNOWN, ADVISER, guardian=first)).client
    for client in (first, second, child):
        await gateway.submit_client(client)
    joint = await staff.open_account(platform_rig, [first, second], "gia")
    childs = await staff.open_account(platform_rig, [child], "tpsipp")

    assert [record.account for record in await gateway.accounts_of(first)] == [joint, childs]
    assert [record.account for record in await gateway.accounts_of(second)] == [joint]
    assert [record.account for record in await gateway.accounts_of(child)] == [childs]


@pytest.mark.rule("P51")
async def test_only_what_is_given_is_amended(gateway: PlatformGateway) -> None:
    """What is given is there afterwards under the next version, and everything else as before."""
    client = await register(gateway)
    before = await gateway.client_record(client)
    after = await gateway.amend_client(client, CHANGES, version=before.version)

    assert after == await gateway.client_record(client)
    assert after.details == KNOWN.merged_with(CHANGES)
    assert (after.version, after.external_reference) == (before.version + 1, before.external_reference)


@pytest.mark.rule("P5")
async def test_client_is_referred_to_its_record(gateway: PlatformGateway) -> None:
    """The platform's side of the link is stored, and the client is found by it."""
    client = await register(gateway)
    version = (await gateway.client_record(client)).version
    after = await gateway.refer_client(client, "plannr-9", version=version)
    found = await gateway.find_client(external_reference="plannr-9")

    assert after.external_reference == "plannr-9"
    assert found is not None
    assert found.client == client


@pytest.mark.rule("P5")
async def test_two_clients_never_have_one_record(gateway: PlatformGateway) -> None:
    """A reference that another client has is refused, and names that client."""
    first, second = await register(gateway, 1), await register(gateway, 2)
    version = (await gateway.client_record(second)).version
    with pytest.raises(Conflict) as conflict:
        await gateway.refer_client(second, f"{REFERENCE}-1", version=version)

    assert (conflict.value.code, conflict.value.existing_id) == ("duplicate_external_reference", first)


@pytest.mark.rule("P34")
async def test_address_of_somebody_else_is_refused(gateway: PlatformGateway) -> None:
    """An e-mail address that another client has, in any case, is refused; nothing is written."""
    first, second = await register(gateway, 1), await register(gateway, 2)
    before = await gateway.client_record(second)
    changes = KnownDetails(email="CLIENT1@example.com", mobile="+447400654321")
    with pytest.raises(Conflict) as conflict:
        await gateway.amend_client(second, changes, version=before.version)

    assert (conflict.value.code, conflict.value.existing_id) == ("email_in_use", first)
    assert await gateway.client_record(second) == before


@pytest.mark.rule("P51")
@pytest.mark.parametrize("write", WRITES)
async def test_change_of_another_version_is_refused(platform_rig: PlatformRig, write: str) -> None:
    """What was decided on an older version is not written over what staff changed since; on the new one it is."""
    gateway = platform_rig.gateway
    client = await register(gateway)
    old = await gateway.client_record(client)
    await staff.edit_client(platform_rig, client, title="Dr")
    new = await gateway.client_record(client)
    with pytest.raises(Conflict) as conflict:
        await WRITES[write](gateway, client, old.version)

    assert conflict.value.code == "precondition_failed"
    assert await gateway.client_record(client) == new
    written = await WRITES[write](gateway, client, new.version)
    assert (written.version, written.details.title) == (new.version + 1, "Dr")


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", WRITES)
async def test_write_whose_answer_is_lost_is_done_once(platform_rig: PlatformRig, write: str) -> None:
    """Done again with the same version, the write finds itself done and counts no further change."""
    gateway = platform_rig.gateway
    client = await register(gateway)
    before = await gateway.client_record(client)
    await platform_rig.strike(write, "commit_then_timeout")
    with pytest.raises(ConnectorUnavailable):
        await WRITES[write](gateway, client, before.version)
    again = await WRITES[write](gateway, client, before.version)

    assert again.version == before.version + 1
    assert again == await WRITES[write](gateway, client, again.version) == await gateway.client_record(client)


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", SYNC_OPERATIONS)
@pytest.mark.parametrize(("kind", "retry_after"), [("outage", None), ("rate_limit", RETRY_AFTER)])
async def test_write_that_is_not_let_in(
    platform_rig: PlatformRig, write: str, kind: FaultKind, retry_after: float | None
) -> None:
    """An outage and a rate limit are unavailable, with the wait that was asked for; nothing is written."""
    client = await register(platform_rig.gateway)
    before = await platform_rig.gateway.client_record(client)
    await platform_rig.strike(write, kind)
    with pytest.raises(ConnectorUnavailable) as unavailable:
        await WRITES[write](platform_rig.gateway, client, before.version)

    assert unavailable.value.retry_after == retry_after
    assert await platform_rig.gateway.client_record(client) == before


async def test_who_is_not_there_is_not_found(gateway: PlatformGateway) -> None:
    """Reading and amending a client or account that does not exist says so."""
    with pytest.raises(NotFound):
        await gateway.client_record("cl_nobody")
    with pytest.raises(NotFound):
        await gateway.account_record("ac_nothing")
    with pytest.raises(NotFound):
        await gateway.amend_client("cl_nobody", CHANGES, version=1)


@pytest.mark.rule("P53")
async def test_changes_of_every_kind_are_told(platform_rig: PlatformRig) -> None:
    """Clients, accounts and mandates that changed are told with version and status, oldest first."""
    gateway = platform_rig.gateway
    first, second = await register(gateway, 1), await register(gateway, 2)
    await gateway.submit_client(first)
    account = await staff.open_account(platform_rig, [first], "gia")
    for client in (second, first):
        version = (await gateway.client_record(client)).version
        await gateway.amend_client(client, KnownDetails(title="Dr"), version=version)
    clients, accounts = await gateway.changed("client", LONG_AGO), await gateway.changed("account", LONG_AGO)
    record = await gateway.client_record(first)

    assert [change.record for change in clients.changes] == [second, first]
    newest = clients.changes[-1]
    assert (newest.version, newest.status, newest.changed_at) == (record.version, "pending", record.updated_at)
    assert [(change.record, change.status) for change in accounts.changes] == [(account, "pending")]
    assert (await gateway.changed("mandate", LONG_AGO)).changes == []
    assert (await gateway.changed("client", newest.changed_at)).changes == [newest]
    assert (await gateway.changed("client", newest.changed_at + timedelta(microseconds=1))).changes == []


@pytest.mark.rule("P53")
@pytest.mark.usefixtures("small_pages")
async def test_many_changes_are_told_bit_by_bit(gateway: PlatformGateway) -> None:
    """Whoever asks on from the last change they were told learns of each."""
    clients = [await register(gateway, number) for number in range(5)]
    told: list[str] = []
    since, more = LONG_AGO, True
    while more:
        found = await gateway.changed("client", since)
        told += [change.record for change in found.changes]
        since, more = found.changes[-1].changed_at, found.more

    assert list(dict.fromkeys(told)) == clients


@pytest.mark.rule("P50")
async def test_client_whom_staff_registered_is_found_by_a_journey(platform_rig: PlatformRig) -> None:
    """Once the sync has linked a client, a journey for the same record registers nobody anew."""
    gateway = platform_rig.gateway
    client = await register(gateway)
    await gateway.refer_client(client, "plannr-9", version=(await gateway.client_record(client)).version)
    registered = await gateway.register_client("plannr-9", KNOWN, ADVISER)

    assert registered.client == client
    assert (await gateway.client_records()).total == 1
    assert await gateway.has_other_accounts(client, "journey-1") is False
    assert await gateway.documents(Wrapper.ISA)


async def test_calls_are_counted(gateway: PlatformGateway) -> None:
    """Whoever reads for long can say how many calls it took."""
    await gateway.client_records()
    before = gateway.call_count
    await gateway.client_records()
    await gateway.account_records()

    assert gateway.call_count == before + 2
