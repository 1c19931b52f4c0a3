"""Answers already given to requests with an `Idempotency-Key`."""

from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue
from sqlmodel import Field

from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime, text_enum


class IdempotencyState(StrEnum):
    """Whether the first request with a key has been answered."""

    IN_FLIGHT = "in_flight"
    DONE = "done"


class IdempotencyRow(StoredRow, table=True):
    """A key, as one caller used it, and the answer to repeat."""

    __tablename__ = "idempotency"

    caller: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str = Field(description="hash of the request, so that a key is not used for another one")
    state: IdempotencyState = Field(sa_type=text_enum(IdempotencyState))
    status_code: int | None = None
    response: JsonValue = Field(default=None, sa_type=JSON_DOCUMENT, nullable=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
