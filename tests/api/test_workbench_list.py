"""The list of journeys as an adviser sees it: whom each waits for, why, for how long, and what happens next."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from storage.people import PersonRepository
from tests.api.office import FIRM, OMAR, STRANGER, Office
from tests.api.test_adviser_reading import MORNING, report
from tests.api.workbench_desk import Desk, desk_of
from tests.api.workbench_reading import links, words

LIST = "/workbench"
REASON = "The bank verification failed: see the reason and correct the details (The bank names somebody else.)"


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """Yield the workbench of Priya."""
    async with desk_of(office) as desk:
        yield desk


def listed(page: str) -> list[str]:
    """Return the journeys of a page, in its order."""
    return [href.rpartition("/")[2] for href in links(page).values() if href.startswith("/workbench/journeys/")]


async def test_a6_row_says_whom_it_waits_for_why_how_long_and_what_is_next(office: Office, desk: Desk) -> None:
    """A row has the stage, the party, the reason, the ages and the next automatic action with its moment."""
    now = datetime.now(UTC)
    await report(
        office,
        "waiting",
        started_at=now - timedelta(days=9, hours=1),
        waiting_since=now - timedelta(days=3, hours=1),
        waiting_for="product terms (to be accepted)",
        next_action="Reminder 1 to the client",
        next_action_at=datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
    )
    said = words(await desk.see(LIST), "journey-waiting")

    for expected in (
        "CASE-waiting",
        "Stocks and shares ISA",
        "Awaiting client",
        "Client , 3 days",
        "Product terms (to be accepted)",
        "Reminder 1 to the client",
        "1 December 2026 at 9:00 am",
        "9 days",
    ):
        assert expected in said


async def test_a6_client_is_called_by_the_first_name(office: Office, desk: Desk) -> None:
    """Once the client was written to, the row names them; the reference stays beside it."""
    await report(office, "waiting")
    async with office.services.database.transaction() as session:
        await PersonRepository(session).ensure("person-1", FIRM, "account-1", "eleanor@example.com", "Eleanor")
    page = await desk.see(LIST)

    assert links(page, "journey-waiting") == {"Eleanor": "/workbench/journeys/waiting"}
    assert "CASE-waiting" in words(page, "journey-waiting")


async def test_a6_attention_is_said_in_words(office: Office, desk: Desk) -> None:
    """What needs attention says so, and why, in plain English; what does not says nothing of it."""
    await report(office, "failed", needs_attention=True, attention=[REASON])
    await report(office, "fine")
    page = await desk.see(LIST)

    assert "Needs attention" in words(page, "journey-failed")
    assert "The bank names somebody else." in words(page, "journey-failed")
    assert "attention" not in words(page, "journey-fine")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stage=application_draft", ["draft"]),
        ("waiting_on=adviser", ["draft"]),
        ("waiting_for=bank_verification", ["failed"]),
        ("waiting_days=14", ["old"]),
        ("due_days=7", ["due"]),
        ("wrapper=gia", ["gia"]),
        ("needs_attention=true", ["failed"]),
        ("adviser=me&wrapper=sipp", []),
        ("stage=&waiting_on=&wrapper=gia&needs_attention=", ["gia"]),
    ],
)
async def test_a6_list_is_narrowed_by_each(office: Office, desk: Desk, query: str, expected: list[str]) -> None:
    """Every filter of the form narrows the list; one that was left open does nothing; the form keeps the choice."""
    now = datetime.now(UTC)
    await report(office, "draft", stage="application_draft", waiting_on="adviser", waiting_since=now)
    await report(office, "gia", wrapper="gia", waiting_since=now)
    await report(office, "old", waiting_since=now - timedelta(days=20))
    await report(office, "due", waiting_since=now, next_action_at=now + timedelta(days=2))
    await report(office, "omars", adviser_id=OMAR.id, wrapper="sipp", waiting_since=now)
    await report(
        office,
        "failed",
        needs_attention=True,
        attention=[REASON],
        waiting_for="bank verification (failed)",
        waiting_since=now,
    )
    page = await desk.see(f"{LIST}?{query}")

    assert listed(page) == expected
    for name, value in (pair.split("=") for pair in query.split("&")):
        assert not value or f'<option value="{value}" selected>' in page, name


async def test_a6_pages_keep_the_filters_and_lead_to_every_journey_once(office: Office, desk: Desk) -> None:
    """Following “Older journeys” shows every journey of the choice once, and the address keeps the choice."""
    expected = {f"isa-{number}" for number in range(5)}
    for number, journey in enumerate(sorted(expected)):
        await report(office, journey, number)
    await report(office, "other", wrapper="gia")
    seen: list[str] = []
    address: str | None = f"{LIST}?wrapper=isa&limit=2"
    while address is not None:
        page = await desk.see(address)
        assert '<option value="isa" selected>' in page
        seen += listed(page)
        address = links(page).get("Older journeys")
        assert address is None or "wrapper=isa" in address

    assert len(seen) == 5
    assert set(seen) == expected
    assert links(page)["Back to the newest"] == "/workbench?wrapper=isa&adviser=all"


async def test_a6_counts_stand_above_and_lead_to_their_journeys(office: Office, desk: Desk) -> None:
    """How many wait for whom, and how many need attention, is counted over all pages and leads to them."""
    for number in range(3):
        await report(office, f"client-{number}")
    await report(
        office, "draft", stage="application_draft", waiting_on="adviser", needs_attention=True, attention=["x"]
    )
    await report(office, "over", stage="active", waiting_on="nobody")
    await report(office, "elsewhere", firm="kestrel")
    found = links(await desk.see(f"{LIST}?limit=1"))

    assert found["3 Waiting on the client"] == "/workbench?waiting_on=client&adviser=all"
    assert listed(await desk.see(found["1 Needing attention"])) == ["draft"]
    assert {"1 Waiting on the adviser", "0 Waiting on the platform", "0 Waiting on Plannr"} <= found.keys()


async def test_empty_list_says_what_to_do(office: Office, desk: Desk) -> None:
    """A firm without journeys is led to the first one; a choice that fits none is led back to all."""
    none = words(await desk.see(LIST))
    await report(office, "isa")
    narrowed = await desk.see(f"{LIST}?wrapper=sipp")

    assert "No journeys yet" in none
    assert "No journey fits this choice" in words(narrowed)
    assert links(narrowed)["show all journeys"] == "/workbench"


@pytest.mark.parametrize("query", ["stage=lost", "colour=teal", "limit=0", "cursor=nonsense"])
async def test_filter_that_does_not_exist_is_refused_on_a_page(desk: Desk, query: str) -> None:
    """A filter or a cursor that does not exist is refused in words instead of ignored."""
    page = await desk.see(f"{LIST}?{query}", 422)

    assert "<h1" in page


async def test_a12_other_firm_sees_none_of_it(office: Office) -> None:
    """An adviser of another firm sees neither the journeys nor how many there are."""
    await report(office, "harbours", waiting_since=MORNING)
    async with desk_of(office, STRANGER) as strangers:
        page = await strangers.see(LIST)

    assert listed(page) == []
    assert "0 Waiting on the client" in links(page)
    assert "CASE-harbours" not in page


async def test_adviser_who_may_only_look_is_offered_no_new_journey(office: Office) -> None:
    """Without the right to act there is a list and no way to start anything from it."""
    async with desk_of(office, scope="journeys:read") as reading:
        page = await reading.see(LIST)

    assert "No journeys yet" in page
    assert "Start a journey" not in links(page)
