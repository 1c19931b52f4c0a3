"""The sandbox's own database: every record is one JSON document in one table, with a table of look-up values.

The calls are synchronous on purpose: each takes well under a millisecond and nothing is awaited between them, so the
block inside ``transaction()`` can never interleave with another request. WAL keeps what was committed through a kill.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from connectors.plannr.sandbox.lookups import lookup_values

Document = dict[str, Any]
Condition = tuple[str, Sequence[Any]]
"""An SQL fragment with its bound values."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, kind TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS records_created ON records (tenant, kind, created_at);
CREATE INDEX IF NOT EXISTS records_updated ON records (tenant, kind, updated_at);
CREATE TABLE IF NOT EXISTS lookups (
    tenant TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, uuid TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, name, value, uuid)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lookups_uuid ON lookups (uuid);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY, subscription TEXT NOT NULL, event_id TEXT NOT NULL, event TEXT NOT NULL,
    body TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, due_at TEXT NOT NULL, created_at TEXT NOT NULL,
    last_status INTEGER, last_error TEXT, delivered_at TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_at);
"""


class Store:
    """Reads and writes documents; every one has uuid, created_at and updated_at (ISO 8601, UTC, microseconds)."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._last = ""
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        # NORMAL survives the death of the process; only a power cut could lose the last commits of this stand-in.
        self.db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;")
        self.db.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the database."""
        self.db.close()

    def now(self, ahead_seconds: float = 0.0) -> str:
        """The time as stored; without an offset it never repeats, so that sorting by it is stable."""
        moment = self._clock()
        if ahead_seconds:
            return (moment + timedelta(seconds=ahead_seconds)).isoformat(timespec="microseconds")
        spelled = moment.isoformat(timespec="microseconds")
        if spelled <= self._last:
            moment = datetime.fromisoformat(self._last) + timedelta(microseconds=1)
            spelled = moment.isoformat(timespec="microseconds")
        self._last = spelled
        return spelled

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; must not contain an await."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def insert(self, kind: str, tenant: str, document: Document) -> Document:
        """Stores a new document, giving it a uuid and times where it has none."""
        moment = self.now()
        head = {"uuid": str(uuid4()), "created_at": moment, "updated_at": moment}
        stored: Document = {**head, **document}
        self.insert_many([(kind, tenant, stored)])
        return stored

    def insert_many(self, rows: Iterable[tuple[str, str, Document]]) -> None:
        """Stores complete documents (uuid and times included) of any kinds."""
        records: list[tuple[str, ...]] = []
        values: list[tuple[str, ...]] = []
        for kind, tenant, document in rows:
            uuid = document["uuid"]
            records.append((uuid, tenant, kind, document["created_at"], document["updated_at"], json.dumps(document)))
            values.extend((tenant, kind, name, value, uuid) for name, value in lookup_values(kind, document))
        self.db.executemany(
            "INSERT INTO records (uuid, tenant, kind, created_at, updated_at, document) VALUES (?, ?, ?, ?, ?, ?)",
            records,
        )
        self.db.executemany("INSERT OR IGNORE INTO lookups VALUES (?, ?, ?, ?, ?)", values)

    def save(self, kind: str, tenant: str, document: Document, *, touch: bool = True) -> Document:
        """Stores a changed document; ``touch`` moves its updated_at."""
        if touch:
            document["updated_at"] = self.now()
        uuid = document["uuid"]
        self.db.execute(
            "UPDATE records SET document = ?, updated_at = ? WHERE uuid = ?",
            (json.dumps(document), document["updated_at"], uuid),
        )
        self.db.execute("DELETE FROM lookups WHERE uuid = ?", (uuid,))
        self.db.executemany(
            "INSERT OR IGNORE INTO lookups VALUES (?, ?, ?, ?, ?)",
            [(tenant, kind, name, value, uuid) for name, value in lookup_values(kind, document)],
        )
        return document

    def delete(self, uuid: str) -> None:
        """Removes a document."""
        self.db.execute("DELETE FROM lookups WHERE uuid = ?", (uuid,))
        self.db.execute("DELETE FROM records WHERE uuid = ?", (uuid,))

    def get(self, kind: str, tenant: str, uuid: str) -> Document | None:
        """One document of a firm, or None."""
        row = self.db.execute(
            "SELECT document FROM records WHERE uuid = ? AND tenant = ? AND kind = ?", (uuid, tenant, kind)
        ).fetchone()
        return json.loads(row["document"]) if row else None

    def find(self, kind: str, tenant: str, **lookups: str) -> list[Document]:
        """All documents of a firm whose look-up values are all as given, oldest first."""
        conditions = [self.having(kind, tenant, name, [value]) for name, value in lookups.items()]
        return self.page(kind, tenant, conditions, "seq", limit=-1, offset=0)

    @staticmethod
    def having(kind: str, tenant: str, name: str, values: Sequence[str]) -> Condition:
        """The condition that a look-up value is one of those given."""
        marks = ",".join("?" * len(values))
        fragment = (
            f"uuid IN (SELECT uuid FROM lookups WHERE tenant = ? AND kind = ? AND name = ? AND value IN ({marks}))"  # noqa: S608  only the number of marks varies
        )
        return fragment, [tenant, kind, name, *(value.lower() for value in values)]

    def page(
        self, kind: str, tenant: str, conditions: Sequence[Condition], order: str, *, limit: int, offset: int
    ) -> list[Document]:
        """A slice of the documents that meet all conditions; ``order`` is a constant SQL term, -1 means no limit."""
        where, bound = self._where(kind, tenant, conditions)
        rows = self.db.execute(
            f"SELECT document FROM records WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608  fragments are constants, values are bound
            [*bound, limit, offset],
        )
        return [json.loads(row["document"]) for row in rows]

    def count(self, kind: str, tenant: str, conditions: Sequence[Condition] = ()) -> int:
        """How many documents meet all conditions."""
        where, bound = self._where(kind, tenant, conditions)
        row = self.db.execute(f"SELECT count(*) FROM records WHERE {where}", bound).fetchone()  # noqa: S608  fragments are constants, values are bound
        return int(row[0])

    @staticmethod
    def _where(kind: str, tenant: str, conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
        bound: list[Any] = [tenant, kind]
        for _, values in conditions:
            bound.extend(values)
        fragments = [fragment for fragment, _ in conditions]
        # The plus signs keep SQLite from walking the whole firm where a few uuids are known.
        plus = "+" if any(fragment.startswith("uuid IN") for fragment in fragments) else ""
        return " AND ".join([f"{plus}tenant = ?", f"{plus}kind = ?", *fragments]), bound

    def counts(self) -> Mapping[str, int]:
        """How many records of each kind all firms have together."""
        rows = self.db.execute("SELECT kind, count(*) AS amount FROM records GROUP BY kind ORDER BY kind")
        return {row["kind"]: row["amount"] for row in rows}

    def everything(self, kind: str, *, newest: int = -1) -> list[tuple[str, Document]]:
        """The documents of a kind with their firm, newest first."""
        rows = self.db.execute(
            "SELECT tenant, document FROM records WHERE kind = ? ORDER BY seq DESC LIMIT ?", (kind, newest)
        )
        return [(row["tenant"], json.loads(row["document"])) for row in rows]

    def clear(self) -> None:
        """Removes every record and delivery."""
        for table in ("records", "lookups", "deliveries"):
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608  the names stand in the line above
