"""What the Plannr adapter sends and reads for the sync where only HTTP shows it."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.errors import ConnectorUnavailable
from connectors.plannr import syncing
from connectors.plannr.lists import Place, at_or_after
from connectors.plannr.port import PlannrPerson
from models.people import Address, KnownDetails
from tests.connectors.plannr.conftest import Watched
from tests.contract.plannr_desks import SandboxDesk, somebody
from tests.contract.plannr_scenes import CLIENT, FIRM, LINK_TAG

SAME_SECOND = "2026-11-23T09:00:00.000000+00:00"


@pytest.fixture
def desk(watched: Watched) -> SandboxDesk:
    """Return the hands of the firm's people on the sandbox behind the watched gateway."""
    return SandboxDesk(watched.sandbox)


async def linked(watched: Watched, desk: SandboxDesk, *numbers: int) -> list[str]:
    """Key in people and link them, in this order."""
    accounts = []
    for number in numbers:
        accounts.append(await desk.add(number))
        await watched.gateway.link(FIRM, accounts[-1], f"PC-{number}")
    watched.sent.requests.clear()
    return accounts


def import_at_once(folder: Path, accounts: list[str]) -> None:
    """Give records one moment of creation and change, as an import into a system that counts in seconds does."""
    times = "created_at = :at, updated_at = :at"
    document = "json_set(document, '$.created_at', :at, '$.updated_at', :at)"
    with sqlite3.connect(folder / "plannr.db") as database:
        for account in accounts:
            database.execute(
                f"UPDATE records SET {times}, document = {document} WHERE uuid = :uuid",
                {"at": SAME_SECOND, "uuid": account},
            )
    database.close()


async def read_all(watched: Watched) -> tuple[list[PlannrPerson], int]:
    """Return all linked people, and in how many pages they came."""
    people: list[PlannrPerson] = []
    pages, after = 0, None
    while not pages or after:
        page = await watched.gateway.linked_people(FIRM, after)
        people, pages, after = [*people, *page.people], pages + 1, page.after
    return people, pages


@pytest.mark.rule("P54")
async def test_hundred_records_take_one_call(watched: Watched, desk: SandboxDesk) -> None:
    """All relations of all records come with one request."""
    accounts = await linked(watched, desk, 1, 2, 3)
    people = await watched.gateway.read_people(FIRM, accounts)

    assert len(watched.sent.requests) == 1
    assert [person.known_details for person in people] == [somebody(number) for number in (1, 2, 3)]
    assert [(person.platform_client, person.link_tagged) for person in people] == [
        (f"PC-{number}", True) for number in (1, 2, 3)
    ]


@pytest.mark.rule("P54")
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8])
@pytest.mark.parametrize("together", [slice(0, 5), slice(2, 7), slice(0, 8), slice(3, 5)])
async def test_equal_moments_lose_nobody(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, together: slice
) -> None:
    """Records that were made in the same second come once each, whether or not a page holds them all."""
    monkeypatch.setattr(syncing, "PEOPLE_PER_PAGE", size)
    accounts = await linked(watched, SandboxDesk(watched.sandbox), *range(8))
    import_at_once(tmp_path, accounts[together])
    people, pages = await read_all(watched)

    assert sorted(person.account for person in people) == sorted(accounts)
    assert pages <= len(accounts) + 1


