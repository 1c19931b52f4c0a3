"""Comparisons over HTTP and by the clock: started once, followed, and told to each firm as its own (P54)."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import Client, ScheduleOverlapPolicy
from temporalio.service import RPCError

from api.reconciling import SCHEDULE_ID, ensure_schedule
from models.syncing import Phase
from storage.reconciliations import ReconciliationRepository
from tests.api.office import FIRM, OTHER_FIRM, STRANGER, Office, expect_problem
from tests.api.sync_scene import finding, found
from workflows.reconciliation import RECONCILIATION_ID

pytestmark = pytest.mark.rule("P54")
PATH = "/api/v1/reconciliations"


@pytest.fixture(autouse=True)
async def nothing_runs(adviser_temporal: Client) -> None:
    """End what another test may have left running."""
    with suppress(RPCError):
        await adviser_temporal.get_workflow_handle(RECONCILIATION_ID).terminate("another test begins")


async def test_one_at_a_time_and_a_second_start_joins_it(office: Office) -> None:
    """Nobody serves it yet: two starts with different keys lead to the same run, which stands at its beginning."""
    first, second = [await office.post(PATH, {}) for _ in range(2)]

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.headers["Location"] == second.headers["Location"] == first.json()["link"]
    assert (first.json()["phase"], first.json()["percent"], first.json()["finished"]) == ("clients", 0, False)
    assert (await office.get(first.headers["Location"]))["run_id"] == first.json()["run_id"]


async def test_a_run_ends_and_shows_each_firm_its_own(
    office: Office, eventually: Callable[..., Awaitable[Any]]
) -> None:
    """At the end it is done at 100 %; what it found in one firm is not told to the other."""
    run = (await office.post(PATH, {})).json()
    await found(office, finding(), finding("mobile"), run_id=run["run_id"], at=datetime.now(UTC) + timedelta(minutes=1))

    async def finished() -> Any:
        seen = await office.get(run["link"])
        return seen if seen["finished"] else None

    async with office.worker():
        seen = await eventually(finished, within=30)
    other = (await office.http.get(run["link"], headers=office.as_user(STRANGER))).json()

    assert (seen["phase"], seen["percent"], seen["found"], seen["new"]) == ("done", 100, 2, 2)
    assert seen["open"] == {"total": 2, "repairable": 2, "for_a_person": 0}
    assert (other["found"], other["open"]["total"]) == (0, 0)
    assert FIRM != OTHER_FIRM


@pytest.mark.parametrize(
    ("phase", "clients", "accounts", "percent"),
    [
        (Phase.CLIENTS, 0, 0, 0),
        (Phase.CLIENTS, 100, 0, 22),
        (Phase.ACCOUNTS, 200, 50, 55),
        (Phase.PLANNR, 200, 200, 85),
        (Phase.TASKS, 200, 200, 95),
    ],
)
async def test_progress_is_told_in_per_cent(
    office: Office, phase: Phase, clients: int, accounts: int, percent: int
) -> None:
    """Exact while records are compared, by the phase afterwards; a step told twice counts once."""
    async with office.services.database.transaction() as session:
        runs = ReconciliationRepository(session)
        await runs.begin("run-1", "schedule", now=datetime.now(UTC))
        for _ in range(2):
            await runs.advance(
                "run-1",
                "a step",
                phase=phase.value,
                counted={"clients": clients, "accounts": accounts},
                totals={"clients_total": 200, "accounts_total": 200},
            )

    seen = await office.get(f"{PATH}/run-1")

    assert (seen["phase"], seen["percent"]) == (phase.value, percent)


async def test_an_unknown_run_is_not_found(office: Office) -> None:
    """A run that never was is the problem `reconciliation-not-found`."""
    expect_problem(await office.http.get(f"{PATH}/nothing"), "reconciliation-not-found", 404)


async def test_the_night_is_scheduled_once_and_as_the_settings_say(office: Office) -> None:
    """In London time whatever the season, never two at once; ensured twice it is one, and follows the settings."""
    temporal = office.services.temporal
    handle = temporal.get_schedule_handle(SCHEDULE_ID)
    with suppress(RPCError):
        await handle.delete()
    for _ in range(2):
        await ensure_schedule(office.services)
    described = await handle.describe()
    policy = described.schedule.policy
    london = ZoneInfo("Europe/London")
    at = office.services.settings.reconcile_at

    assert (policy.overlap, policy.catchup_window) == (ScheduleOverlapPolicy.SKIP, timedelta(hours=6))
    assert described.schedule.spec.time_zone_name == "Europe/London"
    hour, minute = map(int, at.split(":"))
    for moment in described.info.next_action_times:
        local = moment.astimezone(london)
        late = local - local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        assert timedelta(0) <= late <= timedelta(minutes=10)
    assert len(described.info.next_action_times) > 1
    await handle.pause()
    await ensure_schedule(office.services)
    assert (await handle.describe()).schedule.state.paused
    await handle.delete()
