"""Each event is delivered to each subscription that wants it, and can be sent again (P55)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.outgoing import dispatching
from api.outgoing.dispatching import IN_FLIGHT, dispatch, look_after
from engine.namespace import ensure_namespace
from engine.server import TemporalServer
from models.tables import EventSubscriptionRow
from runtime.temporal import connect
from storage.event_deliveries import EventDeliveryRepository
from storage.event_subscriptions import EventSubscriptionRepository
from tests.api.office import JOURNEYS, OTHER_FIRM, expect_problem
from tests.api.outgoing_scene import CHANGED, DELIVERIES, NAMESPACE, STARTED, Scene, open_scene
from tests.conftest import Eventually
from tests.connectors.firms.receiver import receiving


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


@pytest.mark.rule("P55")
async def test_what_happens_is_delivered(scene: Scene) -> None:
    """Every event of the firm from now on arrives, once and signed; those of before and of others do not."""
    await scene.happen(STARTED)
    created = await scene.subscribe()
    seqs = await scene.happen(STARTED, CHANGED, CHANGED)
    await scene.happen(STARTED, firm=OTHER_FIRM)
    async with scene.worker():
        await scene.dispatch()
        await scene.delivered(3)
        await scene.dispatch()
    log = await scene.log()

    assert sorted(scene.receiver.seqs) == seqs
    assert all(taken.verified(created["secret"]) == taken.event for taken in scene.receiver.taken)
    assert [(row["seq"], row["type"], row["state"], row["attempts"], row["last_status"]) for row in log] == [
        (seqs[2], CHANGED, "delivered", 1, 204),
        (seqs[1], CHANGED, "delivered", 1, 204),
        (seqs[0], STARTED, "delivered", 1, 204),
    ]
    assert (await scene.office.get(created["link"]))["dispatched"] == seqs[2]


@pytest.mark.rule("P55")
async def test_a_journey_is_heard_of_from_its_beginning_to_its_end(scene: Scene) -> None:
    """A journey that is started and withdrawn through the API reaches the firm's system, in order by `seq`."""
    await scene.subscribe()
    async with scene.worker():
        journey = await scene.office.start()
        withdrawn = await scene.office.post(f"{JOURNEYS}/{journey}/withdrawal", {})
        assert withdrawn.status_code == 200, withdrawn.text

        async def ended() -> bool:
            await scene.dispatch()
            return any(taken.event["type"] == "journey.ended.v1" for taken in scene.receiver.taken)

        await scene.eventually(ended, within=20)
        await scene.delivered(3)
    events = sorted((taken.event for taken in scene.receiver.taken), key=lambda event: int(event["seq"]))

    assert [event["type"] for event in events] == [STARTED, CHANGED, "journey.ended.v1"]
    assert {event["data"]["journey_id"] for event in events} == {journey}
    assert events[1]["data"]["stage"] == events[2]["data"]["reason"] == "withdrawn"


async def test_only_the_wanted_types_are_delivered(scene: Scene) -> None:
    """A subscription to some types gets those alone; another one of the same firm gets its own."""
    await scene.subscribe(types=[CHANGED])
    seqs = await scene.happen(STARTED, CHANGED, STARTED, CHANGED)
    async with scene.worker():
        await scene.dispatch()
        await scene.delivered(2)

    assert sorted(scene.receiver.seqs) == [seqs[1], seqs[3]]


