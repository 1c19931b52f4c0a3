"""Webhooks: subscriptions, signatures, durable delivery, replay."""

import base64
import json
import time
from dataclasses import replace

import pytest

from connectors.platform.sandbox.background import retry_after
from connectors.platform.sandbox.config import SandboxConfig
from tests.conftest import Eventually
from tests.connectors.platform_sandbox.platform_calls import (
    BANK_ACCOUNT,
    Json,
    Platform,
    Receiver,
    account,
    expected_signature,
    person,
    refusal,
    running,
    signatures,
)

URL = "http://receiver/webhooks"


async def subscribe(platform: Platform, *events: str) -> Json:
    """Subscribe the receiver."""
    subscription: Json = await platform.create("/webhook-subscriptions", {"url": URL, "events": [*events] or ["*"]})
    return subscription


async def test_subscription_is_made_once_and_removed(platform: Platform) -> None:
    """An address is subscribed once; unknown events are refused; removed, it is gone."""
    subscription = await subscribe(platform, "client.created")
    path = f"/webhook-subscriptions/{subscription['id']}"
    again = await platform.post("/webhook-subscriptions", {"url": URL, "events": ["*"]})
    unknown = await platform.post("/webhook-subscriptions", {"url": f"{URL}/2", "events": ["*", "client.erased"]})

    assert len(base64.b64decode(subscription["signing_secrets"][0])) == 32
    assert (refusal(again)[1], again.json()["error"]["existing_id"]) == ("duplicate_url", subscription["id"])
    assert refusal(unknown)[2] == {"events.1": "unknown"}
    assert await platform.get("/webhook-subscriptions") == [await platform.get(path)] == [subscription]
    assert platform.data(await platform.http.delete(path)) is None
    assert refusal(await platform.http.get(path))[0] == 404


async def test_at_most_two_secrets_are_live(platform: Platform, receiver: Receiver, eventually: Eventually) -> None:
    """A rotation puts a new secret first and keeps one before it; each live one signs."""
    first = (await subscribe(platform))["signing_secrets"]
    path = f"/webhook-subscriptions/{(await platform.get('/webhook-subscriptions'))[0]['id']}"
    second = (await platform.create(f"{path}/secrets", {}))["signing_secrets"]
    third = (await platform.create(f"{path}/secrets", {}))["signing_secrets"]
    await platform.client()
    await eventually(lambda: receiver.received)
    request = receiver.received[0]

    assert second[1:] == first
    assert (len(third), third[1]) == (2, second[0])
    assert signatures(request)[1] == [expected_signature(request, secret) for secret in third]


async def test_delivery_is_signed_and_names_its_event(
    platform: Platform, receiver: Receiver, eventually: Eventually
) -> None:
    """The signature covers time and raw body with the decoded secret; the id in the header is the event's."""
    secret = (await subscribe(platform))["signing_secrets"][0]
    client = await platform.client()
    await eventually(lambda: receiver.received)
    request, event = receiver.received[0], receiver.events()[0]
    sent_at, made = signatures(request)

    assert (str(request.url), request.method) == (URL, "POST")
    assert made == [expected_signature(request, secret)]
    assert abs(sent_at - time.time()) < 30
    assert request.headers["Webhook-Id"] == event["event_id"]
    assert event == {
        "event_id": event["event_id"],
        "event_type": "client.created",
        "version": 1,
        "occurred_at": event["occurred_at"],
        "resource": {"type": "client", "id": client["id"], "external_reference": "ref-1"},
        "status": "registered",
    }


