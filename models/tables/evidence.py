"""What a client did, in a form that can be shown years later."""

from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue
from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime, text_enum


class EvidenceKind(StrEnum):
    """The acts of a client that are kept as evidence."""

    DETAILS_CONFIRMED = "details_confirmed"
    DOCUMENT_OPENED = "document_opened"
    PLATFORM_TERMS_ACCEPTED = "platform_terms_accepted"
    PRODUCT_TERMS_ACCEPTED = "product_terms_accepted"
    DIRECT_DEBIT_MANDATE_ANSWERED = "direct_debit_mandate_answered"
    BANK_DETAILS_SUBMITTED = "bank_details_submitted"
    JOURNEY_DECLINED = "journey_declined"
    HELP_REQUESTED = "help_requested"
    STATEMENT_CORRECTED = "statement_corrected"


class EvidenceRow(StoredRow, table=True):
    """One act of a client: appended, never changed, chained to the act before it on the same journey (P24, P25).

    The database itself refuses to delete a row, or to change any column but `signalled_at`; `payload` may be cleared.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("journey_id", "person_id", "kind", "dedupe"),
        # Two appends that saw the same end of the chain would fork it; one of them fails instead.
        UniqueConstraint("journey_id", "position"),
    )

    evidence_id: str = Field(primary_key=True)
    journey_id: str
    position: int = Field(description="1 for the journey's first act, then without a gap")
    person_id: str
    capacity: str = Field(
        default="self", description="in which capacity the person acted: `self`, `joint` or `registered_contact`"
    )
    kind: EvidenceKind = Field(sa_type=text_enum(EvidenceKind))
    document_id: str | None = None
    version: int | None = None
    sha256: str | None = Field(default=None, description="of the bytes that were served")
    documents: list[dict[str, JsonValue]] = Field(
        sa_type=JSON_DOCUMENT,
        description="every document that an acceptance covers: document_id, version, sha256",
    )
    statement: str | None = Field(default=None, description="the sentence the person ticked, word for word")
    payload: dict[str, JsonValue] | None = Field(
        sa_type=JSON_DOCUMENT,
        nullable=True,
        description="what the signal says beyond person_id, evidence_id and occurred_at; may be personal, so it is "
        "cleared once the signal was taken and is no part of the record",
    )
    dedupe: str = Field(description="equal for two clicks of one act")
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    session_ref: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    authentication: str | None = Field(default=None, description="how and when the person proved who they are")
    previous_hash: str = Field(description="record_hash of the act before; empty for the first")
    record_hash: str
    signalled_at: datetime | None = Field(
        default=None,
        sa_type=UtcDateTime,
        index=True,
        description="when the journey's workflow took the signal",
    )
