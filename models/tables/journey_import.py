"""Files of journeys to start, and what became of each row."""

from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue
from sqlalchemy import Index
from sqlmodel import Field

from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime, text_enum


class ImportRowState(StrEnum):
    """What became of a row of an imported file."""

    WAITING = "waiting"
    READY = "ready"
    STARTED = "started"
    MET = "met"
    REFUSED = "refused"


class JourneyImportRow(StoredRow, table=True):
    """One uploaded file, known by its content: the same file of the same firm is the same import."""

    __tablename__ = "journey_import"

    import_id: str = Field(primary_key=True)
    firm: str
    firm_name: str
    sha256: str = Field(description="of the file's bytes")
    dry_run: bool = Field(description="whether its rows are only looked at")
    adviser: dict[str, JsonValue] = Field(
        sa_type=JSON_DOCUMENT, description="`models.messages.Adviser` in its JSON form: whose journeys they become"
    )
    created_at: datetime = Field(sa_type=UtcDateTime)


class ImportedRow(StoredRow, table=True):
    """One row of an imported file; `row` is its number as a spreadsheet shows it, the header being row 1."""

    __tablename__ = "journey_import_row"
    __table_args__ = (Index(None, "import_id", "state"),)

    import_id: str = Field(primary_key=True, foreign_key="journey_import.import_id", ondelete="CASCADE")
    row: int = Field(primary_key=True)
    external_reference: str
    form: dict[str, JsonValue] | None = Field(
        default=None, sa_type=JSON_DOCUMENT, nullable=True, description="the start form, until the row is settled"
    )
    state: ImportRowState = Field(sa_type=text_enum(ImportRowState))
    journey_id: str | None = Field(default=None, description="noted before the journey is started")
    problems: list[dict[str, JsonValue]] = Field(
        sa_type=JSON_DOCUMENT, description="each with column, code and sentence"
    )
