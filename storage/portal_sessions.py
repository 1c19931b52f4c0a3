"""Signed-in browsers."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col

from models.tables import PortalSessionRow


class PortalSessionRepository:
    """Portal sessions; a revoked one is not found again."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(  # noqa: PLR0917 (who, from when to when and how reads the same in every call)
        self,
        session_hash: str,
        person_id: str,
        now: datetime,
        expires_at: datetime,
        user_agent: str,
        authentication: str = "password",
    ) -> PortalSessionRow:
        """Store a new session; `authentication` is how the person proved who they are."""
        row = PortalSessionRow(
            session_hash=session_hash,
            person_id=person_id,
            created_at=now,
            last_seen_at=now,
            expires_at=expires_at,
            user_agent=user_agent,
            authentication=authentication,
        )
        self._session.add(row)
        await self._session.flush()
        return row

    async def by_hash(self, session_hash: str) -> PortalSessionRow | None:
        """Return the session unless it is revoked; whether it has expired is for the caller, who knows the time."""
        query = select(PortalSessionRow).where(
            col(PortalSessionRow.session_hash) == session_hash, col(PortalSessionRow.revoked_at).is_(None)
        )
        return (await self._session.scalars(query)).one_or_none()

    async def touch(self, session_hash: str, now: datetime, expires_at: datetime) -> None:
        """Note that the session was used, and prolong it; a revoked or expired one stays so."""
        await self._session.execute(
            update(PortalSessionRow)
            .where(
                col(PortalSessionRow.session_hash) == session_hash,
                col(PortalSessionRow.revoked_at).is_(None),
                col(PortalSessionRow.expires_at) > now,
            )
            .values(last_seen_at=now, expires_at=expires_at)
        )

    async def revoke(self, session_hash: str, now: datetime) -> None:
        """End one session."""
        await self._revoke(col(PortalSessionRow.session_hash) == session_hash, now)

    async def revoke_all(self, person_id: str, now: datetime) -> None:
        """End every session of a person."""
        await self._revoke(col(PortalSessionRow.person_id) == person_id, now)

    async def _revoke(self, which: ColumnElement[bool], now: datetime) -> None:
        await self._session.execute(
            update(PortalSessionRow).where(which, col(PortalSessionRow.revoked_at).is_(None)).values(revoked_at=now)
        )
