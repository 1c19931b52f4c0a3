"""The inbox of webhooks: stored before they are answered."""

from datetime import datetime

from pydantic import JsonValue
from sqlmodel import Field

from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime


class WebhookDeliveryRow(StoredRow, table=True):
    """One event that another system delivered, however often it did so."""

    __tablename__ = "webhook_delivery"

    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    event_type: str
    received_at: datetime = Field(sa_type=UtcDateTime)
    body: dict[str, JsonValue] = Field(sa_type=JSON_DOCUMENT)
    handled_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    attempts: int = Field(default=0, description="how often handling it failed")
    last_error: str = ""
    firm: str | None = Field(default=None, index=True, description="whose client it concerns, once that is known")
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    dead_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, index=True, description="given up: a person looks at it and may try again"
    )
