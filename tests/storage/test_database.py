"""What every connection guarantees."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.tables import AuditRow, PersonRow, PortalSessionRow
from storage.database import Database
from storage.engines import build_engine, database_url


def _person(person_id: str, email: str, now: datetime) -> PersonRow:
    return PersonRow(
        person_id=person_id, firm="f", plannr_account="a", email=email, first_name="Eleanor", created_at=now
    )


async def test_an_error_leaves_nothing_behind(database: Database, now: datetime) -> None:
    """A transaction that fails half-way is rolled back as a whole."""

    async def fail_half_way() -> None:
        async with database.transaction() as session:
            session.add(_person("p-1", "a@example.com", now))
            await session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        await fail_half_way()
    async with database.reading() as session:
        assert await session.get(PersonRow, "p-1") is None


async def test_moments_come_back_in_utc(database: Database, now: datetime) -> None:
    """A moment written in another zone is the same moment, aware and in UTC, when read."""
    elsewhere = now.astimezone(timezone(timedelta(hours=5, minutes=30)))
    async with database.transaction() as session:
        session.add(_person("p-1", "a@example.com", elsewhere))
    async with database.reading() as session:
        stored = await session.get_one(PersonRow, "p-1")
    assert stored.created_at == now
    assert stored.created_at.tzinfo is UTC


async def test_a_naive_moment_is_refused(database: Database, now: datetime) -> None:
    """A moment without a zone never reaches the database."""
    with pytest.raises(Exception, match="needs a time zone"):
        async with database.transaction() as session:
            session.add(_person("p-1", "a@example.com", now.replace(tzinfo=None)))


async def test_foreign_keys_hold(database: Database, now: datetime) -> None:
    """A session of nobody is refused."""
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            session.add(
                PortalSessionRow(
                    session_hash="h",
                    person_id="nobody",
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now,
                    user_agent="",
                )
            )


async def test_errors_never_repeat_stored_values(database: Database, now: datetime) -> None:
    """Neither the error of a violated constraint nor its causes name the e-mail address that caused it."""

    async def store(person_id: str) -> None:
        async with database.transaction() as session:
            session.add(_person(person_id, "eleanor.marsh@example.com", now))

    await store("p-1")
    with pytest.raises(IntegrityError) as caught:
        await store("p-2")
    error: BaseException | None = caught.value
    while error is not None:
        assert "eleanor" not in f"{error} {error!r}".lower()
        error = error.__cause__ or error.__context__


def test_a_row_shows_no_personal_data(now: datetime) -> None:
    """The text of a row in a log or traceback is its class and key."""
    row = _person("p-1", "eleanor.marsh@example.com", now)
    assert "eleanor" not in f"{row} {row!r}".lower()


async def test_a_reader_changes_nothing(database: Database, now: datetime) -> None:
    """What is written in a reading session is dropped when it ends."""
    async with database.reading() as session:
        session.add(_person("p-1", "a@example.com", now))
        await session.flush()
    async with database.reading() as session:
        assert await session.get(PersonRow, "p-1") is None


async def test_a_reader_waits_for_no_writer(database: Database, now: datetime) -> None:
    """A list can be read while a transaction writes, and shows what was there before it."""
    async with database.transaction() as writing:
        writing.add(_person("p-1", "a@example.com", now))
        await writing.flush()
        async with asyncio.timeout(2), database.reading() as session:
            assert await session.get(PersonRow, "p-1") is None


async def test_writers_that_read_first_queue_up(database: Database, now: datetime) -> None:
    """Twenty transactions that read and then write all succeed, on SQLite too."""

    async def write(number: int) -> None:
        async with database.transaction() as session:
            await session.get(AuditRow, "x")
            session.add(_person(f"p-{number}", f"{number}@example.com", now))

    await asyncio.gather(*(write(number) for number in range(20)))
    async with database.reading() as session:
        assert (await session.scalars(text("SELECT count(*) FROM person"))).one() == 20


@pytest.mark.parametrize("url", ["sqlite://", "sqlite+aiosqlite:///:memory:", "mysql://user:hunter2@host/db"])
def test_other_databases_are_refused(url: str) -> None:
    """A database that forgets, or that nobody tested, is refused without repeating its password."""
    with pytest.raises(ValueError, match="SQLite") as caught:
        Database(url)
    assert "hunter2" not in str(caught.value)


async def test_sqlite_connections_are_configured(tmp_path: Path) -> None:
    """Write-ahead log, foreign keys and a patient lock are on, syncs are full and what is deleted is overwritten."""
    engine = build_engine(database_url(f"sqlite:///{tmp_path / 'x.db'}"))
    async with engine.connect() as connection:
        values = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous", "secure_delete")
        ]
    await engine.dispose()
    assert values == ["wal", 1, 20000, 2, 1]
