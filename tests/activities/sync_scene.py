"""Both systems, our own record and the real activities of the sync, for one test."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from activities.syncing import SyncActivities
from connectors.errors import ConnectorUnavailable
from connectors.plannr.port import PlannrPerson, PlannrPlan
from connectors.platform.port import ClientRecord
from domain.journey import Stage
from models.messages import Progress
from models.syncing import Cause, SyncAccount, SyncClient, SyncOutcome
from models.tables import DiscrepancyRow, OutgoingEventRow, SyncedAccountRow, SyncedClientRow, SyncEventRow
from storage.database import Database
from storage.journeys import JourneyRepository
from storage.syncing import SyncRepository
from tests.fakes.plannr import FakePlannr
from tests.fakes.platform import FakePlatform
from tests.sample_client import BANK, KNOWN

FIRM = "firm-a"
ADVISERS = {"adv-1": (FIRM, "employee-1")}
START = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@dataclass
class Scene:
    """The world of one test, with a clock that moves on by a second whenever somebody looks."""

    database: Database
    make_progress: Callable[..., Progress]
    plannr: FakePlannr = field(init=False)
    platform: FakePlatform = field(init=False)
    sync: SyncActivities = field(init=False)
    _seconds: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Connect the activities with the two systems."""
        self.plannr, self.platform = FakePlannr(self.now), FakePlatform(self.now)
        self.sync = SyncActivities(
            self.plannr, self.platform, self.database, key=b"k" * 32, firm_of_adviser=ADVISERS.get, clock=self.now
        )

    def now(self) -> datetime:
        """Return the time."""
        return START + timedelta(seconds=next(self._seconds))

    async def client(self, client: str, cause: Cause = Cause.WEBHOOK) -> SyncOutcome:
        """Sync a client of the platform."""
        return await self.sync.sync_client(SyncClient(platform_client=client, cause=cause))

    async def account(self, account: str) -> SyncOutcome:
        """Sync an account of the platform."""
        return await self.sync.sync_account(SyncAccount(platform_account=account, cause=Cause.POLL))

    async def linked(self, **details: Any) -> tuple[str, str]:
        """Return a client of the platform and their record in Plannr, linked, alike and compared once."""
        known = KNOWN.model_copy(update=details)
        account = f"person-{len(self.plannr.people) + 1}"
        self.plannr.add_person(FIRM, account, known)
        self.plannr.give_bank_account(FIRM, account, BANK)
        client = self.platform.add_client(known, external_reference=account, bank_details=BANK)
        await self.plannr.link(FIRM, account, client)
        await self.client(client)
        self.forget_writes()
        return client, account

    async def with_plan(self, wrapper: str = "isa", **account: Any) -> tuple[str, str]:
        """Return an account of a linked client and the plan that the sync made for it."""
        client, _ = await self.linked()
        opened = self.platform.open_staff_account([client], wrapper, **account)
        await self.account(opened)
        row = await self.account_row(opened)
        assert row.plannr_plan is not None
        self.forget_writes()
        return opened, row.plannr_plan

    def forget_writes(self) -> None:
        """Count writes from here on."""
        self.plannr.writes.clear()
        self.platform.writes.clear()

    @property
    def writes(self) -> list[str]:
        """Every write to either system since they were last forgotten."""
        return [*self.platform.writes, *self.plannr.writes]

    async def record(self, client: str) -> ClientRecord:
        """Return a client as the platform holds them."""
        return await self.platform.client_record(client)

    def person(self, account: str) -> PlannrPerson:
        """Return a record in Plannr."""
        return self.plannr.people[FIRM, account]

    def plan(self, plan: str) -> PlannrPlan:
        """Return a plan in Plannr."""
        return self.plannr.every_plan[FIRM, plan]

    async def row(self, client: str) -> SyncedClientRow:
        """Return our own record of a client."""
        async with self.database.reading() as session:
            row = await SyncRepository(session).client(client)
        assert row is not None
        return row

    async def account_row(self, account: str) -> SyncedAccountRow:
        """Return our own record of an account."""
        async with self.database.reading() as session:
            row = await SyncRepository(session).account(account)
        assert row is not None
        return row

    async def open(self) -> dict[str, DiscrepancyRow]:
        """Return the open discrepancies by their fields."""
        async with self.database.reading() as session:
            rows = await session.scalars(select(DiscrepancyRow).where(col(DiscrepancyRow.closed_at).is_(None)))
            return {row.field: row for row in rows}

    async def timeline(self) -> list[tuple[str, list[str]]]:
        """Return what was noted so far, in order."""
        async with self.database.reading() as session:
            rows = await session.scalars(select(SyncEventRow).order_by(col(SyncEventRow.seq)))
            return [(row.kind, row.fields) for row in rows]

    async def kinds(self) -> list[str]:
        """Return the kinds of what was noted so far, in order."""
        return [kind for kind, _ in await self.timeline()]

    async def told(self) -> list[str]:
        """Return the types of the sync's own events told so far, in order."""
        async with self.database.reading() as session:
            types = await session.scalars(select(col(OutgoingEventRow.type)).order_by(col(OutgoingEventRow.seq)))
            return [name for name in types if not name.startswith("journey.")]

    async def journey(self, client: str, account: str, stage: Stage, *, journey_id: str = "journey-1") -> None:
        """Project a journey of this client, in this stage."""
        progress = self.make_progress(journey_id, stage=stage, firm=FIRM, version=list(Stage).index(stage) + 1)
        holder = progress.holders[0].model_copy(update={"platform_client": client, "plannr_account": account})
        async with self.database.transaction() as session:
            await JourneyRepository(session).project(progress.model_copy(update={"holders": [holder]}))

    async def quiet(self, client: str) -> None:
        """Check that another sync of this client writes, notes and tells nothing."""
        self.forget_writes()
        before = (await self.timeline(), await self.told())
        outcome = await self.client(client)
        assert (self.writes, outcome.writes, outcome.created) == ([], 0, False)
        assert (await self.timeline(), await self.told()) == before


def away(system: str) -> ConnectorUnavailable:
    """Return what a system that does not answer in time looks like."""
    return ConnectorUnavailable(system, "any", "did not answer in time")
