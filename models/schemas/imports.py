"""What advisers get about journeys that are started from a file."""

from datetime import datetime

from pydantic import Field

from models.schemas.forms import Answer


class ImportProblem(Answer):
    """Why a row starts no journey, and in which column."""

    column: str | None = Field(description="null when no single column is to blame", examples=["plannr_account"])
    code: str = Field(
        description="`invalid-cell`, `duplicate-row`, or the slug of a problem", examples=["invalid-cell"]
    )
    detail: str


class ImportRowResult(Answer):
    """What became of a row; `row` is its number as a spreadsheet shows it, the header being row 1."""

    row: int = Field(examples=[2])
    external_reference: str = Field(description="empty when it can't be one")
    state: str = Field(
        description="`waiting`, `started`, `met` (the journey was there already), `refused`, or in a dry run `ready`"
    )
    journey_id: str | None
    link: str | None = Field(examples=["/api/v1/journeys/k3v7q2m5x4c6b8n0r1t2"])
    problems: list[ImportProblem]


class ImportCounts(Answer):
    """How many rows of the file are in each state."""

    rows: int
    waiting: int
    ready: int
    started: int
    met: int
    refused: int


class ImportProgress(Answer):
    """An import and how far it is; each row's result is final once it no longer waits."""

    import_id: str
    dry_run: bool
    created_at: datetime
    finished: bool
    counts: ImportCounts
    rows: list[ImportRowResult]
    link: str = Field(examples=["/api/v1/journeys/imports/5f0c2b1e-5b8e-5a57-9f3c-0d7a5a3e9b10"])
