"""How connections to either database behave."""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, Final

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
READ_ONLY: Final = "onward_read_only"


def database_url(url: str) -> URL:
    """Return the address of a database with the driver that Onward uses.

    Raises:
        ValueError: It is neither a SQLite file nor PostgreSQL. The message does not repeat the address, which may
            hold a password.
    """
    parsed = make_url(url)
    parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
    if parsed.drivername not in _DRIVERS.values():
        raise ValueError("The database must be SQLite (sqlite:///file) or PostgreSQL (postgresql://…).")
    if parsed.drivername == _DRIVERS["sqlite"] and sqlite_file(parsed) is None:
        raise ValueError("A SQLite database needs a file: what it holds must outlive the process.")
    return parsed


def sqlite_file(url: URL) -> Path | None:
    """Return the file of a SQLite database, or None for any other database."""
    if not url.drivername.startswith("sqlite") or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def build_engine(url: URL, *, foreign_keys: bool = True) -> AsyncEngine:
    """Return an engine for the database; nothing connects yet.

    Args:
        url: From `database_url`.
        foreign_keys: Off only for migrations, where SQLite rebuilds tables that others refer to.
    """
    if sqlite_file(url) is None:
        engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=True)
    else:
        engine = create_async_engine(url, hide_parameters=True)
        _configure_sqlite(engine, foreign_keys=foreign_keys)
    event.listen(engine.sync_engine, "handle_error", _withhold_values)
    return engine


def _configure_sqlite(engine: AsyncEngine, *, foreign_keys: bool) -> None:
    def connected(connection: SqliteConnection, _record: Any) -> None:
        # Transactions are begun below; the driver would begin them late and end them before DDL.
        connection.isolation_level = None
        cursor = connection.cursor()
        # Milliseconds. Writers wait in no order, so that one of many may be passed over for long on a busy machine.
        cursor.execute("PRAGMA busy_timeout = 20000")
        cursor.execute("PRAGMA journal_mode = WAL")
        # What is cleared must not stay readable in the file.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    def begun(connection: Connection) -> None:
        # A transaction that reads first and then asks for the write lock fails at once when another one wrote.
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begun)


def _withhold_values(context: ExceptionContext) -> None:
    # PostgreSQL repeats the offending values in the detail of a violated constraint, and so in every traceback.
    wrapped = context.sqlalchemy_exception
    error: BaseException | None = wrapped.orig if isinstance(wrapped, DBAPIError) else None
    while error is not None:
        error.args = tuple(_first_line(argument) for argument in error.args)
        if hasattr(error, "detail"):
            error.detail = None
        error = error.__cause__
    if wrapped is not None:
        wrapped.args = tuple(_first_line(argument) for argument in wrapped.args)


def _first_line(argument: Any) -> Any:
    return argument.partition("\nDETAIL:")[0] if isinstance(argument, str) else argument
