"""The portal over its HTTP surface: the whole application, a real database, a real engine, in-memory systems."""

import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker

from api.app import create_app
from api.dependencies import current_moment
from api.portal.sessions import session_hash
from connectors.bank_details.uk_mod_check_adapter import UkModCheckAdapter
from domain.identity import workflow_id
from domain.invitations import invitation_token, token_hash
from domain.journey import BankDetailsPolicy, CheckStatus, Party, Stage, Wrapper
from engine.namespace import ensure_namespace
from engine.server import TemporalServer
from models.facts import DocumentView
from models.messages import HolderView, Progress, SystemRecords
from models.people import Address, DirectDebit, KnownDetails
from models.tables import EvidenceRow, InvitationRow
from runtime.services import Services
from runtime.settings import Firm, Settings
from runtime.temporal import connect, workflow_runner
from storage.database import Database, migrate
from storage.evidence import EvidenceRepository
from storage.invitations import InvitationRepository
from storage.journeys import JourneyRepository
from storage.people import PersonRepository
from storage.portal_sessions import PortalSessionRepository
from tests.api.portal.stand_in import Heard, StandInJourney
from tests.fakes.mail import FakeMail
from tests.fakes.plannr import FakePlannr
from tests.fakes.platform import FakePlatform

PUBLIC_URL = "https://portal.example.com"
SECRET = "the secret key of the portal's tests"
QUEUE = "portal-tests"
NOBODY_LISTENS = "portal-tests-without-worker"
NAMESPACE = "onward-portal-tests"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FIRM = "harbour"
PERSON = "person-eleanor"
STRANGER = "person-robert"
EMAIL = "eleanor.marsh@example.com"
PASSWORD = "lantern orchid pebble quilt"
COOKIE = "__Host-onward-session"
DETAILS = KnownDetails(
    title="Mrs",
    first_name="Eleanor",
    last_name="Marsh",
    date_of_birth=datetime(1978, 4, 12, tzinfo=UTC).date(),
    email=EMAIL,
    mobile="07400 123456",
    national_insurance_number="AB123456C",
    nationality="GB",
    address=Address(line_1="12 Harbour Street", town_city="Whitstable", postcode="CT5 1AQ"),
)
_numbers = count(1)


def settings(**changes: object) -> Settings:
    """Return the settings of these tests, some of them changed."""
    values: dict[str, object] = {
        "database_url": "sqlite+aiosqlite:///not-used",
        "secret_key": SECRET,
        "public_url": PUBLIC_URL,
        "firms": [Firm(id=FIRM, name="Harbour Wealth", plannr_account_uuid="tenant-1")],
        "plannr_url": "http://127.0.0.1:1",
        "plannr_token": "token",
        "platform_url": "http://127.0.0.1:1",
        "platform_client_id": "id",
        "platform_client_secret": "secret",
        "smtp_host": "127.0.0.1",
    }
    return Settings.model_validate({**values, **changes})


