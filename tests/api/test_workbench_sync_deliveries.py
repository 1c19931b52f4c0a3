"""What the two systems reported and what went to the firm's own systems, on the workbench's pages."""

from collections.abc import AsyncIterator

import pytest

from api.webhooks.subscriptions import PLANNR_EVENTS, PLATFORM_EVENTS
from api.workbench.sync_wording import error_words, event_words
from domain.outgoing import EventType
from models.tables import DeliveryState
from storage.event_deliveries import EventDeliveryRepository
from storage.webhooks import NOBODY_YET, WebhookRepository
from tests.api.office import FIRM, OTHER_FIRM, STRANGER, Office
from tests.api.sync_scene import CLIENT, RECORD, SUBSCRIPTION, offered, reported, subscribed
from tests.api.workbench_desk import Desk, desk_of
from tests.api.workbench_reading import links, words
from workflows.syncing import platform_sync_id

IN = "/workbench/deliveries"
OUT = f"{IN}/outgoing"


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """Yield Priya's browser."""
    async with desk_of(office) as desk:
        yield desk


@pytest.mark.rule("P53")
async def test_a_report_says_what_it_is_about_and_what_became_of_it(desk: Desk, office: Office) -> None:
    """When, from whom, about which record, how it stands, how often it failed and why, in words."""
    await reported(office, "e1")
    await reported(office, "e2", state="waiting", event_type="account.status_changed")
    await reported(
        office, "e3", state="dead", source="plannr", event_type="bank-account.updated", body={"uuid": RECORD}
    )
    said = words(await desk.see(IN))

    assert f"Client changed 23 November 2026 at 2:05 pm The platform {CLIENT} Dealt with" in said
    assert "Account changed its status" in said
    assert "1 attempt failed A system did not answer" in said
    assert f"Bank account changed 23 November 2026 at 2:05 pm Plannr {RECORD} Given up" in said


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"e1", "e2", "e3"}),
        ("state=handled", {"e1"}),
        ("state=waiting", {"e2"}),
        ("state=dead", {"e3"}),
        ("source=plannr", {"e3"}),
        ("source=platform&state=dead", set()),
    ],
)
async def test_reports_are_narrowed_by_their_address(
    desk: Desk, office: Office, query: str, expected: set[str]
) -> None:
    """Each filter leaves what it says; where nothing is left the page says so."""
    for event_id, state, source in (
        ("e1", "handled", "platform"),
        ("e2", "waiting", "platform"),
        ("e3", "dead", "plannr"),
    ):
        await reported(office, event_id, state=state, source=source, body={"uuid": f"record-of-{event_id}"})
    page = await desk.see(f"{IN}?{query}")

    assert {event_id for event_id in ("e1", "e2", "e3") if f"record-of-{event_id}" in page} == expected
    assert ("Nothing fits this choice" in page) is (expected == set())


async def test_older_reports_follow_on_further_pages(desk: Desk, office: Office) -> None:
    """Every report stands on exactly one page."""
    for number in range(30):
        await reported(office, f"e{number:02}", body={"resource": {"id": f"record-{number:02}"}})
    first = await desk.see(IN)
    second = await desk.see(links(first)["Older ones"])

    both = [page.count("record-") for page in (first, second)]
    assert both == [25, 5]
    assert "Older ones" not in links(second)


async def test_reports_of_others_are_not_shown(office: Office) -> None:
    """Neither another firm's reports nor those that concern nobody known stand on a firm's page."""
    await reported(office, "e1")
    await reported(office, "e2", firm=None)
    async with desk_of(office, STRANGER) as desk:
        page = await desk.see(IN)
        refused = [await desk.http.get(f"{IN}/platform/{event_id}/reprocess") for event_id in ("e1", "e2", "never")]

    assert "Nothing was reported yet" in page
    assert CLIENT not in page
    assert [answer.status_code for answer in refused] == [404, 404, 404]


@pytest.mark.rule("P53")
async def test_a_report_that_was_given_up_is_dealt_with_again(desk: Desk, office: Office) -> None:
    """The page says what that leads to; the button begins the record's sync, and the list shows what became of it."""
    await reported(office, "e1", state="dead")
    asked = await desk.see(
        links(await desk.see(IN))["Deal with it again : Client changed, 23 November 2026 at 2:05 pm"]
    )
    answer = await desk.give(f"{IN}/platform/e1/reprocess")
    await office.services.temporal.get_workflow_handle(platform_sync_id(CLIENT)).terminate("the test is over")
    page = words(await desk.see(answer.headers["location"]))
    async with office.services.database.reading() as session:
        row = await WebhookRepository(session).get("platform", "e1", FIRM)

    assert "no second e-mail, and no second record" in words(asked)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{IN}?done=reprocess")
    assert "The report was dealt with again" in page
    assert row is not None
    assert row.handled_at is not None
    assert "Given up" not in page.partition("Older")[0].partition("What you can do")[2]


