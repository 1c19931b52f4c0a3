"""Firms read their events from a cursor or as a stream, and find all of them described (P55)."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from api.outgoing.documenting import events_page, example_event
from api.outgoing.reading import follow_events
from domain.outgoing import TOLD, EventType
from engine.namespace import ensure_namespace
from engine.server import TemporalServer
from models.schemas.outgoing import EVENT_DATA, OutgoingEvent
from runtime.temporal import connect
from tests.api.office import FIRM, OTHER_FIRM, PRIYA, Office, bearer, expect_problem
from tests.api.outgoing_scene import CHANGED, EVENTS, NAMESPACE, STARTED, Scene, open_scene
from tests.api.test_adviser_reading import served
from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
async def event_temporal(temporal_server: TemporalServer) -> Client:
    """Return a connection to the engine in a namespace of these tests alone."""
    await ensure_namespace(temporal_server.address, NAMESPACE, timedelta(days=1))
    return await connect(temporal_server.address, NAMESPACE)


@pytest.fixture
async def scene(
    event_temporal: Client, migrated_database: Path, tmp_path: Path, eventually: Eventually
) -> AsyncIterator[Scene]:
    """Yield a firm with a receiver."""
    async with open_scene(event_temporal, migrated_database, tmp_path, eventually) as scene:
        yield scene


@asynccontextmanager
async def streaming(scene: Scene, query: str = "", **headers: str) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    """Follow the firm's events over a real connection."""
    signed = bearer(PRIYA, scene.services.settings) | {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        served(scene.office, scene.eventually) as address,
        httpx.AsyncClient(base_url=address, headers=signed, timeout=20) as http,
        http.stream("GET", f"{EVENTS}/stream{query}") as answer,
    ):
        assert answer.status_code == 200
        yield _events(answer.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, str]]:
    event: dict[str, str] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if name:
            event[name] = value
        elif event:
            yield event
            event = {}


async def take(stream: AsyncIterator[dict[str, str]], number: int) -> list[dict[str, str]]:
    """Return the next events of a stream."""
    return [await anext(stream) for _ in range(number)]


@pytest.mark.rule("P55")
async def test_events_are_read_from_a_cursor(scene: Scene) -> None:
    """Pages follow each other in the order in which things happened, and the last one says where to go on."""
    seqs = await scene.happen(*[STARTED, CHANGED] * 4)
    await scene.happen(STARTED, firm=OTHER_FIRM)
    seen, path = [], f"{EVENTS}?limit=3"
    while page := await scene.office.get(path):
        if not page["events"]:
            break
        seen += [event["seq"] for event in page["events"]]
        path = page["next"]
    assert seen == seqs
    assert page["next_after"] == seqs[-1]

    (later,) = await scene.happen(STARTED)
    assert [event["seq"] for event in (await scene.office.get(path))["events"]] == [later]
    expect_problem(await scene.office.http.get(f"{EVENTS}?after=-1"), "invalid-request", 422)
    expect_problem(await scene.office.http.get(f"{EVENTS}?limit=501"), "invalid-request", 422)


@pytest.mark.rule("P55")
async def test_what_is_read_is_what_is_delivered(scene: Scene) -> None:
    """An event has the same body in the list, in the stream and at an address."""
    await scene.subscribe()
    await scene.happen(STARTED)
    async with scene.worker():
        await scene.dispatch()
        await scene.delivered(1)
    (listed,) = (await scene.office.get(EVENTS))["events"]
    async with streaming(scene, "?after=0") as stream:
        _, streamed = await take(stream, 2)

    assert scene.receiver.taken[0].event == listed == json.loads(streamed["data"])
    assert OutgoingEvent.model_validate(listed).type == streamed["event"] == STARTED


@pytest.mark.rule("P55")
async def test_a_stream_that_is_resumed_loses_and_doubles_nothing(scene: Scene) -> None:
    """Whoever comes again with the last id gets exactly what came after it, also what happened in between."""
    await scene.happen(STARTED)
    async with streaming(scene) as stream:
        (position,) = await take(stream, 1)
        first = await scene.happen(STARTED, CHANGED, CHANGED)
        seen = await take(stream, 2)
    between = await scene.happen(STARTED, STARTED)
    async with streaming(scene, Last_Event_ID=seen[-1]["id"]) as stream:
        again = await take(stream, 1)
        rest = await take(stream, 3)
        last = await scene.happen(CHANGED)
        rest += await take(stream, 1)

    assert (position["event"], json.loads(position["data"])) == ("position", {"seq": int(position["id"])})
    assert again[0]["id"] == seen[-1]["id"]
    assert [int(event["id"]) for event in seen + rest] == [*first, *between, *last]
    assert all(json.loads(event["data"])["seq"] == int(event["id"]) for event in seen + rest)


async def test_a_stream_that_is_left_before_its_first_event_loses_nothing(scene: Scene) -> None:
    """The place where a stream began is an id as well."""
    async with streaming(scene) as stream:
        (position,) = await take(stream, 1)
    seqs = await scene.happen(STARTED)
    async with streaming(scene, Last_Event_ID=position["id"]) as stream:
        _, event = await take(stream, 2)

    assert [int(event["id"])] == seqs


async def test_a_stream_ends_by_itself(scene: Scene) -> None:
    """Whoever follows comes again after a while, and shows again that they may."""
    seqs = await scene.happen(STARTED, STARTED)
    lasting = timedelta(milliseconds=1)

    assert [event.seq async for event in follow_events(scene.services, FIRM, 0, lasting)] == seqs
    answer = await scene.office.http.get(f"{EVENTS}/stream", headers={"Last-Event-ID": "x"})
    expect_problem(answer, "invalid-request", 422)


async def test_every_event_is_described(office: Office) -> None:
    """OpenAPI names each event with its schema, its headers and an example that has exactly the schema's fields."""
    document = (await office.http.get("/openapi.json")).json()
    webhooks, schemas = document["webhooks"], document["components"]["schemas"]

    assert list(webhooks) == [kind.value for kind in EventType] == [kind.value for kind in TOLD]
    assert set(EVENT_DATA) == set(EventType)
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(webhooks)))
    assert referred <= set(schemas)
    for kind in EventType:
        operation: dict[str, Any] = webhooks[kind.value]["post"]
        content = operation["requestBody"]["content"]["application/json"]
        headers = [parameter["name"] for parameter in operation["parameters"]]
        assert headers == ["webhook-id", "webhook-timestamp", "webhook-signature"]
        assert content["example"] == example_event(kind)
        assert OutgoingEvent.model_validate(content["example"]).type == kind.value
        assert list(content["example"]["data"]) == list(schemas[EVENT_DATA[kind].__name__]["properties"])
        EVENT_DATA[kind].model_validate(content["example"]["data"])


def test_the_page_about_events_is_current() -> None:
    """`docs/events.md` is what the catalogue says now."""
    written = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")

    assert written == events_page(), "write it anew: python -m api.outgoing.documenting > docs/events.md"
