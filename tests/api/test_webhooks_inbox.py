"""The inbox for both systems' webhooks: verified, stored once, answered at once, handed on."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api import background
from api.dependencies import current_moment
from api.webhooks import handling, subscriptions
from api.webhooks.deliveries import Delivery
from api.webhooks.telling import Heard
from connectors.errors import ConnectorUnavailable
from domain.journey import CheckStatus
from models.tables import WebhookDeliveryRow
from storage.webhooks import WebhookRepository
from tests.api.office import ACCOUNT, BANK, FIRM, JOURNEYS, OTHER_FIRM, PUBLIC_URL, Office, expect_problem
from tests.conftest import Eventually

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SECRET = base64.b64encode(b"the platform's signing secret").decode()
PLANNR_SECRETS = {FIRM: "a" * 60, OTHER_FIRM: "b" * 60}


def platform_event(event_id: str = "ev_1", event_type: str = "account.created", client: str = "cl_1") -> dict[str, Any]:
    """Return a delivery's body as the platform writes it."""
    return {
        "event_id": event_id,
        "event_type": event_type,
        "version": 1,
        "occurred_at": NOW.isoformat(),
        "resource": {"type": "client", "id": client, "external_reference": None},
        "status": "pending",
    }


class Inbox:
    """Delivers to the application and looks at what it stored."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.now = NOW

    async def platform(self, event: object, *, secret: str = SECRET, at: datetime = NOW) -> httpx.Response:
        """Deliver as the platform does."""
        body = json.dumps(event).encode()
        seconds = str(int(at.timestamp()))
        digest = hmac.new(base64.b64decode(secret), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Webhook-Signature": f"t={seconds},v1={digest}"}
        return await self.office.http.post("/webhooks/platform", content=body, headers=headers)

    async def plannr(self, body: bytes, *, secret: str) -> httpx.Response:
        """Deliver as Plannr does."""
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return await self.office.http.post("/webhooks/plannr", content=body, headers={"X-Signature": signature})

    async def stored(self, source: str, event_id: str) -> WebhookDeliveryRow | None:
        """Return a stored delivery."""
        async with self.office.services.database.reading() as session:
            return await session.get(WebhookDeliveryRow, (source, event_id))


@pytest.fixture
async def inbox(office: Office) -> Inbox:
    """Return an inbox that knows the secrets of both systems."""
    async with office.services.database.transaction() as session:
        repository = WebhookRepository(session)
        await repository.save_secrets("platform", subscriptions.PLATFORM_TENANT, [SECRET], "url", NOW)
        for firm, secret in PLANNR_SECRETS.items():
            await repository.save_secrets("plannr", firm, [secret], "url", NOW)
    inbox = Inbox(office)
    office.app.dependency_overrides[current_moment] = lambda: inbox.now
    return inbox


async def test_delivery_is_taken_once(inbox: Inbox) -> None:
    """A signed delivery is stored and answered with 202; its repetition is answered alike and stored no second time."""
    first = await inbox.platform(platform_event())
    again = await inbox.platform(platform_event())

    assert (first.status_code, again.status_code) == (202, 202)
    row = await inbox.stored("platform", "ev_1")
    assert row is not None
    assert row.event_type == "account.created"
    assert row.handled_at is not None
    metrics = (await inbox.office.http.get("/metrics")).text
    assert 'onward_webhooks_total{outcome="new",source="platform"} 1.0' in metrics
    assert 'onward_webhooks_total{outcome="repeated",source="platform"} 1.0' in metrics


async def test_forged_delivery_is_refused(inbox: Inbox) -> None:
    """A delivery with a wrong signature, or none, is refused and stored nowhere."""
    forged = base64.b64encode(b"somebody else's secret").decode()
    expect_problem(await inbox.platform(platform_event(), secret=forged), "webhook-signature-wrong", 401)
    unsigned = await inbox.office.http.post("/webhooks/platform", json=platform_event())
    expect_problem(unsigned, "webhook-signature-wrong", 401)
    expect_problem(await inbox.plannr(b"{}", secret="c" * 60), "webhook-signature-wrong", 401)

    assert await inbox.stored("platform", "ev_1") is None


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_old_delivery_is_refused(inbox: Inbox, minutes: int) -> None:
    """A signature from more than five minutes away is refused: somebody recorded it."""
    answer = await inbox.platform(platform_event(), at=NOW + timedelta(minutes=minutes))

    expect_problem(answer, "webhook-signature-wrong", 401)


@pytest.mark.parametrize("system", ["platform", "plannr"])
async def test_inbox_is_closed_until_the_secret_is_known(office: Office, system: str) -> None:
    """Before the subscription's secret is known nothing can be verified, so that the sender tries again later."""
    answer = await office.http.post(f"/webhooks/{system}", json=platform_event())

    expect_problem(answer, "webhook-not-ready", 503)
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize("event", [{"event_type": "client.created"}, ["a"], {"event_id": 1, "event_type": "x"}])
async def test_delivery_that_names_no_event_is_refused(inbox: Inbox, event: object) -> None:
    """A signed delivery that cannot be told from others is refused."""
    expect_problem(await inbox.platform(event), "invalid-request", 422)


