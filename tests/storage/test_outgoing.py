"""Events wait for their delivery in the order in which they happened, and each is told once."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from domain.journey import Party, Stage
from models.messages import Progress, SystemRecords
from models.tables import DeliveryState, EventSubscriptionRow
from storage.database import Database, migrate
from storage.event_deliveries import EventDeliveryRepository
from storage.event_subscriptions import EventSubscriptionRepository
from storage.journeys import JourneyRepository
from storage.outgoing import OutgoingRepository

FIRM, OTHER = "firm-a", "firm-b"
MakeProgress = Callable[..., Progress]


async def tell(database: Database, *names: str, firm: str = FIRM, at: datetime) -> list[bool]:
    """Tell events of these names, each in a transaction of its own; return which of them were new."""
    new = []
    for name in names:
        async with database.transaction() as session:
            new.append(await _tell(OutgoingRepository(session), name, firm, at))
    return new


async def _tell(outgoing: OutgoingRepository, name: str, firm: str, at: datetime) -> bool:
    return await outgoing.tell(firm=firm, event_type="client.synced.v1", identity=(name,), data={"name": name}, at=at)


async def names_after(database: Database, seq: int = 0, firm: str = FIRM, **options: float) -> list[object]:
    """Return the names of the events after a place."""
    async with database.reading() as session:
        return [row.data["name"] for row in await OutgoingRepository(session).after(firm, seq, 100, **options)]


async def told(database: Database, firm: str = FIRM) -> list[tuple[str, dict[str, object]]]:
    """Return type and data of every event of a firm, in order."""
    async with database.reading() as session:
        return [(row.type, dict(row.data)) for row in await OutgoingRepository(session).after(firm, 0, 100)]


async def project(database: Database, *reports: Progress) -> None:
    """Store what a workflow reports, one report after the other."""
    for report in reports:
        async with database.transaction() as session:
            await JourneyRepository(session).project(report)


@pytest.mark.rule("P55")
async def test_an_event_is_told_once(database: Database, now: datetime) -> None:
    """The same identity is one event, however often it is told; each firm has its own stream."""
    assert await tell(database, "a", "b", "a", at=now) == [True, True, False]
    assert await tell(database, "c", firm=OTHER, at=now) == [True]

    assert await names_after(database) == ["a", "b"]
    assert await names_after(database, firm=OTHER) == ["c"]


async def test_an_event_goes_with_its_transaction(database: Database, now: datetime) -> None:
    """What is rolled back was never told."""

    async def undone() -> None:
        async with database.transaction() as session:
            await _tell(OutgoingRepository(session), "a", FIRM, now)
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await undone()

    assert await names_after(database) == []


@pytest.mark.rule("P55")
async def test_an_event_that_commits_late_is_not_skipped(empty_postgres: str, now: datetime) -> None:
    """A transaction with a lower `seq` that commits after a higher one: a reader waits, and gets both in order."""
    await migrate(empty_postgres)
    database = Database(empty_postgres)
    written, may_commit = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with database.transaction() as session:
            await _tell(OutgoingRepository(session), "first", FIRM, now)
            written.set()
            await may_commit.wait()

    writing = asyncio.create_task(slow())
    await written.wait()
    await tell(database, "second", at=now)

    assert await names_after(database, patience_seconds=0.1) == []
    reading = asyncio.create_task(names_after(database, patience_seconds=30))
    may_commit.set()
    assert await reading == ["first", "second"]
    await writing
    await database.dispose()


async def test_readers_wait_for_nobody_who_writes_later(empty_postgres: str, now: datetime) -> None:
    """While one writer follows another without a pause, a reader still gets what was written when it began."""
    await migrate(empty_postgres)
    database = Database(empty_postgres)
    stop = asyncio.Event()

    async def write(writer: str) -> None:
        number = 0
        while not stop.is_set():
            await tell(database, f"{writer}-{number}", at=now)
            number += 1

    writers = [asyncio.create_task(write(writer)) for writer in "abcd"]
    seen: list[object] = []
    reached = 0
    while len(seen) < 200:
        async with database.reading() as session:
            rows = await OutgoingRepository(session).after(FIRM, reached, 50, patience_seconds=20)
        seen += [row.data["name"] for row in rows]
        reached = rows[-1].seq or 0 if rows else reached
    stop.set()
    await asyncio.gather(*writers)

    async with database.reading() as session:
        everything = await OutgoingRepository(session).after(FIRM, 0, 10_000)
    assert seen == [row.data["name"] for row in everything][: len(seen)]
    await database.dispose()


@pytest.mark.rule("P55")
async def test_a_journey_is_told_from_beginning_to_end(
    database: Database, make_progress: MakeProgress, now: datetime
) -> None:
    """Each stage is told once and in order, whatever is reported between, twice or late."""
    started = make_progress(version=1)
    draft = make_progress(version=2, stage=Stage.APPLICATION_DRAFT, minutes=1, stage_since=now + timedelta(minutes=1))
    same = make_progress(version=3, stage=Stage.APPLICATION_DRAFT, minutes=2, stage_since=now + timedelta(minutes=1))
    awaiting = make_progress(
        version=4,
        stage=Stage.AWAITING_CLIENT,
        minutes=3,
        stage_since=now + timedelta(minutes=3),
        waiting_on=Party.CLIENT,
        needs_attention=True,
    )
    active = make_progress(
        version=5,
        stage=Stage.ACTIVE,
        minutes=4,
        stage_since=now + timedelta(minutes=4),
        waiting_on=Party.NOBODY,
        records=SystemRecords(plannr_plan="plan-1", platform_account="account-1"),
    )
    await project(database, started, draft, draft, same, started, awaiting, draft, active, active, awaiting)
    events = await told(database)

    assert [(kind, data.get("stage")) for kind, data in events] == [
        ("journey.started.v1", "illustrated"),
        ("journey.stage_changed.v1", "application_draft"),
        ("journey.stage_changed.v1", "awaiting_client"),
        ("journey.stage_changed.v1", "active"),
        ("journey.active.v1", None),
    ]
    assert events[2][1] == {
        "journey_id": "j-1",
        "external_reference": "ref-j-1",
        "adviser_id": "adviser-1",
        "wrapper": "isa",
        "version": 4,
        "stage": "awaiting_client",
        "waiting_on": "client",
        "needs_attention": True,
    }
    assert (events[4][1]["plannr_plan"], events[4][1]["platform_account"]) == ("plan-1", "account-1")


@pytest.mark.parametrize("stage", [Stage.WITHDRAWN, Stage.DECLINED, Stage.EXPIRED])
async def test_an_end_is_told_with_its_reason(
    database: Database, make_progress: MakeProgress, now: datetime, stage: Stage
) -> None:
    """A journey that ends without an account says why."""
    ended = make_progress(version=2, stage=stage, minutes=1, stage_since=now + timedelta(minutes=1))
    await project(database, make_progress(), ended, ended)
    kind, data = (await told(database))[-1]

    assert (kind, data["reason"], len(await told(database))) == ("journey.ended.v1", stage.value, 3)


async def test_a_stage_that_is_entered_again_is_told_again(
    database: Database, make_progress: MakeProgress, now: datetime
) -> None:
    """A journey that goes back to a stage is told of; a second report of the same time is not."""
    stages = [Stage.ILLUSTRATED, Stage.APPLICATION_DRAFT, Stage.ILLUSTRATED, Stage.APPLICATION_DRAFT]
    for number, stage in enumerate(stages, 1):
        since = now + timedelta(minutes=number)
        await project(database, make_progress(version=number, stage=stage, minutes=number, stage_since=since))

    assert len(await told(database)) == 4


async def test_the_place_is_moved_on_unless_somebody_moved_it(database: Database, now: datetime) -> None:
    """A replay that comes while deliveries are begun is not undone by them."""
    await _subscribe(database, now, dispatched=7)
    async with database.transaction() as session:
        subscriptions = EventSubscriptionRepository(session)
        await subscriptions.rewind("s-1", after=3)
        await subscriptions.rewind("s-1", after=5)
        await subscriptions.advance("s-1", begun_at=7, reached=9)
    async with database.reading() as session:
        row = await EventSubscriptionRepository(session).get("s-1", firm=FIRM)

    assert row is not None
    assert row.dispatched == 3


async def test_the_log_counts_attempts_until_the_end(database: Database, now: datetime) -> None:
    """Attempts are counted while a delivery is on its way; one that is settled changes no more until it is reopened."""
    subscription = await _subscribe(database, now)
    await tell(database, "a", "b", at=now)
    async with database.transaction() as session:
        deliveries = EventDeliveryRepository(session)
        first, second = [row.seq or 0 for row in await OutgoingRepository(session).after(FIRM, 0, 9)]
        for _ in range(2):
            await deliveries.begin(subscription, [first, second], now)
        await deliveries.count_attempt("s-1", first, status=503, error="answered 503", delivered_at=None)
        await deliveries.count_attempt("s-1", first, status=204, error="", delivered_at=now)
        await deliveries.count_attempt("s-1", first, status=500, error="late", delivered_at=None)
        assert not await deliveries.give_up("s-1", first)
        assert await deliveries.give_up("s-1", second, error="the subscription was paused")
    async with database.reading() as session:
        page = await EventDeliveryRepository(session).page(FIRM, limit=9)
    assert [(each.row.seq, each.row.state, each.row.attempts, each.row.last_error) for each in page] == [
        (second, DeliveryState.FAILED, 0, "the subscription was paused"),
        (first, DeliveryState.DELIVERED, 2, ""),
    ]

    async with database.transaction() as session:
        deliveries = EventDeliveryRepository(session)
        await deliveries.reopen("s-1", after=first)
        assert await deliveries.pending("s-1", up_to=second) == [second]
        assert await deliveries.find("s-1", second, firm=OTHER) is None
        assert await EventSubscriptionRepository(session).remove("s-1", firm=OTHER) is False
        assert await EventSubscriptionRepository(session).remove("s-1", firm=FIRM) is True
    assert await names_after(database) == ["a", "b"]
    async with database.reading() as session:
        assert await EventDeliveryRepository(session).page(FIRM, limit=9) == []


async def _subscribe(database: Database, now: datetime, dispatched: int = 0) -> EventSubscriptionRow:
    row = EventSubscriptionRow(
        subscription_id="s-1",
        firm=FIRM,
        url="https://events.example.com/",
        types=[],
        secrets=["whsec_AAAA"],
        created_at=now,
        created_by="adviser-1",
        dispatched=dispatched,
    )
    async with database.transaction() as session:
        await EventSubscriptionRepository(session).add(row)
    return row
