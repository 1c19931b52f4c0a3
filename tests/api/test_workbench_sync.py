"""The list of differences between the two systems, and comparing both now, on the workbench's pages."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select
from temporalio.service import RPCError

from api.workbench.sync_wording import FIELDS, field_words
from domain.ownership import OWNERSHIP, Act, Owner, Subject
from models.tables import AuditRow
from tests.api.office import FIRM, OTHER_FIRM, STRANGER, Office
from tests.api.sync_scene import ACCOUNT, CLIENT, RECORD, closed, compared, finding, for_a_person, found, linked
from tests.api.workbench_desk import Desk, desk_of
from tests.api.workbench_reading import links, words
from workflows.reconciliation import RECONCILIATION_ID

LIST = "/workbench/discrepancies"
COMPARE = f"{LIST}/compare"


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """Yield Priya's browser."""
    async with desk_of(office) as desk:
        yield desk


async def audited(office: Office, action: str) -> list[AuditRow]:
    """Return what was put on record of this kind, whoever did it."""
    async with office.services.database.reading() as session:
        return list(await session.scalars(select(AuditRow).where(AuditRow.action == action)))  # type: ignore[arg-type]


@pytest.mark.rule("P54")
async def test_a_difference_says_what_whose_and_how_it_is_repaired(desk: Desk, office: Office) -> None:
    """Field, both values as they were masked, where the field is kept, the repair and the age stand in one row."""
    (difference,) = await found(office, finding(), at=datetime.now(UTC) - timedelta(days=3, hours=1))
    page = await desk.see(LIST)
    row = words(page, f"difference-{difference}")

    for said in ("E-mail address", CLIENT, "m…@example.com", "e…@example.com", "Write Plannr's value to the platform"):
        assert said in row
    assert links(page)["E-mail address"] == f"{LIST}/{difference}"
    assert links(page)["Sync of this client"] == f"/workbench/clients/{CLIENT}/sync"
    assert row.endswith("3 days")


async def test_the_counts_lead_to_what_they_count(desk: Desk, office: Office) -> None:
    """What can be repaired on either side, and what waits for a person, is counted above the list."""
    await found(
        office,
        finding("email"),
        finding("mobile"),
        for_a_person(),
        finding("status", subject=Subject.ACCOUNT, platform_id=ACCOUNT, owner=Owner.PLATFORM, proposal=Act.TO_PLANNR),
    )
    page = await desk.see(LIST)
    counts = {said: href for said, href in links(page).items() if "proposal=" in href}

    assert list(counts) == ["2 Can be repaired on the platform", "1 Can be repaired in Plannr", "1 Wait for you"]
    narrowed = await desk.see(counts["1 Wait for you"])
    assert "Last name" in words(narrowed)
    assert "Mobile number" not in words(narrowed, "difference")
    assert narrowed.count('id="difference-') == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"email", "last_name"}),
        ("state=open", {"email", "last_name"}),
        ("field=email", {"email"}),
        ("owner=person", {"last_name"}),
        ("proposal=to_platform", {"email"}),
        ("state=closed", {"mobile"}),
        ("state=all", {"email", "last_name", "mobile"}),
        (f"client={CLIENT}&field=last_name", {"last_name"}),
    ],
)
async def test_the_list_is_narrowed_by_its_address(desk: Desk, office: Office, query: str, expected: set[str]) -> None:
    """Every filter leaves what it says, and the form shows the choice that is in the address."""
    await found(office, finding("mobile", platform_id="cl_closed"))
    await closed(office, "cl_closed")
    ids = dict(zip(("email", "last_name"), await found(office, finding(), for_a_person()), strict=True))
    ids["mobile"] = finding("mobile", platform_id="cl_closed").discrepancy_id
    page = await desk.see(f"{LIST}?{query}")

    assert {name for name, id_ in ids.items() if f'id="difference-{id_}"' in page} == expected
    for part in query.split("&"):
        value = part.partition("=")[2]
        assert not value or value == CLIENT or f'<option value="{value}" selected' in page


@pytest.mark.parametrize("query", ["state=half", "owner=nobody", "colour=red", "cursor=forged"])
async def test_a_choice_that_makes_no_sense_is_refused_on_a_page(desk: Desk, query: str) -> None:
    """An address that somebody made up is answered by a page that says so."""
    answer = await desk.http.get(f"{LIST}?{query}")

    assert answer.status_code == 422
    assert "<h1" in answer.text


async def test_older_differences_follow_on_further_pages(desk: Desk, office: Office) -> None:
    """Every difference stands on exactly one page, and the last page has no next one."""
    ids = set(await found(office, *(finding(platform_id=f"cl_{number}") for number in range(60))))
    seen: list[str] = []
    address: str | None = LIST
    while address is not None:
        page = await desk.see(address)
        seen += [id_ for id_ in ids if f'id="difference-{id_}"' in page]
        address = links(page).get("Older differences", "").replace("&amp;", "&") or None

    assert len(seen) == 60
    assert set(seen) == ids


