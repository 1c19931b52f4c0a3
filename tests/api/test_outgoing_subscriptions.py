"""Firms say where their own systems want to hear of events (P55)."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from temporalio.client import Client

from api.outgoing.gateways import host_resolver
from connectors.firms.addresses import Resolve
from engine.namespace import ensure_namespace
from engine.server import TemporalServer
from runtime.settings import DevelopmentUser
from runtime.temporal import connect
from tests.api.office import STRANGER, Office, bearer, expect_problem
from tests.api.outgoing_scene import (
    CHANGED,
    DELIVERIES,
    EVENTS,
    NAMESPACE,
    STARTED,
    SUBSCRIPTIONS,
    Scene,
    open_scene,
)
from tests.conftest import Eventually

URL = "https://events.harbour.example.com/onward"


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


def resolving(office: Office, *addresses: str) -> None:
    """Let every host of this office have these addresses."""

    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    def resolver() -> Resolve:
        return resolve

    office.app.dependency_overrides[host_resolver] = resolver


@pytest.mark.rule("P55")
async def test_a_subscription_shows_its_secret_once(office: Office) -> None:
    """The secret is in the answer that made it, and in no other answer; it begins with what happens from now on."""
    resolving(office, "93.184.215.14")
    created = await office.post(SUBSCRIPTIONS, {"url": URL, "types": [CHANGED, STARTED, STARTED]})
    body = created.json()
    link = body.pop("link")

    assert created.status_code == 201
    assert created.headers["Location"] == link == f"{SUBSCRIPTIONS}/{body['subscription_id']}"
    secret = body.pop("secret")
    assert secret.startswith("whsec_")
    assert (body["url"], body["types"], body["active"], body["live_secrets"], body["dispatched"]) == (
        URL,
        [CHANGED, STARTED],
        True,
        1,
        0,
    )
    assert await office.get(link) == body | {"link": link}
    assert await office.get(SUBSCRIPTIONS) == {"subscriptions": [body | {"link": link}]}
    assert secret not in json.dumps(await office.get(SUBSCRIPTIONS))


async def test_the_same_key_subscribes_once(office: Office) -> None:
    """A request that is repeated because its answer was lost makes no second subscription."""
    resolving(office, "93.184.215.14")
    answers = [await office.post(SUBSCRIPTIONS, {"url": URL}, Idempotency_Key="same") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert len((await office.get(SUBSCRIPTIONS))["subscriptions"]) == 1


@pytest.mark.parametrize(
    ("url", "address", "words"),
    [
        (URL, "10.0.0.1", "not on the public internet"),
        (URL, "127.0.0.1", "not on the public internet"),
        (URL, "169.254.169.254", "not on the public internet"),
        (URL, "fd00::1", "not on the public internet"),
        ("http://events.harbour.example.com/", "93.184.215.14", "https://"),
        ("https://user:word@events.harbour.example.com/", "93.184.215.14", "no name or password"),
        ("https://events.harbour.example.com/#a", "93.184.215.14", "after a #"),
    ],
)
@pytest.mark.rule("P55")
async def test_an_address_that_may_not_be_used_is_refused(office: Office, url: str, address: str, words: str) -> None:
    """Neither a new subscription nor a changed one leads inside; the refusal names the field and not its value."""
    resolving(office, "93.184.215.14")
    kept = (await office.post(SUBSCRIPTIONS, {"url": URL})).json()["link"]
    resolving(office, address)
    for answer in (
        await office.post(SUBSCRIPTIONS, {"url": url}),
        await office.http.patch(kept, json={"url": url}),
    ):
        problem = expect_problem(answer, "invalid-request", 422)
        assert words in problem["detail"]
        assert problem["errors"][0]["pointer"] == "/url"
        assert url not in answer.text

    assert (await office.get(kept))["url"] == URL
    assert len((await office.get(SUBSCRIPTIONS))["subscriptions"]) == 1


@pytest.mark.parametrize(
    "form", [{}, {"url": "nonsense"}, {"url": URL, "types": ["journey.nonsense.v1"]}, {"url": URL, "secret": "mine"}]
)
async def test_a_form_of_another_shape_is_refused(office: Office, form: dict[str, object]) -> None:
    """A type that is never told, or a misspelt field, is named."""
    expect_problem(await office.post(SUBSCRIPTIONS, form), "invalid-request", 422)


async def test_a_subscription_is_changed_and_removed(scene: Scene) -> None:
    """What is left out of a change stays; a removed one is gone, with its log."""
    created = await scene.subscribe(types=[STARTED])
    link = created["link"]
    changed = await scene.office.http.patch(link, json={"active": False})
    assert (changed.json()["active"], changed.json()["types"]) == (False, [STARTED])
    changed = await scene.office.http.patch(link, json={"types": []})
    assert (changed.json()["active"], changed.json()["types"]) == (False, [])
    removed = await scene.office.http.delete(link)

    assert removed.status_code == 204
    expect_problem(await scene.office.http.get(link), "event-subscription-not-found", 404)
    expect_problem(await scene.office.http.delete(link), "event-subscription-not-found", 404)


@pytest.mark.rule("P55")
async def test_secrets_are_rotated_without_a_gap(scene: Scene) -> None:
    """Old and new both sign until the old one is ended; a third one pushes the oldest out; two live at most."""
    created = await scene.subscribe()
    link, old = created["link"], created["secret"]
    new = (await scene.office.post(f"{link}/secrets", {})).json()
    await scene.office.post(f"{link}/test", {})
    both = scene.receiver.taken[-1]
    assert new["live_secrets"] == 2
    assert both.verified(old) == both.verified(new["secret"])

    newest = (await scene.office.post(f"{link}/secrets", {})).json()
    await scene.office.post(f"{link}/test", {})
    later = scene.receiver.taken[-1]
    assert later.verified(newest["secret"]) == later.verified(new["secret"])
    assert len(later.headers["webhook-signature"].split(" ")) == 2

    for _ in range(2):
        assert (await scene.office.http.delete(f"{link}/secrets/previous")).status_code == 204
    await scene.office.post(f"{link}/test", {})
    last = scene.receiver.taken[-1]
    assert last.verified(newest["secret"])
    assert len(last.headers["webhook-signature"].split(" ")) == 1
    assert (await scene.office.get(link))["live_secrets"] == 1


@pytest.mark.parametrize(("status", "delivered"), [(200, True), (204, True), (302, False), (401, False), (500, False)])
async def test_a_test_tells_what_came_of_it(scene: Scene, status: int, delivered: object) -> None:
    """A test is posted at once, signed, under its own type; nobody else is told and nothing is tried again."""
    created = await scene.subscribe()
    scene.receiver.status = status
    outcome = (await scene.office.post(f"{created['link']}/test", {})).json()
    (taken,) = scene.receiver.taken

    assert (outcome["delivered"], outcome["status"]) == (delivered, status)
    assert taken.verified(created["secret"])["type"] == "subscription.test.v1"
    assert await scene.log() == []
    assert (await scene.office.get(EVENTS))["events"] == []


async def test_a_test_of_an_address_where_nobody_is_says_so(scene: Scene) -> None:
    """The answer says what to check, not that something failed on our side."""
    created = await scene.subscribe(url="http://127.0.0.1:1/token-1")
    outcome = await scene.office.post(f"{created['link']}/test", {})

    assert outcome.status_code == 200
    assert (outcome.json()["delivered"], outcome.json()["status"]) == (False, None)
    assert "Check the address" in outcome.json()["detail"]


@pytest.mark.rule("P55")
async def test_another_firm_sees_and_moves_nothing(scene: Scene) -> None:
    """Subscriptions, deliveries and events of a firm do not exist for another firm, on any route."""
    created = await scene.subscribe()
    (seq,) = await scene.happen(STARTED)
    await scene.dispatch()
    link, http = created["link"], scene.office.http
    stranger = scene.office.as_user(STRANGER)
    for method, path, body in [
        ("GET", link, None),
        ("PATCH", link, {"active": False}),
        ("DELETE", link, None),
        ("DELETE", f"{link}/secrets/previous", None),
        ("POST", f"{link}/secrets", {}),
        ("POST", f"{link}/test", {}),
        ("POST", f"{link}/replay", {"after": 0}),
    ]:
        headers = stranger | {"Idempotency-Key": f"{method}{path}"}
        expect_problem(
            await http.request(method, path, json=body, headers=headers), "event-subscription-not-found", 404
        )
    resend = f"{DELIVERIES}/{created['subscription_id']}/{seq}/resend"
    answer = await http.post(resend, json={}, headers=stranger | {"Idempotency-Key": "resend"})
    expect_problem(answer, "event-delivery-not-found", 404)

    assert (await http.get(SUBSCRIPTIONS, headers=stranger)).json() == {"subscriptions": []}
    assert (await http.get(DELIVERIES, headers=stranger)).json() == {"deliveries": [], "next": None}
    assert (await http.get(EVENTS, headers=stranger)).json()["events"] == []
    assert (await scene.office.get(link)) | {"secret": created["secret"], "dispatched": 0} == created
    assert scene.receiver.taken == []


async def test_reading_rights_are_not_enough(scene: Scene) -> None:
    """Whoever may only look at journeys sees events, and neither addresses nor the log; nobody unknown sees any."""
    created = await scene.subscribe()
    reader = DevelopmentUser.model_validate(
        scene.services.settings.development_users[0].model_dump() | {"scope": "journeys:read"}
    )
    headers = bearer(reader, scene.services.settings) | {"Idempotency-Key": "one"}
    for method, path in [
        ("GET", SUBSCRIPTIONS),
        ("POST", SUBSCRIPTIONS),
        ("GET", created["link"]),
        ("PATCH", created["link"]),
        ("DELETE", created["link"]),
        ("POST", f"{created['link']}/secrets"),
        ("POST", f"{created['link']}/test"),
        ("POST", f"{created['link']}/replay"),
        ("GET", DELIVERIES),
        ("POST", f"{DELIVERIES}/{created['subscription_id']}/1/resend"),
    ]:
        answer = await scene.office.http.request(method, path, headers=headers)
        expect_problem(answer, "not-permitted", 403)
        answer = await scene.office.http.request(method, path, headers={"Authorization": ""})
        expect_problem(answer, "sign-in-required", 401)
    assert (await scene.office.http.get(EVENTS, headers=headers)).status_code == 200
    for path in (EVENTS, f"{EVENTS}/stream"):
        expect_problem(await scene.office.http.get(path, headers={"Authorization": ""}), "sign-in-required", 401)


async def test_what_was_done_is_kept_in_the_audit(scene: Scene) -> None:
    """Who subscribed, changed, rotated, replayed and removed is known, without address or secret."""
    link = (await scene.subscribe())["link"]
    await scene.office.http.patch(link, json={"active": True})
    await scene.office.post(f"{link}/secrets", {})
    await scene.office.http.delete(f"{link}/secrets/previous")
    await scene.office.post(f"{link}/replay", {"after": 0})
    await scene.office.http.delete(link)
    async with scene.services.database.reading() as session:
        rows = (await session.execute(text("SELECT action, actor_id, details FROM audit ORDER BY at"))).all()
    events = [row for row in rows if row.action.startswith("event")]

    assert [row.action for row in events] == [
        "event_subscription_created",
        "event_subscription_changed",
        "event_secret_made",
        "event_secret_ended",
        "events_replayed",
        "event_subscription_removed",
    ]
    assert {row.actor_id for row in events} == {"harbour-priya"}
    assert "127.0.0.1" not in str(events)
    assert "whsec" not in str(events)
