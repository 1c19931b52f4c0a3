"""An adviser's office under test: the whole application, a real database, the real engine, in-memory systems."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.emails import EmailPolicy
from activities.registry import build_registry
from api.app import create_app
from api.launching import build_import_activities
from api.outgoing.gateways import build_delivery_activities
from api.security.local_issuer import issue_tokens
from connectors.bank_details.uk_mod_check_adapter import UkModCheckAdapter
from connectors.mail.rendering import Brand
from domain.identity import workflow_id
from models.people import KnownDetails
from models.tables import AuditRow
from runtime.services import Services
from runtime.settings import DevelopmentUser, Firm, Settings
from runtime.synchronising import build_sync_activities
from runtime.temporal import JOURNEYS_QUEUE, workflow_runner
from storage.audit import AuditRepository
from storage.database import Database
from tests.fakes.mail import FakeMail
from tests.fakes.plannr import FakePlannr
from tests.fakes.platform import FakePlatform
from tests.sample_client import KNOWN
from workflows.registry import WORKFLOWS

PUBLIC_URL = "http://onward.example.com"
NAMESPACE = "onward-adviser-tests"
FIRM, OTHER_FIRM = "harbour", "kestrel"
PASSWORD = "the password of a development user"
JOURNEYS = "/api/v1/journeys"
BANK = {"account_holder": "Mrs E Marsh", "sort_code": "20-00-00", "account_number": "55779911"}
ILLUSTRATION = {
    "name": "ISA illustration",
    "investment_strategy": "Balanced Growth",
    "contributions": [{"amount_pence": 20_000_00}],
}
ACCOUNT = {**ILLUSTRATION, "name": "Eleanor's ISA"}
_numbers = count(1)


def development_user(firm: str, name: str) -> DevelopmentUser:
    """Return an adviser whom the built-in issuer knows."""
    return DevelopmentUser.model_validate(
        {
            "id": f"{firm}-{name.lower()}",
            "firm": firm,
            "email": f"{name.lower()}@{firm}.example.com",
            "password": PASSWORD,
            "first_name": name,
            "display_name": f"{name} Shah",
            "plannr_account": f"employee-{name.lower()}",
        }
    )


PRIYA, OMAR = development_user(FIRM, "Priya"), development_user(FIRM, "Omar")
STRANGER = development_user(OTHER_FIRM, "Stella")


def settings(**changes: object) -> Settings:
    """Return the settings of these tests, some of them changed."""
    values: dict[str, object] = {
        "database_url": "sqlite+aiosqlite:///not-used",
        "secret_key": "the secret key of the adviser API's tests",
        "public_url": PUBLIC_URL,
        "firms": [
            Firm(id=FIRM, name="Harbour Wealth", plannr_account_uuid="tenant-1"),
            Firm(id=OTHER_FIRM, name="Kestrel Financial Planning", plannr_account_uuid="tenant-2"),
        ],
        "development_users": [PRIYA, OMAR, STRANGER],
        "plannr_url": "http://127.0.0.1:1",
        "plannr_token": "token",
        "platform_url": "https://platform.example.com",
        "platform_client_id": "id",
        "platform_client_secret": "secret",
        "smtp_host": "127.0.0.1",
        "temporal_ui_url": "http://ui.example.com",
    }
    return Settings.model_validate({**values, **changes})


def known(email: str | None = None, **changes: object) -> KnownDetails:
    """Return what Plannr knows of a client: everything, unless changed."""
    usual = {"email": email or f"eleanor{next(_numbers)}@example.com"}
    return KNOWN.model_copy(update={**usual, **changes})


def bearer(user: DevelopmentUser, config: Settings) -> dict[str, str]:
    """Return the header of a signed-in adviser."""
    return {"Authorization": "Bearer " + issue_tokens(config, user, datetime.now(UTC))["access_token"]}


@dataclass
class Office:
    """The application as one adviser, Priya, uses it."""

    services: Services
    app: FastAPI
    http: httpx.AsyncClient
    plannr: FakePlannr
    platform: FakePlatform
    mail: FakeMail
    started: list[str] = field(default_factory=list)

    def as_user(self, user: DevelopmentUser) -> dict[str, str]:
        """Return the header of another adviser."""
        return bearer(user, self.services.settings)

    def client(self, firm: str = FIRM, *, email: str | None = None, **changes: object) -> str:
        """Put a client's record into Plannr and return its id."""
        account = f"account-{next(_numbers)}"
        self.plannr.add_person(firm, account, known(email, **changes))
        return account

    def form(self, account: str | None = None, **changes: object) -> dict[str, Any]:
        """Return the form that starts an ISA for a client."""
        values: dict[str, Any] = {
            "external_reference": f"CASE-{next(_numbers)}",
            "wrapper": "isa",
            "holders": [{"plannr_account": account or self.client()}],
            "illustration": ILLUSTRATION,
        }
        return {name: value for name, value in {**values, **changes}.items() if value is not None}

    async def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        """Send a command with a fresh idempotency key, unless one is given."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(path, json=body, headers={"Idempotency-Key": f"key-{next(_numbers)}", **named})

    async def start(self, form: dict[str, Any] | None = None) -> str:
        """Start a journey and return its id."""
        answer = await self.post(JOURNEYS, form or self.form())
        assert answer.status_code == 201, answer.text
        self.started.append(answer.json()["journey_id"])
        return self.started[-1]

    async def get(self, path: str) -> Any:
        """Return what a GET answers, which must be a success."""
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def audit(self, journey_id: str) -> list[AuditRow]:
        """Return what was done to a journey."""
        async with self.services.database.reading() as session:
            return await AuditRepository(session).of_journey(journey_id)

    @property
    def writes(self) -> list[str]:
        """Return everything written to the two systems so far."""
        return [*self.plannr.writes, *self.platform.writes]

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """Serve the journeys."""
        registry = build_registry(
            plannr=self.plannr,
            platform=self.platform,
            mail=self.mail,
            database=self.services.database,
            email_policy=EmailPolicy(
                public_url=PUBLIC_URL,
                secret=b"0" * 32,
                domain="onward.example",
                brand=Brand(name="Onward", contact_line="Reply to reach us.", regulatory_footer="Sample footer."),
            ),
        )
        async with Worker(
            self.services.temporal,
            task_queue=JOURNEYS_QUEUE,
            workflows=WORKFLOWS,
            activities=[
                *registry.all,
                *build_import_activities(self.services),
                *build_sync_activities(self.services),
                *build_delivery_activities(self.services),
            ],
            workflow_runner=workflow_runner(),
            graceful_shutdown_timeout=timedelta(seconds=1),
        ):
            yield


@asynccontextmanager
async def open_office(
    temporal: Client, empty_database: Path, directory: Path, **changes: object
) -> AsyncIterator[Office]:
    """Open an office on a database of its own; the journeys it started end with it."""
    await _end_strays(temporal)
    path = directory / "onward.db"
    shutil.copy(empty_database, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    plannr, platform, mail = FakePlannr(), FakePlatform(), FakeMail()
    config = settings(**changes)
    services = Services(
        settings=config,
        database=database,
        plannr=plannr,
        platform=platform,
        mail=mail,
        bank_details=UkModCheckAdapter(),
        temporal=temporal,
    )
    app = create_app(services)
    headers = bearer(PRIYA, config) if config.development_users else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL, headers=headers) as http:
        office = Office(services, app, http, plannr, platform, mail)
        try:
            yield office
        finally:
            await _end(temporal, office.started)
            await database.dispose()


async def _end_strays(temporal: Client) -> None:
    """End what earlier tests left running: this office's worker would serve it, with this office's systems."""
    async for execution in temporal.list_workflows("ExecutionStatus = 'Running'"):
        handle = temporal.get_workflow_handle(execution.id, run_id=execution.run_id)
        with suppress(RPCError):
            await handle.terminate("its test is over")


async def _end(temporal: Client, journeys: list[str]) -> None:
    for journey in journeys:
        try:
            await temporal.get_workflow_handle(workflow_id(journey)).terminate("the test is over")
        except RPCError:
            continue


def expect_problem(answer: httpx.Response, slug: str, status: int) -> dict[str, Any]:
    """Check that an answer is this problem, with its page, its title and what to do; return its body."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"{PUBLIC_URL}/problems/{slug}"
    assert body["status"] == status
    assert body["title"]
    assert body["what_to_do"]
    return body
