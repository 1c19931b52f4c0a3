"""Faults, rate limit, seed and state of the sandbox."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.plannr.sandbox import seed

Json = dict[str, Any]
CLIENT = f"/api/v1/account/{seed.CLIENT_UUID}"


async def _counts(sandbox: Any) -> Json:
    counts: Json = (await sandbox.bare.get("/_sandbox/state")).json()["counts"]
    return counts


@pytest.mark.parametrize(("kind", "status"), [("outage", 503), ("error_500", 500), ("rate_limit", 429)])
async def test_a_fault_refuses_and_stores_nothing(sandbox: Any, plan_body: Json, kind: str, status: int) -> None:
    """It strikes as often as it was told, the operation it names and no other, before anything is written."""
    await sandbox.fault(operation="POST /api/v1/plans", kind=kind, times=2)
    before = await _counts(sandbox)
    for _ in range(2):
        answer = await sandbox.http.post("/api/v1/plans", json=plan_body)
        assert (answer.status_code, "Retry-After" in answer.headers) == (status, status == 429)
        assert "X-Ratelimit-Remaining" in answer.headers
    assert (await sandbox.http.get("/api/v1/plans")).status_code == 200
    assert await _counts(sandbox) == before

    await sandbox.post("/api/v1/plans", plan_body)
    (fault,) = (await sandbox.bare.get("/_sandbox/faults")).json()["faults"]
    assert fault["struck"] == {"POST /api/v1/plans": 2}


async def test_faults_meet_reads_writes_or_everything(sandbox: Any, plan_body: Json) -> None:
    """``read``, ``write`` and ``*`` meet what they say until they are removed."""
    expected = {"read": (503, 200), "write": (200, 503), "*": (503, 503)}
    for operation, statuses in expected.items():
        await sandbox.fault(operation=operation, kind="outage")
        answers = [await sandbox.http.get(CLIENT), await sandbox.http.post("/api/v1/plans", json=plan_body)]
        assert tuple(answer.status_code for answer in answers) == statuses
        assert (await sandbox.bare.delete("/_sandbox/faults")).status_code == 204
    assert (await sandbox.http.get(CLIENT)).status_code == 200


async def test_a_fault_in_time_ends_by_itself(sandbox: Any, eventually: Any) -> None:
    """An outage of some seconds is over after them."""
    await sandbox.fault(kind="outage", seconds=0.2)
    assert (await sandbox.http.get(CLIENT)).status_code == 503

    async def back() -> bool:
        return bool((await sandbox.http.get(CLIENT)).status_code == 200)

    assert await eventually(back)


async def test_latency_holds_an_answer_back(sandbox: Any) -> None:
    """The answer comes, later."""
    await sandbox.fault(operation="read", kind="latency", seconds=0.2, times=1)
    loop_time = datetime.now(UTC)
    assert (await sandbox.http.get(CLIENT)).status_code == 200
    assert datetime.now(UTC) - loop_time >= timedelta(seconds=0.2)


async def test_a_lost_answer_leaves_the_write_behind(sandbox: Any, plan_body: Json, application_body: Json) -> None:
    """commit_then_timeout, once for each operation: the write is there, the caller hears nothing, a repeat works."""
    await sandbox.fault(operation="write", kind="commit_then_timeout", each=True)
    for path, body, status in (("/api/v1/plans", plan_body, 200), ("/api/v1/applications", application_body, 409)):
        with pytest.raises(httpx.TransportError):
            await sandbox.http.post(path, json=body)
        assert (await sandbox.http.get(path)).json()["meta"]["total"] == 1
        assert (await sandbox.http.post(path, json=body)).status_code == status


async def test_a_refused_write_does_not_use_up_a_lost_answer(sandbox: Any, plan_body: Json) -> None:
    """Only a committed write loses its answer; without a number it strikes once."""
    await sandbox.fault(operation="POST /api/v1/plans", kind="commit_then_timeout")
    assert (await sandbox.http.post("/api/v1/plans", json={})).status_code == 422
    with pytest.raises(httpx.TransportError):
        await sandbox.http.post("/api/v1/plans", json=plan_body)
    await sandbox.post("/api/v1/plans", plan_body)


@pytest.mark.parametrize("body", [{}, {"kind": "fire"}, {"kind": "outage", "times": 0}, {"kind": "outage", "x": 1}])
async def test_a_fault_that_makes_no_sense_is_refused(sandbox: Any, body: Json) -> None:
    """The control says what is wrong."""
    answer = await sandbox.bare.post("/_sandbox/faults", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_the_published_rate_limit_holds(start: Any, tmp_path: Any) -> None:
    """Beyond the limit of a minute 429 with Retry-After; the next window is free; unauthenticated calls don't count."""
    moments = [datetime(2026, 11, 23, 9, 0, tzinfo=UTC)]
    async with start(tmp_path / "x.db", rate_limit_per_minute=3, clock=lambda: moments[0]) as sandbox:
        await sandbox.bare.get(CLIENT)
        left = [(await sandbox.http.get(CLIENT)).headers["X-Ratelimit-Remaining"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        moments[0] += timedelta(seconds=15)
        refused = await sandbox.kestrel.get("/api/v1/account")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "45")

        await sandbox.bare.put("/_sandbox/state", json={"rate_limit_per_minute": 10})
        assert (await sandbox.http.get(CLIENT)).headers["X-Ratelimit-Remaining"] == "6"
        moments[0] += timedelta(seconds=45)
        assert (await sandbox.http.get(CLIENT)).headers["X-Ratelimit-Remaining"] == "9"


async def test_reset_returns_to_the_seed(sandbox: Any, plan_body: Json) -> None:
    """Records, subscriptions, faults and deliveries go; the seed is as it was at first start."""
    start = await _counts(sandbox)
    await sandbox.post("/api/v1/plans", plan_body)
    await sandbox.http.put(CLIENT, json={"first_name": "Changed"})
    await sandbox.bare.post("/_sandbox/seed", json={"accounts": 3, "firm": seed.KESTREL_UUID})
    await sandbox.fault(kind="outage")
    assert await _counts(sandbox) != start

    assert (await sandbox.bare.post("/_sandbox/reset")).json()["counts"] == start
    assert (await sandbox.get(CLIENT))["first_name"] == "Eleanor"
    assert (await sandbox.bare.get("/_sandbox/faults")).json() == {"faults": []}


async def test_more_clients_are_the_same_every_time(sandbox: Any) -> None:
    """Made in one go or in two, the clients are the same, all different, each with an address."""

    async def generated() -> list[Json]:
        state = (await sandbox.bare.get("/_sandbox/state", params={"full": 1})).json()
        return [item for item in state["records"]["account"] if item.get("generated")]

    assert (await sandbox.bare.post("/_sandbox/seed", json={"accounts": 30})).json() == {"clients": 37}
    once = await generated()
    await sandbox.bare.post("/_sandbox/reset")
    for amount in (10, 20):
        await sandbox.bare.post("/_sandbox/seed", json={"accounts": amount})
    twice = await generated()

    for name in ("uuid", "email", "ni_number", "phone"):
        assert [item[name] for item in once] == [item[name] for item in twice]
        assert len({item[name] for item in once}) == 30
    shown = await sandbox.get(f"/api/v1/account/{once[0]['uuid']}", include="primary_address")
    assert shown["primary_address"]["postcode"] == "SW1A 1AA"
    assert (await sandbox.bare.post("/_sandbox/seed", json={"accounts": 1, "firm": "x"})).status_code == 404
    assert (await sandbox.bare.post("/_sandbox/seed", json={"accounts": 0})).status_code == 422


async def test_the_full_state_shows_every_record(sandbox: Any, application_body: Json) -> None:
    """A test can read back from it what the API was told."""
    made = await sandbox.post("/api/v1/applications", application_body, 201)
    state = (await sandbox.bare.get("/_sandbox/state", params={"full": 1})).json()

    (record,) = state["records"]["application"]
    assert (record["uuid"], record["firm_uuid"]) == (made["uuid"], seed.HARBOUR_UUID)
    assert {kind: len(records) for kind, records in state["records"].items()} == state["counts"]
    assert "records" not in (await sandbox.bare.get("/_sandbox/state")).json()


async def test_seeded_people_are_different_and_unlinked(sandbox: Any) -> None:
    """Every seeded client has data of its own; no one is linked to the platform."""
    state = (await sandbox.bare.get("/_sandbox/state", params={"full": 1})).json()["records"]["account"]
    clients = [item for item in state if item["type"] == "client"]

    for name in ("ni_number", "email", "phone"):
        values = [item[name] for item in clients if item[name]]
        assert len(values) == len(set(values)) == len(clients) - 1
    assert all(not item["tag_uuids"] and not item["external_references"] for item in clients)
