"""The one door to Onward's own database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.engines import READ_ONLY, build_engine, database_url
from storage.migration import DatabaseNewerError, migrate

__all__ = ["Database", "DatabaseNewerError", "migrate"]


class Database:
    """A SQLite file or a PostgreSQL database; call `migrate` before the first use.

    Args:
        url: `sqlite:///path` or `postgresql://user@host/name`; a driver may be named. Nothing connects yet.

    Raises:
        ValueError: The address names no SQLite file and no PostgreSQL.
    """

    def __init__(self, url: str) -> None:
        self._engine = build_engine(database_url(url))

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for health checks."""
        return self._engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Yield a session that is committed once, at the end, and rolled back on any error.

        On SQLite it holds the only write lock: keep it short and call no other system in it.
        """
        async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Yield a session for reading alone; it waits for no writer, and nothing it does is kept."""
        engine = self._engine.execution_options(**{READ_ONLY: True})
        async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    async def dispose(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
