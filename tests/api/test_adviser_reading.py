"""Finding and reading journeys: lists, one journey, its records, its stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import uvicorn
from sqlalchemy import text

from domain.journey import Stage
from models.messages import Progress
from models.tables import EvidenceKind
from runtime.temporal import journey_handle
from storage.evidence import DocumentShown, EvidenceRepository, NewEvidence
from storage.journeys import JourneyRepository
from tests.api.office import JOURNEYS, OMAR, PRIYA, STRANGER, Office, bearer, expect_problem
from tests.conftest import Eventually

MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


async def report(office: Office, journey_id: str, minute: int = 0, **changes: object) -> Progress:
    """Store a journey's progress as its workflow reports it."""
    at = MORNING + timedelta(minutes=minute)
    values: dict[str, object] = {
        "journey_id": journey_id,
        "firm": "harbour",
        "adviser_id": PRIYA.id,
        "external_reference": f"CASE-{journey_id}",
        "wrapper": "isa",
        "stage": "awaiting_client",
        "stage_since": at,
        "version": 7,
        "started_at": MORNING,
        "needs_attention": False,
        "attention": [],
        "waiting_on": "client",
        "waiting_since": at,
        "waiting_for": "product terms",
        "next_action": "none: it waits",
        "next_action_at": None,
        "details_submitted": True,
        "direct_debit": None,
        "bank_details_policy": "adviser",
        "mandate_route": None,
        "gates": [],
        "holders": [
            {
                "person_id": "person-1",
                "plannr_account": "account-1",
                "platform_client": "client-1",
                "details_confirmed_at": None,
                "platform_terms_accepted_before": False,
                "bank_details_given": True,
                "identity_check": "passed",
                "bank_verification": "passed",
            }
        ],
        "documents": [
            {"document_id": "terms", "version": 2, "kind": "platform_terms", "title": "Terms", "sha256": "ab" * 32}
        ],
        "change_requests": [],
        "records": {},
        "timeline": [
            {"at": MORNING, "by": "adviser", "event": "client details submitted"},
            {"at": MORNING, "by": "client", "event": "opened a document", "detail": "terms version 2"},
        ],
    }
    progress = Progress.model_validate({**values, **changes})
    async with office.services.database.transaction() as session:
        await JourneyRepository(session).project(progress)
    return progress


