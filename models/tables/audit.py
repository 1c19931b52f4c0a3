"""Who did what to a journey, and why."""

from datetime import datetime

from pydantic import JsonValue
from sqlmodel import Field

from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime


class AuditRow(StoredRow, table=True):
    """One command or access of an adviser, operator or system; without personal data."""

    __tablename__ = "audit"

    audit_id: str = Field(primary_key=True)
    journey_id: str | None = Field(default=None, index=True)
    firm: str
    actor_kind: str
    actor_id: str
    action: str
    reason: str
    at: datetime = Field(sa_type=UtcDateTime)
    details: dict[str, JsonValue] = Field(sa_type=JSON_DOCUMENT)
