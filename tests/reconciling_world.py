"""Reconciliations on the real engine and a real database, with clients that both in-memory systems hold alike."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col
from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import Worker

from activities.reconciling import ReconcilingActivities
from activities.sync_values import sync_key
from activities.syncing import SyncActivities
from connectors.plannr.port import NewPlan
from domain.journey import Party, Stage, Wrapper
from models.people import BankDetails
from models.syncing import ReconciliationResult, StartReconciliation
from models.tables import (
    DiscrepancyRow,
    JourneyHolderRow,
    JourneyRow,
    ReconciliationRow,
    SyncedAccountRow,
    SyncedClientRow,
)
from runtime.temporal import connect, workflow_runner
from storage.database import Database, migrate
from tests.fakes.plannr import FakePlannr
from tests.fakes.platform import FakePlatform
from tests.sample_client import BANK, KNOWN
from workflows.deciding import SettleDiscrepancy
from workflows.nightly import NightlyReconciliation
from workflows.reconciliation import Reconciliation

FIRM = "harbour"
ADVISER, EMPLOYEE = "adv-1", "emp-1"
KEY = sync_key(b"the secret of the reconciliation's tests")
_MONTHS = 12


@dataclass
class Pair:
    """A client in both systems, with their account and its plan."""

    client: str
    account: str
    platform_account: str
    plan: str


@dataclass
class ReconcilingWorld:
    """The engine, our database, and two systems that agree."""

    skipper: TimeSkipper
    database: Database
    queue: str
    eventually: Callable[..., Awaitable[Any]]
    plannr: FakePlannr = field(default_factory=FakePlannr)
    platform: FakePlatform = field(default_factory=FakePlatform)
    pairs: list[Pair] = field(default_factory=list)
    _started: int = 0

    def activities(self) -> tuple[SyncActivities, ReconcilingActivities]:
        """Return the activities bound to this world."""

        def firm_of_adviser(reference: str) -> tuple[str, str] | None:
            return (FIRM, EMPLOYEE) if reference == ADVISER else None

        syncs = SyncActivities(self.plannr, self.platform, self.database, key=KEY, firm_of_adviser=firm_of_adviser)
        reconciling = ReconcilingActivities(
            self.plannr,
            self.platform,
            self.database,
            syncs,
            key=KEY,
            firms=[FIRM],
            firm_of_adviser=firm_of_adviser,
        )
        return syncs, reconciling

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """Serve this world's queue."""
        syncs, reconciling = self.activities()
        async with Worker(
            self.skipper.client,
            task_queue=self.queue,
            workflows=[Reconciliation, NightlyReconciliation, SettleDiscrepancy],
            activities=[
                reconciling.step,
                reconciling.close,
                reconciling.abandon,
                reconciling.settle,
                reconciling.compare_again,
                syncs.sync_client,
                syncs.sync_account,
            ],
            workflow_runner=workflow_runner(),
        ):
            yield

    async def people(self, number: int, *, bank: BankDetails | None = BANK) -> list[Pair]:
        """Add clients who are linked, equal in both systems, and have an account with its plan."""
        for _ in range(number):
            self.pairs.append(await self._pair(len(self.pairs) + 1, bank))
        return self.pairs

    async def _pair(self, number: int, bank: BankDetails | None) -> Pair:
        account = f"record-{number:03d}"
        details = KNOWN.model_copy(
            update={
                "email": f"client{number}@example.com",
                "mobile": f"+4474001{number:05d}",
                "national_insurance_number": f"AB{number:06d}C",
                "date_of_birth": KNOWN.date_of_birth and KNOWN.date_of_birth.replace(month=number % _MONTHS + 1),
            }
        )
        self.plannr.add_person(FIRM, account, details, adviser=EMPLOYEE)
        if bank is not None:
            self.plannr.give_bank_account(FIRM, account, bank)
        client = self.platform.add_client(details, external_reference=account, bank_details=bank, adviser=ADVISER)
        await self.plannr.link(FIRM, account, client)
        platform_account = self.platform.open_staff_account([client], "isa", adviser=ADVISER)
        return Pair(client, account, platform_account, await self._plan(platform_account, account))

    async def _plan(self, platform_account: str, account: str) -> str:
        plan = await self.plannr.open_plan(
            FIRM,
            NewPlan(
                reference=platform_account,
                accounts=[account],
                name="Account",
                wrapper=Wrapper.ISA,
                status="active",
                policy_number=platform_account,
            ),
        )
        return plan.plan

    async def start(self) -> WorkflowHandle[Reconciliation, ReconciliationResult]:
        """Start a reconciliation of this world."""
        self._started += 1
        return await self.skipper.client.start_workflow(
            Reconciliation.run,
            StartReconciliation(trigger="operator"),
            id=f"reconciliation-{self.queue}-{self._started}",
            task_queue=self.queue,
        )

    async def reconcile(self) -> ReconciliationResult:
        """Reconcile once, from beginning to end."""
        return await (await self.start()).result()

    async def discrepancies(self, *, still_open: bool = True) -> list[DiscrepancyRow]:
        """Return what is open, or everything, by client and field."""
        query = select(DiscrepancyRow).order_by(col(DiscrepancyRow.platform_id), col(DiscrepancyRow.field))
        if still_open:
            query = query.where(col(DiscrepancyRow.closed_at).is_(None))
        async with self.database.reading() as session:
            return list(await session.scalars(query))

    async def rows(self) -> tuple[list[SyncedClientRow], list[SyncedAccountRow]]:
        """Return our own record of clients and accounts."""
        async with self.database.reading() as session:
            return list(await session.scalars(select(SyncedClientRow))), list(
                await session.scalars(select(SyncedAccountRow))
            )

    async def run_row(self, run_id: str) -> ReconciliationRow:
        """Return what is kept of a run."""
        async with self.database.reading() as session:
            return await session.get_one(ReconciliationRow, run_id)

    async def journey(self, pair: Pair, stage: Stage) -> str:
        """Let a journey know this client, in this stage."""
        now = datetime.now(UTC)
        journey_id = f"journey-of-{pair.client}"
        row = JourneyRow(
            journey_id=journey_id,
            firm=FIRM,
            adviser_id=ADVISER,
            external_reference="CASE",
            wrapper=Wrapper.ISA,
            stage=stage,
            waiting_on=Party.ADVISER,
            needs_attention=False,
            waiting_since=now,
            stage_since=now,
            version=1,
            created_at=now,
            updated_at=now,
            progress={},
        )
        holder = JourneyHolderRow(
            journey_id=journey_id,
            person_id=f"person-{pair.client}",
            plannr_account=pair.account,
            platform_client=pair.client,
            checks_told="",
        )
        async with self.database.transaction() as session:
            await session.merge(row)
            await session.flush()
            await session.merge(holder)
        return journey_id

    async def pass_time(self, handle: WorkflowHandle[Any, Any], duration: timedelta) -> None:
        """Let time pass for one reconciliation."""
        await self.skipper.fast_forward(handle, duration)

    @property
    def writes(self) -> Sequence[str]:
        """Everything written to the two systems so far."""
        return [*self.plannr.writes, *self.platform.writes]


@pytest.fixture
async def reconciling(
    temporal_address: str, tmp_path: Path, request: pytest.FixtureRequest, eventually: Callable[..., Awaitable[Any]]
) -> AsyncIterator[ReconcilingWorld]:
    """Yield a world of its own for one test, with a worker that serves it."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'onward.db'}"
    await migrate(url)
    database = Database(url)
    skipper = TimeSkipper(
        await connect(temporal_address, "onward", patience=timedelta(seconds=10)),
        config=TimeSkippingConfig(enabled=False),
    )
    queue = f"{request.node.name}-{tmp_path.parent.name}"[:100]
    world = ReconcilingWorld(skipper, database, queue, eventually)
    async with world.worker():
        yield world
    await database.dispose()
