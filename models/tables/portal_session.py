"""A signed-in browser of a client."""

from datetime import datetime

from sqlmodel import Field

from models.tables.base import StoredRow, UtcDateTime


class PortalSessionRow(StoredRow, table=True):
    """A portal session, known by the hash of its cookie alone."""

    __tablename__ = "portal_session"

    session_hash: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.person_id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    user_agent: str
    authentication: str = Field(
        default="password",
        sa_column_kwargs={"server_default": "password"},
        description="how the person proved who they are: `password` or `passkey`",
    )
