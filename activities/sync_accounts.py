"""The sync of one account of the platform with its plan in Plannr (P3, P4, P50)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from activities.comparing import PLAN, Compared, account_row, compare_account
from activities.sync_records import Report, carried, for_a_person, keep, written_after, written_ahead
from activities.sync_systems import SyncSystems
from activities.sync_values import fingerprint, plan_status, plan_wrapper
from activities.sync_writes import Written, write_plan
from connectors.errors import Invalid, NotFound
from connectors.plannr.port import NewPlan, PlanChange, PlannrPlan
from connectors.platform.port import AccountRecord
from domain.ownership import Act, intended_key
from domain.sync_events import SyncEvent
from models.syncing import Cause, LinkState, PlanState, SyncOutcome
from models.tables import JourneyRow, SyncedAccountRow, SyncedClientRow
from storage.journeys import JourneyRepository
from storage.syncing import SyncRepository

SyncHolder = Callable[[str, Cause], Awaitable[SyncOutcome]]


@dataclass(frozen=True, slots=True)
class _Case:
    """An account whose holders are linked, and what our own record says of it."""

    record: AccountRecord
    row: SyncedAccountRow | None
    journey: JourneyRow | None
    firm: str
    owners: list[str]
    report: Report
    read_at: datetime

    @property
    def reference(self) -> str:
        """The plan's proposal reference: a journey's plan has the journey's id."""
        return self.journey.journey_id if self.journey is not None else self.record.account

    def new_row(self, plan: str | None, compared: Compared, state: PlanState) -> SyncedAccountRow:
        return account_row(self.record, plan, compared, firm=self.firm, state=state, read_at=self.read_at)


