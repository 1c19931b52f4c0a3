"""What the sync did for one client, on the workbench's page of that client."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from api.workbench.sync_wording import LINKS, done_words
from domain.sync_events import SyncEvent
from models.syncing import Cause, LinkState
from models.tables import AuditRow
from storage.syncing import SyncRepository
from tests.api.office import FIRM, OTHER_FIRM, STRANGER, Office
from tests.api.sync_scene import CLIENT, NOW, RECORD, finding, for_a_person, found, linked
from tests.api.workbench_desk import Desk, desk_of, waiting_for_client
from tests.api.workbench_reading import links, words
from tests.conftest import Eventually
from workflows.syncing import platform_sync_id

PAGE = f"/workbench/clients/{CLIENT}/sync"


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """Yield Priya's browser."""
    async with desk_of(office) as desk:
        yield desk


@pytest.mark.rule("P52")
async def test_the_link_and_what_was_done_are_told_in_words(desk: Desk, office: Office) -> None:
    """Which records belong together and since when, and every write by the names of its fields, newest first."""
    await linked(office)
    said = words(await desk.see(PAGE))

    assert f"Record in Plannr {RECORD}" in said
    assert "Linked since 23 November 2026 at 11:05 am" in said
    assert "Last compared 23 November 2026 at 2:05 pm" in said
    told = said.partition("What the sync did and found")[2]
    assert (
        told.index("Differs, and a person has to decide: last name")
        < told.index("Written from Plannr to the platform: e-mail address and mobile number")
        < told.index("The two records were linked")
    )
    assert "Because a change was found by asking" in told


async def test_open_differences_of_the_client_stand_on_its_page(desk: Desk, office: Office) -> None:
    """Each leads to its own page; those of other clients are not among them."""
    await linked(office)
    mine, _ = await found(office, finding(), finding("mobile", platform_id="cl_2"))
    page = await desk.see(PAGE)

    assert links(page)["E-mail address"] == f"/workbench/discrepancies/{mine}"
    assert "Mobile number" not in links(page)


@pytest.mark.parametrize("state", list(LinkState))
async def test_every_state_of_a_link_is_explained(desk: Desk, office: Office, state: LinkState) -> None:
    """Whatever became of the link, the page says what it means."""
    await linked(office, state=state, plannr_account=None, held=["link"])
    said = words(await desk.see(PAGE))

    label, _, meaning = LINKS[state]
    assert f"{label} {meaning}" in said
    assert "Waits for you Link between the two" in said
    assert ("Linked since" in said) is (state is LinkState.LINKED)


async def test_a_long_timeline_goes_on_earlier(desk: Desk, office: Office) -> None:
    """The newest fifty stand on the first page, the others follow."""
    await linked(office)
    async with office.services.database.transaction() as session:
        for _ in range(60):
            await SyncRepository(session).note(
                at=NOW, kind=SyncEvent.CLOSED, cause=Cause.POLL, firm=FIRM, platform_client=CLIENT, fields=("email",)
            )
    first = await desk.see(PAGE)
    second = await desk.see(links(first)["Earlier"])

    assert first.count('id="event-') == 50
    assert second.count('id="event-') == 13
    assert "Back to the newest" in links(second)


def test_everything_the_sync_may_note_has_words() -> None:
    """No kind of entry stands on the page under its technical name."""
    for kind in SyncEvent:
        assert kind.value not in {done_words(kind, []), done_words(kind, []).lower().replace(" ", "_")}
        assert "_" not in done_words(kind, ["bank_details"])


async def test_a_client_of_another_firm_does_not_exist(office: Office) -> None:
    """Neither the page nor the comparison can be reached by who does not look after the client."""
    await linked(office)
    await linked(office, "cl_theirs", OTHER_FIRM)
    await linked(office, "cl_nobodys", None)
    async with desk_of(office, STRANGER) as stranger, desk_of(office) as own:
        answers = [
            await stranger.http.get(PAGE),
            await stranger.http.get(f"{PAGE}/compare"),
            await stranger.http.post(f"{PAGE}/compare", data={"key": "key-of-a-form"}),
            await own.http.get("/workbench/clients/cl_theirs/sync"),
            await own.http.get("/workbench/clients/cl_nobodys/sync"),
            await own.http.get("/workbench/clients/never/sync"),
        ]

    assert [answer.status_code for answer in answers] == [404] * 6


async def test_a_client_is_known_by_a_difference_alone(desk: Desk, office: Office) -> None:
    """Before anything is linked, what was found about a client has its page all the same."""
    await found(office, for_a_person("link", plannr_id=None))
    said = words(await desk.see(PAGE))

    assert "Not compared yet" in said
    assert "Link between the two records" in said.partition("Open differences")[2]


@pytest.mark.rule("P50")
async def test_comparing_a_client_now_begins_its_sync(desk: Desk, office: Office) -> None:
    """After its page said what it leads to, the sync begins once, with a person as its cause, and is on record."""
    await linked(office)
    path = links(await desk.see(PAGE))["Compare now"]
    asked = words(await desk.see(path))
    fields = await desk.fields(path)
    answers = [await desk.send(path, fields) for _ in range(2)]
    handle = office.services.temporal.get_workflow_handle(platform_sync_id(CLIENT))
    signals = [
        event.workflow_execution_signaled_event_attributes.input.payloads[0].data
        async for event in handle.fetch_history_events()
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    await handle.terminate("the test is over")
    page = await desk.see(answers[0].headers["location"])
    async with office.services.database.reading() as session:
        audits = list(await session.scalars(select(AuditRow).where(AuditRow.action == "compare_client")))  # type: ignore[arg-type]

    assert "Where they agree Nothing is written" in asked
    assert {answer.status_code for answer in answers} == {303}
    assert [b'"person"' in signal for signal in signals] == [True]
    assert "This client is being compared" in page
    assert [(row.firm, row.details) for row in audits] == [(FIRM, {"platform_client": CLIENT})]


async def test_the_journey_of_a_client_and_their_sync_lead_to_each_other(
    busy_office: Office, eventually: Eventually
) -> None:
    """From a journey's page to what the sync did for its client, and back."""
    case = await waiting_for_client(busy_office, eventually)
    async with desk_of(busy_office) as desk:
        journey = await desk.see(f"/workbench/journeys/{case.journey}")
        (href,) = [href for said, href in links(journey).items() if said.startswith("Sync:")]
        page = await desk.see(href)

    assert f"/workbench/journeys/{case.journey}" in links(page).values()
