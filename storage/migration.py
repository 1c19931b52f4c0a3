"""Brings a database to the schema of this version."""

import asyncio
import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from storage.engines import build_engine, database_url, sqlite_file

_ADVISORY_LOCK: Final = 0x6F6E77617264  # "onward" in ASCII
# Alembic keeps the running migration in module globals, so one at a time in this process, whatever the database.
_one_at_a_time: Final = threading.Lock()


class DatabaseNewerError(Exception):
    """The database was written by a newer version of Onward than this one."""


async def migrate(url: str, revision: str = "head") -> None:
    """Bring the database to a revision, up or down; several processes may do so at once.

    Args:
        url: As for `Database`.
        revision: `head` for the newest, `base` for an empty database, or the id of a revision.

    Raises:
        DatabaseNewerError: The schema is of a version that this program does not know.
        ValueError: The address names no SQLite file and no PostgreSQL.
    """
    await asyncio.to_thread(_migrate, database_url(url), revision)


def alembic_config() -> Config:
    """Return Alembic's configuration, which needs no file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _migrate(url: URL, revision: str) -> None:
    with _one_at_a_time, _file_lock(url):
        asyncio.run(_run(url, revision))


@contextmanager
def _file_lock(url: URL) -> Iterator[None]:
    file = sqlite_file(url)
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f"{file.name}.migration-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def _run(url: URL, revision: str) -> None:
    engine = build_engine(url, foreign_keys=False)
    try:
        async with engine.connect() as connection:
            current = await connection.run_sync(_is_current, revision)
        if not current:
            async with engine.begin() as connection:
                await connection.run_sync(_change, revision)
    finally:
        await engine.dispose()


def _is_current(connection: Connection, revision: str) -> bool:
    scripts = ScriptDirectory.from_config(alembic_config())
    stored = set(MigrationContext.configure(connection).get_current_heads())
    if not stored <= {script.revision for script in scripts.walk_revisions()}:
        raise DatabaseNewerError(
            "The database was written by a newer version of Onward, so this version leaves it alone. "
            "Start the newer version, or point ONWARD_DATABASE_URL at another database."
        )
    return revision == "head" and stored == set(scripts.get_heads())


def _change(connection: Connection, revision: str) -> None:
    if connection.dialect.name == "postgresql":
        # Held until the transaction ends, even if this process is killed; who comes second finds nothing to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    config = alembic_config()
    config.attributes["connection"] = connection
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)
