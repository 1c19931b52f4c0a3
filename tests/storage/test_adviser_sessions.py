"""Sessions of advisers, and their sign-ins that are on their way, on both databases."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from models.tables import SignInAttemptRow
from storage.adviser_sessions import AdviserSessionRepository, NewAdviserSession, SignInAttemptRepository
from storage.database import Database

HOUR = timedelta(hours=1)
ADVISER = {"id": "a-1", "email": "priya@example.com"}


@pytest.fixture
async def stored(database: Database, now: datetime) -> str:
    """Return the hash of a stored session."""
    new = NewAdviserSession(
        session_hash="hash",
        firm="firm-a",
        adviser_id="a-1",
        adviser=dict(ADVISER),
        scope="journeys:read",
        created_at=now,
        expires_at=now + HOUR,
    )
    async with database.transaction() as session:
        await AdviserSessionRepository(session).create(new)
    return "hash"


async def test_a_session_is_found_as_it_was_stored(database: Database, stored: str, now: datetime) -> None:
    """Everything that says who the adviser is and until when comes back."""
    async with database.reading() as session:
        row = await AdviserSessionRepository(session).by_hash(stored)
        assert await AdviserSessionRepository(session).by_hash("another") is None

    assert row is not None
    assert (row.firm, row.adviser, row.scope) == ("firm-a", ADVISER, "journeys:read")
    assert (row.created_at, row.last_seen_at, row.expires_at) == (now, now, now + HOUR)
    assert "priya" not in repr(row)


async def test_a_revoked_session_is_gone_for_good(database: Database, stored: str, now: datetime) -> None:
    """A request that was under way when the session was revoked does not bring it back."""
    async with database.transaction() as session:
        sessions = AdviserSessionRepository(session)
        await sessions.revoke(stored, now)
        await sessions.touch(stored, now, now + 2 * HOUR)
        assert await sessions.by_hash(stored) is None


@pytest.mark.parametrize(("after", "lasts"), [(HOUR / 2, 1.5), (HOUR, 1)])
async def test_a_session_is_prolonged_while_it_lasts(
    database: Database, stored: str, now: datetime, after: timedelta, lasts: float
) -> None:
    """Use prolongs a session, and an expired one stays expired."""
    async with database.transaction() as session:
        await AdviserSessionRepository(session).touch(stored, now + after, now + after + HOUR)
    async with database.reading() as session:
        row = await AdviserSessionRepository(session).by_hash(stored)

    assert row is not None
    assert row.expires_at == now + lasts * HOUR


async def test_exactly_one_of_many_takes_an_attempt(database: Database, now: datetime) -> None:
    """Of several callbacks of one sign-in at the same time one goes on."""
    async with database.transaction() as session:
        await SignInAttemptRepository(session).keep("attempt", "sealed", now, now + HOUR)

    async def take() -> str | None:
        async with database.transaction() as session:
            return await SignInAttemptRepository(session).take("attempt", now)

    taken = await asyncio.gather(*(take() for _ in range(6)))
    assert sorted(taken, key=str) == [None] * 5 + ["sealed"]


async def test_attempts_that_nobody_came_back_from_are_dropped(database: Database, now: datetime) -> None:
    """An attempt that is too old cannot be taken, and goes when the next one begins."""
    async with database.transaction() as session:
        attempts = SignInAttemptRepository(session)
        await attempts.keep("first", "sealed", now, now + HOUR)
        await attempts.keep("late", "sealed", now, now + HOUR)
        assert await attempts.take("late", now + HOUR) is None
        await attempts.keep("second", "sealed", now + HOUR, now + 2 * HOUR)
        assert await session.scalar(select(func.count()).select_from(SignInAttemptRow)) == 1
