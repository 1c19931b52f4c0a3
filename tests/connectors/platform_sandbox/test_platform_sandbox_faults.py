"""Faults: what a caller meets, and what was written all the same."""

import asyncio
import time

import httpx
import pytest

from tests.conftest import Eventually
from tests.connectors.platform_sandbox.platform_calls import (
    Platform,
    Receiver,
    account,
    expected_signature,
    person,
    refusal,
    signatures,
)

URL = "http://receiver/webhooks"


@pytest.mark.rule("P42")
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("outage", (503, "unavailable")),
        ("error_500", (500, "internal_error")),
        ("rate_limit", (429, "rate_limited")),
    ],
)
async def test_fault_strikes_as_often_as_asked_and_writes_nothing(
    platform: Platform, kind: str, expected: tuple[int, str]
) -> None:
    """The call fails twice with the documented error and then works, with one record made."""
    await platform.fault(kind, operation="POST /clients", times=2, delay_seconds=6.5)
    answers = [await platform.post("/clients", person(), key="k") for _ in range(3)]

    assert [refusal(answer)[:2] for answer in answers[:2]] == [expected, expected]
    assert answers[2].status_code == 201
    assert answers[0].headers.get("Retry-After") == ("7" if kind == "rate_limit" else None)
    assert len(await platform.get("/clients")) == 1


async def test_outage_of_everything_includes_tokens_and_ends_when_removed(platform: Platform) -> None:
    """With `*` nothing answers, the token call neither; removing the fault ends it."""
    await platform.fault("outage")
    form = {"grant_type": "client_credentials"}
    answers = [await platform.http.get("/clients"), await platform.http.post("/oauth/token", data=form)]
    listed = (await platform.http.get("/_sandbox/faults")).json()
    await platform.http.delete(f"/_sandbox/faults/{listed[0]['id']}")

    assert [answer.status_code for answer in answers] == [503, 503]
    assert [(item["kind"], item["struck"]) for item in listed] == [("outage", 2)]
    assert await platform.get("/clients") == []
    assert (await platform.http.delete("/_sandbox/faults/99")).status_code == 404


async def test_outage_ends_after_its_seconds(platform: Platform, eventually: Eventually) -> None:
    """A fault with a duration goes by itself."""
    await platform.fault("outage", seconds=0.2)
    assert (await platform.http.get("/clients")).status_code == 503

    async def over() -> bool:
        return (await platform.http.get("/clients")).status_code == 200

    await eventually(over)


async def test_fault_can_mean_reads_or_writes_alone(platform: Platform) -> None:
    """A search is a read, though it is a POST."""
    await platform.fault("outage", operation="write")
    assert (await platform.post("/clients", person())).status_code == 503
    assert (await platform.post("/clients/search", {})).status_code == 200
    await platform.http.delete("/_sandbox/faults")
    await platform.fault("outage", operation="read")
    assert (await platform.post("/clients/search", {})).status_code == 503
    assert (await platform.post("/clients", person())).status_code == 201


async def test_latency_delays_the_answer(platform: Platform) -> None:
    """The call works, later."""
    await platform.fault("latency", times=1, delay_seconds=0.3)
    began = time.monotonic()
    slow = await platform.http.get("/clients")

    assert slow.status_code == 200
    assert time.monotonic() - began >= 0.3