@pytest.mark.rule("P55")
async def test_an_outgoing_event_says_where_it_goes_and_what_was_answered(desk: Desk, office: Office) -> None:
    """Only the host of the address is shown, as the rest may hold a secret; state, attempts and answer in words."""
    await subscribed(office)
    await offered(office)
    await offered(office, status=503)
    await offered(office, status=500, given_up=True)
    page = await desk.see(OUT)
    said = words(page)

    assert "Client linked" in said
    assert "crm.harbour.example.com" in said
    assert "a-secret-path" not in page
    assert "whsec" not in page
    assert "Given up Offered 1 time It answered 500" in said
    assert "On its way Offered 1 time It answered 503" in said
    assert said.count("It answered 200") == 1


async def test_outgoing_events_are_narrowed_by_their_address(desk: Desk, office: Office) -> None:
    """The state in the address leaves only deliveries of that state."""
    await subscribed(office)
    await offered(office)
    await offered(office, status=500, given_up=True)
    counts = {
        state: (await desk.see(f"{OUT}?state={state}")).count("Client linked</strong>") for state in DeliveryState
    }

    assert counts == {DeliveryState.DELIVERED: 1, DeliveryState.FAILED: 1, DeliveryState.PENDING: 0}


@pytest.mark.rule("P55")
async def test_an_event_is_sent_again(desk: Desk, office: Office) -> None:
    """After its page said what it leads to, the event is on its way again under the same id."""
    await subscribed(office)
    seq = await offered(office, status=500, given_up=True)
    path = f"{OUT}/{SUBSCRIPTION}/{seq}/resend"
    asked = words(await desk.see(path))
    answer = await desk.give(path)
    handle = office.services.temporal.get_workflow_handle(f"event-{SUBSCRIPTION}-{seq}")
    await handle.terminate("the test is over")
    async with office.services.database.reading() as session:
        found = await EventDeliveryRepository(session).find(SUBSCRIPTION, seq, firm=FIRM)

    assert "under the same id" in asked
    assert "It was offered 1 time so far." in asked
    assert (answer.status_code, answer.headers["location"]) == (303, f"{OUT}?done=resend")
    assert found is not None
    assert found[0].state is DeliveryState.PENDING


async def test_events_of_another_firm_are_not_shown(office: Office) -> None:
    """Another firm sees neither events nor addresses, and can send none of them again."""
    await subscribed(office)
    await subscribed(office, OTHER_FIRM, "sub-2")
    seq = await offered(office)
    async with desk_of(office, STRANGER) as desk:
        page = await desk.see(OUT)
        refused = await desk.http.get(f"{OUT}/{SUBSCRIPTION}/{seq}/resend")

    assert "No event was sent yet" in page
    assert "harbour" not in page
    assert refused.status_code == 404


async def test_without_subscriptions_the_page_says_how_to_ask(desk: Desk) -> None:
    """Nobody stands in front of an empty list without knowing why."""
    assert "None of your own systems asks for events" in await desk.see(OUT)


def test_no_event_stands_under_its_technical_name() -> None:
    """Every event that either system reports, and every one that goes out, is said in words."""
    reported_events = [("platform", name) for name in PLATFORM_EVENTS] + [("plannr", name) for name in PLANNR_EVENTS]
    said = [event_words(name, source) for source, name in reported_events] + [event_words(name) for name in EventType]

    for one in said:
        assert not set("._") & set(one), one
        assert one[0].isupper()
    assert event_words("account.updated", "plannr") == "Client's record changed"
    assert event_words("client.polled", "platform") == "Client changed (found by asking)"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("", ""),
        (NOBODY_YET, "Nobody it concerns is known here yet, so it is looked at again"),
        ("ConnectorUnavailable", "A system did not answer"),
        ("KeyError", "Something unexpected went wrong here (KeyError)"),
        ("answered 503", "It answered 503"),
        ("could not be reached (ConnectError)", "It could not be reached"),
        ("the subscription was paused", "The subscription was paused"),
    ],
)
def test_an_error_is_said_in_words(error: str, said: str) -> None:
    """What an attempt left behind reads as a sentence."""
    assert error_words(error) == said
