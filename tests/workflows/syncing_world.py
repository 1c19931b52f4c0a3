"""The workflows of the sync on the real engine, with the real activities and storage, and in-memory systems."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import Worker

from activities.syncing import SyncActivities
from domain.ownership import Subject
from models.syncing import Cause, Changed, PlannrKind, StartPlannrSync, StartPlatformSync
from models.tables import SyncedClientRow
from runtime.temporal import connect, workflow_runner
from storage.database import Database, migrate
from storage.syncing import SyncRepository
from tests.fakes.plannr import FakePlannr
from tests.fakes.platform import FakePlatform
from tests.sample_client import BANK, KNOWN
from workflows.syncing import PlannrSync, PlatformSync, plannr_sync_id, platform_sync_id

FIRM = "firm-a"
ADVISERS = {"adv-1": (FIRM, "employee-1")}
SETTLE = timedelta(milliseconds=300)

Handle = WorkflowHandle[Any, Any]
Eventually = Callable[..., Awaitable[Any]]


@dataclass
class SyncWorld:
    """The engine, our database and the systems of one test; every id of a record begins with the test's own name."""

    temporal: Client
    skipper: TimeSkipper
    database: Database
    queue: str
    eventually: Eventually
    plannr: FakePlannr = field(default_factory=FakePlannr)
    platform: FakePlatform = field(default_factory=FakePlatform)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """Serve this world's queue."""
        sync = SyncActivities(self.plannr, self.platform, self.database, key=b"k" * 32, firm_of_adviser=ADVISERS.get)
        async with Worker(
            self.temporal,
            task_queue=self.queue,
            workflows=[PlatformSync, PlannrSync],
            activities=[sync.sync_client, sync.sync_account, sync.find_subjects],
            workflow_runner=workflow_runner(),
        ):
            yield

    async def platform_changed(
        self,
        platform_id: str,
        subject: Subject = Subject.CLIENT,
        *,
        cause: Cause = Cause.WEBHOOK,
        settle: timedelta = SETTLE,
    ) -> Handle:
        """Tell of a change on the platform, as webhooks and polling do."""
        start = StartPlatformSync(subject=subject, platform_id=platform_id, settle=settle)
        return await self.temporal.start_workflow(
            PlatformSync.run,
            start,
            id=f"{self.queue}-{platform_sync_id(platform_id)}",
            task_queue=self.queue,
            start_signal="changed",
            start_signal_args=[Changed(cause=cause)],
        )

    async def plannr_changed(
        self, plannr_id: str, kind: PlannrKind = "account", *, settle: timedelta = SETTLE
    ) -> Handle:
        """Tell of a change in Plannr, with a bare cause, as an older sender may."""
        start = StartPlannrSync(firm=FIRM, kind=kind, plannr_id=plannr_id, settle=settle)
        return await self.temporal.start_workflow(
            PlannrSync.run,
            start,
            id=f"{self.queue}-{plannr_sync_id(plannr_id)}",
            task_queue=self.queue,
            start_signal="changed",
            start_signal_args=[Cause.POLL],
        )

    async def linked(self) -> tuple[str, str]:
        """Return a linked client and their record, compared once."""
        self.plannr.add_person(FIRM, "person-1", KNOWN)
        client = self.platform.add_client(KNOWN, external_reference="person-1", bank_details=BANK)
        await self.plannr.link(FIRM, "person-1", client)
        await (await self.platform_changed(client)).result()
        self.plannr.writes.clear()
        self.platform.writes.clear()
        return client, "person-1"

    async def row(self, client: str) -> SyncedClientRow | None:
        """Return our own record of a client."""
        async with self.database.reading() as session:
            return await SyncRepository(session).client(client)

    @property
    def writes(self) -> list[str]:
        """Every write to either system."""
        return [*self.platform.writes, *self.plannr.writes]


async def events(handle: Handle) -> dict[str, int]:
    """Return how many events of each kind a workflow's newest run has, and how many in all."""
    counted: dict[str, int] = {}
    async for event in handle.fetch_history_events():
        name = EventType.Name(event.event_type)
        counted[name] = counted.get(name, 0) + 1
        counted["all"] = counted.get("all", 0) + 1
    return counted


def scheduled(counted: dict[str, int]) -> int:
    """Return how many activities a workflow began."""
    return counted.get("EVENT_TYPE_ACTIVITY_TASK_SCHEDULED", 0)


@asynccontextmanager
async def open_sync_world(address: str, directory: Path, name: str, eventually: Eventually) -> AsyncIterator[SyncWorld]:
    """Yield a world of its own for one test, with a worker that serves it."""
    url = f"sqlite+aiosqlite:///{directory / 'onward.db'}"
    await migrate(url)
    database = Database(url)
    skipper = TimeSkipper(
        await connect(address, "onward", patience=timedelta(seconds=10)), config=TimeSkippingConfig(enabled=False)
    )
    world = SyncWorld(skipper.client, skipper, database, f"{name}-{directory.parent.name}"[:100], eventually)
    async with world.worker():
        yield world
    await database.dispose()