class AccountSync:
    """Compares one account and carries over what may be; `sync_holder` links a holder who is not linked yet."""

    def __init__(self, systems: SyncSystems, sync_holder: SyncHolder) -> None:
        """Work with both systems and our own record."""
        self._systems = systems
        self._sync_holder = sync_holder

    async def run(self, platform_account: str, cause: Cause) -> SyncOutcome:
        """Sync the account once, from fresh readings; raises NotFound when a record went away meanwhile."""
        read_at = self._systems.clock()
        report = Report(
            platform_id=platform_account,
            platform_client=None,
            platform_account=platform_account,
            cause=cause,
            at=read_at,
        )
        async with self._systems.database.reading() as session:
            row = await SyncRepository(session).account(platform_account)
        try:
            record = await self._systems.platform.account_record(platform_account)
        except NotFound:
            return await self._gone(row, report)
        report.version = record.version
        report.platform_client = record.clients[0] if record.clients else None
        async with self._systems.database.reading() as session:
            journey = await JourneyRepository(session).get(record.external_reference or "")
        if plan_wrapper(record.wrapper) is None:
            report.firm = await self._firm(record)
            return await self._aside(record, row, report, PlanState.OUT_OF_SCOPE)
        if journey is not None and not journey.stage.is_final:
            report.firm = journey.firm
            return await self._aside(record, row, report, PlanState.JOURNEYS)
        holders = await self._holders(record, cause)
        report.firm = next((holder.firm for holder in holders if holder.firm is not None), None)
        if not holders or any(_account_of(holder, report.firm) is None for holder in holders):
            return await self._aside(record, row, report, PlanState.WAITING_FOR_CLIENT)
        owners = [str(holder.plannr_account) for holder in holders]
        report.plannr_account = owners[0]
        if row is not None and row.state is PlanState.WAITING_FOR_CLIENT:
            row = SyncedAccountRow(**row.model_dump() | {"state": PlanState.LINKED})
        case = _Case(record, row, journey, str(report.firm), owners, report, read_at)
        return await self._compare(case, await self._plan(case))

    async def _firm(self, record: AccountRecord) -> str | None:
        adviser = self._systems.firm_of_adviser(record.adviser)
        rows = await self._rows(record.clients)
        return next((row.firm for row in rows.values() if row.firm is not None), adviser[0] if adviser else None)

    async def _holders(self, record: AccountRecord, cause: Cause) -> list[SyncedClientRow]:
        rows = await self._rows(record.clients)
        unlinked = [client for client in record.clients if client not in rows or not _is_linked(rows[client])]
        for client in unlinked:
            await self._sync_holder(client, cause)
        if unlinked:
            rows = await self._rows(record.clients)
        return [rows[client] for client in record.clients if client in rows] if len(rows) == len(record.clients) else []

    async def _rows(self, clients: list[str]) -> dict[str, SyncedClientRow]:
        async with self._systems.database.reading() as session:
            return await SyncRepository(session).clients(clients)

    async def _plan(self, case: _Case) -> PlannrPlan | None:
        if case.row is not None and case.row.plannr_plan is not None:
            found = await self._systems.plannr.read_plans(case.firm, plans=[case.row.plannr_plan])
        else:
            found = await self._systems.plannr.read_plans(case.firm, references=[case.reference])
        return min(found, key=lambda plan: plan.plan, default=None)

    async def _compare(self, case: _Case, plan: PlannrPlan | None) -> SyncOutcome:
        compared = compare_account(case.record, plan, case.row, key=self._systems.key, firm=case.firm)
        if plan is not None:
            made = _is_being_made(case.row)
            return await self._carry_over(case, plan, compared, made=made)
        if compared.acts.get(PLAN) is not Act.TO_PLANNR:
            return await self._finish(case, None, compared, Written(), PlanState.GONE)
        if case.journey is not None:
            # The journey made the plan, so that somebody has taken it away since.
            findings = [replace(finding, proposal=Act.PERSON) for finding in compared.findings]
            gone = replace(compared, acts={PLAN: Act.PERSON}, findings=findings)
            return await self._finish(case, None, gone, Written(), PlanState.GONE)
        if await self._owner_is_gone(case):
            return await self._aside(case.record, case.row, case.report, PlanState.WAITING_FOR_CLIENT)
        return await self._make_plan(case)

    async def _owner_is_gone(self, case: _Case) -> bool:
        """Tell whether an owner's record went away unnoticed; their own sync then asks a person."""
        there = {person.account for person in await self._systems.plannr.read_people(case.firm, case.owners)}
        gone = [client for client, owner in zip(case.record.clients, case.owners, strict=True) if owner not in there]
        for client in gone:
            await self._sync_holder(client, case.report.cause)
        return bool(gone)

    async def _make_plan(self, case: _Case) -> SyncOutcome:
        """Make the plan, once; what is about to be written is kept before, so that it is known for ours (P3)."""
        wrapper = plan_wrapper(case.record.wrapper)
        assert wrapper is not None
        new = NewPlan(
            reference=case.reference,
            accounts=case.owners,
            name=case.record.name,
            wrapper=wrapper,
            status=plan_status(case.record.status),
            policy_number=case.record.account,
        )
        intended = {"status": new.status, "policy_number": new.policy_number}
        bases = {
            intended_key(name): value
            for name, text in intended.items()
            if (value := fingerprint(self._systems.key, name, text)) is not None
        }
        making = case.new_row(None, Compared(bases=bases), PlanState.LINKED)
        async with self._systems.database.transaction() as session:
            await SyncRepository(session).save_accounts([making])
        try:
            plan = await self._systems.plannr.open_plan(case.firm, new)
        except Invalid:
            missing = compare_account(case.record, None, None, key=self._systems.key, firm=case.firm)
            return await self._finish(case, None, missing, Written(refused={PLAN}), PlanState.LINKED)
        compared = compare_account(case.record, plan, making, key=self._systems.key, firm=case.firm)
        return await self._carry_over(replace(case, row=making), plan, compared, made=True)

    async def _carry_over(self, case: _Case, plan: PlannrPlan, compared: Compared, *, made: bool) -> SyncOutcome:
        fields = compared.fields(Act.TO_PLANNR)
        written = Written()
        if fields:
            # Without the plan's id while it is being made, so that a crash does not hide that it was.
            ahead = case.new_row(None if made else plan.plan, compared, PlanState.LINKED)
            ahead.bases = written_ahead(compared)
            async with self._systems.database.transaction() as session:
                await SyncRepository(session).save_accounts([ahead])
            change = PlanChange(status=plan_status(case.record.status), policy_number=case.record.account)
            plan, written = await write_plan(self._systems, case.firm, plan, change, fields)
        if made:
            case.report.note(SyncEvent.PLAN_MADE)
        return await self._finish(case, plan.plan, compared, written, PlanState.LINKED, made=made)

    async def _finish(
        self,
        case: _Case,
        plan: str | None,
        compared: Compared,
        written: Written,
        state: PlanState,
        *,
        made: bool = False,
    ) -> SyncOutcome:
        report, row = case.report, case.row
        arrived = [] if made else carried(compared, written.taken, Act.TO_PLANNR)
        kept = case.new_row(plan or (row.plannr_plan if row is not None else None), compared, state)
        kept.bases = written_after(compared, written.taken, written.refused)
        report.findings = for_a_person(compared, written.refused)
        report.note_fields(SyncEvent.PLAN_CHANGED, arrived)
        report.note_fields(
            SyncEvent.AMENDED_BY_A_PERSON, compared.stopped - set(row.stopped if row is not None else ())
        )
        if state is PlanState.GONE and report.findings and (row is None or row.state is not state):
            report.note(SyncEvent.GONE)
        report.written = [PLAN] if made else arrived
        async with self._systems.database.transaction() as session:
            await keep(session, kept, report)
        return SyncOutcome(
            state=state,
            to_plannr=report.written,
            for_a_person=sorted({finding.field for finding in report.findings}),
            created=made,
        )

    async def _aside(
        self, record: AccountRecord, row: SyncedAccountRow | None, report: Report, state: PlanState
    ) -> SyncOutcome:
        """Keep why nothing is done in Plannr, noted once: out of scope, a journey's, or a holder is not linked."""
        is_new = row is None or row.state is not state
        if is_new and state is PlanState.OUT_OF_SCOPE:
            report.note(SyncEvent.OUT_OF_SCOPE)
        known = Compared(bases=dict(row.bases), stopped=set(row.stopped)) if row is not None else Compared()
        kept = account_row(
            record,
            row.plannr_plan if row is not None else None,
            known,
            firm=report.firm,
            state=state,
            read_at=report.at,
        )
        report.findings = None
        async with self._systems.database.transaction() as session:
            await keep(session, kept, report)
        return SyncOutcome(state=state, left_to_journey=state is PlanState.JOURNEYS)

    async def _gone(self, row: SyncedAccountRow | None, report: Report) -> SyncOutcome:
        if row is not None and row.state is not PlanState.GONE:
            row.state, row.synced_at = PlanState.GONE, report.at
            report.firm, report.closed_as = row.firm, "gone"
            report.note(SyncEvent.GONE)
            async with self._systems.database.transaction() as session:
                await keep(session, row, report)
        return SyncOutcome(state=PlanState.GONE)


def _is_linked(row: SyncedClientRow) -> bool:
    return row.state is LinkState.LINKED and row.plannr_account is not None


def _account_of(row: SyncedClientRow, firm: str | None) -> str | None:
    return row.plannr_account if _is_linked(row) and row.firm == firm else None


def _is_being_made(row: SyncedAccountRow | None) -> bool:
    return row is not None and row.plannr_plan is None and intended_key("status") in row.bases
