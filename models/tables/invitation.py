"""A link that lets a client choose a password."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.tables.base import StoredRow, UtcDateTime


class InvitationRow(StoredRow, table=True):
    """One invitation; usable once, before it expires, and only while it is the person's newest."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("person_id", "journey_id", "sequence"),)

    invitation_id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.person_id")
    journey_id: str = Field(description="no foreign key: the projection may be written later than the invitation")
    sequence: int = Field(description="counts the invitations of this person on this journey")
    token_hash: str = Field(unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
