"""Clients whom the sync leaves alone: gone, of no firm of ours, a journey's, or a person's to decide (P5)."""

from collections.abc import Sequence

from activities.comparing import LINK, Compared, client_row
from activities.sync_records import Report, keep
from activities.sync_standing import Standing
from activities.sync_systems import SyncSystems
from connectors.plannr.port import PlannrPerson
from connectors.platform.port import ClientRecord
from domain.masking import mask
from domain.ownership import Act, Owner, Subject
from domain.sync_events import SyncEvent
from models.syncing import LinkState, SyncOutcome
from storage.discrepancies import Finding
from storage.syncing import SyncRepository


async def client_gone(systems: SyncSystems, report: Report) -> SyncOutcome:
    """The platform has no such client any more: noted once; nothing is written in Plannr."""
    async with systems.database.transaction() as session:
        row = await SyncRepository(session).client(report.platform_id)
        if row is not None and row.state is not LinkState.GONE:
            row.state, row.synced_at = LinkState.GONE, report.at
            report.firm, report.plannr_account, report.closed_as = row.firm, row.plannr_account, "gone"
            report.note(SyncEvent.GONE)
            await keep(session, row, report)
    return SyncOutcome(state=LinkState.GONE)


async def left_to_journey(systems: SyncSystems, standing: Standing, report: Report) -> SyncOutcome:
    """A journey is writing the same records: noted once, however many events its own writes cause."""
    row = standing.row
    async with systems.database.transaction() as session:
        sync = SyncRepository(session)
        if await sync.last_kind(report.platform_id) != SyncEvent.LEFT_TO_JOURNEY:
            await sync.note(
                at=report.at,
                kind=SyncEvent.LEFT_TO_JOURNEY,
                cause=report.cause,
                firm=report.firm,
                platform_client=report.platform_id,
                plannr_account=row.plannr_account if row is not None else None,
            )
    return SyncOutcome(state=row.state if row is not None else SyncEvent.LEFT_TO_JOURNEY, left_to_journey=True)


async def without_firm(systems: SyncSystems, record: ClientRecord, standing: Standing, report: Report) -> SyncOutcome:
    """The client's adviser belongs to no firm of ours: visible in our own record, and written nowhere."""
    if standing.row is None or standing.row.state is not LinkState.NO_FIRM:
        report.note(SyncEvent.NO_FIRM)
    report.closed_as = "gone"
    row = client_row(record, None, Compared(), firm=None, state=LinkState.NO_FIRM, read_at=report.at)
    async with systems.database.transaction() as session:
        await keep(session, row, report)
    return SyncOutcome(state=LinkState.NO_FIRM)


async def undecided(
    systems: SyncSystems, record: ClientRecord, standing: Standing, report: Report, candidates: Sequence[str]
) -> SyncOutcome:
    """Nobody but a person can tell which record it is: nothing is linked, and the records to choose from are kept."""
    return await _ask(systems, record, standing, report, _link(record, standing, None, None, candidates))


async def contested(
    systems: SyncSystems,
    record: ClientRecord,
    person: PlannrPerson,
    standing: Standing,
    report: Report,
    *,
    other: str | None,
) -> SyncOutcome:
    """Record and client name different partners: nothing is overwritten, a person decides."""
    named = other or person.platform_client
    return await _ask(systems, record, standing, report, _link(record, standing, person.account, named, ()))


async def _ask(
    systems: SyncSystems, record: ClientRecord, standing: Standing, report: Report, finding: Finding
) -> SyncOutcome:
    row = standing.row
    account = row.plannr_account if row is not None else None
    kept = Compared(bases=dict(row.bases), held=set(row.held)) if row is not None else Compared()
    report.plannr_account, report.findings = account, [finding]
    if row is None or row.state is not LinkState.AMBIGUOUS:
        report.note(SyncEvent.AMBIGUOUS)
    stored = client_row(record, account, kept, firm=standing.firm, state=LinkState.AMBIGUOUS, read_at=report.at)
    async with systems.database.transaction() as session:
        await keep(session, stored, report)
    return SyncOutcome(state=LinkState.AMBIGUOUS, for_a_person=[LINK])


def _link(
    record: ClientRecord,
    standing: Standing,
    plannr_account: str | None,
    names: str | None,
    candidates: Sequence[str],
) -> Finding:
    return Finding(
        subject=Subject.CLIENT,
        platform_id=record.client,
        plannr_id=plannr_account,
        firm=standing.firm,
        field=LINK,
        owner=Owner.PERSON,
        proposal=Act.PERSON,
        platform_value=mask(LINK, record.external_reference),
        plannr_value=mask(LINK, names),
        candidates=tuple(candidates),
    )