@pytest.mark.rule("P55")
async def test_deliveries_begin_in_order_and_survive_a_crash(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever begins deliveries and dies in the middle is followed by one who begins the rest, and none twice."""
    await scene.subscribe()
    seqs = await scene.happen(*[STARTED] * 5)
    begun: list[int] = []
    begin = dispatching.begin_delivery

    async def dies(services: Any, subscription: Any, seq: int, *, anew: bool = False) -> None:
        if len(begun) == 3:
            raise RPCError("the engine is away", RPCStatusCode.UNAVAILABLE, b"")
        begun.append(seq)
        await begin(services, subscription, seq, anew=anew)

    with monkeypatch.context() as patch:
        patch.setattr(dispatching, "begin_delivery", dies)
        with pytest.raises(RPCError):
            await dispatch(scene.services)
    assert begun == seqs[:3]
    async with scene.worker():
        await scene.eventually(lambda: len(scene.receiver.taken) == 3)
        await scene.dispatch()
        await scene.delivered(5)
        await look_after(scene.services)
        await scene.dispatch()

    assert sorted(scene.receiver.seqs) == seqs
    assert {row["attempts"] for row in await scene.log()} == {1}


@pytest.mark.rule("P55")
async def test_one_that_is_away_holds_up_no_other(scene: Scene, eventually: Eventually) -> None:
    """An address that refuses everything has a bounded number of events on their way; another one gets them all."""
    async with receiving(eventually) as other:
        await scene.subscribe()
        await scene.subscribe(url=other.address)
        scene.receiver.status = 503
        seqs = await scene.happen(*[STARTED] * (IN_FLIGHT + 20))
        async with scene.worker():

            async def all_there() -> bool:
                await scene.dispatch()
                return len(other.taken) == len(seqs)

            await eventually(all_there, within=40)
            await eventually(lambda: len(set(scene.receiver.seqs)) == IN_FLIGHT, within=20)

    assert sorted(other.seqs) == seqs
    assert set(scene.receiver.seqs) == set(seqs[:IN_FLIGHT])


@pytest.mark.rule("P55")
async def test_a_delivery_is_sent_again_by_hand(scene: Scene) -> None:
    """One that was delivered, and one that waits for its next attempt, go out at once, with the same id."""
    await scene.subscribe()
    await scene.happen(STARTED)
    async with scene.worker():
        await scene.dispatch()
        await scene.delivered(1)
        (row,) = await scene.log()
        scene.receiver.status = 503
        answer = await scene.office.post(row["resend"], {})
        assert (answer.status_code, answer.json()["state"]) == (202, "pending")
        await scene.eventually(lambda: len(scene.receiver.taken) == 2)
        scene.receiver.status = 204
        await scene.office.post(row["resend"], {})
        await scene.delivered(3)
    (row,) = await scene.log()

    assert (row["state"], row["attempts"]) == ("delivered", 3)
    assert len({taken.headers["webhook-id"] for taken in scene.receiver.taken}) == 1
    expect_problem(
        await scene.office.post(f"{DELIVERIES}/{row['subscription_id']}/999/resend", {}),
        "event-delivery-not-found",
        404,
    )


async def test_a_resend_that_was_interrupted_is_looked_after(scene: Scene) -> None:
    """A delivery that is marked as on its way and has no workflow gets one."""
    created = await scene.subscribe()
    (seq,) = await scene.happen(STARTED)
    async with scene.worker():
        await scene.dispatch()
        await scene.delivered(1)
        async with scene.services.database.transaction() as session:
            await EventDeliveryRepository(session).reopen(created["subscription_id"], seq=seq)

        async def sent_again() -> bool:
            # The first workflow may still be closing, and then there is one already.
            await look_after(scene.services)
            return len(scene.receiver.taken) == 2

        await scene.eventually(sent_again, within=20)
        await scene.delivered(2)

    assert scene.receiver.seqs == [seq, seq]


@pytest.mark.rule("P55")
async def test_events_are_replayed_from_a_place(scene: Scene) -> None:
    """Everything after the place arrives again in the order in which it happened, with its ids, and what failed too."""
    created = await scene.subscribe()
    seqs = await scene.happen(*[STARTED] * 6)
    async with scene.worker():
        await scene.dispatch()
        await scene.delivered(6)
        first = {taken.event["seq"]: taken.body for taken in scene.receiver.taken}
        scene.receiver.taken.clear()
        answer = await scene.office.post(f"{created['link']}/replay", {"after": seqs[2]})
        assert (answer.status_code, answer.json()["dispatched"]) == (202, seqs[2])
        await scene.dispatch()
        await scene.delivered(3)

    assert sorted(scene.receiver.seqs) == seqs[3:]
    assert all(first[taken.event["seq"]] == taken.body for taken in scene.receiver.taken)
    assert (await scene.office.get(created["link"]))["dispatched"] == seqs[-1]


async def test_a_replay_does_not_wait_for_the_next_attempt(scene: Scene) -> None:
    """After an outage a replay offers at once what was waiting."""
    created = await scene.subscribe()
    seqs = await scene.happen(STARTED, STARTED)
    scene.receiver.answers = [(503, {"retry-after": "3600"})] * 2
    async with scene.worker():
        await scene.dispatch()
        await scene.eventually(lambda: len(scene.receiver.taken) == 2)
        await scene.office.post(f"{created['link']}/replay", {"after": 0})
        await scene.dispatch()
        await scene.delivered(4)

    assert sorted(scene.receiver.seqs[2:]) == seqs


@pytest.mark.rule("P55")
async def test_a_paused_subscription_goes_on_where_it_stopped(scene: Scene) -> None:
    """What happens during the pause is delivered after it."""
    created = await scene.subscribe()
    await scene.office.http.patch(created["link"], json={"active": False})
    seqs = await scene.happen(STARTED, STARTED)
    async with scene.worker():
        await scene.dispatch()
        assert await scene.log() == []
        await scene.office.http.patch(created["link"], json={"active": True})
        await scene.dispatch()
        await scene.delivered(2)

    assert sorted(scene.receiver.seqs) == seqs


async def test_a_subscription_that_goes_away_meanwhile_stops_nobody(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subscription that is removed while deliveries are begun does not keep the others from theirs."""
    created = [await scene.subscribe() for _ in range(2)]
    gone = min(created, key=lambda each: str(each["subscription_id"]))
    (seq,) = await scene.happen(STARTED)
    async with scene.services.database.reading() as session:
        before = await EventSubscriptionRepository(session).active()
    assert (await scene.office.http.delete(gone["link"])).status_code == 204

    async def as_before(_: EventSubscriptionRepository) -> list[EventSubscriptionRow]:
        return before

    monkeypatch.setattr(EventSubscriptionRepository, "active", as_before)
    async with scene.worker():
        assert await dispatch(scene.services) == 1
        await scene.delivered(1)

    assert scene.receiver.seqs == [seq]


async def test_the_log_is_read_in_pages(scene: Scene) -> None:
    """Pages follow each other without a gap or an overlap; filters narrow them; a foreign cursor is refused."""
    created, other = await scene.subscribe(), await scene.subscribe(types=[CHANGED])
    seqs = await scene.happen(*[STARTED] * 5, CHANGED)
    await scene.dispatch()
    seen, path = [], f"{DELIVERIES}?subscription={created['subscription_id']}&limit=2"
    while path:
        page = await scene.office.get(path)
        seen += [row["seq"] for row in page["deliveries"]]
        path = page["next"]

    assert seen == list(reversed(seqs))
    assert [row["seq"] for row in await scene.log(subscription=other["subscription_id"])] == [seqs[-1]]
    assert len(await scene.log(state="pending")) == 7
    assert await scene.log(state="failed") == []
    first = await scene.office.get(f"{DELIVERIES}?limit=2")
    cursor = first["next"].partition("cursor=")[2]
    expect_problem(await scene.office.http.get(f"{DELIVERIES}?state=pending&cursor={cursor}"), "invalid-request", 422)
