"""The ledger of e-mails, so that none is sent twice."""

from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue
from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime, text_enum


class EmailState(StrEnum):
    """How far an e-mail got."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"


class EmailRow(StoredRow, table=True):
    """One e-mail to one recipient about one event of a journey."""

    __tablename__ = "email"
    __table_args__ = (UniqueConstraint("journey_id", "event", "recipient_role", "person_id"),)

    message_id: str = Field(primary_key=True, description="the Message-ID header")
    journey_id: str
    event: str
    template: str
    recipient_role: str
    person_id: str = Field(default="", description="empty when the recipient is no client; NULL would never be unique")
    state: EmailState = Field(default=EmailState.QUEUED, sa_type=text_enum(EmailState))
    reply: str = Field(default="", description="what the mail server answered")
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    subject: str
    facts: dict[str, JsonValue] | None = Field(
        default=None,
        sa_type=JSON_DOCUMENT,
        description="what the e-mail told, without the recipient's name and link; None in rows of before it was kept",
    )
