"""Webhook faults that strike a share of the platform's events."""

from collections import Counter

import pytest

from connectors.platform.sandbox.faults import portion
from tests.conftest import Eventually
from tests.connectors.platform_sandbox.platform_calls import Platform, Receiver, refusal

URL = "http://receiver/hook"
EVENTS = 60
pytestmark = pytest.mark.rule("P53")


async def change_people(platform: Platform) -> None:
    """Subscribe, then change a client so often that a share of the events means something."""
    client = await platform.client()
    await platform.create("/webhook-subscriptions", {"url": URL, "events": ["client.updated"]})
    for number in range(EVENTS):
        await platform.http.patch(f"/clients/{client['id']}", json={"mobile": f"+4474001234{number + 10}"})


async def arrived(platform: Platform, receiver: Receiver, eventually: Eventually) -> list[str]:
    """Return the ids of the events that arrived, in their order, once nothing is left to be sent."""

    async def quiet() -> bool:
        return all(item["state"] != "pending" for item in await platform.log())

    await eventually(quiet)
    return [event["event_id"] for event in receiver.events()]


async def told(platform: Platform) -> list[str]:
    """Return the ids of the events in the order they happened in."""
    events = (await platform.http.get("/_sandbox/state?full=1")).json()["events"]
    return [event["event_id"] for event in events if event["event_type"] == "client.updated"]


async def test_shares_of_several_faults_meet_independently(
    platform: Platform, receiver: Receiver, eventually: Eventually
) -> None:
    """Which events are dropped and which come twice follows from their ids alone; the rest comes once."""
    await platform.fault("drop_webhook", share=0.3)
    await platform.fault("duplicate_webhook", share=0.3)
    await change_people(platform)
    expected = {
        event: 2 if portion("duplicate_webhook", event) < 0.3 else 1
        for event in await told(platform)
        if portion("drop_webhook", event) >= 0.3
    }

    came = await arrived(platform, receiver, eventually)

    assert Counter(came) == expected
    assert 0 < len(expected) < EVENTS
    assert 2 in expected.values()


async def test_shuffled_events_leave_at_moments_of_their_own(
    platform: Platform, receiver: Receiver, eventually: Eventually
) -> None:
    """Every event arrives, doubled ones as often as they were doubled, in another order than they happened in."""
    await platform.fault("reorder_webhooks", share=1, delay_seconds=0.6)
    await platform.fault("duplicate_webhook", share=0.5)
    await change_people(platform)
    happened = await told(platform)
    came = await arrived(platform, receiver, eventually)

    assert set(came) == set(happened)
    assert len(came) == EVENTS + sum(portion("duplicate_webhook", event) < 0.5 for event in happened)
    assert list(dict.fromkeys(came)) != happened


async def test_a_share_is_for_events_alone(platform: Platform) -> None:
    """A fault of calls cannot strike a share, and a share is more than nothing and at most everything."""
    for body in (
        {"kind": "outage", "share": 0.5},
        {"kind": "drop_webhook", "share": 0},
        {"kind": "drop_webhook", "share": 2},
    ):
        assert refusal(await platform.post("/_sandbox/faults", body))[:2] == (422, "validation_failed")