async def test_plannr_delivery_is_kept_without_personal_data(inbox: Inbox) -> None:
    """Of a Plannr delivery only what names the record is kept, with the firm whose secret signed it."""
    body = json.dumps({"event": "account.updated", "uuid": "u-1", "last_name": "Marsh", "account": {"a": 1}}).encode()
    answer = await inbox.plannr(body, secret=PLANNR_SECRETS[OTHER_FIRM])
    again = await inbox.plannr(body, secret=PLANNR_SECRETS[OTHER_FIRM])

    assert (answer.status_code, again.status_code) == (202, 202)
    row = await inbox.stored("plannr", hashlib.sha256(body).hexdigest())
    assert row is not None
    assert row.body == {"event": "account.updated", "uuid": "u-1", "firm": OTHER_FIRM}
    assert row.handled_at is not None


async def awaiting_journey(office: Office) -> tuple[str, str]:
    """Take a journey to the client, its identity check under way; return its id and its platform client's."""
    account = office.client()
    journey = await office.start(office.form(account))
    form = await office.get(f"{JOURNEYS}/{journey}/client-details")
    (platform_client,) = (client for client, record in office.platform.clients.items())
    office.platform.set_check(platform_client, "identity", CheckStatus.PENDING)
    person = form["holders"][0]["person_id"]
    details = {"tax_residences": [{"country": "GB"}], "us_person": False}
    body = {"holders": [{"person_id": person, "details": details, "bank_details": BANK}]}
    assert (await office.post(f"{JOURNEYS}/{journey}/client-details", body)).status_code == 200
    sent = await office.post(f"{JOURNEYS}/{journey}/application", {"account": ACCOUNT, "send_to_platform": True})
    assert sent.status_code == 200
    return journey, platform_client


async def identity_of(office: Office, journey: str) -> str:
    """Return the state of a journey's identity check."""
    status: str = (await office.get(f"{JOURNEYS}/{journey}"))["holders"][0]["identity_check"]
    return status


@pytest.mark.rule("P46")
async def test_news_of_a_check_reaches_the_journey(inbox: Inbox, eventually: Eventually) -> None:
    """A changed check reaches the client's running journey, read from the platform itself, however often it is told."""
    office = inbox.office
    async with office.worker():
        journey, platform_client = await awaiting_journey(office)
        assert await identity_of(office, journey) == "pending"
        office.platform.set_check(platform_client, "identity", CheckStatus.PASSED)
        for event_id in ("ev_1", "ev_1", "ev_2"):
            event = platform_event(event_id, "client.verification_updated", platform_client)
            assert (await inbox.platform(event)).status_code == 202

        await eventually(lambda: is_passed(office, journey))
        for event_id in ("ev_1", "ev_2"):
            row = await inbox.stored("platform", event_id)
            assert row is not None
            assert row.handled_at is not None


async def is_passed(office: Office, journey: str) -> bool:
    """Tell whether the journey knows that the identity check has passed."""
    return await identity_of(office, journey) == "passed"


@pytest.mark.rule("P46")
async def test_news_of_nobody_known_waits_a_minute(inbox: Inbox) -> None:
    """An event that overtakes the projection is looked at again for a minute, then let go."""
    event = platform_event("ev_1", "client.verification_updated", "unknown-client")
    inbox.now = datetime.now(UTC)
    await inbox.platform(event, at=inbox.now)
    waiting = await inbox.stored("platform", "ev_1")
    assert waiting is not None
    assert waiting.handled_at is None

    delivery = Delivery("platform", "ev_1", "client.verification_updated", event)
    heard = Heard(datetime.now(UTC) - timedelta(minutes=2))
    await handling.handle(inbox.office.services, delivery, heard)
    row = await inbox.stored("platform", "ev_1")
    assert row is not None
    assert row.handled_at is not None


async def test_news_that_could_not_be_passed_on_is_passed_on_later(inbox: Inbox, eventually: Eventually) -> None:
    """While the platform is out the delivery stays, and the re-processor hands it on when it is back."""
    office = inbox.office
    async with office.worker():
        journey, platform_client = await awaiting_journey(office)
        office.platform.set_check(platform_client, "identity", CheckStatus.PASSED)
        office.platform.fail_next("read_checks", ConnectorUnavailable("platform", "GET /verifications", "down"))
        await inbox.platform(platform_event("ev_1", "client.verification_updated", platform_client))
        failed = await inbox.stored("platform", "ev_1")
        assert failed is not None
        assert (failed.handled_at, failed.attempts, failed.last_error) == (None, 1, "ConnectorUnavailable")

        async with background.running(office.services):
            await eventually(lambda: is_passed(office, journey), within=20)


async def test_subscriptions_are_kept_trying(office: Office, eventually: Eventually) -> None:
    """The subscriptions are made in the background, again and again until both systems took them."""
    office.platform.fail_next("ensure_webhook_subscription", ConnectorUnavailable("platform", "POST", "down"))
    office.plannr.fail_next("ensure_webhook_subscription", ConnectorUnavailable("plannr", "POST", "down"))

    async def known() -> bool:
        async with office.services.database.reading() as session:
            repository = WebhookRepository(session)
            found = [await repository.secrets("plannr", firm) for firm in (FIRM, OTHER_FIRM)]
            found.append(await repository.secrets("platform", subscriptions.PLATFORM_TENANT))
        return all(found)

    async with office.app.router.lifespan_context(office.app):
        await eventually(known)
    assert list(office.platform.subscriptions) == [f"{PUBLIC_URL}/webhooks/platform"]
    assert set(office.plannr.subscriptions) == {
        (FIRM, f"{PUBLIC_URL}/webhooks/plannr"),
        (OTHER_FIRM, f"{PUBLIC_URL}/webhooks/plannr"),
    }
