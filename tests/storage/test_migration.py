"""The schema comes from migrations alone, and they lead up and down on both databases."""

import asyncio
import fcntl
import sys
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from models.tables import EvidenceRow, StoredRow
from storage.database import Database, DatabaseNewerError, migrate
from storage.migration import alembic_config

ROOT = Path(__file__).parents[2]


async def _tables(url: str) -> set[str]:
    database = Database(url)
    async with database.engine.connect() as connection:
        names = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    await database.dispose()
    return names


async def test_up_down_up(empty_database: str) -> None:
    """Going up makes every table, down leaves none, and up works again."""
    expected = set(StoredRow.metadata.tables) | {"alembic_version"}
    await migrate(empty_database)
    assert await _tables(empty_database) == expected
    await migrate(empty_database, "base")
    assert await _tables(empty_database) == {"alembic_version"}
    await migrate(empty_database)
    assert await _tables(empty_database) == expected


async def test_migrations_and_tables_agree(database: Database) -> None:
    """Alembic finds no difference between the migrated database and the tables of the models."""

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, StoredRow.metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_two_processes_migrate_at_once(empty_database: str) -> None:
    """Processes that start together all end with the schema in place and none fails."""
    program = "import asyncio, sys; from storage.database import migrate; asyncio.run(migrate(sys.argv[1]))"
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, empty_database, cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    answers = [await process.communicate() for process in processes]
    assert [(process.returncode, answer[1]) for process, answer in zip(processes, answers, strict=True)] == [
        (0, b"")
    ] * 3
    assert set(StoredRow.metadata.tables) <= await _tables(empty_database)


async def test_a_migration_waits_for_another_process(tmp_path: Path) -> None:
    """While another process migrates a SQLite file this one waits, however long, and then goes on."""
    url = f"sqlite:///{tmp_path / 'onward.db'}"
    with (tmp_path / "onward.db.migration-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migration = asyncio.create_task(migrate(url))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(migration), timeout=0.7)
        assert not (tmp_path / "onward.db").exists()
    await migration
    assert set(StoredRow.metadata.tables) <= await _tables(url)


async def test_one_process_migrates_two_databases_at_once(tmp_path: Path, empty_postgres: str) -> None:
    """Alembic's global state does not mix two migrations of one process up."""
    urls = [f"sqlite:///{tmp_path / 'a.db'}", f"sqlite:///{tmp_path / 'b.db'}", empty_postgres]
    await asyncio.gather(*(migrate(url) for url in urls))
    for url in urls:
        assert set(StoredRow.metadata.tables) <= await _tables(url)


async def test_a_newer_schema_is_left_alone(database: Database, empty_database: str) -> None:
    """A database of a later version is refused with what to do, and stays as it is."""
    async with database.transaction() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    with pytest.raises(DatabaseNewerError, match="Start the newer version"):
        await migrate(empty_database)
    async with database.reading() as session:
        assert (await session.scalars(text("SELECT version_num FROM alembic_version"))).all() == ["9999_later"]


def test_the_append_only_trigger_names_every_column() -> None:
    """A column added to the evidence later must be protected too."""
    foundation = import_module("storage.migrations.versions.0001_foundation")
    assert set(foundation.IMMUTABLE) == set(EvidenceRow.model_fields) - {"signalled_at", "payload"}


def test_the_configuration_survives_a_percent_sign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A clone in a folder with a per cent sign in its name migrates as well."""
    monkeypatch.setattr("storage.migration.__file__", str(tmp_path / "50%" / "storage" / "migration.py"))
    assert alembic_config().get_main_option("script_location") == str(tmp_path / "50%" / "storage" / "migrations")