async def listed(office: Office, query: str = "", headers: dict[str, str] | None = None) -> list[str]:
    """Return the ids of the journeys that a list shows."""
    answer = await office.http.get(JOURNEYS + query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [journey["journey_id"] for journey in answer.json()["journeys"]]


async def test_list_shows_the_last_changed_first(office: Office) -> None:
    """The list has the firm's journeys, the last changed first, with who is awaited since when."""
    await report(office, "older", 1)
    await report(office, "newer", 2)
    await report(office, "elsewhere", 3, firm="kestrel")

    assert await listed(office) == ["newer", "older"]
    journey = (await office.get(JOURNEYS))["journeys"][0]
    assert (journey["waiting_on"], journey["waiting_for"]) == ("client", "product terms")
    assert journey["link"] == f"{JOURNEYS}/newer"


async def test_list_can_be_narrowed(office: Office) -> None:
    """Every filter narrows the list, and so do several at once."""
    await report(office, "plain")
    await report(office, "gia", wrapper="gia")
    await report(office, "draft", stage="application_draft", waiting_on="adviser")
    await report(office, "referred", needs_attention=True, attention=["identity check referred"])
    await report(office, "omars", adviser_id=OMAR.id)

    assert await listed(office, "?wrapper=gia") == ["gia"]
    assert await listed(office, "?stage=application_draft") == ["draft"]
    assert await listed(office, "?waiting_on=adviser&stage=application_draft") == ["draft"]
    assert await listed(office, "?needs_attention=true") == ["referred"]
    assert "omars" not in await listed(office, "?adviser=me")
    assert await listed(office, "?adviser=me", office.as_user(OMAR)) == ["omars"]


async def test_pages_lead_to_every_journey_once(office: Office) -> None:
    """Following `next` shows every journey once, even those that changed at the same moment, with the same filters."""
    expected = {f"journey-{number}" for number in range(7)}
    for journey in expected:
        await report(office, journey)
    await report(office, "other", wrapper="gia")
    seen: list[str] = []
    address: str | None = f"{JOURNEYS}?limit=2&wrapper=isa&needs_attention=false"
    while address is not None:
        page = await office.get(address)
        seen += [journey["journey_id"] for journey in page["journeys"]]
        address = page["next"]

    assert len(seen) == len(expected)
    assert set(seen) == expected


async def test_cursor_fits_its_own_list_alone(office: Office) -> None:
    """A cursor that was altered, invented, or given to another adviser or filter is refused."""
    for number in range(3):
        await report(office, f"journey-{number}")
    following = (await office.get(f"{JOURNEYS}?limit=1"))["next"]
    cursor = following.partition("cursor=")[2]
    flipped = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    for query in (f"cursor={flipped}", "cursor=nonsense", f"wrapper=isa&cursor={cursor}", "cursor=%C3%A4"):
        expect_problem(await office.http.get(f"{JOURNEYS}?{query}"), "invalid-request", 422)

    answer = await office.http.get(f"{JOURNEYS}?limit=1&cursor={cursor}", headers=office.as_user(STRANGER))
    expect_problem(answer, "invalid-request", 422)


@pytest.mark.parametrize("query", ["limit=101", "limit=0", "stage=lost", "colour=teal"])
async def test_filters_that_do_not_exist_are_refused(office: Office, query: str) -> None:
    """A filter that does not exist is refused instead of ignored."""
    body = expect_problem(await office.http.get(f"{JOURNEYS}?{query}"), "invalid-request", 422)

    assert body["errors"][0]["location"] == "query"


async def test_running_journey_is_asked_itself(busy_office: Office) -> None:
    """A journey's page comes from its workflow and has its version as entity tag."""
    journey = await busy_office.start()
    answer = await busy_office.http.get(f"{JOURNEYS}/{journey}")

    body = answer.json()
    assert answer.headers["ETag"] == f'"{body["version"]}"'
    assert body["stage"] == "illustrated"
    assert body["links"]["events"] == f"{JOURNEYS}/{journey}/events"
    assert body["links"]["operator"].endswith(f"/workflows/journey-{journey}")


async def test_journey_is_shown_as_last_reported_while_nobody_answers(office: Office) -> None:
    """Without a worker the journey is shown as it was last reported."""
    journey = await office.start()
    await report(office, journey)
    answer = await office.http.get(f"{JOURNEYS}/{journey}")

    assert answer.json()["waiting_for"] == "product terms"


async def test_journey_nobody_can_tell_of_is_not_called_missing(office: Office) -> None:
    """A journey that never reported, while nobody answers, is 503 with when to try again, not 404."""
    journey = await office.start()
    answer = await office.http.get(f"{JOURNEYS}/{journey}")

    expect_problem(answer, "engine-unavailable", 503)
    assert answer.headers["Retry-After"]


async def test_journey_that_never_was_is_missing(office: Office) -> None:
    """An unknown id answers 404."""
    expect_problem(await office.http.get(f"{JOURNEYS}/nothing"), "journey-not-found", 404)


async def test_final_journey_needs_no_engine(office: Office) -> None:
    """A journey that is over is shown from its last report, long after the engine forgot it."""
    await report(office, "done", stage="active", waiting_on="nobody")

    assert (await office.get(f"{JOURNEYS}/done"))["stage"] == "active"


@pytest.mark.rule("P24")
async def test_documents_tell_who_opened_and_accepted_them(office: Office) -> None:
    """Each document in force names when each holder opened it and accepted it."""
    await report(office, "done", stage="active")
    shown = DocumentShown(document_id="terms", version=2, sha256="ab" * 32)
    await _act(office, EvidenceKind.DOCUMENT_OPENED, shown, 1)
    await _act(office, EvidenceKind.PLATFORM_TERMS_ACCEPTED, shown, 2)
    await _act(office, EvidenceKind.DOCUMENT_OPENED, DocumentShown(document_id="terms", version=1, sha256="0"), 0)
    (document,) = (await office.get(f"{JOURNEYS}/done/documents"))["documents"]

    assert document["holders"] == [
        {"person_id": "person-1", "opened_at": "2026-11-23T08:01:00Z", "accepted_at": "2026-11-23T08:02:00Z"}
    ]


async def test_evidence_says_whether_it_is_unchanged(office: Office) -> None:
    """The evidence is listed in order, and a row that somebody altered breaks the chain visibly."""
    await report(office, "done", stage="active")
    shown = DocumentShown(document_id="terms", version=2, sha256="ab" * 32)
    await _act(office, EvidenceKind.DOCUMENT_OPENED, shown, 1)
    await _act(office, EvidenceKind.PLATFORM_TERMS_ACCEPTED, shown, 2)
    intact = await office.get(f"{JOURNEYS}/done/evidence")
    async with office.services.database.transaction() as session:
        for (trigger,) in await session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
            await session.execute(text(f'DROP TRIGGER "{trigger}"'))
        await session.execute(text("UPDATE evidence SET statement = 'something else' WHERE position = 1"))
    altered = await office.get(f"{JOURNEYS}/done/evidence")

    assert [row["kind"] for row in intact["evidence"]] == ["document_opened", "platform_terms_accepted"]
    assert intact["evidence"][1]["previous_hash"] == intact["evidence"][0]["record_hash"]
    assert (intact["chain_verified"], altered["chain_verified"]) == (True, False)


async def _act(office: Office, kind: EvidenceKind, shown: DocumentShown, minute: int) -> None:
    act = NewEvidence(
        journey_id="done",
        person_id="person-1",
        kind=kind,
        occurred_at=MORNING + timedelta(minutes=minute),
        documents=(shown,),
    )
    async with office.services.database.transaction() as session:
        await EvidenceRepository(session).append(act)


async def test_stream_of_a_journey_that_is_over_ends(office: Office) -> None:
    """The stream has the timeline with ids and then says that the journey is over."""
    await report(office, "done", stage="active")
    events = _events((await office.http.get(f"{JOURNEYS}/done/events")).text)

    assert [(event["event"], event.get("id")) for event in events] == [
        ("timeline", "0"),
        ("timeline", "1"),
        ("final", None),
    ]
    assert json.loads(events[0]["data"])["event"] == "client details submitted"
    assert json.loads(events[2]["data"])["stage"] == "active"


async def test_stream_resumes_after_the_last_event(office: Office) -> None:
    """A reader that names the last event it saw gets only what came after."""
    await report(office, "done", stage="active")
    answer = await office.http.get(f"{JOURNEYS}/done/events", headers={"Last-Event-ID": "0"})

    assert [event.get("id") for event in _events(answer.text)] == ["1", None]


async def test_stream_follows_a_running_journey(busy_office: Office, eventually: Eventually) -> None:
    """What happens while somebody watches is sent to them, over a real connection."""
    journey = await busy_office.start()
    handle = journey_handle(busy_office.services.temporal, journey)
    headers = bearer(PRIYA, busy_office.services.settings)
    async with (
        served(busy_office, eventually) as address,
        httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as http,
        http.stream("GET", f"{JOURNEYS}/{journey}/events") as answer,
    ):
        lines = answer.aiter_lines()
        first = [line async for line in _until(lines, "illustration recorded")]
        await handle.terminate("the test is over")
        await report(busy_office, journey, stage=Stage.ACTIVE, version=99)
        last = [line async for line in _until(lines, '"stage":"active"')]

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: timeline" in first
    assert "event: final" in last


async def _until(lines: AsyncIterator[str], words: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if words in line:
            return


@asynccontextmanager
async def served(office: Office, eventually: Eventually) -> AsyncIterator[str]:
    """Serve the application on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(office.app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def _events(stream: str) -> list[dict[str, str]]:
    """Return the events of a finished stream, their fields by name."""
    blocks = [block for block in stream.split("\n\n") if block.strip() and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
