"""A client's access to the portal."""

from datetime import datetime

from sqlmodel import Field

from models.tables.base import StoredRow, UtcDateTime


class PersonRow(StoredRow, table=True):
    """A client who may sign in to the portal; everything else about them lives in Plannr and on the platform."""

    __tablename__ = "person"

    person_id: str = Field(primary_key=True)
    firm: str
    plannr_account: str
    platform_client: str | None = None
    email: str = Field(unique=True, description="the login, in lower case")
    first_name: str
    password_hash: str | None = Field(default=None, description="None until an invitation was used")
    failed_attempts: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