@pytest.mark.rule("P54")
async def test_deletion_among_equal_moments_has_them_read_again(
    watched: Watched, desk: SandboxDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that vanishes while those of one second are paged through makes no other one be left out."""
    monkeypatch.setattr(syncing, "PEOPLE_PER_PAGE", 2)
    accounts = await linked(watched, desk, *range(7))
    import_at_once(tmp_path, accounts)
    pass_on = watched.sent.handle_async_request

    async def delete_before_the_third(request: object) -> object:
        if len(watched.sent.requests) == 2:
            await desk.delete(accounts[0])
        return await pass_on(request)  # type: ignore[arg-type]  # what httpx hands over

    monkeypatch.setattr(watched.sent, "handle_async_request", delete_before_the_third)
    people, _ = await read_all(watched)

    assert sorted(person.account for person in people) == sorted(accounts[1:])


@pytest.mark.rule("P53")
@pytest.mark.parametrize("size", [1, 2, 3])
async def test_changes_of_one_moment_are_all_told(
    watched: Watched, desk: SandboxDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Whoever asks on from the last moment learns of each record that was changed in it, and gets past it."""
    monkeypatch.setattr(syncing, "CHANGES_PER_CALL", size)
    accounts = await linked(watched, desk, *range(7))
    import_at_once(tmp_path, accounts[:5])
    told: list[str] = []
    since, more = datetime.fromisoformat(SAME_SECOND), True
    while more:
        found = await watched.gateway.changes(FIRM, "account", since)
        told += [change.record for change in found.changes]
        since, more = found.changes[-1].changed_at, found.more

    assert set(accounts) <= set(told)


def test_place_in_a_list_is_kept_as_one_text() -> None:
    """What was seen of the last moment is still known after the place was written down."""
    place = Place(datetime(2026, 11, 23, 9, tzinfo=UTC), 12, frozenset({"a", "b"}))

    assert Place.read(place.write()) == place
    assert Place.read(None) == Place()
    assert at_or_after(datetime(2026, 11, 23, 9, tzinfo=UTC)) == "2026-11-23T08:59:59.999999+00:00"


@pytest.mark.rule("P5")
@pytest.mark.parametrize("spelling", ["AC000001A", "AC 00 00 01 A", "ac 00 00 01 a", "ac000001a"])
async def test_number_is_found_however_it_is_spaced(watched: Watched, desk: SandboxDesk, spelling: str) -> None:
    """A National Insurance number that a person keyed in with blanks finds its client."""
    account = await desk.add(1)
    await desk.call("PUT", f"/api/v1/account/{account}", ni_number=spelling)
    found = await watched.gateway.match_candidates(FIRM, KnownDetails(national_insurance_number="AC000001A"))

    assert [person.account for person in found] == [account]


@pytest.mark.rule("P5")
async def test_creation_sends_what_the_pages_publish(watched: Watched) -> None:
    """A new client is an individual whom nobody writes to, with the address in the same request, then the link."""
    await watched.gateway.create_client(FIRM, somebody(1), None, "PC-1")

    everyone = await watched.sandbox.records("account")
    (created,) = [record for record in everyone if record.get("email") == "person1@example.com"]
    assert (created["type"], created["role"], created["is_prospect"]) == ("client", "individual", False)
    assert watched.sent.writes() == [
        "POST /api/v1/account",
        f"POST /api/v1/account/{created['uuid']}/external-references",
        "POST /api/v1/tag",
    ]


@pytest.mark.rule("P42")
async def test_lost_creation_is_found_though_blanks_were_dropped(watched: Watched) -> None:
    """A record that was made by an attempt without an answer is known again by what it is read back as."""
    address = Address(line_1=" 2 Beacon Rise", line_2="Flat 3 ", town_city="Bath ", postcode="BA1 1AA")
    details = somebody(1, title="Mr ", address=address)
    await watched.sandbox.fault(operation="POST /api/v1/account", kind="commit_then_timeout", times=1)
    with pytest.raises(ConnectorUnavailable):
        await watched.gateway.create_client(FIRM, details, None, "PC-1")
    account = await watched.gateway.create_client(FIRM, details, None, "PC-1")

    assert [one.account for one in await watched.gateway.match_candidates(FIRM, details)] == [account]
    assert watched.sent.writes().count("POST /api/v1/account") == 1


@pytest.mark.rule("P51")
async def test_amending_nothing_sends_nothing(watched: Watched) -> None:
    """Details that the record has already lead to no write."""
    known = (await watched.gateway.read_person(FIRM, CLIENT)).known_details
    await watched.gateway.amend_person(FIRM, CLIENT, known)

    assert watched.sent.writes() == []


@pytest.mark.rule("P51")
async def test_bank_account_that_does_not_parse_counts_as_none(watched: Watched, desk: SandboxDesk) -> None:
    """A newest bank account that cannot be read is not replaced by an older one, which may be wrong."""
    account = await desk.add(1)
    for number in ("55779911", "unknown"):
        content = {"account_name": "Current", "account_holders": "P Number", "sort_code": "20-00-00"}
        await desk.call("POST", "/api/v2/bank-accounts", account_uuids=[account], account_number=number, **content)

    assert await watched.gateway.bank_accounts(FIRM, [account]) == {}


@pytest.mark.rule("P7")
async def test_detail_that_does_not_parse_leaves_the_others(watched: Watched, desk: SandboxDesk) -> None:
    """One wrong telephone number and one address abroad are gaps; everything else is read."""
    account = await desk.add(1)
    await desk.call("PUT", f"/api/v1/account/{account}", phone="ask at the office")
    lines = {"name": "Home", "address_1": "1 Rue", "town_city": "Lyon", "postcode": "69001", "country": "France"}
    await desk.call("POST", "/api/v2/addresses", account_uuids=[account], is_primary=True, **lines)
    person = await watched.gateway.read_person(FIRM, account)

    assert person.known_details == somebody(1).model_copy(update={"mobile": None, "address": None})


@pytest.mark.rule("P51")
async def test_address_is_written_in_lines(watched: Watched, desk: SandboxDesk) -> None:
    """An address of two lines comes back as it was written."""
    account = await desk.add(1)
    address = Address(line_1="2 Beacon Rise", line_2="Flat 3", town_city="Bath", county="Somerset", postcode="BA1 1AA")
    await watched.gateway.amend_person(FIRM, account, KnownDetails(address=address))

    assert (await watched.gateway.read_person(FIRM, account)).known_details.address == address


async def test_linked_people_are_asked_for_by_tag_alone(watched: Watched) -> None:
    """No person's detail stands in the address of the list."""
    await watched.gateway.linked_people(FIRM)

    (request,) = watched.sent.requests
    assert dict(request.url.params) == {
        "filter[tags]": LINK_TAG,
        "include": request.url.params["include"],
        "sort": "created_at",
        "per_page": "500",
        "page": "1",
    }