@pytest.mark.rule("P42")
async def test_committed_write_without_an_answer_is_there_and_replayed(platform: Platform) -> None:
    """The connection breaks after the commit; the same key then gets the answer of the one write that was made."""
    await platform.fault("commit_then_timeout", operation="POST /clients", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        await platform.post("/clients", person(), key="k")
    again = await platform.post("/clients", person(), key="k")

    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert [item["id"] for item in await platform.get("/clients")] == [platform.data(again)["id"]]


@pytest.mark.rule("P42")
async def test_fault_for_each_operation_strikes_each_once(platform: Platform) -> None:
    """`each` counts calls by path template: another client's submission was struck already, another act was not."""
    await platform.fault("commit_then_timeout", operation="write", each=True)

    async def insistent(path: str, body: object, key: str) -> tuple[httpx.Response, int]:
        headers = {"Idempotency-Key": key}
        for failures in range(3):
            try:
                return await platform.http.post(path, json=body, headers=headers), failures
            except httpx.RemoteProtocolError:
                continue
        pytest.fail("struck more than once")

    answer, failures = await insistent("/clients", person("a"), "a")
    client = platform.data(answer)
    other, no_failure = await insistent("/clients", person("b"), "b")
    _, submission = await insistent(f"/clients/{client['id']}/submission", None, "c")
    _, second_submission = await insistent(f"/clients/{platform.data(other)['id']}/submission", None, "d")
    _, opening = await insistent("/accounts", account("ac-1", [client["id"]]), "e")

    assert (failures, no_failure, submission, second_submission, opening) == (1, 0, 1, 0, 1)
    counts = (await platform.http.get("/_sandbox/state")).json()["counts"]
    assert (counts["clients"], counts["accounts"]) == (2, 1)


@pytest.mark.rule("P46")
async def test_dropped_and_duplicated_events(platform: Platform, receiver: Receiver, eventually: Eventually) -> None:
    """A dropped event never comes but can be replayed; a duplicated one comes twice under one id."""
    await platform.create("/webhook-subscriptions", {"url": URL, "events": ["client.created"]})
    await platform.fault("drop_webhook", operation="client.created", times=1)
    await platform.client("dropped")
    await platform.fault("duplicate_webhook", times=1)
    await platform.client("twice")
    await eventually(lambda: len(receiver.received) == 2)

    assert {event["resource"]["external_reference"] for event in receiver.events()} == {"twice"}
    assert len({event["event_id"] for event in receiver.events()}) == 1
    assert [(item["state"], item["treatment"]) for item in await platform.log()][-1] == ("dropped", "drop_webhook")
    assert await platform.control("webhooks/replay") == {"queued": 2}
    await eventually(lambda: "dropped" in [event["resource"]["external_reference"] for event in receiver.events()])


@pytest.mark.rule("P46")
async def test_reordered_events_come_newest_first(
    platform: Platform, receiver: Receiver, eventually: Eventually
) -> None:
    """Events held together leave together in reverse."""
    await platform.create("/webhook-subscriptions", {"url": URL, "events": ["client.created"]})
    await platform.fault("reorder_webhooks", delay_seconds=0.5)
    await asyncio.gather(*(platform.client(f"ref-{number}") for number in range(4)))
    clients = await platform.get("/clients")
    await eventually(lambda: len(receiver.received) == 4)

    told = [event["resource"]["id"] for event in receiver.events()]
    assert told == [client["id"] for client in reversed(clients)]


async def test_stale_signature_is_true_but_old_and_then_fresh(
    platform: Platform, receiver: Receiver, eventually: Eventually
) -> None:
    """The first attempt is signed an hour ago; refused, it comes again signed now."""
    body = {"url": URL, "events": ["client.created"]}
    secret = (await platform.create("/webhook-subscriptions", body))["signing_secrets"][0]
    await platform.fault("stale_signature", times=1)
    receiver.answers = [400]
    await platform.client()
    await eventually(lambda: len(receiver.received) == 2)
    ages = [time.time() - signatures(request)[0] for request in receiver.received]

    assert 3500 < ages[0] < 3700
    assert -5 < ages[1] < 60
    assert [signatures(request)[1] for request in receiver.received] == [
        [expected_signature(request, secret)] for request in receiver.received
    ]


async def test_unknown_fault_is_refused(platform: Platform) -> None:
    """A fault that does not exist is named so."""
    answer = await platform.http.post("/_sandbox/faults", json={"kind": "meteor", "times": 0})

    assert refusal(answer) == (422, "validation_failed", {"kind": "invalid", "times": "out_of_range"})
