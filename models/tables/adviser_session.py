"""A signed-in browser of an adviser, and an attempt to sign in that is still on its way through the provider."""

from datetime import datetime

from pydantic import JsonValue
from sqlmodel import Field

from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime


class AdviserSessionRow(StoredRow, table=True):
    """A workbench session, known by the hash of its cookie alone; `adviser` is `models.messages.Adviser` as JSON."""

    __tablename__ = "adviser_session"

    session_hash: str = Field(primary_key=True)
    firm: str
    adviser_id: str
    adviser: dict[str, JsonValue] = Field(sa_type=JSON_DOCUMENT)
    scope: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SignInAttemptRow(StoredRow, table=True):
    """What the provider's answer is checked against, sealed with a key that only the adviser's browser has."""

    __tablename__ = "sign_in_attempt"

    attempt_hash: str = Field(primary_key=True)
    sealed: str
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
