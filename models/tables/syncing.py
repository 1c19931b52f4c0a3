"""Our own record of what the two systems agreed on, where they differ, and how far polling has come.

No value is kept: a field is remembered by a keyed fingerprint, and shown masked where it is personal.
"""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Index
from sqlmodel import Field

from domain.ownership import Act, Owner, Subject
from models.syncing import Cause, LinkState, PlanState
from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime, text_enum


class SyncedClientRow(StoredRow, table=True):
    """A client of the platform and the record in Plannr that it is linked with (P5, P50)."""

    __tablename__ = "synced_client"

    platform_client: str = Field(primary_key=True)
    firm: str | None = Field(default=None, index=True, description="none when the adviser belongs to no firm of ours")
    plannr_account: str | None = Field(default=None, index=True)
    state: LinkState = Field(sa_type=text_enum(LinkState))
    platform_version: int
    bases: dict[str, str] = Field(sa_type=JSON_DOCUMENT, description="fingerprint of each field both agreed on")
    held: list[str] = Field(sa_type=JSON_DOCUMENT, description="fields that wait for a person")
    synced_at: datetime = Field(sa_type=UtcDateTime)


class SyncedAccountRow(StoredRow, table=True):
    """An account of the platform and its plan in Plannr (P3, P4, P50)."""

    __tablename__ = "synced_account"

    platform_account: str = Field(primary_key=True)
    firm: str | None = Field(default=None, index=True)
    plannr_plan: str | None = Field(default=None, index=True)
    wrapper: str = Field(description="as the platform names it; TPSIPP, TPOFB, corporate and trust included")
    state: PlanState = Field(sa_type=text_enum(PlanState))
    platform_version: int
    bases: dict[str, str] = Field(sa_type=JSON_DOCUMENT, description="fingerprint of each field both agreed on")
    stopped: list[str] = Field(sa_type=JSON_DOCUMENT, description="fields that a person amended in Plannr")
    synced_at: datetime = Field(sa_type=UtcDateTime)


class SyncEventRow(StoredRow, table=True):
    """One thing that the sync did or found, for the timeline of a client."""

    __tablename__ = "sync_event"
    __table_args__ = (Index(None, "platform_client", "seq"), Index(None, "firm", "seq"), {"sqlite_autoincrement": True})

    seq: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    firm: str | None = None
    platform_client: str | None = None
    platform_account: str | None = None
    plannr_account: str | None = None
    kind: str = Field(index=True, description="see `domain.sync_events`")
    cause: Cause = Field(sa_type=text_enum(Cause))
    fields: list[str] = Field(sa_type=JSON_DOCUMENT, description="names of the fields concerned")


class DiscrepancyRow(StoredRow, table=True):
    """One field, or one whole record, in which the two systems and our own record do not agree (P54).

    Open while `closed_at` is empty. The id is derived from subject, platform id and field: what comes back is opened
    again with a new age.
    """

    __tablename__ = "discrepancy"
    __table_args__ = (Index(None, "firm", "closed_at", "first_seen_at", "discrepancy_id"),)

    discrepancy_id: str = Field(primary_key=True)
    firm: str | None = None
    subject: Subject = Field(sa_type=text_enum(Subject))
    platform_id: str = Field(index=True)
    plannr_id: str | None = None
    field: str = Field(description="a field of the ownership table, or `link`, `plan`, `record`")
    owner: Owner = Field(sa_type=text_enum(Owner))
    proposal: Act = Field(sa_type=text_enum(Act), description="what repairs it: a write to one side, or a person")
    platform_value: str = Field(description="masked where personal")
    plannr_value: str = Field(description="masked where personal")
    candidates: list[str] = Field(sa_type=JSON_DOCUMENT, description="records in Plannr a person may choose from")
    first_seen_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    run_id: str = Field(description="the reconciliation that last saw it; empty when a sync did")
    task: str | None = Field(default=None, description="the task in Plannr that asks the adviser")
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_as: str = Field(default="", description="`repaired` or `gone`")


class ReconciliationRow(StoredRow, table=True):
    """One reconciliation and how far it has come (P54)."""

    __tablename__ = "reconciliation"

    run_id: str = Field(primary_key=True)
    trigger: str
    phase: str
    started_at: datetime = Field(sa_type=UtcDateTime, index=True)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    clients: int = 0
    clients_total: int = 0
    accounts: int = 0
    accounts_total: int = 0
    found: int = 0
    new: int = 0
    repaired: int = 0
    open: int = 0
    calls: dict[str, JsonValue] = Field(sa_type=JSON_DOCUMENT, description="calls of each system")


class PollCursorRow(StoredRow, table=True):
    """How far polling of one list has come (P53)."""

    __tablename__ = "poll_cursor"

    source: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    resource: str = Field(primary_key=True)
    position: datetime = Field(sa_type=UtcDateTime)
    polled_at: datetime = Field(sa_type=UtcDateTime)
