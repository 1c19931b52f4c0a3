"""How every implementation of the Plannr port reads, creates and amends clients for the sync."""

import pytest

from connectors.errors import ConnectorUnavailable
from connectors.plannr import syncing
from models.people import Address, BankDetails, KnownDetails
from tests.contract.plannr_desks import Desk, SandboxDesk, desk_of, somebody
from tests.contract.plannr_scenes import ADVISER, CLIENT, FIRM, KNOWN, NOBODY, OTHER_FIRM, SPOUSE, Scene
from tests.fakes.plannr import FakePlannr

BANK = BankDetails(account_holder="Mr P Number", sort_code="200000", account_number="55779911")
OTHER_BANK = BankDetails(account_holder="Mr P Number", sort_code="200000", account_number="22220202")
MOVED = Address(line_1="2 Beacon Rise", line_2="Flat 3", town_city="Bath", county="Somerset", postcode="BA1 1AA")


@pytest.fixture
def desk(scene: Scene) -> Desk:
    """Return the gateway with the hands of the firm's people."""
    return desk_of(scene)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page of linked people hold three, and a call for changes two."""
    monkeypatch.setattr(syncing, "PEOPLE_PER_PAGE", 3)
    monkeypatch.setattr(syncing, "CHANGES_PER_CALL", 2)
    monkeypatch.setattr(FakePlannr, "people_per_page", 3)
    monkeypatch.setattr(FakePlannr, "changes_per_call", 2)


async def linked(desk: Desk, *numbers: int) -> list[str]:
    """Key in people and link them, in this order."""
    accounts = []
    for number in numbers:
        accounts.append(await desk.add(number))
        await desk.gateway.link(FIRM, accounts[-1], f"PC-{number}")
    return accounts


async def count_of(desk: Desk, number: int) -> int:
    """Return how many records have a person's e-mail address or number."""
    return len(await desk.gateway.match_candidates(FIRM, somebody(number)))


@pytest.mark.rule("P54")
async def test_many_records_are_read_at_once(desk: Desk) -> None:
    """Each record that is there comes once and as it is read alone; one that is gone, or another firm's, does not."""
    account = await desk.add(1)
    found = await desk.gateway.read_people(FIRM, [CLIENT, NOBODY, account])

    assert sorted(person.account for person in found) == sorted([CLIENT, account])
    assert await desk.gateway.read_person(FIRM, account) in found
    assert await desk.gateway.read_people(OTHER_FIRM, [account]) == []
    assert await desk.gateway.read_people(FIRM, []) == []


@pytest.mark.rule("P54")
@pytest.mark.usefixtures("small_pages")
async def test_linked_records_are_paged_oldest_first(desk: Desk) -> None:
    """The pages hold every linked record once, in the order of creation, and say how many there are in all."""
    accounts = await linked(desk, *range(8))
    pages: list[list[str]] = []
    after: str | None = None
    while not pages or after:
        page = await desk.gateway.linked_people(FIRM, after)
        pages.append([person.account for person in page.people])
        after = page.after
        assert page.total == len(accounts)

    assert [account for page in pages for account in page] == accounts
    assert all(0 < len(page) <= 3 for page in pages)


@pytest.mark.rule("P54")
@pytest.mark.usefixtures("small_pages")
async def test_deletions_while_paging_lose_nobody(desk: Desk) -> None:
    """Records that are deleted between two pages, read or not read yet, make no other record be left out."""
    accounts = await linked(desk, *range(8))
    page = await desk.gateway.linked_people(FIRM)
    read = [person.account for person in page.people]
    for gone in (accounts[0], accounts[1], accounts[2], accounts[4]):
        await desk.delete(gone)
    while page.after:
        page = await desk.gateway.linked_people(FIRM, page.after)
        read += [person.account for person in page.people]

    assert read == [account for account in accounts if account != accounts[4]]


