"""Journeys on the real engine, with the real activities and storage, and in-memory systems behind the ports."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import Worker

from activities.emails import EmailPolicy
from activities.registry import build_registry
from connectors.bank_holidays import bank_holidays
from connectors.mail.rendering import Brand
from domain.identity import journey_id, workflow_id
from domain.journey import Stage, Wrapper
from engine.namespace import ensure_namespace
from engine.server import TemporalServer
from models.group import GroupStart
from models.messages import Adviser, JourneyTimings, Progress, StartJourney, Together
from runtime.temporal import connect, workflow_runner
from storage.database import Database, migrate
from tests.fakes.mail import FakeMail
from tests.fakes.plannr import FakePlannr
from tests.fakes.platform import FakePlatform
from tests.journey_acts import ACTOR, Journey, references
from tests.journey_parties import FIRM, parties
from tests.sample_client import ILLUSTRATION
from workflows import search_attributes
from workflows.onboarding import OnboardingJourney
from workflows.together import TogetherMail, group_workflow_id

__all__ = ["ACTOR", "AtStage", "Journey", "World", "at_stage", "references", "temporal_address", "world"]

ADVISER = Adviser(
    id="adv-1",
    plannr_account="emp-1",
    email="adviser@harbour.example.com",
    first_name="Priya",
    display_name="Priya Shah",
)


@dataclass
class World:
    """The engine, our database and the systems of one test."""

    temporal: Client
    database: Database
    queue: str
    skipper: TimeSkipper
    plannr: FakePlannr = field(default_factory=FakePlannr)
    platform: FakePlatform = field(default_factory=FakePlatform)
    mail: FakeMail = field(default_factory=FakeMail)
    eventually: Callable[..., Awaitable[object]] = field(kw_only=True)
    _evidence: "count[int]" = field(default_factory=count)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Worker]:
        """Serve this world's queue."""
        registry = build_registry(
            plannr=self.plannr,
            platform=self.platform,
            mail=self.mail,
            database=self.database,
            email_policy=EmailPolicy(
                public_url="http://portal.example",
                secret=b"0" * 32,
                domain="onward.example",
                brand=Brand(name="Onward", contact_line="Reply to reach us.", regulatory_footer="Sample footer."),
            ),
        )
        async with Worker(
            self.temporal,
            task_queue=self.queue,
            workflows=[OnboardingJourney, TogetherMail],
            activities=registry.all,
            workflow_runner=workflow_runner(),
        ) as worker:
            yield worker

    def request(self, *, joint: bool = False, **changes: object) -> StartJourney:
        """Return a start message for new clients of this world's own firm, as many as the wrapper needs."""
        wrapper = Wrapper(str(changes.get("wrapper", Wrapper.ISA)))
        people = parties(wrapper, joint=joint)
        for party in people:
            if (FIRM, party.account(self.queue)) not in self.plannr.people:
                self.plannr.add_person(FIRM, party.account(self.queue), party.known)
        today = datetime.now(UTC).date()
        values: dict[str, object] = {
            "firm": FIRM,
            "firm_name": "Harbour Wealth",
            "adviser": ADVISER,
            "external_reference": f"CASE-{self.queue}",
            "wrapper": wrapper,
            "holders": [party.holder(self.queue, wrapper) for party in people],
            "illustration": ILLUSTRATION,
            "timings": JourneyTimings(),
            "bank_holidays": bank_holidays(today, today + timedelta(days=400)),
        } | changes
        accounts = [party.account(self.queue) for party in people]
        identifier = journey_id(FIRM, str(values["external_reference"]), accounts, wrapper.value)
        return StartJourney.model_validate({"journey_id": identifier} | values)

    async def begin(self, start: StartJourney | None = None) -> Journey:
        """Start a journey."""
        start = start or self.request()
        handle = await self.temporal.start_workflow(
            OnboardingJourney.run,
            start,
            id=workflow_id(start.journey_id),
            task_queue=self.queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            search_attributes=search_attributes.at_start(start, datetime.now(UTC)),
            static_summary=f"Onboarding · {start.wrapper.value.upper()}",
        )
        return Journey(handle, start, lambda: f"evidence-{next(self._evidence)}", self.eventually, self.skipper)

    async def begin_together(self, *starts: StartJourney, patience: timedelta) -> list[Journey]:
        """Start several journeys for the same people in one request (P49)."""
        together = Together(
            group_id=f"group-{self.queue}", journey_ids=[start.journey_id for start in starts], patience=patience
        )
        group = GroupStart(
            group_id=together.group_id,
            journey_ids=together.journey_ids,
            patience=patience,
            invitation_valid=timedelta(days=30),
        )
        await self.temporal.start_workflow(
            TogetherMail.run, group, id=group_workflow_id(together.group_id), task_queue=self.queue
        )
        return [await self.begin(start.model_copy(update={"together": together})) for start in starts]

    def told(self, address: str | None = None) -> list[str]:
        """Return the e-mails sent so far, in order, or those to one address."""
        return [
            message.template.value for message in self.mail.sent if address is None or message.to_address == address
        ]

    async def until_told(self, *templates: str, address: str | None = None) -> None:
        """Wait until exactly these e-mails were sent, in any order; more than these fail at once."""

        def all_sent() -> bool:
            told = self.told(address)
            assert len(told) <= len(templates) or pytest.fail(f"sent too much: {told}")
            assert sorted(told) == sorted(templates)
            return True

        await self.eventually(all_sent)


@pytest.fixture(scope="session")
async def temporal_address(temporal_server: TemporalServer) -> str:
    """Return the address of the real engine, with the namespace and search attributes ready."""
    await ensure_namespace(temporal_server.address, "onward")
    return temporal_server.address


@pytest.fixture
async def world(
    temporal_address: str, tmp_path: Path, request: pytest.FixtureRequest, eventually: Callable[..., Awaitable[object]]
) -> AsyncIterator[World]:
    """Yield a world of its own for one test, with a worker that serves it."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'onward.db'}"
    await migrate(url)
    database = Database(url)
    # Time runs as usual until a test lets it pass.
    skipper = TimeSkipper(
        await connect(temporal_address, "onward", patience=timedelta(seconds=10)),
        config=TimeSkippingConfig(enabled=False),
    )
    queue = f"{request.node.name}-{tmp_path.parent.name}"[:100]
    world = World(skipper.client, database, queue, skipper, eventually=eventually)
    async with world.worker():
        yield world
    await database.dispose()


AtStage = Callable[[Journey, Stage], Awaitable[Progress]]


@pytest.fixture
def at_stage() -> AtStage:
    """Return a function that waits until a journey is in a stage and nothing is being written."""

    async def wait(journey: Journey, stage: Stage) -> Progress:
        return await journey.at(stage)

    return wait
