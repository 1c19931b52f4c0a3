"""The inbox of webhooks: stored once, due again, given up, shown to the firm it concerns; and how far polling came."""

import asyncio
from datetime import datetime, timedelta

import pytest

from models.tables import WebhookDeliveryRow
from storage.cursors import PollCursorRepository
from storage.database import Database
from storage.webhooks import NOBODY_YET, InboxState, WebhookRepository


async def received(
    database: Database, event_id: str, at: datetime, *, source: str = "platform", firm: str = ""
) -> bool:
    """Store a delivery; False when it is there already."""
    async with database.transaction() as session:
        inbox = WebhookRepository(session)
        return await inbox.receive(source, event_id, "client.updated", {"id": event_id}, at, firm or None)


async def due(database: Database, now: datetime, limit: int = 10) -> list[WebhookDeliveryRow]:
    """Return the platform's deliveries that are due, those of the last five seconds left to who stored them."""
    async with database.reading() as session:
        stored_before = now - timedelta(seconds=5)
        return await WebhookRepository(session).due("platform", stored_before=stored_before, now=now, limit=limit)


async def page(database: Database, firm: str, state: InboxState | None = None, limit: int = 10) -> list[str]:
    """Return the ids of a firm's deliveries, page by page."""
    found: list[str] = []
    before = None
    while True:
        async with database.reading() as session:
            rows = await WebhookRepository(session).page(firm, state=state, before=before, limit=limit)
        found += [row.event_id for row in rows]
        if len(rows) < limit:
            return found
        before = (rows[-1].received_at, rows[-1].source, rows[-1].event_id)


@pytest.mark.rule("P46", "P53")
async def test_an_event_is_received_once(database: Database, now: datetime) -> None:
    """Of five deliveries of one event one is stored; the same id from another system is another event."""
    assert sorted(await asyncio.gather(*(received(database, "e-1", now) for _ in range(5)))) == [False] * 4 + [True]
    assert await received(database, "e-1", now, source="plannr")

    async with database.reading() as session:
        assert await WebhookRepository(session).known("platform", ["e-1", "e-2"]) == {"e-1"}


@pytest.mark.rule("P53")
async def test_deliveries_are_due_until_handled(database: Database, now: datetime) -> None:
    """What was never tried is due after a while, what failed or waits at its time, and nothing once it is handled."""
    for number in range(4):
        await received(database, f"e-{number}", now + timedelta(seconds=number))
    async with database.transaction() as session:
        inbox = WebhookRepository(session)
        await inbox.mark_failed("platform", "e-0", "ConnectError", now + timedelta(seconds=30))
        await inbox.mark_handled("platform", "e-1", now)
        await inbox.mark_failed("platform", "e-1", "too late", now)
        await inbox.mark_waiting("platform", "e-3", now + timedelta(seconds=20))

    async def ids(seconds: int) -> list[str]:
        return [row.event_id for row in await due(database, now + timedelta(seconds=seconds))]

    assert [await ids(seconds) for seconds in (6, 8, 20, 30)] == [[], ["e-2"], ["e-2", "e-3"], ["e-2", "e-3", "e-0"]]
    assert len(await due(database, now + timedelta(days=1), 2)) == 2
    (failed,) = [row for row in await due(database, now + timedelta(days=1)) if row.event_id == "e-0"]
    assert (failed.attempts, failed.last_error, failed.body) == (1, "ConnectError", {"id": "e-0"})


@pytest.mark.rule("P53")
async def test_a_due_delivery_is_claimed_by_one_process(database: Database, now: datetime) -> None:
    """Of two processes that read the same due delivery one takes it; if that one ends, it is due again later."""
    later = now + timedelta(seconds=10)
    for event_id in ("never-tried", "failed"):
        await received(database, event_id, now)
    async with database.transaction() as session:
        await WebhookRepository(session).mark_failed("platform", "failed", "ConnectError", later)

    for row in await due(database, later):

        async def claim(row: WebhookDeliveryRow = row) -> bool:
            async with database.transaction() as session:
                return await WebhookRepository(session).claim(row, later + timedelta(minutes=1))

        assert sorted(await asyncio.gather(claim(), claim())) == [False, True]
    assert await due(database, later + timedelta(seconds=59)) == []
    assert len(await due(database, later + timedelta(minutes=1))) == 2


