"""The page of a journey while its client acts: the stream that tells of it, and the page for who has no stream."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.dependencies import current_moment
from api.workbench import timeline
from tests.api.office import PRIYA, Office
from tests.api.portal.visits import do, see
from tests.api.test_adviser_commands import Case
from tests.api.test_adviser_reading import report, served
from tests.api.workbench_client import client_of
from tests.api.workbench_desk import Desk, desk_of, waiting_for_client
from tests.api.workbench_reading import words
from tests.conftest import Eventually

Event = dict[str, str]


@asynccontextmanager
async def watching(address: str, desk: Desk, path: str, **headers: str) -> AsyncIterator[AsyncIterator[Event]]:
    """Yield the events of a stream that the adviser's browser has open, over a real connection."""
    async with (
        httpx.AsyncClient(base_url=address, cookies=desk.http.cookies, timeout=20) as http,
        http.stream("GET", path, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream"), answer.status_code
        yield _events(answer.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    event: Event = {}
    async for line in lines:
        if not line and event:
            yield event
            event = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = f"{event[name]}\n{value}" if name in event else value


async def until(events: AsyncIterator[Event], said: str) -> Event:
    """Return the first event that says this."""
    async for event in events:
        if said in words(event.get("data", "")):
            return event
    raise AssertionError(f"the stream ended without {said!r}")


def path_of(case: Case) -> str:
    """Return the address of a journey's page."""
    return f"/workbench/journeys/{case.journey}"


@pytest.fixture
async def case(busy_office: Office, eventually: Eventually) -> Case:
    """Return a journey that waits for its client."""
    return await waiting_for_client(busy_office, eventually)


@pytest.mark.rule("P24", "P26")
async def test_a7_act_of_the_client_is_on_the_open_page_within_two_seconds(case: Case, eventually: Eventually) -> None:
    """What the client does reaches a page that stands open in less than two seconds, as markup for its timeline."""
    async with desk_of(case.office) as desk, client_of(case) as browser, served(case.office, eventually) as address:
        portal = f"/portal/api/journeys/{case.journey}"
        document = (await see(browser, portal))["documents"][0]
        page = await desk.see(path_of(case))
        known = page.count('id="event-')
        async with watching(address, desk, f"{path_of(case)}/events?known={known}") as events:
            await until(events, "")
            opened = f"{portal}/documents/{document['document_id']}/open"
            answer = await browser.post(opened, json={"version": document["version"]})
            acted = time.monotonic()
            event = await until(events, "Client: opened a document")
            seconds = time.monotonic() - acted
            following = await anext(events)

    assert answer.status_code == 200, answer.text
    assert seconds < 2
    assert (event["event"], event["id"]) == ("timeline", str(known))
    assert event["data"].strip().startswith(f'<li class="onward-event onward-event--client" id="event-{known}">')
    assert document["title"] in words(event["data"])
    assert following["event"] == "changed"


async def test_a7_refresh_shows_the_same_without_any_script(case: Case) -> None:
    """Without a stream a refresh shows what the client did, first in the timeline."""
    async with desk_of(case.office) as desk, client_of(case) as browser:
        before = words(await desk.see(path_of(case)), "timeline")
        await do(browser, f"/portal/api/journeys/{case.journey}", "details")
        after = words(await desk.see(path_of(case)), "timeline")

    assert "Client: confirmed their details" not in before
    assert after.removesuffix(before).strip().endswith("Client: confirmed their details")


async def test_a7_news_are_announced_politely(case: Case) -> None:
    """The page has one polite live region, which is empty until something happens, and knows where the stream is."""
    async with desk_of(case.office) as desk:
        page = await desk.see(path_of(case))
    known = page.count('id="event-')

    assert 'id="timeline-news" role="status" aria-live="polite"></div>' in page
    assert page.count("aria-live") == 1
    assert f'data-events="{path_of(case)}/events?known={known}&amp;version=' in page


async def test_page_that_refreshes_itself_shows_the_same_and_prolongs_nothing(case: Case) -> None:
    """The parts that an open page fetches again are those of the page; a session ends all the same if nobody acts."""
    async with desk_of(case.office) as desk:
        page, again = await desk.see(path_of(case)), await desk.see(f"{path_of(case)}/now")
        long_after = datetime.now(UTC) + timedelta(minutes=25)
        case.office.app.dependency_overrides[current_moment] = lambda: long_after
        await desk.see(f"{path_of(case)}/now")
        much_later = datetime.now(UTC) + timedelta(minutes=40)
        case.office.app.dependency_overrides[current_moment] = lambda: much_later
        answer = await desk.http.get(f"{path_of(case)}/now")
        case.office.app.dependency_overrides.clear()

    for part in ("status", "conditions", "documents", "emails"):
        assert words(page, part) == words(again, part) != ""
    assert answer.status_code == 303


async def test_stream_resumes_after_the_last_event(office: Office) -> None:
    """A browser that asks again gets what came after the last event it has, whatever the page had known."""
    await report(office, "done", stage="active")
    async with desk_of(office) as desk:
        path = "/workbench/journeys/done/events"
        whole = (await desk.http.get(path)).text
        rest = (await desk.http.get(f"{path}?known=0", headers={"Last-Event-ID": "0"})).text

    assert (whole.count("event: timeline"), rest.count("event: timeline")) == (2, 1)
    assert "event: final" in whole


async def test_stream_ends_so_that_the_browser_shows_again_that_it_may(
    case: Case, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream does not outlive the session for long: it ends, and who was signed out meanwhile gets no other."""
    monkeypatch.setattr(timeline, "_LASTING", timedelta(seconds=1))
    async with desk_of(case.office, PRIYA) as desk, served(case.office, eventually) as address:
        path = f"{path_of(case)}/events"
        async with watching(address, desk, path) as events, asyncio.timeout(15):
            seen = [event["event"] async for event in events]
        await desk.http.post("/workbench/sign-out")
        again = await desk.http.get(path)

    assert seen[-1] == "changed"
    assert again.status_code == 303
