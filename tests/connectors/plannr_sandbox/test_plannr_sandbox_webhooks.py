"""Webhooks of the sandbox: which writes fire, how they are signed, and what becomes of failed deliveries."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from connectors.plannr.sandbox import seed
from connectors.plannr.sandbox.bodies import EVENTS

Json = dict[str, Any]
CLIENT = f"/api/v1/account/{seed.CLIENT_UUID}"


async def _subscribe(sandbox: Any, events: list[str] | None = None) -> str:
    body = {"url": "https://firm.example.com/hook", "events": events or EVENTS.split(",")}
    made = await sandbox.post("/api/v2/webhook-subscriptions", body, 201)
    assert len(made["signing_secret"]) == 60
    return str(made["signing_secret"])


async def _received(sandbox: Any, eventually: Any, amount: int) -> list[Json]:
    async def enough() -> bool:
        return len(sandbox.subscriber.received) >= amount

    await eventually(enough)
    return [json.loads(body) for _, body in sandbox.subscriber.received]


async def _settled(sandbox: Any, eventually: Any) -> list[Json]:
    """The delivery log once nothing is pending, oldest first."""

    async def idle() -> list[Json] | None:
        log: list[Json] = (await sandbox.bare.get("/_sandbox/webhooks")).json()["deliveries"]
        return None if any(row["state"] == "pending" for row in log) else log

    found: list[Json] = await eventually(idle)
    return found[::-1]


async def test_each_write_fires_its_event(sandbox: Any, plan_body: Json, eventually: Any) -> None:
    """Accounts, plans, bank accounts, tasks, transactions and published documents fire, in order."""
    await _subscribe(sandbox)
    account = (await sandbox.post("/api/v1/account", {"first_name": "Bea"}))["uuid"]
    await sandbox.http.put(f"/api/v1/account/{account}", json={"last_name": "Lowe"})
    plan = (await sandbox.post("/api/v1/plans", plan_body))["uuid"]
    await sandbox.http.put(f"/api/v1/plans/{plan}", json={"status": "active"})
    await sandbox.post(f"/api/v1/plans/{plan}/transaction", {"type": "contribution"})
    bank = {"account_uuids": [account], "account_name": "B", "account_holders": "B", "account_number": "55779911",
            "sort_code": "200000"}  # fmt: skip
    bank_account = (await sandbox.post("/api/v2/bank-accounts", bank))["uuid"]
    await sandbox.http.put(f"/api/v2/bank-accounts/{bank_account}", json=bank)
    await sandbox.http.delete(f"/api/v2/bank-accounts/{bank_account}")
    done = next(s["uuid"] for s in (await sandbox.get("/api/v1/task-status"))["data"] if s["is_type_completed"])
    body = {"name": "Call", "taskable_type": "plan", "taskable_uuid": plan, "task_status_uuid": done}
    task = (await sandbox.post("/api/v1/task", body, 201))["uuid"]
    await sandbox.http.put(f"/api/v1/task/{task}", json={"priority": "low"})
    await sandbox.http.delete(f"/api/v1/task/{task}")
    document = (await sandbox.post("/api/v1/document", {"name": "Letter"}, 201))["uuid"]
    await sandbox.post(f"/api/v1/document/{document}/publish", {})
    await sandbox.http.delete(f"/api/v1/account/{account}")

    expected = [
        ("account.created", account), ("account.updated", account), ("plan.created", plan), ("plan.updated", plan),
        ("transaction.created", None), ("bank-account.created", bank_account), ("bank-account.updated", bank_account),
        ("bank-account.deleted", bank_account), ("task.created", task), ("task.updated", task),
        ("task.completed", task), ("task.deleted", task), ("client-portal-document.uploaded", document),
        ("account.deleted", account),
    ]  # fmt: skip
    events = await _received(sandbox, eventually, len(expected))
    assert [event["event"] for event in events] == [name for name, _ in expected]
    assert all(uuid in {None, event["uuid"]} for event, (_, uuid) in zip(events, expected, strict=True))
    assert len({event["id"] for event in events}) == len(expected)


async def test_a_deleted_plan_fires_when_it_is_gone(
    start: Any, tmp_path: Any, plan_body: Json, eventually: Any
) -> None:
    """plan.deleted comes with the end of the deletion, not with its start."""
    async with start(tmp_path / "x.db", deletion_seconds=0.3) as sandbox:
        await _subscribe(sandbox, ["plan.deleted"])
        plan = (await sandbox.post("/api/v1/plans", plan_body))["uuid"]
        await sandbox.http.delete(f"/api/v1/plans/{plan}")
        assert (await sandbox.http.get(f"/api/v1/plans/{plan}")).status_code == 200
        assert sandbox.subscriber.received == []

        assert (await _received(sandbox, eventually, 1))[0]["uuid"] == plan
        assert (await sandbox.http.get(f"/api/v1/plans/{plan}")).status_code == 404


async def test_nothing_fires_where_plannr_has_no_event(
    sandbox: Any, application_body: Json, illustration_body: Json, plan_body: Json, eventually: Any
) -> None:
    """Illustrations, applications, addresses, tags and references are silent; so are events nobody subscribed to."""
    plan = (await sandbox.post("/api/v1/plans", plan_body))["uuid"]
    await _subscribe(sandbox)
    await sandbox.post("/api/v1/illustration", {**illustration_body, "plan_uuid": plan})
    await sandbox.post("/api/v1/applications", application_body, 201)
    await sandbox.post(f"{CLIENT}/address", {"name": "Home", "address_1": "1 High Street"})
    tag = {"mode": "attach", "taggable_type": "account", "taggable_uuid": seed.CLIENT_UUID, "tags": ["VIP"]}
    await sandbox.post("/api/v1/tag", tag)
    await sandbox.post(f"{CLIENT}/external-references", {"source": "s", "reference": "r"})
    await sandbox.kestrel.put(f"/api/v1/account/{seed.KESTREL_CLIENT_UUID}", json={"title": "Dr"})
    await sandbox.http.put(CLIENT, json={"title": "Dr"})

    events = await _received(sandbox, eventually, 1)
    assert [event["event"] for event in events] == ["account.updated"]


async def test_a_delivery_is_signed_and_holds_no_personal_data(sandbox: Any, eventually: Any) -> None:
    """X-Signature is the hex HMAC-SHA256 of the raw body; the body names the record and nothing about the person."""
    secret = await _subscribe(sandbox, ["account.updated"])
    await sandbox.http.put(CLIENT, json={"title": "Dr", "phone": "07400 123400"})
    await _received(sandbox, eventually, 1)

    headers, body = sandbox.subscriber.received[0]
    assert headers["x-signature"] == hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["content-type"] == "application/json"
    event = json.loads(body)
    assert set(event) == {"id", "event", "resource", "uuid", "firm_uuid", "occurred_at"}
    assert (event["resource"], event["uuid"], event["firm_uuid"]) == ("account", seed.CLIENT_UUID, seed.HARBOUR_UUID)
    await _settled(sandbox, eventually)
    (shown,) = (await sandbox.get("/api/v2/webhook-subscriptions"))["data"]
    assert shown["last_outgoing_webhook_call_at"] >= event["occurred_at"]


async def test_a_refused_delivery_is_repeated_and_then_given_up(sandbox: Any, eventually: Any) -> None:
    """A subscriber that fails twice gets the same event a third time; one that always fails is given up, replayable."""
    await _subscribe(sandbox, ["account.updated"])
    sandbox.subscriber.statuses = [500, 302]
    await sandbox.http.put(CLIENT, json={"title": "Dr"})
    (row,) = await _settled(sandbox, eventually)
    assert (row["state"], row["attempts"], row["last_status"]) == ("delivered", 3, 200)
    assert len({body for _, body in sandbox.subscriber.received}) == 1

    sandbox.subscriber.statuses = [500, 500, 500]
    await sandbox.http.put(CLIENT, json={"title": "Mr"})
    rows = await _settled(sandbox, eventually)
    assert [(row["state"], row["attempts"]) for row in rows] == [("delivered", 3), ("failed", 3)]
    replay = {"since": rows[1]["created_at"]}
    assert (await sandbox.bare.post("/_sandbox/webhooks/replay", json=replay)).json() == {"replayed": 1}
    rows = await _settled(sandbox, eventually)
    assert [row["state"] for row in rows] == ["delivered", "delivered"]
    assert len(sandbox.subscriber.received) == 7


async def test_a_subscription_changes_its_events(sandbox: Any, eventually: Any) -> None:
    """After a change only the new events are delivered."""
    await _subscribe(sandbox, ["account.updated"])
    (made,) = (await sandbox.get("/api/v2/webhook-subscriptions"))["data"]
    await sandbox.http.put(f"/api/v2/webhook-subscriptions/{made['uuid']}", json={"events": ["account.created"]})
    await sandbox.http.put(CLIENT, json={"title": "Dr"})
    await sandbox.post("/api/v1/account", {"first_name": "Bea"})

    assert [event["event"] for event in await _received(sandbox, eventually, 1)] == ["account.created"]


@pytest.mark.parametrize(
    ("kind", "bodies"),
    [("drop_webhook", ["b"]), ("duplicate_webhook", ["a", "a", "b"]), ("reorder_webhooks", ["b", "a"])],
)
async def test_webhook_faults_change_what_arrives(sandbox: Any, kind: str, bodies: list[str], eventually: Any) -> None:
    """The first of two events is dropped, doubled (same id) or comes late; the second one is untouched."""
    await _subscribe(sandbox, ["account.updated"])
    await sandbox.fault(operation="account.updated", kind=kind, times=1)
    names = {seed.CLIENT_UUID: "a", seed.PARENT_UUID: "b"}
    for uuid in names:
        await sandbox.http.put(f"/api/v1/account/{uuid}", json={"title": "Dr"})
    await _settled(sandbox, eventually)

    events = await _received(sandbox, eventually, len(bodies))
    assert [names[event["uuid"]] for event in events] == bodies
    assert len({event["id"] for event in events}) == len(set(bodies))
    if kind == "drop_webhook":
        await sandbox.bare.post("/_sandbox/webhooks/replay")
        assert [names[event["uuid"]] for event in await _received(sandbox, eventually, 3)] == ["b", "a", "b"]


async def test_a_stale_signature_does_not_verify(sandbox: Any, eventually: Any) -> None:
    """The fault signs one delivery with a secret that is not the subscription's."""
    secret = await _subscribe(sandbox, ["account.updated"])
    await sandbox.fault(kind="stale_signature", times=1)
    for title in ("Dr", "Mr"):
        await sandbox.http.put(CLIENT, json={"title": title})
    await _received(sandbox, eventually, 2)

    valid = [
        headers["x-signature"] == hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        for headers, body in sandbox.subscriber.received
    ]
    assert valid == [False, True]