async def test_nobody_linked_is_one_empty_page(desk: Desk) -> None:
    """A firm without links has an empty list that ends at once."""
    page = await desk.gateway.linked_people(FIRM)
    assert (page.people, page.after, page.total) == ([], None, 0)


@pytest.mark.rule("P5")
async def test_candidates_have_the_address_or_the_number(desk: Desk) -> None:
    """The e-mail address in any case or the National Insurance number finds a client, both together find them once."""
    account = await desk.add(1)
    wanted = [
        KnownDetails(email="PERSON1@example.com"),
        KnownDetails(national_insurance_number="AC000001A"),
        KnownDetails(email="person1@example.com", national_insurance_number="AC000001A"),
        KnownDetails(email="else@example.com", national_insurance_number="AC000001A", first_name="Else"),
    ]

    for details in wanted:
        found = await desk.gateway.match_candidates(FIRM, details)
        assert [person.account for person in found] == [account]
    assert await desk.gateway.match_candidates(OTHER_FIRM, wanted[2]) == []


@pytest.mark.rule("P5")
async def test_all_who_share_the_address_are_candidates(desk: Desk) -> None:
    """A couple with one e-mail address, or two people behind two facts, are several candidates."""
    first, second = await desk.add(1), await desk.add(2)
    mixed = KnownDetails(email="person1@example.com", national_insurance_number="AC000002A")
    found = await desk.gateway.match_candidates(FIRM, mixed)

    assert {person.account for person in found} == {first, second}


@pytest.mark.rule("P5")
async def test_without_both_the_birthday_decides(desk: Desk) -> None:
    """A child without address and number is looked for by date of birth, and by that alone never otherwise."""
    account = await desk.add(1)
    born = somebody(1).date_of_birth
    found = await desk.gateway.match_candidates(FIRM, KnownDetails(first_name="Child", date_of_birth=born))
    with_address = await desk.gateway.match_candidates(FIRM, KnownDetails(email="x@example.com", date_of_birth=born))

    assert [person.account for person in found] == [account]
    assert with_address == []
    assert await desk.gateway.match_candidates(FIRM, KnownDetails(first_name="Nobody")) == []


@pytest.mark.rule("P5")
async def test_new_client_is_created_linked_and_tagged(desk: Desk) -> None:
    """A new record says what was given, has the link, the tag and the adviser, and is the only one."""
    details = somebody(1, marital_status="civil_partnership", employment_status="retired", retirement_age=66)
    account = await desk.gateway.create_client(FIRM, details, ADVISER, "PC-1")
    person = await desk.gateway.read_person(FIRM, account)

    assert person.known_details == details
    assert (person.platform_client, person.link_tagged, person.assigned_adviser) == ("PC-1", True, ADVISER)
    assert await count_of(desk, 1) == 1


@pytest.mark.rule("P5")
async def test_client_is_created_once_per_platform_client(desk: Desk) -> None:
    """The same platform client again, even with other details, is the same record, which stays as it is."""
    account = await desk.gateway.create_client(FIRM, somebody(1), None, "PC-1")
    again = await desk.gateway.create_client(FIRM, somebody(1, title="Dr"), None, "PC-1")

    assert again == account
    assert (await desk.gateway.read_person(FIRM, account)).known_details == somebody(1)
    assert await count_of(desk, 1) == 1


@pytest.mark.rule("P42")
async def test_creation_whose_answers_are_lost_makes_one_client(desk: Desk, scene: Scene) -> None:
    """However many answers of a creation are lost after their write, there is one record at the end, linked."""
    await scene.lose_answers("create_client")
    account = ""
    while not account:
        try:
            account = await desk.gateway.create_client(FIRM, somebody(1), ADVISER, "PC-1")
        except ConnectorUnavailable:
            continue

    assert await count_of(desk, 1) == 1
    person = await desk.gateway.read_person(FIRM, account)
    assert (person.platform_client, person.link_tagged) == ("PC-1", True)


