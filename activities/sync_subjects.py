"""What a record of Plannr concerns on the platform (P51)."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from activities.sync_systems import SyncSystems
from models.syncing import FindSubjects, FoundSubjects
from models.tables import SyncedAccountRow
from storage.journeys import JourneyRepository
from storage.syncing import SyncRepository

# An event of a bank account names neither client nor person: whose it is stands in the list of what changed.
_LOOK_BACK: Final = (timedelta(hours=1), timedelta(days=4))


async def find_subjects(systems: SyncSystems, request: FindSubjects) -> FoundSubjects:
    """Return the clients and accounts concerned; none when the record is not linked with any."""
    if request.kind == "account":
        return FoundSubjects(clients=await _clients(systems, request.firm, [request.plannr_id]))
    if request.kind == "bank_account":
        people = await _owners_of_bank_account(systems, request)
        return FoundSubjects(clients=await _clients(systems, request.firm, people))
    return FoundSubjects(accounts=await _accounts(systems, request))


async def _clients(systems: SyncSystems, firm: str, people: Collection[str]) -> list[str]:
    found: set[str] = set()
    unknown = []
    async with systems.database.reading() as session:
        sync = SyncRepository(session)
        for account in people:
            row = await sync.client_of(firm, account)
            undecided = await sync.undecided_about(firm, account)
            found.update(undecided if row is None else [row.platform_client, *undecided])
            if row is None:
                unknown.append(account)
    if unknown:
        linked = await systems.plannr.read_people(firm, unknown)
        found.update(person.platform_client for person in linked if person.platform_client is not None)
    return sorted(found)


async def _owners_of_bank_account(systems: SyncSystems, request: FindSubjects) -> list[str]:
    now = systems.clock()
    for back in _LOOK_BACK:
        since, more = now - back, True
        while more:
            page = await systems.plannr.changes(request.firm, "bank_account", since)
            for change in page.changes:
                if change.record == request.plannr_id:
                    return change.accounts
            more = page.more and page.changes[-1].changed_at > since
            since = page.changes[-1].changed_at if more else since
    return []


async def _accounts(systems: SyncSystems, request: FindSubjects) -> list[str]:
    async with systems.database.reading() as session:
        known = await SyncRepository(session).account_of_plan(request.firm, request.plannr_id)
    if known is not None:
        return [known.platform_account]
    plans = await systems.plannr.read_plans(request.firm, plans=[request.plannr_id])
    named = {name for plan in plans for name in (plan.proposal_reference, plan.policy_number) if name is not None}
    async with systems.database.reading() as session:
        journeys = [await JourneyRepository(session).get(name, firm=request.firm) for name in sorted(named)]
        for journey in journeys:
            records = journey.progress.get("records") if journey is not None else None
            account = records.get("platform_account") if isinstance(records, dict) else None
            if isinstance(account, str):
                named.add(account)
        rows = await SyncRepository(session).accounts(named)
    return sorted(account for account, row in rows.items() if _is_of(row, request.firm))


def _is_of(row: SyncedAccountRow, firm: str) -> bool:
    return row.firm == firm
