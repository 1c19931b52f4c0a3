"""Imported files: stored once with their rows, each row settled once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pydantic import JsonValue

from models.tables import ImportRowState
from storage.database import Database
from storage.eligibility import EligibilityRepository
from storage.imports import ImportRepository, NewImport, NewImportedRow


@pytest.fixture
def new_import(now: datetime) -> NewImport:
    """Return a file that was uploaded."""
    return NewImport(
        import_id="i-1",
        firm="firm-a",
        firm_name="Firm A",
        sha256="ab" * 32,
        dry_run=False,
        adviser={"id": "adviser-1"},
        created_at=now,
    )


def rows(number: int) -> list[NewImportedRow]:
    """Return rows of which the first has a problem."""
    problem: dict[str, JsonValue] = {"column": "wrapper", "code": "invalid-cell", "detail": "No."}
    bad = NewImportedRow(row=2, external_reference="", form=None, problems=[problem])
    good = [
        NewImportedRow(row=at, external_reference=f"ref-{at}", form={"wrapper": "isa"}, problems=[])
        for at in range(3, number + 2)
    ]
    return [bad, *good]


async def test_a_file_is_stored_once(database: Database, new_import: NewImport) -> None:
    """The same file again changes nothing, whoever uploads it; only its own firm finds it."""
    async with database.transaction() as session:
        assert await ImportRepository(session).begin(new_import, rows(4))
    async with database.transaction() as session:
        assert not await ImportRepository(session).begin(replace(new_import, adviser={"id": "adviser-2"}), rows(9))

    async with database.reading() as session:
        repository = ImportRepository(session)
        stored = await repository.get("i-1", firm="firm-a")
        assert stored is not None
        assert (stored.adviser, stored.created_at) == ({"id": "adviser-1"}, new_import.created_at)
        assert await repository.get("i-1", firm="firm-b") is None
        assert [row.row for row in await repository.rows("i-1")] == [2, 3, 4, 5]


async def test_a_row_is_settled_once(database: Database, new_import: NewImport) -> None:
    """Waiting rows come in the file's order; what is settled keeps its result and loses its form."""
    async with database.transaction() as session:
        repository = ImportRepository(session)
        await repository.begin(new_import, rows(4))
        assert [row.row for row in await repository.waiting("i-1", 2)] == [3, 4]
        await repository.settle("i-1", 3, ImportRowState.STARTED, journey_id="j-1")
        await repository.settle("i-1", 3, ImportRowState.REFUSED, problems=[{"code": "late"}])
        await repository.settle("i-1", 2, ImportRowState.STARTED, journey_id="j-2")

    async with database.reading() as session:
        repository = ImportRepository(session)
        first, second, *_ = await repository.rows("i-1")
        assert (second.state, second.journey_id, second.form, second.problems) == ("started", "j-1", None, [])
        assert (first.state, first.journey_id) == ("refused", None)
        assert await repository.counts("i-1") == {"refused": 1, "started": 1, "waiting": 2}
        assert await repository.counts("i-2") == {}


async def test_a_dry_run_keeps_what_can_be_started_until_it_is(
    database: Database, new_import: NewImport, now: datetime
) -> None:
    """A row found ready keeps its form until the forms are dropped; no other row does."""
    async with database.transaction() as session:
        repository = ImportRepository(session)
        await repository.begin(new_import, rows(4))
        await repository.settle("i-1", 3, ImportRowState.READY, journey_id="j-1")
        await repository.settle("i-1", 4, ImportRowState.MET, journey_id="j-2")
        assert [(row.row, row.form) for row in await repository.ready("i-1")] == [(3, {"wrapper": "isa"})]
        await repository.drop_forms("i-1")
        assert await repository.ready("i-1") == []
        assert [row.form for row in await repository.rows("i-1")] == [None] * len(await repository.rows("i-1"))


async def test_the_newest_imports_of_a_firm_come_first(
    database: Database, new_import: NewImport, now: datetime
) -> None:
    """The list has the firm's own files alone, each with how many rows it has, and no more than were asked for."""
    async with database.transaction() as session:
        repository = ImportRepository(session)
        for number in range(3):
            await repository.begin(
                replace(new_import, import_id=f"n-{number}", created_at=now + timedelta(minutes=number)), rows(4)
            )
        await repository.begin(replace(new_import, import_id="other", firm="firm-b"), rows(4))
        found = await repository.recent(new_import.firm, 2)

    assert [(file.import_id, count) for file, count in found] == [("n-2", len(rows(4))), ("n-1", len(rows(4)))]


async def test_an_assessment_replaces_the_one_before(database: Database, now: datetime) -> None:
    """A journey has its last assessment."""
    async with database.transaction() as session:
        repository = EligibilityRepository(session)
        await repository.save("j-1", "firm-a", answers={"a": True}, warnings=[{"code": "x"}], now=now)
        await repository.save("j-1", "firm-a", answers={"a": None}, warnings=[], now=now)

    async with database.reading() as session:
        row = await EligibilityRepository(session).get("j-1")
        assert row is not None
        assert (row.answers, row.warnings, row.assessed_at) == ({"a": None}, [], now)
        assert await EligibilityRepository(session).get("j-2") is None
