"""200 edits planted on both sides of 1,000 synced clients: each one is listed, nothing else; a second run is clean."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from cli.bench_reconciling import reconcile_once, reconciling_worker, systems_alone
from cli.demonstration.population import lift_limits, load
from cli.demonstration.surroundings import Surroundings, checked
from cli.home import State
from cli.stack import Stack
from domain.ownership import Act
from models.syncing import ReconciliationResult
from models.tables import DiscrepancyRow
from storage.database import Database
from tests.conftest import Eventually
from tests.e2e.planted import Hands, Listed, choose

pytestmark = [pytest.mark.timeout(300), pytest.mark.rule("P54")]
CLIENTS, EDITS, SEED = 1_000, 200, "planted"


@dataclass
class Systems:
    """Both systems with synced clients, the engine, and a worker that reconciles."""

    state: State
    hands: Hands
    database: str

    async def reconcile(self) -> ReconciliationResult:
        """Reconcile once."""
        result, _, _ = await reconcile_once(self.state.urls["temporal_address"], self.database)
        return result

    async def discrepancies(self) -> Sequence[DiscrepancyRow]:
        """Return everything that was ever found."""
        database = Database(self.database)
        try:
            async with database.reading() as session:
                return (await session.scalars(select(DiscrepancyRow))).all()
        finally:
            await database.dispose()

    def tasks(self) -> list[dict[str, Any]]:
        """Return the tasks in Plannr that ask advisers about a difference."""
        found: list[dict[str, Any]] = []
        page, last = 1, 1
        while page <= last:
            listed: Any = checked(self.hands.plannr.get("/api/v1/task", params={"per_page": 200, "page": page}))
            found += [task for task in listed["data"] if task["name"].startswith("Plannr and the platform differ")]
            page, last = page + 1, listed["meta"]["last_page"]
        return found


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    """Yield both systems, with nobody who would tell of an edit before the reconciliation looks."""
    home = tmp_path_factory.mktemp("reconciling")
    stack = Stack(home, systems_alone, prefer_ports=False)
    try:
        state = stack.start()
        lift_limits(state.urls["platform"], state.urls["plannr"])
        load(state.urls["platform"], state.urls["plannr"], CLIENTS)
        around = Surroundings.of(home, state)
        database = f"sqlite+aiosqlite:///{home / 'onward.db'}"
        with (
            reconciling_worker(stack.home, state, database, home / "usage.json"),
            around.plannr() as plannr,
            around.platform() as platform,
            httpx.Client(base_url=state.urls["platform"], timeout=20) as staff,
        ):
            yield Systems(state, Hands(plannr, platform, staff), database)
    finally:
        stack.kill_all()


@pytest.mark.rule("P3", "P5", "P50", "P51", "P52")
async def test_every_planted_edit_is_listed_and_nothing_else(systems: Systems, eventually: Eventually) -> None:
    """Recall 100 %, 0 false alarms; what may be is repaired, the rest is asked about; a second run is clean."""
    first = await systems.reconcile()
    assert (first.clients, first.accounts, first.found) == (CLIENTS, CLIENTS, 0)
    planted = choose(EDITS, CLIENTS, SEED)
    for kind, number in planted:
        await asyncio.to_thread(kind.make, systems.hands, number)
    await eventually(systems.hands.deletions_are_over, within=20)
    expected = {listed for kind, number in planted if (listed := kind.listed(number)) is not None}

    second = await systems.reconcile()
    rows = await systems.discrepancies()
    third = await systems.reconcile()

    seen = Counter[Listed]((row.platform_id, row.field, row.proposal) for row in rows)
    missed, alarms = expected - set(seen), set(seen) - expected
    for_a_person = {row.discrepancy_id for row in rows if row.proposal is Act.PERSON}
    print(  # noqa: T201 - the figures are what this test is run for
        f"planted {len(planted)}, to be listed {len(expected)}, listed {second.found}, missed {len(missed)}, "
        f"false alarms {len(alarms)}, repaired {second.repaired}, left for a person {second.open}; "
        f"second run: new {third.new}, repaired {third.repaired}, open {third.open}"
    )
    assert (missed, alarms) == (set(), set())
    assert (second.found, second.new) == (len(expected), len(expected))
    assert {row.closed_as for row in rows if row.proposal is not Act.PERSON} == {"repaired"}
    assert second.repaired == len(expected) - len(for_a_person)
    assert second.open == len(for_a_person)
    # A record that is gone from Plannr has no place for a task.
    asked = {row.discrepancy_id for row in rows if row.task}
    assert asked == for_a_person - {row.discrepancy_id for row in rows if row.field == "record"}
    assert len(systems.tasks()) == len(asked)
    assert (third.found, third.new, third.repaired, third.open) == (second.open, 0, 0, second.open)
