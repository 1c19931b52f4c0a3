"""What the systems report and what an adviser's screen is told: late, twice, in any order, or not at all (P46)."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cli.demonstration.actors import eventually, signed_in_adviser
from cli.demonstration.surroundings import checked
from tests.e2e.world import GIA, PLATFORM, Case, World, checks_passed, expect_problem

pytestmark = pytest.mark.timeout(180)

CHECKED = "client.verification_updated"


@pytest.fixture
def slow_checks(world: World) -> Iterator[None]:
    """Let the platform take two seconds for each check, so that its events come while the client is awaited."""
    world.control(PLATFORM, "PATCH", "settings", {"verification_delay_seconds": 2})
    yield
    world.control(PLATFORM, "PATCH", "settings", {"verification_delay_seconds": 0.5})


def delivery(world: World, event: dict[str, object], at: float) -> dict[str, Any]:
    """Return a delivery as the platform signs it, with the secret of the subscription that is really there."""
    with world.around.platform() as platform:
        subscriptions: Any = checked(platform.get("/webhook-subscriptions"))["data"]
    key = base64.b64decode(subscriptions[0]["signing_secrets"][0])
    body = json.dumps(event).encode()
    signature = hmac.new(key, f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()
    return {"content": body, "headers": {"Webhook-Signature": f"t={int(at)},v1={signature}"}}


def event_about(case: Case) -> dict[str, object]:
    """Return an event that says the checks of a client have changed."""
    client = case.journey()["holders"][0]["platform_client"]
    resource = {"type": "client", "id": client, "external_reference": case.client.plannr_account}
    return {
        "event_id": f"ev_{client}",
        "event_type": CHECKED,
        "version": 1,
        "occurred_at": "2026-11-23T10:00:00Z",
        "resource": resource,
        "status": "pending",
        "verifications": {"aml": "cleared", "bav": "verified"},
    }


def repeated(world: World) -> float:
    """Return how many deliveries of the platform were recognised as repeats."""
    lines = httpx.get(f"{world.around.urls['api']}/metrics").text.splitlines()
    found = [line for line in lines if "webhook" in line and 'platform"' in line and 'repeated"' in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in found if "_created" not in line)


@pytest.mark.rule("P46")
def test_a_delivery_that_nobody_signed_or_that_is_old_is_refused(world: World) -> None:
    """Without a fresh signature of the subscription's own secret nothing is believed, from either system."""
    case = world.waiting()
    event, inbox = event_about(case), f"{world.around.urls['api']}/webhooks"
    signed = delivery(world, event, time.time())
    with world.untouched():
        version = case.journey()["version"]
        altered = signed | {"content": signed["content"].replace(b"cleared", b"failed!")}
        expect_problem(httpx.post(f"{inbox}/platform", **altered), "webhook-signature-wrong")
        expect_problem(httpx.post(f"{inbox}/platform", json=event), "webhook-signature-wrong")
        old = delivery(world, event, time.time() - 301)
        expect_problem(httpx.post(f"{inbox}/platform", **old), "webhook-signature-wrong")
        unsigned = httpx.post(f"{inbox}/plannr", json={"event": "plan.updated"}, headers={"X-Signature": "0" * 64})
        expect_problem(unsigned, "webhook-signature-wrong")
        assert case.journey()["version"] == version


@pytest.mark.rule("P46")
def test_a_delivery_that_comes_twice_is_taken_once(world: World) -> None:
    """A repeat is answered like the first and counted as a repeat; the journey does not move."""
    case = world.waiting()
    inbox = f"{world.around.urls['api']}/webhooks/platform"
    signed = delivery(world, event_about(case), time.time())
    before, version = repeated(world), case.journey()["version"]
    answers = [httpx.post(inbox, **signed).status_code for _ in range(3)]

    assert answers == [202, 202, 202]
    assert repeated(world) == before + 2
    assert case.journey()["version"] == version
    case.finish()
    case.assert_complete()


@pytest.mark.rule("P46")
@pytest.mark.usefixtures("slow_checks")
@pytest.mark.parametrize("kind", ["duplicate_webhook", "reorder_webhooks", "stale_signature"])
def test_events_twice_out_of_order_or_signed_too_long_ago(world: World, kind: str) -> None:
    """However the platform's events come, the journey ends in the same state with the same e-mails."""
    case = world.case(GIA)
    with world.fault(PLATFORM, kind):
        case.illustrate()
        case.submit_details()
        case.send_application()
        case.finish()
        assert world.struck(PLATFORM) > 0
    case.assert_complete()
    log = world.control(PLATFORM, "GET", "webhooks?limit=1000")
    assert [one for one in log if one["treatment"] == kind], "the fault is in the log"


@pytest.mark.rule("P46")
@pytest.mark.usefixtures("slow_checks")
def test_events_that_come_long_after_everything_else(world: World) -> None:
    """The client is done before the checks are heard of; their event, sent late, opens the account."""
    case = world.case()
    with world.fault(PLATFORM, "drop_webhook", operation=CHECKED):
        case.illustrate()
        case.submit_details()
        case.send_application()
        with case.portal() as client:
            client.do_everything(case.journey_id, lambda _: None)
        eventually(lambda: world.struck(PLATFORM) >= 2, "both events are lost")
        seen = case.journey()
        assert (seen["stage"], seen["waiting_on"]) == ("awaiting_client", "platform")
        assert not checks_passed(seen)
    world.control(PLATFORM, "POST", "webhooks/replay", {"event_types": [CHECKED]})
    case.until_active()
    case.assert_complete()

    told = case.emails()
    world.control(PLATFORM, "POST", "webhooks/replay")
    eventually(lambda: world.control(PLATFORM, "GET", "state")["counts"]["deliveries_pending"] == 0, "the replay")
    assert case.emails() == told
    assert case.journey()["stage"] == "active"


@pytest.mark.rule("P14")
def test_the_stream_shows_what_the_client_does(world: World) -> None:
    """An adviser who follows a journey sees each act of the client and the end; a cut stream goes on where it was."""
    case = world.waiting()
    with signed_in_adviser(world.around) as adviser:
        events: list[dict[str, str]] = []
        following = threading.Thread(target=follow, args=(adviser.http, case, events), daemon=True)
        following.start()
        eventually(lambda: events, "the first event")
        case.finish()
        following.join(timeout=30)
        assert not following.is_alive(), "the stream ends with the journey"

        timeline = [json.loads(event["data"]) for event in events if event["event"] == "timeline"]
        acts = [entry["event"] for entry in timeline if entry["by"] == "client"]
        assert acts.count("opened a document") == 3
        assert {"confirmed their details", "accepted the platform terms", "accepted the product terms"} <= set(acts)
        assert [event["id"] for event in events[:-1]] == [str(index) for index in range(len(timeline))]
        assert json.loads(events[-1]["data"])["stage"] == "active"

        again: list[dict[str, str]] = []
        follow(adviser.http, case, again, {"Last-Event-ID": events[-3]["id"]})
        assert again == events[-2:]


def follow(http: httpx.Client, case: Case, events: list[dict[str, str]], headers: dict[str, str] | None = None) -> None:
    """Read a journey's stream to its end."""
    with http.stream("GET", f"{case.path}/events", headers=headers or {}) as stream:
        event: dict[str, str] = {}
        for line in stream.iter_lines():
            name, _, value = line.partition(":")
            if name in {"id", "event", "data"}:
                event[name] = value.strip()
            elif not line and event:
                events.append(event)
                event = {}
