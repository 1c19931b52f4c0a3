"""The sandbox's own SQLite file: one table of records with indexed keys, and the queues beside it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, Index, String, UniqueConstraint, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry


def timestamp(moment: datetime) -> str:
    """Write a moment so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Base(DeclarativeBase):
    """Root of the sandbox's tables."""


class Record(Base):
    """A client, account, illustration, mandate or webhook subscription: its document and the keys it is found by."""

    __tablename__ = "records"
    __table_args__ = (
        UniqueConstraint("kind", "external_reference"),
        UniqueConstraint("kind", "email"),
        Index("records_by_update", "kind", "updated_at", "seq"),
        Index("records_by_creation", "kind", "created_at", "seq"),
        Index("records_by_status", "kind", "status"),
        Index("records_by_national_insurance_number", "kind", "national_insurance_number"),
        Index("records_by_guardian", "kind", "guardian_id"),
        Index("records_by_account", "kind", "account_id"),
        {"sqlite_autoincrement": True},
    )
    seq: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    status: Mapped[str | None]
    external_reference: Mapped[str | None]
    email: Mapped[str | None]
    national_insurance_number: Mapped[str | None]
    client_type: Mapped[str | None]
    guardian_id: Mapped[str | None]
    wrapper: Mapped[str | None]
    account_id: Mapped[str | None]
    unique_key: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[str]
    updated_at: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class Holder(Base):
    """Which clients a record belongs to."""

    __tablename__ = "holders"
    client_id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(primary_key=True)


class DocumentVersion(Base):
    """The bytes of one published version of one document."""

    __tablename__ = "document_versions"
    document_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    published_at: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    size: Mapped[int]
    reading_minutes: Mapped[int]


class AccountDocumentVersion(Base):
    """The bytes of one version of a document that was made for one account."""

    __tablename__ = "account_document_versions"
    account_id: Mapped[str] = mapped_column(primary_key=True)
    document_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    issued_at: Mapped[str]
    content: Mapped[bytes]


class IdempotentAnswer(Base):
    """The answer given under an idempotency key."""

    __tablename__ = "idempotent_answers"
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int]
    etag: Mapped[str | None]
    body: Mapped[bytes]
    created_at: Mapped[str] = mapped_column(index=True)


class Event(Base):
    """Something that happened, as told to subscribers."""

    __tablename__ = "events"
    __table_args__ = ({"sqlite_autoincrement": True},)
    seq: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(unique=True)
    event_type: Mapped[str]
    occurred_at: Mapped[str] = mapped_column(index=True)
    body: Mapped[str]


class Delivery(Base):
    """One event on its way to one subscriber."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("deliveries_due", "state", "next_attempt_at"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(primary_key=True)
    event_seq: Mapped[int]
    subscription_id: Mapped[str] = mapped_column(index=True)
    state: Mapped[str]
    treatment: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[str]
    next_attempt_at: Mapped[str]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]


class Timer(Base):
    """Something the platform will do by itself at a moment; a restart keeps it."""

    __tablename__ = "timers"
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[str] = mapped_column(index=True)


class Setting(Base):
    """A value set through the controls."""

    __tablename__ = "settings"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # With WAL a commit survives the death of the process also without a sync per commit.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "cache_size=-65536"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def make_engine(database: Path) -> AsyncEngine:
    """Build the engine of the SQLite file; its folder is made when absent."""
    database.parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(f"sqlite+aiosqlite:///{database}", hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare)
    return engine


def create_tables(connection: Connection) -> None:
    """Create the tables that are not there yet."""
    Base.metadata.create_all(connection)
