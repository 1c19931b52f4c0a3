"""The fault matrix: every fault of both systems against every call of a journey; nothing is lost but time (P42)."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database, migrate
from tests.matrix.straight import PEOPLE, play
from tests.matrix.wires import PATIENCE, PLANNR, PLATFORM, Sandboxes, running_sandboxes

OPERATIONS = {
    PLANNR: (
        "GET /api/v1/account/{uuid}",
        "GET /api/v1/client/{client_uuid}/illustrations",
        "POST /api/v1/illustration",
        "POST /api/v1/account/{uuid}/external-references",
        "POST /api/v1/tag",
        "GET /api/v2/bank-accounts",
        "POST /api/v2/bank-accounts",
        "GET /api/v1/applications",
        "POST /api/v1/applications",
        "GET /api/v1/plans",
        "GET /api/v1/providers",
        "POST /api/v1/plans",
        "PUT /api/v1/applications/{uuid}",
        "PUT /api/v1/plans/{uuid}",
    ),
    PLATFORM: (
        "POST /oauth/token",
        "POST /clients/search",
        "POST /clients",
        "GET /illustrations",
        "GET /clients/{id}",
        "POST /illustrations",
        "PATCH /clients/{id}",
        "PUT /clients/{id}/bank-account",
        "POST /clients/{id}/submission",
        "GET /clients/{id}/verifications",
        "GET /accounts",
        "POST /accounts",
        "GET /mandates",
        "POST /mandates",
        "GET /documents",
        "POST /clients/{id}/terms-acceptances",
        "POST /accounts/{id}/product-terms-acceptances",
        "POST /mandates/{id}/acceptance",
        "POST /accounts/{id}/activation",
    ),
}
"""Every call of a joint account with a mandate, in the order in which it is first made."""
READS = {"POST /oauth/token", "POST /clients/search"}
"""Calls that change nothing although they are a POST."""

HELD, IMPATIENCE = 0.6, timedelta(seconds=0.3)


@dataclass(frozen=True)
class Kind:
    """One way to fail; without a number of times it strikes as often as the undisturbed journey makes the call."""

    name: str
    fault: str
    times: int | None = 1
    held: float | None = None
    patience: timedelta = PATIENCE
    repeated: bool = True
    writes_only: bool = False


KINDS = (
    Kind("outage", "outage", times=2),
    Kind("slow", "latency", held=0.05, repeated=False),
    Kind("too_slow", "latency", held=HELD, patience=IMPATIENCE),
    Kind("rate_limit", "rate_limit"),
    Kind("error_500", "error_500", times=2),
    Kind("commit_then_timeout", "commit_then_timeout", times=None, writes_only=True),
)


@dataclass(frozen=True)
class Cell:
    """One call that meets one fault."""

    system: str
    operation: str
    kind: Kind

    @property
    def name(self) -> str:
        """Return what the cell is called among the tests."""
        return f"{self.kind.name}-{self.system}-{self.operation}"

    def fault(self, undisturbed: "Undisturbed") -> dict[str, object]:
        """Return the fault as the controls of the system take it."""
        kind = self.kind
        times = kind.times or undisturbed.calls[self.system].count(self.operation)
        delay = {"seconds" if self.system == PLANNR else "delay_seconds": kind.held} if kind.held is not None else {}
        return {"kind": kind.fault, "operation": self.operation, "times": times, **delay}

    @property
    def can_be(self) -> bool:
        """Whether the fault meets calls of this sort: only what writes can be done without an answer."""
        return not self.kind.writes_only or not (self.operation.startswith("GET ") or self.operation in READS)


CELLS = [
    cell
    for kind in KINDS
    for system, operations in OPERATIONS.items()
    for cell in (Cell(system, operation, kind) for operation in operations)
    if cell.can_be
]


@pytest.fixture(scope="module")
async def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandboxes]:
    """Yield one pair of sandboxes for all cells."""
    async with running_sandboxes(tmp_path_factory.mktemp("sandboxes")) as running:
        yield running


@pytest.fixture(scope="module")
async def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of our own without a row."""
    path = tmp_path_factory.mktemp("onward") / "onward.db"
    await migrate(f"sqlite+aiosqlite:///{path}")
    return path


@dataclass(frozen=True)
class Undisturbed:
    """The journey to which nothing happened: the calls it made, and the records it left."""

    calls: dict[str, list[str]]
    records: dict[str, list[Any]]


@pytest.fixture(scope="module")
async def undisturbed(
    sandboxes: Sandboxes, empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    """Return the journey to which nothing happened."""
    await sandboxes.reset()
    assert await _play(sandboxes, empty_database, tmp_path_factory.mktemp("undisturbed"), PATIENCE) == []
    calls = {system: list(wire.operations) for system, wire in sandboxes.wires.items()}
    return Undisturbed(calls, await sandboxes.records())


async def _play(sandboxes: Sandboxes, empty: Path, folder: Path, patience: timedelta) -> list[float]:
    path = folder / "onward.db"
    shutil.copyfile(empty, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        return await play(sandboxes, database, patience)
    finally:
        await database.dispose()


@pytest.mark.rule("P42")
async def test_every_call_of_the_journey_stands_in_the_matrix(undisturbed: Undisturbed) -> None:
    """The journey to which nothing happens makes the calls of the table and no other; the cells are counted."""
    assert {system: set(calls) for system, calls in undisturbed.calls.items()} == {
        system: set(operations) for system, operations in OPERATIONS.items()
    }
    calls = sum(map(len, OPERATIONS.values()))
    figures = f"fault matrix: {calls} calls, {len(KINDS)} faults, {len(CELLS)} cells"
    print(figures)  # noqa: T201 - the figure is asked for


@pytest.mark.rule("P42")
async def test_the_undisturbed_journey_makes_each_record_once(undisturbed: Undisturbed) -> None:
    """What every cell is compared with is right itself: one record of each kind, and all of them finished."""
    records = undisturbed.records
    counts = {kind: len(rows) for kind, rows in records.items()}
    assert counts["platform clients"] == counts["plannr bank_account"] == len(PEOPLE)
    once = ("plannr illustration", "plannr application", "plannr plan", "plannr tag")
    assert {counts[kind] for kind in once} == {1}
    assert {counts[kind] for kind in ("platform accounts", "platform illustrations", "platform mandates")} == {1}
    statuses = {row["status"] for kind in ("clients", "accounts") for row in records[f"platform {kind}"]}
    assert statuses == {"active"}
    assert [row["status"] for row in records["plannr application"]] == ["complete"]
    assert [row["status"] for row in records["plannr plan"]] == ["active"]


@pytest.mark.rule("P42")
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
async def test_a_fault_changes_nothing_in_the_end(
    cell: Cell, sandboxes: Sandboxes, undisturbed: Undisturbed, empty_database: Path, tmp_path: Path
) -> None:
    """The call fails, is made again, and both systems end with the very records of the undisturbed journey."""
    await sandboxes.reset()
    await sandboxes.control(cell.system, "POST", "faults", cell.fault(undisturbed))
    pauses = await _play(sandboxes, empty_database, tmp_path, cell.kind.patience)
    assert await sandboxes.strikes_left(cell.system) == 0
    assert bool(pauses) == cell.kind.repeated
    assert await sandboxes.records() == undisturbed.records