async def test_nothing_of_another_firm_is_listed(office: Office) -> None:
    """Another firm sees neither the differences nor their number, and no comparison's figures of this firm."""
    await found(office, finding(), for_a_person(), run_id="run-1")
    await found(office, finding(firm=None, platform_id="cl_nobodys"))
    await compared(office, "run-1")
    async with desk_of(office, STRANGER) as desk:
        page = await desk.see(f"{LIST}?state=all")

    assert "No difference fits this choice" in page
    assert "0 Can be repaired on the platform" in words(page)
    assert "In your firm nothing differed" in page
    assert CLIENT not in page


async def test_before_anything_differs_the_page_says_so(desk: Desk, office: Office) -> None:
    """The empty list says what that means, before the first comparison and after it."""
    before = words(await desk.see(LIST))
    await compared(office, "run-1")
    after = words(await desk.see(LIST))
    fits = words(await desk.see(f"{LIST}?field=email"))

    assert "No open difference" in before
    assert "not been compared as a whole yet" in before
    assert "2:30 am" in before
    assert "say the same of every client" in after
    assert "No difference fits this choice" in fits


async def test_the_last_comparison_tells_what_it_found_in_the_firm(desk: Desk, office: Office) -> None:
    """When it was, and how many differences it saw here, not those of all firms; one of two is repaired."""
    await compared(office, "run-1")
    await found(office, finding(), finding(platform_id="cl_2"), run_id="run-1")
    await found(office, finding(platform_id="cl_3", firm=OTHER_FIRM), run_id="run-1")
    await closed(office)
    run = words(await desk.see(LIST), "run")

    assert "Last compared" in run
    assert "2 differences stood out, 2 of them new, and 1 repaired" in run


async def test_a_comparison_that_runs_shows_how_far_it_is(desk: Desk, office: Office) -> None:
    """While it runs there is its progress, and no second one can be begun from the page."""
    await compared(office, "run-1", finished=False)
    page = await desk.see(LIST)

    assert 'max="100" value="22"' in page
    assert "comparing clients" in words(page, "run")
    assert COMPARE not in links(page).values()


@pytest.mark.rule("P54")
async def test_a_comparison_is_begun_after_its_page_said_what_it_does(desk: Desk, office: Office) -> None:
    """The page says what is written; the button begins it once, and who did it is on record."""
    fields = await desk.fields(COMPARE)
    said = words(await desk.see(COMPARE))
    handle = office.services.temporal.get_workflow_handle(RECONCILIATION_ID)
    try:
        answers = [await desk.send(COMPARE, fields) for _ in range(2)]
        running = (await handle.describe()).run_id
        page = await desk.see(answers[0].headers["location"])
    finally:
        await handle.terminate("the test is over")

    assert "Every client and every account is read" in said
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, f"{LIST}?done=compare")}
    assert "Comparing has begun" in page
    (audit,) = await audited(office, "start_reconciliation")
    assert audit.details == {"run": running}
    assert audit.firm == FIRM


async def test_without_the_engine_nothing_is_begun_and_the_page_says_so(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison that cannot be begun now is said on a page, and the same form can be sent again."""

    async def unreachable(*_: object) -> str:
        raise RPCError("unreachable", 14, b"")  # type: ignore[arg-type]

    monkeypatch.setattr("api.reconciling.begin", unreachable)
    answer: httpx.Response = await desk.give(COMPARE)

    assert answer.status_code == 503
    assert "<h1" in answer.text
    assert await audited(office, "start_reconciliation") == []


async def test_who_may_only_look_gets_no_buttons(office: Office) -> None:
    """Without the writing scope the pages offer nothing that would be refused."""
    await linked(office)
    repairable, undecided = await found(office, finding(), for_a_person())
    async with desk_of(office, scope="journeys:read") as desk:
        pages = [
            await desk.see(address)
            for address in (
                LIST,
                f"{LIST}/{repairable}",
                f"{LIST}/{undecided}",
                f"/workbench/clients/{CLIENT}/sync",
            )
        ]

    for page in pages:
        assert not [href for href in links(page).values() if href.endswith(("/compare", "/repair"))]
        assert "/repair" not in page


def test_every_field_of_the_table_has_a_name() -> None:
    """No field of the ownership table stands on a page under its technical name."""
    for rule in OWNERSHIP:
        assert rule.field in FIELDS
        assert "_" not in field_words(rule.subject, rule.field)
    assert RECORD not in FIELDS
