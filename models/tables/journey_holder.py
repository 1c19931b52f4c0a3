"""Who a journey opens its account for."""

from sqlmodel import Field

from models.tables.base import StoredRow


class JourneyHolderRow(StoredRow, table=True):
    """A holder of a projected journey."""

    __tablename__ = "journey_holder"

    journey_id: str = Field(primary_key=True, foreign_key="journey.journey_id", ondelete="CASCADE")
    person_id: str = Field(primary_key=True, index=True)
    plannr_account: str
    platform_client: str | None = Field(default=None, index=True, description="set once the link of P5 exists")
    checks_told: str = Field(default="", description="digest of the checks the journey was last told of")