@pytest.mark.rule("P53")
async def test_a_delivery_that_waited_leaves_no_error(database: Database, now: datetime) -> None:
    """Waiting for a journey to be known is no failure; what failed before stays to be read."""
    for event_id in ("waited", "failed"):
        await received(database, event_id, now, firm="harbour")
    async with database.transaction() as session:
        inbox = WebhookRepository(session)
        await inbox.mark_waiting("platform", "waited", now)
        await inbox.mark_failed("platform", "failed", "ConnectError", now)
    assert [row.last_error for row in await due(database, now)] == [NOBODY_YET, "ConnectError"]
    async with database.transaction() as session:
        for event_id in ("waited", "failed"):
            await WebhookRepository(session).mark_handled("platform", event_id, now)

    async with database.reading() as session:
        rows = await WebhookRepository(session).page("harbour", limit=10)
    assert {row.event_id: (row.last_error, row.next_attempt_at) for row in rows} == {
        "waited": ("", None),
        "failed": ("ConnectError", None),
    }


@pytest.mark.rule("P53")
async def test_a_delivery_that_is_given_up_stays_visible(database: Database, now: datetime) -> None:
    """A dead delivery is due no more and listed as dead, until it is opened again."""
    await received(database, "e-1", now, firm="harbour")
    async with database.transaction() as session:
        await WebhookRepository(session).mark_dead("platform", "e-1", "ConnectError", now)

    assert await due(database, now + timedelta(days=9)) == []
    assert await page(database, "harbour", "dead") == ["e-1"]
    assert await page(database, "harbour", "waiting") == []
    async with database.transaction() as session:
        await WebhookRepository(session).reopen("platform", "e-1", now)
    assert await page(database, "harbour", "waiting") == ["e-1"]
    assert [row.event_id for row in await due(database, now)] == ["e-1"]


@pytest.mark.rule("P53")
async def test_a_firm_sees_its_own_deliveries_alone(database: Database, now: datetime) -> None:
    """Pages hold each delivery once, the newest first, also where several came at the same moment."""
    for number in range(7):
        await received(database, f"e-{number}", now + timedelta(seconds=number // 3), firm="harbour")
    await received(database, "e-0", now, source="plannr", firm="harbour")
    await received(database, "other", now, firm="kestrel")
    await received(database, "nobody's", now)

    assert await page(database, "harbour", limit=2) == ["e-6", "e-5", "e-4", "e-3", "e-2", "e-1", "e-0", "e-0"]
    async with database.transaction() as session:
        await WebhookRepository(session).set_firm("platform", "nobody's", "kestrel")
        await WebhookRepository(session).set_firm("platform", "e-1", "kestrel")
    assert sorted(await page(database, "kestrel")) == ["nobody's", "other"]
    async with database.reading() as session:
        inbox = WebhookRepository(session)
        assert await inbox.get("platform", "other", "harbour") is None
        assert await inbox.without_firm("platform", now, 10) == []


@pytest.mark.rule("P53")
async def test_a_cursor_never_goes_back(database: Database, now: datetime) -> None:
    """Whoever polled less far changes nothing; each list has a position of its own."""

    async def advance(tenant: str, seconds: int) -> datetime | None:
        async with database.transaction() as session:
            cursors = PollCursorRepository(session)
            await cursors.advance("plannr", tenant, "account", now + timedelta(seconds=seconds), now)
            return await cursors.position("plannr", tenant, "account")

    assert [await advance("harbour", seconds) for seconds in (5, 3, 8)] == [
        now + timedelta(seconds=seconds) for seconds in (5, 5, 8)
    ]
    assert await advance("kestrel", 1) == now + timedelta(seconds=1)
    async with database.reading() as session:
        assert await PollCursorRepository(session).position("plannr", "harbour", "plan") is None