@pytest.mark.rule("P5")
async def test_a_record_of_another_link_is_never_taken(desk: Desk) -> None:
    """Somebody who is exactly alike but linked to another platform client keeps that link; a record is made."""
    first = await desk.gateway.create_client(FIRM, somebody(1), None, "PC-1")
    second = await desk.gateway.create_client(FIRM, somebody(1), None, "PC-2")

    assert first != second
    assert (await desk.gateway.read_person(FIRM, first)).platform_client == "PC-1"


@pytest.mark.rule("P51")
async def test_only_what_is_given_is_amended(desk: Desk) -> None:
    """What is given is there afterwards, what is not stays, and doing it again changes nothing."""
    account = await desk.add(1)
    changes = KnownDetails(mobile="+447400654321", marital_status="widowed", address=MOVED, us_person=False)
    await desk.gateway.amend_person(FIRM, account, changes)
    first = await desk.gateway.read_person(FIRM, account)
    await desk.gateway.amend_person(FIRM, account, changes)

    wanted = somebody(1, mobile="+447400654321", marital_status="widowed", address=MOVED)
    assert first.known_details == wanted
    assert await desk.gateway.read_person(FIRM, account) == first


@pytest.mark.rule("P42")
async def test_amendment_whose_answers_are_lost_is_done_again(desk: Desk, scene: Scene) -> None:
    """Each answer that is lost is followed by another attempt, and the record says it once."""
    account = await desk.add(1)
    await scene.lose_answers("amend_person")
    changes = KnownDetails(mobile="+447400654321", address=MOVED)
    with pytest.raises(ConnectorUnavailable):
        await desk.gateway.amend_person(FIRM, account, changes)
    for _ in range(2):
        try:
            await desk.gateway.amend_person(FIRM, account, changes)
        except ConnectorUnavailable:
            continue

    known = (await desk.gateway.read_person(FIRM, account)).known_details
    assert known == somebody(1, mobile="+447400654321", address=MOVED)
    if isinstance(desk, SandboxDesk):
        addresses = await desk.call("GET", f"/api/v1/account/{account}/address")
        assert len(list(addresses["data"])) == 2  # type: ignore[call-overload]  # JSON of any shape


@pytest.mark.rule("P51")
async def test_newest_bank_account_of_each_client(desk: Desk) -> None:
    """The bank account that was added last counts; clients without one are left out."""
    first, second = await desk.add(1), await desk.add(2)
    await desk.give_bank_account(first, BANK)
    await desk.give_bank_account(first, OTHER_BANK)
    await desk.give_bank_account(second, BANK)

    found = await desk.gateway.bank_accounts(FIRM, [first, second, CLIENT, SPOUSE, NOBODY])
    assert found == {first: OTHER_BANK, second: BANK}
    assert await desk.gateway.bank_accounts(FIRM, []) == {}
    assert await desk.gateway.bank_accounts(OTHER_FIRM, [first]) == {}


@pytest.mark.rule("P42")
@pytest.mark.parametrize("kind", ["outage", "rate_limit"])
async def test_plannr_away_is_said(scene: Scene, kind: str) -> None:
    """A list that Plannr does not answer is no empty list, and a refused pace carries the wait."""
    await scene.fail_next("linked_people", "rate_limit" if kind == "rate_limit" else "outage")
    with pytest.raises(ConnectorUnavailable) as unavailable:
        await scene.gateway.linked_people(FIRM)

    assert (unavailable.value.retry_after is not None) is (kind == "rate_limit")


async def test_calls_are_counted(scene: Scene) -> None:
    """Whoever reads for long can say how many calls it took."""
    desk = desk_of(scene)
    before = desk.call_count
    await desk.gateway.read_people(FIRM, [CLIENT])
    await desk.gateway.linked_people(FIRM)

    assert desk.call_count == before + 2
    assert KNOWN in [person.known_details for person in await desk.gateway.read_people(FIRM, [CLIENT])]
