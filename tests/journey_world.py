"""A journey on the real engine, with the real activities and storage, and in-memory systems behind the ports."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.types import MethodSyncOrAsyncSingleParam
from temporalio.worker import Worker

from activities.emails import EmailPolicy
from activities.registry import build_registry
from connectors.mail.rendering import Brand
from domain.identity import journey_id, person_id, workflow_id
from domain.journey import DocumentKind, MandateRoute, Stage, Wrapper
from engine.namespace import ensure_namespace
from engine.server import TemporalServer
from models.facts import (
    ClientDetailsConfirmed,
    DirectDebitMandateAnswered,
    DocumentOpened,
    DocumentRef,
    Fact,
    TermsAccepted,
)
from models.messages import (
    Actor,
    Adviser,
    CommandOutcome,
    Holder,
    HolderDetails,
    JourneyResult,
    JourneyTimings,
    Progress,
    StartJourney,
    SubmitApplication,
    SubmitClientDetails,
)
from models.people import (
    AccountDetails,
    BankDetails,
    Contribution,
    DirectDebit,
    KnownDetails,
)
from runtime.temporal import connect, workflow_runner
from storage.database import Database, migrate
from tests.fakes.mail import FakeMail
from tests.fakes.plannr import FakePlannr
from tests.fakes.platform import FakePlatform
from tests.sample_client import BANK, ILLUSTRATION, KNOWN
from workflows import search_attributes
from workflows.onboarding import OnboardingJourney

FactT = TypeVar("FactT", bound=Fact)

FIRM = "harbour"
ADVISER = Adviser(
    id="adv-1",
    plannr_account="emp-1",
    email="adviser@harbour.example.com",
    first_name="Priya",
    display_name="Priya Shah",
)
ACTOR = Actor(kind="adviser", id="adv-1")
ACCOUNT = AccountDetails(
    name="ISA", investment_strategy="Balanced Growth", contributions=[Contribution(amount_pence=20_000_00)]
)


@dataclass
class Journey:
    """One running journey and the acts of its adviser and client."""

    handle: WorkflowHandle[OnboardingJourney, JourneyResult]
    start: StartJourney
    evidence: Callable[[], str]
    eventually: Callable[..., Awaitable[object]]

    @property
    def person(self) -> str:
        """The only holder."""
        return self.start.holders[0].person_id

    async def progress(self) -> Progress:
        """Ask for the progress."""
        return await self.handle.query(OnboardingJourney.progress)

    async def until(self, holds: Callable[[Progress], bool]) -> Progress:
        """Wait until the progress is like this."""

        async def look() -> Progress | None:
            seen = await self.progress()
            return seen if holds(seen) else None

        found = await self.eventually(look)
        assert isinstance(found, Progress)
        return found

    async def submit_details(
        self, *, bank: BankDetails | None = BANK, details: KnownDetails | None = None
    ) -> CommandOutcome:
        """The adviser saves the details form."""
        form = HolderDetails(person_id=self.person, details=details or KnownDetails(), bank_details=bank)
        return await self.handle.execute_update(
            OnboardingJourney.submit_client_details, SubmitClientDetails(actor=ACTOR, holders=[form])
        )

    async def submit_application(self, *, send: bool = True, direct_debit: bool = False) -> CommandOutcome:
        """The adviser saves the account form."""
        account = ACCOUNT
        if direct_debit:
            account = account.model_copy(update={"direct_debit": DirectDebit(amount_pence=250_00)})
        return await self.handle.execute_update(
            OnboardingJourney.submit_application,
            SubmitApplication(actor=ACTOR, account=account, send_to_platform=send),
        )

    async def confirm_details(self) -> None:
        """The client checks their details."""
        await self.handle.signal(OnboardingJourney.client_details_confirmed, ClientDetailsConfirmed(**self._fact()))

    async def open_documents(self, documents: list[DocumentRef]) -> None:
        """The client opens documents."""
        for document in documents:
            await self.handle.signal(
                OnboardingJourney.document_opened, DocumentOpened(**self._fact(), document=document)
            )

    async def accept(self, kind: DocumentKind, documents: list[DocumentRef], *, evidence: str | None = None) -> None:
        """The client accepts terms."""
        fact = TermsAccepted(**self._fact() | ({"evidence_id": evidence} if evidence else {}), documents=documents)
        if kind is DocumentKind.PLATFORM_TERMS:
            await self.handle.signal(OnboardingJourney.platform_terms_accepted, fact)
        else:
            await self.handle.signal(OnboardingJourney.product_terms_accepted, fact)

    async def answer_mandate(self, route: MandateRoute = MandateRoute.ONLINE) -> None:
        """The client answers the mandate."""
        await self.handle.signal(
            OnboardingJourney.direct_debit_mandate_accepted, DirectDebitMandateAnswered(**self._fact(), route=route)
        )

    async def signal_fact(
        self, signal: MethodSyncOrAsyncSingleParam[OnboardingJourney, FactT, None], fact: type[FactT], **values: object
    ) -> None:
        """Send another fact of the client."""
        await self.handle.signal(signal, fact.model_validate(self._fact() | values))

    async def accept_everything(self) -> None:
        """The client does all that is asked, in the order of the portal."""
        progress = await self.progress()
        await self.confirm_details()
        if progress.direct_debit is not None:
            await self.answer_mandate()
        for kind in DocumentKind:
            documents = references(progress, kind)
            await self.open_documents(documents)
            await self.accept(kind, documents)

    def _fact(self) -> dict[str, object]:
        return {"person_id": self.person, "evidence_id": self.evidence(), "occurred_at": datetime.now(UTC)}


def references(progress: Progress, kind: DocumentKind | None = None) -> list[DocumentRef]:
    """Return the journey's documents, of one kind if asked."""
    return [
        DocumentRef(document_id=document.document_id, version=document.version)
        for document in progress.documents
        if kind is None or document.kind is kind
    ]


