"""Keeps received messages in a SQLite file: what was answered with 250 survives a crash or a power cut."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiosqlite

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    to_address TEXT NOT NULL COLLATE NOCASE,
    received_at TEXT NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS message_to_address ON message (to_address, id);
"""


@dataclass(frozen=True)
class StoredMessage:
    """One message in one recipient's mailbox, as it came over the line."""

    id: int
    to_address: str
    received_at: datetime
    raw: bytes


class MessageStore:
    """The mailboxes of all recipients."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        # One transaction at a time: a failed write must not take another's back, nor be committed with it.
        self._writing = asyncio.Lock()

    async def add(self, recipients: Sequence[str], raw: bytes) -> None:
        """Keep a message for each recipient; returns once it is on the disk."""
        received_at = datetime.now(UTC).isoformat()
        rows = [(recipient, received_at, raw) for recipient in recipients]
        async with self._transaction():
            await self._connection.executemany(
                "INSERT INTO message (to_address, received_at, raw) VALUES (?, ?, ?)", rows
            )

    async def newest(self, *, to_address: str | None = None, limit: int) -> list[StoredMessage]:
        """Return messages newest first, of one recipient (whatever the case of the letters) or of all."""
        rows = await self._connection.execute_fetchall(
            "SELECT id, to_address, received_at, raw FROM message"
            " WHERE :to IS NULL OR to_address = :to ORDER BY id DESC LIMIT :limit",
            {"to": to_address, "limit": limit},
        )
        return [_stored(row) for row in rows]

    async def get(self, number: int) -> StoredMessage | None:
        """Return one message, or None if there is no such number."""
        rows = await self._connection.execute_fetchall(
            "SELECT id, to_address, received_at, raw FROM message WHERE id = ?", (number,)
        )
        return next((_stored(row) for row in rows), None)

    async def clear(self) -> None:
        """Delete every message; their numbers are not used again."""
        async with self._transaction():
            await self._connection.execute("DELETE FROM message")

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        async with self._writing:
            try:
                yield
                await self._connection.commit()
            except BaseException:
                await self._connection.rollback()
                raise


def _stored(row: aiosqlite.Row) -> StoredMessage:
    return StoredMessage(row[0], row[1], datetime.fromisoformat(row[2]), row[3])


@asynccontextmanager
async def open_store(database: Path) -> AsyncIterator[MessageStore]:
    """Open the file, making it and its tables where needed."""
    async with aiosqlite.connect(database) as connection:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        await connection.executescript(_SCHEMA)
        yield MessageStore(connection)
