"""Comparisons of the two systems: started by the clock or a person, one at a time, and how far one is (P54)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import structlog
from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from api.launching import START_PATIENCE
from api.problem_types import RECONCILIATION_NOT_FOUND
from api.problems import Problem
from domain.ownership import Act
from models.schemas.reconciliations import OpenDiscrepancies, ReconciliationView
from models.syncing import Phase, StartReconciliation
from models.tables import ReconciliationRow
from runtime.services import Services
from runtime.temporal import JOURNEYS_QUEUE
from storage.discrepancies import DiscrepancyRepository
from storage.reconciliations import ReconciliationRepository
from workflows.nightly import NightlyReconciliation
from workflows.reconciliation import RECONCILIATION_ID, Reconciliation

SCHEDULE_ID: Final = "reconciliation"
_TIME_ZONE: Final = "Europe/London"
_JITTER: Final = timedelta(minutes=10)
_CATCH_UP: Final = timedelta(hours=6)
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 30.0
_ENSURED_EVERY_SECONDS: Final = 3600.0

# How much of the whole each phase is, as far as one can know beforehand: it begins at the first, ends at the second.
_SHARES: Final = {
    Phase.CLIENTS: (0, 45),
    Phase.ACCOUNTS: (45, 85),
    Phase.PLANNR: (85, 90),
    Phase.REPAIRS: (90, 95),
    Phase.TASKS: (95, 99),
    Phase.CLOSING: (99, 99),
    Phase.DONE: (100, 100),
}
_log = structlog.get_logger(__name__)


async def begin(services: Services, trigger: Literal["adviser", "operator"], now: datetime) -> str:
    """Start a comparison, or join the one that runs, and return the id of its run."""
    handle = await services.temporal.start_workflow(
        Reconciliation.run,
        StartReconciliation(trigger=trigger),
        id=RECONCILIATION_ID,
        task_queue=JOURNEYS_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        rpc_timeout=START_PATIENCE,
        static_summary="Reconciliation asked for by a person",
    )
    described = await services.temporal.get_workflow_handle(RECONCILIATION_ID, run_id=handle.result_run_id).describe(
        rpc_timeout=START_PATIENCE
    )
    # A long comparison continues as new: its first run is what it is known by.
    run_id = described.raw_description.workflow_execution_info.first_run_id or described.run_id
    async with services.database.transaction() as session:
        await ReconciliationRepository(session).begin(run_id, trigger, now=now)
    return run_id


async def progress(services: Services, firm: str, run_id: str) -> ReconciliationView:
    """Return how far a comparison is, and what it found in this firm; raises `reconciliation-not-found`."""
    async with services.database.reading() as session:
        row = await ReconciliationRepository(session).get(run_id)
    if row is None:
        raise Problem(RECONCILIATION_NOT_FOUND)
    return await _view(services, firm, row)


async def newest(services: Services, firm: str) -> ReconciliationView | None:
    """Return the comparison that was started last, with what it found in this firm; None before the first one."""
    async with services.database.reading() as session:
        row = await ReconciliationRepository(session).newest()
    return None if row is None else await _view(services, firm, row)


async def open_discrepancies(services: Services, firm: str) -> OpenDiscrepancies:
    """Count what is open in a firm."""
    async with services.database.reading() as session:
        counts = await DiscrepancyRepository(session).counts(firm)
    for_a_person = counts.get(Act.PERSON.value, 0)
    total = sum(counts.values())
    return OpenDiscrepancies(total=total, repairable=total - for_a_person, for_a_person=for_a_person)


def percent(row: ReconciliationRow) -> int:
    """Return how far a comparison is: exact while records are compared, by its phase afterwards."""
    phase = Phase(row.phase)
    first, last = _SHARES[phase]
    done, total = {
        Phase.CLIENTS: (row.clients, row.clients_total),
        Phase.ACCOUNTS: (row.accounts, row.accounts_total),
    }.get(phase, (0, 0))
    return first + (last - first) * min(done, total) // total if total else first


async def _view(services: Services, firm: str, row: ReconciliationRow) -> ReconciliationView:
    async with services.database.reading() as session:
        found = await ReconciliationRepository(session).found(row.run_id, firm=firm)
    return ReconciliationView(
        run_id=row.run_id,
        trigger=row.trigger,
        phase=Phase(row.phase),
        percent=percent(row),
        finished=row.finished_at is not None,
        started_at=row.started_at,
        finished_at=row.finished_at,
        found=found.found,
        new=found.new,
        repaired=found.repaired,
        open=await open_discrepancies(services, firm),
        link=f"/api/v1/reconciliations/{row.run_id}",
    )


async def keep_schedule(services: Services) -> None:
    """Keep the nightly comparison scheduled as the settings say, until cancelled."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            await ensure_schedule(services)
        except RPCError as error:
            _log.warning("reconciliation_not_scheduled", error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            continue
        pause = _FIRST_PAUSE_SECONDS
        await asyncio.sleep(_ENSURED_EVERY_SECONDS)


async def ensure_schedule(services: Services) -> None:
    """Create the schedule, or bring the one that is there to the settings; what an operator paused stays paused."""
    wanted = schedule(services.settings.reconcile_at)
    try:
        await services.temporal.create_schedule(SCHEDULE_ID, wanted, rpc_timeout=START_PATIENCE)
    except ScheduleAlreadyRunningError:
        await services.temporal.get_schedule_handle(SCHEDULE_ID).update(_to(wanted), rpc_timeout=START_PATIENCE)


def schedule(at: str) -> Schedule:
    """Return the schedule for this London time, `HH:MM`: never two at once, and a missed one is made up for 6 hours."""
    moment = datetime.strptime(at, "%H:%M").replace(tzinfo=UTC)
    return Schedule(
        action=ScheduleActionStartWorkflow(
            NightlyReconciliation.run,
            StartReconciliation(trigger="schedule"),
            id="nightly-reconciliation",
            task_queue=JOURNEYS_QUEUE,
            static_summary="Reconciliation of the night",
        ),
        spec=ScheduleSpec(
            calendars=[
                ScheduleCalendarSpec(hour=[ScheduleRange(moment.hour)], minute=[ScheduleRange(moment.minute)]),
            ],
            jitter=_JITTER,
            time_zone_name=_TIME_ZONE,
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
    )


def _to(wanted: Schedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    def update(found: ScheduleUpdateInput) -> ScheduleUpdate:
        wanted.state = found.description.schedule.state
        return ScheduleUpdate(wanted)

    return update
