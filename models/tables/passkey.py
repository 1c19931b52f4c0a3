"""A client's passkeys, and the challenges that a browser has been given and not answered yet."""

from datetime import datetime

from sqlmodel import Field

from models.tables.base import StoredRow, UtcDateTime


class PasskeyRow(StoredRow, table=True):
    """A public key whose private half never leaves the client's device or password manager."""

    __tablename__ = "passkey"

    passkey_id: str = Field(primary_key=True, description="derived from the credential id, for addresses of pages")
    person_id: str = Field(foreign_key="person.person_id", index=True)
    credential_id: str = Field(unique=True, description="as the authenticator made it, in base64url")
    public_key: bytes = Field(description="COSE")
    sign_count: int = Field(description="a count that falls behind tells of a copied key")
    name: str = Field(description="what the client calls it")
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PasskeyChallengeRow(StoredRow, table=True):
    """A challenge that can be answered once, until it expires; known by its hash alone."""

    __tablename__ = "passkey_challenge"

    challenge_hash: str = Field(primary_key=True)
    person_id: str | None = Field(description="who adds a passkey with it; None for signing in")
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
