"""A page of the platform's accounts, compared with their plans in Plannr and with our own record (P54)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from activities.comparing import compare_account
from activities.reconciling_clients import firm_of
from activities.reconciling_findings import PageFound, plan_gone, plan_missing
from activities.reconciling_reading import FirmRecord, Systems
from activities.sync_values import OUT_OF_SCOPE
from connectors.plannr.port import PlannrPlan
from connectors.platform.port import AccountRecord
from models.syncing import LinkState, PlanState
from models.tables import SyncedAccountRow, SyncedClientRow
from storage.reconciliations import ReconciliationRepository, Standing
from storage.syncing import SyncRepository


@dataclass(frozen=True, slots=True)
class Considered:
    """An account of the platform with the plan that it belongs to: by its id, or else by its reference."""

    record: AccountRecord
    row: SyncedAccountRow | None
    firm: str
    reference: str

    @property
    def plan(self) -> str | None:
        """The plan's id, once it is known."""
        return self.row.plannr_plan if self.row is not None else None


@dataclass(frozen=True, slots=True)
class Known:
    """What our own record says of the accounts of a page."""

    accounts: Mapping[str, SyncedAccountRow]
    clients: Mapping[str, SyncedClientRow]
    journeys: Mapping[str, Standing]


@dataclass(slots=True)
class Sorted:
    """The accounts of a page by what can be done about them."""

    considered: list[Considered] = field(default_factory=list)
    to_be_noted: list[str] = field(default_factory=list)


async def compare_accounts(systems: Systems, records: Sequence[AccountRecord]) -> tuple[PageFound, list[str]]:
    """Compare a page of accounts; returns what is to be stored, and those that only a whole sync can judge."""
    began = systems.clock()
    known = await _known(systems, records)
    found, sorting = PageFound(), Sorted()
    for record in records:
        _sort(record, known, systems, found, sorting)
    by_id, by_reference = await asyncio.gather(
        systems.plans((each.firm, each.plan) for each in sorting.considered if each.plan is not None),
        systems.plans_of((each.firm, each.reference) for each in sorting.considered if each.plan is None),
    )
    for each in sorting.considered:
        _compare(each, by_id, by_reference, found, key=systems.key, now=began)
    return found, sorting.to_be_noted


async def _known(systems: Systems, records: Sequence[AccountRecord]) -> Known:
    async with systems.database.reading() as session:
        syncs = SyncRepository(session)
        return Known(
            await syncs.accounts([record.account for record in records]),
            await syncs.clients({client for record in records for client in record.clients}),
            await ReconciliationRepository(session).journeys(
                {record.external_reference for record in records if record.external_reference}
            ),
        )


def _sort(record: AccountRecord, known: Known, systems: Systems, found: PageFound, sorting: Sorted) -> None:
    row = known.accounts.get(record.account)
    journey = known.journeys.get(record.external_reference or "")
    if record.wrapper in OUT_OF_SCOPE:
        if row is None:
            sorting.to_be_noted.append(record.account)
        return
    holders = [known.clients.get(client) for client in record.clients]
    firm = _firm(record, row, journey, holders, systems)
    if firm is None or (journey is not None and not journey.stage.is_final):
        found.passed_over.add(record.account)
    elif not all(holder is not None and holder.state is LinkState.LINKED for holder in holders):
        # Its holders come first: their own discrepancies say what is in the way.
        found.passed_over.add(record.account)
    else:
        reference = journey.journey_id if journey is not None else record.account
        sorting.considered.append(Considered(record, row, firm, reference))


def _firm(
    record: AccountRecord,
    row: SyncedAccountRow | None,
    journey: Standing | None,
    holders: Sequence[SyncedClientRow | None],
    systems: Systems,
) -> str | None:
    if row is not None and row.firm is not None:
        return row.firm
    of_holders = next((holder.firm for holder in holders if holder is not None and holder.firm), None)
    return of_holders or firm_of(record.adviser, [journey] if journey else [], systems.firm_of_adviser)


def _compare(
    each: Considered,
    by_id: Mapping[FirmRecord, PlannrPlan],
    by_reference: Mapping[FirmRecord, PlannrPlan],
    found: PageFound,
    *,
    key: bytes,
    now: datetime,
) -> None:
    plan = by_reference.get((each.firm, each.reference)) if each.plan is None else by_id.get((each.firm, each.plan))
    if plan is None:
        missing = each.plan
        found.findings.append(
            plan_missing(each.record, each.firm) if missing is None else plan_gone(each.record, missing, each.firm)
        )
        return
    compared = compare_account(each.record, plan, each.row, key=key, firm=each.firm)
    found.findings += compared.findings
    _remember(each, plan.plan, compared.bases, compared.stopped, found, now=now)


def _remember(
    each: Considered, plan: str, bases: dict[str, str], stopped: set[str], found: PageFound, *, now: datetime
) -> None:
    row = each.row
    amended = sorted(stopped)
    if row is not None and (row.plannr_plan, row.bases, row.stopped, row.state) == (
        plan,
        bases,
        amended,
        PlanState.LINKED,
    ):
        return
    found.accounts.append(
        SyncedAccountRow(
            platform_account=each.record.account,
            firm=each.firm,
            plannr_plan=plan,
            wrapper=each.record.wrapper,
            state=PlanState.LINKED,
            platform_version=each.record.version,
            bases=bases,
            stopped=amended,
            synced_at=now,
        )
    )
