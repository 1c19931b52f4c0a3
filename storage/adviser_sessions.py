"""Signed-in browsers of advisers, and their sign-ins that are on their way through the identity provider."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import AdviserSessionRow, SignInAttemptRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAdviserSession:
    """A session to be stored; `adviser` is `models.messages.Adviser` in its JSON form."""

    session_hash: str
    firm: str
    adviser_id: str
    adviser: dict[str, JsonValue] = field(repr=False)
    scope: str
    created_at: datetime
    expires_at: datetime


class AdviserSessionRepository:
    """Workbench sessions; a revoked one is not found again."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(self, new: NewAdviserSession) -> AdviserSessionRow:
        """Store a new session."""
        values = {name: getattr(new, name) for name in NewAdviserSession.__slots__}
        row = AdviserSessionRow(**values, last_seen_at=new.created_at)
        self._session.add(row)
        await self._session.flush()
        return row

    async def by_hash(self, session_hash: str) -> AdviserSessionRow | None:
        """Return the session unless it is revoked; whether it has expired is for the caller, who knows the time."""
        query = select(AdviserSessionRow).where(
            col(AdviserSessionRow.session_hash) == session_hash, col(AdviserSessionRow.revoked_at).is_(None)
        )
        return (await self._session.scalars(query)).one_or_none()

    async def touch(self, session_hash: str, now: datetime, expires_at: datetime) -> None:
        """Note that the session was used, and prolong it; a revoked or expired one stays so."""
        await self._session.execute(
            update(AdviserSessionRow)
            .where(
                col(AdviserSessionRow.session_hash) == session_hash,
                col(AdviserSessionRow.revoked_at).is_(None),
                col(AdviserSessionRow.expires_at) > now,
            )
            .values(last_seen_at=now, expires_at=expires_at)
        )

    async def revoke(self, session_hash: str, now: datetime) -> None:
        """End a session."""
        await self._session.execute(
            update(AdviserSessionRow)
            .where(col(AdviserSessionRow.session_hash) == session_hash, col(AdviserSessionRow.revoked_at).is_(None))
            .values(revoked_at=now)
        )


class SignInAttemptRepository:
    """Sign-ins that are on their way; each can be taken once."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def keep(self, attempt_hash: str, sealed: str, now: datetime, expires_at: datetime) -> None:
        """Keep an attempt, and drop those that nobody came back from."""
        await self._session.execute(delete(SignInAttemptRow).where(col(SignInAttemptRow.expires_at) <= now))
        self._session.add(SignInAttemptRow(attempt_hash=attempt_hash, sealed=sealed, expires_at=expires_at))
        await self._session.flush()

    async def take(self, attempt_hash: str, now: datetime) -> str | None:
        """Return what was sealed and forget it; None when there is no such attempt any more."""
        taken = await self._session.execute(
            delete(SignInAttemptRow)
            .where(col(SignInAttemptRow.attempt_hash) == attempt_hash)
            .returning(col(SignInAttemptRow.sealed), col(SignInAttemptRow.expires_at))
        )
        row = taken.first()
        return row[0] if row is not None and now < row[1] else None
