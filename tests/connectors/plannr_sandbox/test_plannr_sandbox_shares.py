"""Webhook faults that strike a share of Plannr's events."""

import json
from collections import Counter
from typing import Any

import pytest

from connectors.plannr.sandbox import seed
from connectors.plannr.sandbox.faults import portion

Json = dict[str, Any]
EVENTS = 60
pytestmark = pytest.mark.rule("P53")


async def change_people(sandbox: Any, times: int = EVENTS) -> None:
    """Subscribe, then change a record, by default so often that a share of the events means something."""
    body = {"url": "https://firm.example.com/hook", "events": ["account.updated"]}
    await sandbox.post("/api/v2/webhook-subscriptions", body, 201)
    for number in range(times):
        await sandbox.http.put(f"/api/v1/account/{seed.CLIENT_UUID}", json={"nickname": f"N{number}"})


async def deliveries(sandbox: Any) -> list[Json]:
    """Return the delivery log, in the order of the events."""
    found: list[Json] = (await sandbox.bare.get("/_sandbox/webhooks")).json()["deliveries"]
    return found[::-1]


async def arrived(sandbox: Any, eventually: Any) -> list[str]:
    """Return the ids of the events that arrived, in their order, once nothing is left to be sent."""

    async def quiet() -> bool:
        return all(item["state"] != "pending" for item in await deliveries(sandbox))

    await eventually(quiet)
    return [json.loads(body)["id"] for _, body in sandbox.subscriber.received]


async def test_shares_of_several_faults_meet_independently(sandbox: Any, eventually: Any) -> None:
    """Which events are dropped and which come twice follows from their ids alone; the rest comes once."""
    await sandbox.fault(kind="drop_webhook", share=0.3)
    await sandbox.fault(kind="duplicate_webhook", share=0.3)
    await change_people(sandbox)
    told = list(dict.fromkeys(item["event_id"] for item in await deliveries(sandbox)))
    expected = {
        event: 2 if portion("duplicate_webhook", event) < 0.3 else 1
        for event in told
        if portion("drop_webhook", event) >= 0.3
    }

    assert Counter(await arrived(sandbox, eventually)) == expected
    assert len(told) == EVENTS
    assert 0 < len(expected) < EVENTS
    assert 2 in expected.values()


async def test_shuffled_events_leave_at_moments_of_their_own(sandbox: Any, eventually: Any) -> None:
    """Every event arrives once, in another order than they happened in."""
    await sandbox.fault(kind="reorder_webhooks", share=1, delay_seconds=0.6)
    await change_people(sandbox)
    told = [item["event_id"] for item in await deliveries(sandbox)]
    came = await arrived(sandbox, eventually)

    assert sorted(came) == sorted(told)
    assert came != told


async def test_a_wrongly_signed_share_is_signed_rightly_the_next_time(sandbox: Any, eventually: Any) -> None:
    """The first attempt has a wrong signature; refused, it comes again with another one, though the fault lasts."""
    await sandbox.fault(kind="stale_signature", share=1)
    sandbox.subscriber.statuses = [401]
    await change_people(sandbox, 1)
    first, second = await arrived(sandbox, eventually)

    assert first == second
    assert len({headers["x-signature"] for headers, _ in sandbox.subscriber.received}) == 2
    assert (await deliveries(sandbox))[0]["state"] == "delivered"


async def test_a_share_is_for_events_alone(sandbox: Any) -> None:
    """A fault of calls cannot strike a share, and a share is more than nothing and at most everything."""
    for body in ({"kind": "outage", "share": 0.5}, {"kind": "drop_webhook", "share": 0}, {"share": 1.1}):
        answer = await sandbox.bare.post("/_sandbox/faults", json={"kind": "drop_webhook", **body})
        assert answer.status_code == 422