@pytest.mark.rule("P53")
async def test_whole_journey_tells_of_each_change_without_personal_data(
    platform: Platform, receiver: Receiver, eventually: Eventually
) -> None:
    """Every change of state is told once, and no event holds what identifies the person."""
    await subscribe(platform)
    client = await platform.client()
    await platform.http.put(f"/clients/{client['id']}/bank-account", json=BANK_ACCOUNT)
    await platform.act(f"/clients/{client['id']}/submission")
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    mandate = await platform.create(
        "/mandates", {"external_reference": "m-1", "account_id": opened["id"], "client_id": client["id"]}
    )
    acceptance = {"accepted_at": "2026-11-23T10:00:00Z", "sole_signatory": True, "evidence_reference": "e"}
    await platform.act(f"/mandates/{mandate['id']}/acceptance", acceptance)
    await platform.accept_everything(opened)

    async def activated() -> bool:
        return (await platform.post(f"/accounts/{opened['id']}/activation")).status_code == 200

    await eventually(activated)
    await eventually(lambda: {"account.status_changed"} <= {event["event_type"] for event in receiver.events()})
    await eventually(lambda: len(receiver.events("mandate.status_changed")) == 3)

    def told(event_type: str) -> list[tuple[str | None, str]]:
        events = sorted(receiver.events(event_type), key=lambda event: str(event["occurred_at"]))
        return [(event.get("previous_status"), event["status"]) for event in events]

    assert told("client.status_changed") == [("registered", "pending"), ("pending", "active")]
    assert told("account.created") == [(None, "pending")]
    assert told("account.status_changed") == [("pending", "active")]
    assert told("mandate.status_changed") == [
        (None, "pending_customer_approval"),
        ("pending_customer_approval", "pending_submission"),
        ("pending_submission", "active"),
    ]
    checks = receiver.events("client.verification_updated")
    assert {"aml": "cleared", "bav": "verified"} in [event["verifications"] for event in checks]
    sent = json.dumps(receiver.events())
    secrets = (*(str(person()[name]) for name in ("first_name", "last_name", "email", "mobile")), "55779911", "LS1 4AP")
    assert [value for value in secrets if value in sent] == []


async def test_subscriber_gets_only_what_it_asked_for(
    platform: Platform, receiver: Receiver, eventually: Eventually
) -> None:
    """Events that were not subscribed are not delivered."""
    await subscribe(platform, "document.published")
    await platform.client()
    await platform.control("documents/sipp-terms/publish")
    await eventually(lambda: receiver.received)

    (event,) = receiver.events()
    assert (event["event_type"], event["document_version"], event["resource"]["id"]) == (
        "document.published",
        "2",
        "sipp-terms",
    )


async def test_refused_delivery_is_tried_again(platform: Platform, receiver: Receiver, eventually: Eventually) -> None:
    """A delivery that is not answered with 2xx comes again with the same id, and the log tells of it."""
    receiver.answers = [500]
    await subscribe(platform)
    await platform.client()
    await eventually(lambda: len(receiver.received) == 2)
    first, second = receiver.received

    async def logged() -> bool:
        return [(item["state"], item["attempts"], item["last_status"]) for item in await platform.log()] == [
            ("delivered", 2, 202)
        ]

    await eventually(logged)
    assert (first.headers["Webhook-Id"], first.content) == (second.headers["Webhook-Id"], second.content)


def test_waits_between_attempts_grow_to_a_minute() -> None:
    """The contract's backoff: half a second, doubling, at most a minute."""
    assert [retry_after(attempts) for attempts in (1, 2, 3, 7, 8, 5000)] == [0.5, 1, 2, 32, 60, 60]


async def test_undelivered_event_survives_a_restart(
    config: SandboxConfig, receiver: Receiver, eventually: Eventually
) -> None:
    """What was queued when the server stopped is delivered after the next start."""
    receiver.answers = [500] * 100
    async with running(config) as platform:
        await subscribe(platform)
        await platform.client()
        await eventually(lambda: receiver.received)
    receiver.answers = []
    second = Receiver()

    async with running(replace(config, webhook_transport=second)) as platform:
        await eventually(lambda: second.received)

    assert second.events() == [receiver.events()[0]]


async def test_replay_sends_past_events_again(platform: Platform, receiver: Receiver, eventually: Eventually) -> None:
    """Events from before the subscription are sent on request, by time and type, under their own ids."""
    await platform.client("before")
    await subscribe(platform)
    client = await platform.client("after")
    await platform.http.patch(f"/clients/{client['id']}", json={"title": "Dr"})
    await eventually(lambda: len(receiver.received) == 2)

    everything = await platform.control("webhooks/replay")
    by_type = await platform.control("webhooks/replay", {"event_types": ["client.updated"]})
    by_time = await platform.control("webhooks/replay", {"since": client["created_at"]})

    assert [item["queued"] for item in (everything, by_type, by_time)] == [3, 1, 2]
    await eventually(lambda: len(receiver.received) == 8)
    assert len({event["event_id"] for event in receiver.events()}) == 3


async def test_removed_subscription_gets_nothing_more(
    platform: Platform, receiver: Receiver, eventually: Eventually
) -> None:
    """What is queued for a removed subscription is dropped."""
    receiver.answers = [500] * 100
    subscription = await subscribe(platform)
    await platform.client()
    await eventually(lambda: receiver.received)
    await platform.http.delete(f"/webhook-subscriptions/{subscription['id']}")

    async def nothing_queued() -> bool:
        return bool((await platform.http.get("/_sandbox/state")).json()["counts"]["deliveries_pending"] == 0)

    await eventually(nothing_queued)