@dataclass
class Portal:
    """One application with one person, Eleanor, and one journey of hers."""

    services: Services
    app: FastAPI
    http: httpx.AsyncClient
    platform: FakePlatform
    platform_client: str
    journey_id: str
    handle: "WorkflowHandle[StandInJourney, str]"
    now: datetime = NOW
    _sessions: "count[int]" = field(default_factory=count)

    @property
    def path(self) -> str:
        """The journey's address."""
        return f"/portal/api/journeys/{self.journey_id}"

    async def progress(
        self,
        *,
        stage: Stage = Stage.AWAITING_CLIENT,
        wrapper: Wrapper = Wrapper.ISA,
        policy: BankDetailsPolicy = BankDetailsPolicy.ADVISER,
        bank_details_given: bool = True,
        direct_debit: DirectDebit | None = None,
        accepted_before: bool = False,
        person: str = PERSON,
        journey_id: str | None = None,
    ) -> Progress:
        """Return a journey's progress."""
        documents = [
            DocumentView(
                document_id=document.document_id,
                version=document.version,
                kind=document.kind,
                title=document.title,
                sha256=document.sha256,
            )
            for document in await self.platform.documents(wrapper)
        ]
        waiting = stage not in {Stage.ILLUSTRATED, Stage.APPLICATION_DRAFT}
        return Progress(
            journey_id=journey_id or self.journey_id,
            firm=FIRM,
            adviser_id="adv-1",
            external_reference="ref-1",
            wrapper=wrapper,
            stage=stage,
            stage_since=NOW,
            version=next(_numbers),
            started_at=NOW,
            needs_attention=False,
            attention=[],
            waiting_on=Party.CLIENT,
            waiting_since=NOW,
            waiting_for="the client",
            next_action="",
            next_action_at=None,
            details_submitted=True,
            direct_debit=direct_debit,
            bank_details_policy=policy,
            mandate_route=None,
            gates=[],
            holders=[
                HolderView(
                    person_id=person,
                    plannr_account="account-1",
                    platform_client=self.platform_client,
                    details_confirmed_at=None,
                    platform_terms_accepted_before=accepted_before,
                    bank_details_given=bank_details_given,
                    identity_check=CheckStatus.PENDING,
                    bank_verification=CheckStatus.NOT_STARTED,
                )
            ],
            documents=documents if waiting else [],
            change_requests=[],
            records=SystemRecords(),
            timeline=[],
        )

    async def show(self, progress: Progress) -> None:
        """Let the journey report this progress, to whoever asks it and in the projection."""
        await self.handle.signal(StandInJourney.show, progress)
        await self.project(progress)

    async def project(self, progress: Progress) -> None:
        """Store a report in the projection alone."""
        async with self.services.database.transaction() as database:
            await JourneyRepository(database).project(progress)

    async def invite(self, sequence: int = 1, *, valid: timedelta = timedelta(days=30), person: str = PERSON) -> str:
        """Store an invitation as the e-mail activity does, and return its token."""
        token = invitation_token(SECRET.encode(), person, self.journey_id, sequence)
        async with self.services.database.transaction() as database:
            await InvitationRepository(database).issue(
                person, self.journey_id, sequence, token_hash(token), self.now, self.now + valid
            )
        return token

    async def invitation(self, token: str) -> InvitationRow:
        """Read an invitation as it is stored."""
        async with self.services.database.reading() as database:
            row = await InvitationRepository(database).by_token_hash(token_hash(token))
        assert row is not None
        return row

    async def sign_in(self, person: str = PERSON) -> str:
        """Put a session of this person into the browser, without the cost of a password; return its id."""
        session_id = f"session-{person}-{next(self._sessions)}"
        async with self.services.database.transaction() as database:
            await PortalSessionRepository(database).create(
                session_hash(session_id), person, self.now, self.now + timedelta(minutes=30), "tests"
            )
        self.http.cookies.set(COOKIE, session_id, domain="portal.example.com", path="/")
        return session_id

    async def set_password(self) -> httpx.Response:
        """Accept a fresh invitation with the usual password."""
        token = await self.invite()
        return await self.http.post("/portal/api/password", json={"token": token, "password": PASSWORD})

    async def open(self, document_id: str, version: int = 1) -> httpx.Response:
        """Open a document."""
        return await self.http.post(f"{self.path}/documents/{document_id}/open", json={"version": version})

    async def evidence(self) -> list[EvidenceRow]:
        """Return the journey's evidence."""
        async with self.services.database.reading() as database:
            return await EvidenceRepository(database).of_journey(self.journey_id)

    async def chain_holds(self) -> bool:
        """Tell whether the evidence is unchanged."""
        async with self.services.database.reading() as database:
            return await EvidenceRepository(database).verify_chain(self.journey_id)

    async def heard(self) -> list[Heard]:
        """Return the signals the journey got."""
        return await self.handle.query(StandInJourney.heard)


def expect_problem(answer: httpx.Response, slug: str, status: int) -> dict[str, Any]:
    """Check that an answer is this problem and says what to do; return its body."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"{PUBLIC_URL}/problems/{slug}"
    assert body["title"]
    assert body["what_to_do"]
    return body


@pytest.fixture(scope="session")
async def portal_temporal(temporal_server: TemporalServer) -> AsyncIterator[Client]:
    """Yield a connection to the engine, with a worker that serves the stand-in journeys."""
    await ensure_namespace(temporal_server.address, NAMESPACE, timedelta(days=1))
    temporal = await connect(temporal_server.address, NAMESPACE)
    async with Worker(temporal, task_queue=QUEUE, workflows=[StandInJourney], workflow_runner=workflow_runner()):
        yield temporal


@pytest.fixture(scope="session")
async def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated database file to be copied."""
    path = tmp_path_factory.mktemp("portal") / "empty.db"
    await migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
async def database(empty_database: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """Yield a database of this test's own."""
    path = tmp_path / "onward.db"
    shutil.copy(empty_database, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.dispose()


@pytest.fixture
async def portal(database: Database, portal_temporal: Client) -> AsyncIterator[Portal]:
    """Yield the portal while Eleanor's ISA waits for her; nobody is signed in."""
    platform = FakePlatform()
    registered = await platform.register_client("account-1", DETAILS, "adv-1")
    services = Services(
        settings=settings(),
        database=database,
        plannr=FakePlannr(),
        platform=platform,
        mail=FakeMail(),
        bank_details=UkModCheckAdapter(),
        temporal=portal_temporal,
    )
    app = create_app(services)
    journey_id = f"journey{next(_numbers)}"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as http:
        portal = Portal(
            services=services,
            app=app,
            http=http,
            platform=platform,
            platform_client=registered.client,
            journey_id=journey_id,
            handle=portal_temporal.get_workflow_handle_for(StandInJourney.run, workflow_id(journey_id)),
        )
        app.dependency_overrides[current_moment] = lambda: portal.now
        async with database.transaction() as session:
            people = PersonRepository(session)
            await people.ensure(PERSON, FIRM, "account-1", EMAIL, "Eleanor")
            await people.ensure(STRANGER, FIRM, "account-2", "robert.hill@example.com", "Robert")
        progress = await portal.progress()
        await portal_temporal.start_workflow(StandInJourney.run, progress, id=workflow_id(journey_id), task_queue=QUEUE)
        await portal.project(progress)
        yield portal
        with suppress(RPCError):  # some tests end it themselves
            await portal.handle.terminate("the test is over")
