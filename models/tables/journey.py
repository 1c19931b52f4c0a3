"""The projection of a journey's workflow, for lists and search."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Index
from sqlmodel import Field

from domain.journey import Party, Stage, Wrapper
from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime, text_enum


class JourneyRow(StoredRow, table=True):
    """A journey as its workflow last reported it; the workflow is the truth, this row can be rebuilt from it."""

    __tablename__ = "journey"
    __table_args__ = (
        Index(None, "firm", "updated_at", "journey_id"),
        Index(None, "firm", "stage"),
        Index(None, "firm", "waiting_on"),
    )

    journey_id: str = Field(primary_key=True)
    firm: str
    adviser_id: str
    external_reference: str
    wrapper: Wrapper = Field(sa_type=text_enum(Wrapper))
    stage: Stage = Field(sa_type=text_enum(Stage))
    waiting_on: Party = Field(sa_type=text_enum(Party))
    needs_attention: bool
    waiting_since: datetime = Field(sa_type=UtcDateTime)
    stage_since: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime | None = Field(
        default=None,
        sa_type=UtcDateTime,
        description="when the journey next acts by itself",
    )
    version: int
    created_at: datetime = Field(sa_type=UtcDateTime, description="when the journey started")
    updated_at: datetime = Field(
        sa_type=UtcDateTime,
        description="the latest moment the progress mentions, so that a projection written twice is the same row",
    )
    progress: dict[str, JsonValue] = Field(
        sa_type=JSON_DOCUMENT,
        description="`models.messages.Progress` in its JSON form",
    )