@dataclass
class World:
    """The engine, our database and the systems of one test."""

    temporal: Client
    database: Database
    queue: str
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
            workflows=[OnboardingJourney],
            activities=registry.all,
            workflow_runner=workflow_runner(),
        ) as worker:
            yield worker

    def request(self, **changes: object) -> StartJourney:
        """Return a start message for a new client of this world's own firm."""
        account = f"account-{self.queue}"
        if (FIRM, account) not in self.plannr.people:
            self.plannr.add_person(FIRM, account, KNOWN)
        values: dict[str, object] = {
            "firm": FIRM,
            "firm_name": "Harbour Wealth",
            "adviser": ADVISER,
            "external_reference": f"CASE-{self.queue}",
            "wrapper": Wrapper.ISA,
            "holders": [
                Holder(person_id=person_id(FIRM, account), plannr_account=account, known_details=KNOWN),
            ],
            "illustration": ILLUSTRATION,
            "timings": JourneyTimings(),
        } | changes
        identifier = journey_id(FIRM, str(values["external_reference"]), [account], str(values["wrapper"]))
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
        return Journey(handle, start, lambda: f"evidence-{next(self._evidence)}", self.eventually)


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
    temporal = await connect(temporal_address, "onward", patience=timedelta(seconds=10))
    queue = f"{request.node.name}-{tmp_path.parent.name}"[:100]
    world = World(temporal, database, queue, eventually=eventually)
    async with world.worker():
        yield world
    await database.dispose()


AtStage = Callable[[Journey, Stage], Awaitable[Progress]]


@pytest.fixture
def at_stage() -> AtStage:
    """Return a function that waits until a journey is in a stage and nothing is being written."""

    async def wait(journey: Journey, stage: Stage) -> Progress:
        return await journey.until(lambda seen: seen.stage is stage and seen.waiting_for != "records are being written")

    return wait
