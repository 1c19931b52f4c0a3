"""A page of the platform's accounts, compared with their plans in Plannr and with our own record (P54)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.comparing import account_row, compare_account
from activities.reconciling_clients import firm_of
from activities.reconciling_findings import PageFound, is_being_written
from activities.reconciling_reading import Systems
from activities.sync_values import plan_wrapper
from connectors.plannr.port import PlannrPlan
from connectors.platform.port import AccountRecord
from models.syncing import LinkState, PlanState
from models.tables import SyncedAccountRow, SyncedClientRow
from storage.reconciliations import ReconciliationRepository, Standing
from storage.syncing import SyncRepository


@dataclass(frozen=True, slots=True)
class _Considered:
    """An account of the platform with the plan that it belongs to: by its id, or else by its reference."""

    record: AccountRecord
    row: SyncedAccountRow | None
    firm: str
    reference: str

    @property
    def plan(self) -> str | None:
        return self.row.plannr_plan if self.row is not None else None


@dataclass(frozen=True, slots=True)
class _Known:
    """What our own record says of the accounts of a page."""

    accounts: Mapping[str, SyncedAccountRow]
    clients: Mapping[str, SyncedClientRow]
    journeys: Mapping[str, Standing]


async def compare_accounts(systems: Systems, records: Sequence[AccountRecord]) -> PageFound:
    """Compare a page of accounts and return what is to be stored."""
    began = systems.clock()
    known = await _known(systems, records)
    found = PageFound()
    sorted_ = (_consider(systems, record, known, found) for record in records)
    considered = [each for each in sorted_ if each is not None]
    by_id, by_reference = await asyncio.gather(
        systems.plans((each.firm, each.plan) for each in considered if each.plan is not None),
        systems.plans_of((each.firm, each.reference) for each in considered if each.plan is None),
    )
    for each in considered:
        plan = by_reference.get((each.firm, each.reference)) if each.plan is None else by_id.get((each.firm, each.plan))
        _compare(each, plan, found, key=systems.key, began=began)
    return found


async def _known(systems: Systems, records: Sequence[AccountRecord]) -> _Known:
    async with systems.database.reading() as session:
        syncs = SyncRepository(session)
        return _Known(
            await syncs.accounts([record.account for record in records]),
            await syncs.clients({client for record in records for client in record.clients}),
            await ReconciliationRepository(session).journeys(
                {record.external_reference for record in records if record.external_reference}
            ),
        )


def _consider(systems: Systems, record: AccountRecord, known: _Known, found: PageFound) -> _Considered | None:
    row = known.accounts.get(record.account)
    journey = known.journeys.get(record.external_reference or "")
    if plan_wrapper(record.wrapper) is None:
        if row is None:
            # That it is out of scope is noted once, where everybody can see it (P4).
            found.left_to_sync.append(record.account)
        return None
    holders = [known.clients.get(client) for client in record.clients]
    linked = all(holder is not None and holder.state is LinkState.LINKED for holder in holders)
    of_holders = next((holder.firm for holder in holders if holder is not None and holder.firm is not None), None)
    firm = of_holders or firm_of(systems, record.adviser, [journey] if journey is not None else [])
    # Its holders come first: their own discrepancies say what is in the way.
    if firm is None or firm not in systems.firms or not linked or (journey is not None and not journey.stage.is_final):
        found.passed_over.add(record.account)
        return None
    return _Considered(record, row, firm, journey.journey_id if journey is not None else record.account)


def _compare(each: _Considered, plan: PlannrPlan | None, found: PageFound, *, key: bytes, began: datetime) -> None:
    record, row = each.record, each.row
    compared = compare_account(record, plan, row, key=key, firm=each.firm)
    found.findings += compared.findings
    if plan is None:
        if row is not None and row.plannr_plan is not None and row.state is not PlanState.GONE:
            found.left_to_sync.append(record.account)
        return
    new = account_row(record, plan.plan, compared, firm=each.firm, state=PlanState.LINKED, read_at=began)
    if row is None or not (_says(row) == _says(new) or is_being_written(row.bases)):
        found.accounts.append(new)


def _says(row: SyncedAccountRow) -> tuple[object, ...]:
    return row.firm, row.plannr_plan, row.state, row.platform_version, row.bases, row.stopped
