"""What a reconciliation does about what it found: repairs, and tasks for advisers (P54)."""

from collections.abc import Callable, Sequence
from typing import Final

import structlog
from temporalio.exceptions import ApplicationError

from activities.reconciling_reading import FirmRecord, Systems
from activities.syncing import SyncActivities
from connectors.errors import ConnectorRejected, NotAuthorised, NotFound
from connectors.plannr.port import PlannrPerson, TaskRecord
from domain.ownership import Subject
from models.syncing import Cause, SyncAccount, SyncClient
from models.tables import DiscrepancyRow
from storage.discrepancies import DiscrepancyRepository
from storage.reconciliations import ReconciliationRepository
from storage.syncing import SyncRepository

BATCH: Final = 25
_REFERENCE: Final = "reconciliation"
_log = structlog.get_logger(__name__)

_WHAT_TO_DO: Final = (
    "Correct the one that is wrong, or open the discrepancy in Onward and say which is right. "
    "It closes by itself once both agree."
)
_WHOM_TO_CHOOSE: Final = "Open the discrepancy in Onward and choose the record in Plannr that is the same person."


async def repair_next(
    systems: Systems, syncs: SyncActivities, cursor: str | None, alive: Callable[[], None]
) -> tuple[str | None, int]:
    """Sync the records of the next repairable discrepancies; returns where to go on, and how many were repaired.

    A record that a system refuses holds up no other one: its discrepancy stays open.
    """
    async with systems.database.reading() as session:
        rows = await DiscrepancyRepository(session).repairable(cursor or "", BATCH)
    for subject, platform_id in dict.fromkeys((row.subject, row.platform_id) for row in rows):
        alive()
        await sync_record(syncs, subject, platform_id)
    async with systems.database.reading() as session:
        repaired = await ReconciliationRepository(session).repaired([row.discrepancy_id for row in rows])
    return _further(rows), repaired


async def sync_record(
    syncs: SyncActivities, subject: Subject, platform_id: str, cause: Cause = Cause.RECONCILIATION
) -> bool:
    """Sync one record; False when a system refused it, which only a person can mend."""
    try:
        if subject is Subject.CLIENT:
            await syncs.sync_client(SyncClient(platform_client=platform_id, cause=cause))
        else:
            await syncs.sync_account(SyncAccount(platform_account=platform_id, cause=cause))
    except ApplicationError as error:
        if not error.non_retryable:
            raise
        _log.warning("record_not_repaired", subject=subject.value, platform_id=platform_id, reason=error.message)
        return False
    return True


async def raise_tasks(systems: Systems, cursor: str | None, alive: Callable[[], None]) -> tuple[str | None, int]:
    """Ask advisers, by a task in Plannr each, about the next discrepancies; returns where to go on, and how many."""
    async with systems.database.reading() as session:
        rows = await DiscrepancyRepository(session).without_task(cursor or "", BATCH)
    about = {row.discrepancy_id: record for row in rows if (record := await _record_of(systems, row)) is not None}
    people = await systems.people(about.values())
    raised = 0
    for row in rows:
        alive()
        record = about.get(row.discrepancy_id)
        person = people.get(record) if record is not None else None
        if record is not None and person is not None:
            raised += await _raise(systems, row, record, person)
    return _further(rows), raised


async def _record_of(systems: Systems, row: DiscrepancyRow) -> FirmRecord | None:
    """Return the client's record that a task about this discrepancy belongs to, if there is one."""
    if row.firm is None or row.firm not in systems.firms:
        return None
    if row.subject is Subject.CLIENT:
        account = row.plannr_id or next(iter(row.candidates), None)
        return (row.firm, account) if account is not None else None
    try:
        holders = (await systems.platform.account_record(row.platform_id)).clients
    except NotFound:
        return None
    async with systems.database.reading() as session:
        known = await SyncRepository(session).clients(holders)
    linked = [known[holder].plannr_account for holder in holders if holder in known]
    return next(((row.firm, account) for account in linked if account is not None), None)


async def _raise(systems: Systems, row: DiscrepancyRow, record: FirmRecord, person: PlannrPerson) -> int:
    firm, account = record
    try:
        task = await systems.plannr.create_task(
            firm,
            TaskRecord(
                # What comes back after it was settled is asked about anew.
                key=f"{row.discrepancy_id} {row.first_seen_at:%Y%m%dT%H%M%S%f}",
                journey_id=_REFERENCE,
                account=account,
                name=f"Plannr and the platform differ: {_words(row.field)}",
                description=_description(row),
                assignee=person.assigned_adviser,
            ),
        )
    except NotAuthorised:
        raise
    except ConnectorRejected as refused:
        _log.warning("task_not_raised", discrepancy=row.discrepancy_id, reason=str(refused))
        return 0
    async with systems.database.transaction() as session:
        await DiscrepancyRepository(session).set_task(row.discrepancy_id, task)
    return 1


def _description(row: DiscrepancyRow) -> str:
    return "\n".join(
        [
            f"The {row.subject.value} {row.platform_id} of the platform and Plannr differ in: {_words(row.field)}.",
            f"Platform: {row.platform_value}",
            f"Plannr: {row.plannr_value}",
            _WHOM_TO_CHOOSE if row.candidates else _WHAT_TO_DO,
        ]
    )


def _words(field: str) -> str:
    return field.replace("_", " ")


def _further(rows: Sequence[DiscrepancyRow]) -> str | None:
    return rows[-1].discrepancy_id if len(rows) == BATCH else None
