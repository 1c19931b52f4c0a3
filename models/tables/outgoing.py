"""Events for the firms' own systems: what happened, who wants to hear of it, and each delivery (P55)."""

from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue
from sqlalchemy import Index
from sqlmodel import Field

from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime, text_enum


class DeliveryState(StrEnum):
    """What became of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class OutgoingEventRow(StoredRow, table=True):
    """One event, written in the transaction of what it tells of; `seq` is the cursor of streams and replays."""

    __tablename__ = "outgoing_event"
    __table_args__ = (Index(None, "firm", "seq"), {"sqlite_autoincrement": True})

    seq: int | None = Field(default=None, primary_key=True)
    event_id: str = Field(unique=True, description="derived from what happened, so that it is told once")
    firm: str
    type: str = Field(description="e.g. `journey.stage_changed.v1`")
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    data: dict[str, JsonValue] = Field(sa_type=JSON_DOCUMENT, description="ids and states, no personal data")


class EventSubscriptionRow(StoredRow, table=True):
    """Where a firm wants its events delivered; two secrets while one is being replaced by the other."""

    __tablename__ = "event_subscription"

    subscription_id: str = Field(primary_key=True)
    firm: str = Field(index=True)
    url: str
    types: list[str] = Field(sa_type=JSON_DOCUMENT, description="empty: every type")
    secrets: list[str] = Field(sa_type=JSON_DOCUMENT, description="newest first, two at most")
    active: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    dispatched: int = Field(default=0, description="`seq` up to which deliveries were begun")


class EventDeliveryRow(StoredRow, table=True):
    """One event on its way to one subscription."""

    __tablename__ = "event_delivery"
    __table_args__ = (Index(None, "firm", "created_at"),)

    subscription_id: str = Field(primary_key=True, foreign_key="event_subscription.subscription_id", ondelete="CASCADE")
    seq: int = Field(primary_key=True)
    firm: str
    state: DeliveryState = Field(sa_type=text_enum(DeliveryState))
    attempts: int = 0
    last_status: int | None = None
    last_error: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
