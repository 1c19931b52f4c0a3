"""The steps of a reconciliation: a page or a batch each, so that one is short, bounded, and safe to repeat (P54)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio import activity

from activities.failures import failures
from activities.reconciling_accounts import compare_accounts
from activities.reconciling_clients import compare_clients
from activities.reconciling_decisions import settle
from activities.reconciling_findings import PageFound
from activities.reconciling_links import compare_links
from activities.reconciling_reading import FirmOfAdviser, Systems
from activities.reconciling_repairs import raise_tasks, repair_next, sync_record
from activities.syncing import SyncActivities
from connectors.plannr.port import PlannrGateway
from connectors.platform.port import PlatformGateway
from domain.ownership import Subject
from models.deciding import Settle, Settled
from models.syncing import Cause, PageReconciled, Phase, ReconcilePage, ReconciliationResult
from storage.database import Database
from storage.discrepancies import DiscrepancyRepository
from storage.reconciliations import ReconciliationRepository
from storage.syncing import SyncRepository


@dataclass(frozen=True, slots=True)
class _Step:
    """One attempt at a step, and how many calls each system had had before it."""

    request: ReconcilePage
    calls_before: dict[str, int]


class ReconcilingActivities:
    """Compares both systems with our own record, and does about it what the ownership table allows."""

    def __init__(
        self,
        plannr: PlannrGateway,
        platform: PlatformGateway,
        database: Database,
        syncs: SyncActivities,
        *,
        key: bytes,
        firms: Sequence[str],
        firm_of_adviser: FirmOfAdviser,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Compare through these gateways, and repair by the logic of a single sync.

        Args:
            plannr: The firms' Plannr.
            platform: The platform.
            database: Our own record.
            syncs: What repairs a record.
            key: Of the fingerprints, as `activities.sync_values.sync_key` derives it.
            firms: The firms whose Plannr is looked through.
            firm_of_adviser: The firm of an adviser's reference on the platform, and their employee in Plannr.
            clock: Now, aware, in UTC.
        """
        self._systems = Systems(plannr, platform, database, key, tuple(firms), firm_of_adviser, clock)
        self._syncs = syncs

    @activity.defn(name="reconcile.step")
    async def step(self, request: ReconcilePage) -> PageReconciled:
        """P54: do the next page or batch of a phase; done again after a failure, it counts once."""
        steps = {
            Phase.CLIENTS: self._clients,
            Phase.ACCOUNTS: self._accounts,
            Phase.PLANNR: self._links,
            Phase.REPAIRS: self._repairs,
            Phase.TASKS: self._tasks,
        }
        await self._begin(request)
        with failures():
            return await steps[request.phase](_Step(request, self._calls()))

    @activity.defn(name="reconcile.close")
    async def close(self, request: ReconcilePage) -> ReconciliationResult:
        """P54: close what no page showed any more, count, and finish the run."""
        now = self._systems.clock()
        async with self._systems.database.transaction() as session:
            discrepancies, runs = DiscrepancyRepository(session), ReconciliationRepository(session)
            await runs.begin(request.run_id, request.trigger, now=now)
            await discrepancies.close_unseen(request.run_id, now=now)
            found = await runs.found(request.run_id)
            row = await runs.close(request.run_id, found, open_now=await discrepancies.open_count(), now=now)
            return ReconciliationResult.model_validate(row.model_dump())

    @activity.defn(name="reconcile.abandon")
    async def abandon(self, request: ReconcilePage) -> None:
        """P54: note that a run ended where it was; what it did not see stays open."""
        async with self._systems.database.transaction() as session:
            await ReconciliationRepository(session).abandon(request.run_id, now=self._systems.clock())

    @activity.defn(name="reconcile.settle")
    async def settle(self, decision: Settle) -> Settled:
        """P54: write what a person decided, unless the systems hold something else than they were shown."""
        with failures():
            return await settle(self._systems, decision)

    @activity.defn(name="reconcile.compare_again")
    async def compare_again(self, settled: Settled) -> None:
        """P54: sync the record that a person decided on, which closes what is settled."""
        await sync_record(self._syncs, settled.subject or Subject.CLIENT, settled.platform_id, Cause.PERSON)

    def _calls(self) -> dict[str, int]:
        return {"plannr": self._systems.plannr.call_count, "platform": self._systems.platform.call_count}

    async def _begin(self, request: ReconcilePage) -> None:
        if request.phase is Phase.CLIENTS and request.cursor is None:
            async with self._systems.database.transaction() as session:
                await ReconciliationRepository(session).begin(
                    request.run_id, request.trigger, now=self._systems.clock()
                )

    async def _clients(self, step: _Step) -> PageReconciled:
        page = await self._systems.platform.client_records(step.request.cursor)
        found = await compare_clients(self._systems, page.clients)
        await self._sync_each(Subject.CLIENT, found.left_to_sync)
        count = len(page.clients)
        return await self._keep(step, found, page.after, {"clients": count}, {"clients_total": page.total})

    async def _accounts(self, step: _Step) -> PageReconciled:
        page = await self._systems.platform.account_records(step.request.cursor)
        found = await compare_accounts(self._systems, page.accounts)
        await self._sync_each(Subject.ACCOUNT, found.left_to_sync)
        count = len(page.accounts)
        return await self._keep(step, found, page.after, {"accounts": count}, {"accounts_total": page.total})

    async def _links(self, step: _Step) -> PageReconciled:
        page = await compare_links(self._systems, step.request.cursor, activity.heartbeat)
        found = PageFound(findings=page.findings)
        kept = await self._keep(step, found, page.cursor, {}, {})
        return kept.model_copy(update={"compared": page.records})

    async def _repairs(self, step: _Step) -> PageReconciled:
        cursor, repaired = await repair_next(self._systems, self._syncs, step.request.cursor, activity.heartbeat)
        kept = await self._keep(step, PageFound(), cursor, {}, {})
        return kept.model_copy(update={"compared": repaired})

    async def _tasks(self, step: _Step) -> PageReconciled:
        cursor, raised = await raise_tasks(self._systems, step.request.cursor, activity.heartbeat)
        kept = await self._keep(step, PageFound(), cursor, {}, {})
        return kept.model_copy(update={"compared": raised})

    async def _sync_each(self, subject: Subject, platform_ids: Sequence[str]) -> None:
        for platform_id in platform_ids:
            activity.heartbeat(platform_id)
            await sync_record(self._syncs, subject, platform_id)

    async def _keep(
        self,
        step: _Step,
        found: PageFound,
        cursor: str | None,
        counted: dict[str, int],
        totals: dict[str, int],
    ) -> PageReconciled:
        """Store a page in one transaction: findings, what both sides agree on, and how far the run has come."""
        request, now = step.request, self._systems.clock()
        calls = {system: count - step.calls_before[system] for system, count in self._calls().items()}
        async with self._systems.database.transaction() as session:
            runs, syncs = ReconciliationRepository(session), SyncRepository(session)
            await syncs.save_clients(found.clients)
            await syncs.save_accounts(found.accounts)
            await DiscrepancyRepository(session).record(found.findings, now=now, run_id=request.run_id)
            await runs.pass_over(request.run_id, found.passed_over, now=now)
            await runs.advance(
                request.run_id,
                f"{request.phase.value} {request.cursor or ''}",
                phase=request.phase.value,
                counted=counted,
                totals=totals,
                calls=calls,
            )
        return PageReconciled(cursor=cursor, compared=sum(counted.values()), found=len(found.findings))
