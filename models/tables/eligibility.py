"""What an adviser answered to the rules of a wrapper, and what was found."""

from datetime import datetime

from pydantic import JsonValue
from sqlmodel import Field

from models.tables.base import JSON_DOCUMENT, StoredRow, UtcDateTime


class EligibilityRow(StoredRow, table=True):
    """A journey's last assessment (P33): needed again when details are amended, and shown to the adviser."""

    __tablename__ = "eligibility"

    journey_id: str = Field(primary_key=True, description="no foreign key: it is stored before the projection")
    firm: str
    answers: dict[str, JsonValue] = Field(
        sa_type=JSON_DOCUMENT, description="`models.schemas.eligibility.WrapperAnswers` in its JSON form"
    )
    warnings: list[dict[str, JsonValue]] = Field(
        sa_type=JSON_DOCUMENT, description="each an `EligibilityNotice` in its JSON form"
    )
    assessed_at: datetime = Field(sa_type=UtcDateTime)
