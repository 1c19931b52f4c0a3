"""What becomes of a delivery: whom it tells, when it is tried again or given up, and whose it is (P46, P53)."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import create_autospec

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.webhooks import handling
from api.webhooks.attempts import next_attempt
from api.webhooks.belonging import name_firms
from api.webhooks.deliveries import Delivery
from api.webhooks.telling import Heard
from connectors.errors import ConnectorUnavailable, NotFound
from domain.journey import CheckStatus
from models.syncing import LinkState
from models.tables import SyncedClientRow, WebhookDeliveryRow
from storage.syncing import SyncRepository
from storage.webhooks import NOBODY_YET, WebhookRepository
from tests.api.begun_syncs import BegunSync, begun_sync
from tests.api.office import FIRM, JOURNEYS
from tests.api.test_webhooks_inbox import (
    NOW,
    PLANNR_SECRETS,
    Inbox,
    awaiting_journey,
    inbox,
    is_passed,
    platform_event,
)
from tests.conftest import Eventually

__all__ = ["inbox"]

DOWN = ConnectorUnavailable("platform", "GET /accounts/{id}", "down")


async def stored(inbox: Inbox, event_id: str, source: str = "platform") -> WebhookDeliveryRow:
    """Return a delivery that has to be there."""
    row = await inbox.stored(source, event_id)
    assert row is not None
    return row


async def keep(inbox: Inbox, delivery: Delivery, received_at: datetime) -> None:
    """Store a delivery as a process does that ends right after it."""
    async with inbox.office.services.database.transaction() as session:
        await WebhookRepository(session).receive(
            delivery.source, delivery.event_id, delivery.event_type, delivery.body, received_at, delivery.firm
        )


def about_client(event_id: str, client: str, event_type: str = "client.updated") -> Delivery:
    """Return a delivery of the platform about a client."""
    return Delivery("platform", event_id, event_type, platform_event(event_id, event_type, client))


async def sync_of(inbox: Inbox, workflow_id: str) -> BegunSync | None:
    """Return the sync that was begun under this id."""
    return await begun_sync(inbox.office.services.temporal, workflow_id)


@pytest.mark.rule("P50", "P53")
@pytest.mark.parametrize(
    ("event_type", "subject"),
    [
        ("client.created", "client"),
        ("client.updated", "client"),
        ("client.status_changed", "client"),
        ("client.verification_updated", "client"),
        ("account.created", "account"),
        ("account.updated", "account"),
        ("account.status_changed", "account"),
    ],
)
async def test_news_of_the_platform_begin_a_sync(inbox: Inbox, event_type: str, subject: str) -> None:
    """Each event about a client or an account begins the sync of that record; a second one tells the same sync."""
    record = f"record-of-{event_type}"
    for event_id in ("ev_1", "ev_2"):
        assert (await inbox.platform(platform_event(event_id, event_type, record))).status_code == 202

    begun = await sync_of(inbox, f"platform-sync-{record}")
    assert begun is not None
    assert begun.workflow_type == "PlatformSync"
    assert (begun.start["subject"], begun.start["platform_id"]) == (subject, record)
    assert begun.causes == ["webhook", "webhook"]


@pytest.mark.rule("P51", "P53")
@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        ("account.created", "account"),
        ("account.updated", "account"),
        ("account.deleted", "account"),
        ("plan.updated", "plan"),
        ("plan.deleted", "plan"),
        ("bank-account.created", "bank_account"),
        ("bank-account.updated", "bank_account"),
    ],
)
async def test_news_of_plannr_begin_a_sync(inbox: Inbox, event_type: str, kind: str) -> None:
    """Each event about a record of Plannr begins its sync, for the firm whose secret signed it."""
    record = f"record-of-{event_type}"
    body = json.dumps({"event": event_type, "uuid": record, "resource": kind}).encode()
    assert (await inbox.plannr(body, secret=PLANNR_SECRETS[FIRM])).status_code == 202

    begun = await sync_of(inbox, f"plannr-sync-{record}")
    assert begun is not None
    assert begun.workflow_type == "PlannrSync"
    assert (begun.start["firm"], begun.start["kind"], begun.start["plannr_id"]) == (FIRM, kind, record)
    assert begun.causes == ["webhook"]


async def test_news_that_concern_nothing_of_ours_are_let_go(inbox: Inbox) -> None:
    """An event of another kind, or one that names no record, is stored, begins nothing and is done with."""
    for number, body in enumerate(({"event": "task.updated", "uuid": "t-1"}, {"event": "account.updated"})):
        delivery = Delivery("plannr", f"e-{number}", str(body["event"]), {**body, "firm": FIRM}, FIRM)
        await keep(inbox, delivery, NOW)
        await handling.handle(inbox.office.services, delivery, Heard(datetime.now(UTC)))
        assert (await stored(inbox, f"e-{number}", "plannr")).handled_at is not None
    assert await sync_of(inbox, "plannr-sync-t-1") is None


@pytest.mark.rule("P46", "P53")
async def test_a_sync_is_not_begun_again_while_a_journey_is_waited_for(inbox: Inbox) -> None:
    """A client whom no journey knows yet is looked for again, but compared once."""
    now = datetime.now(UTC)
    delivery = about_client("ev_1", "client-not-known-yet", "client.verification_updated")
    await keep(inbox, delivery, now - timedelta(seconds=30))
    await handling.handle(inbox.office.services, delivery, Heard(now - timedelta(seconds=30)))
    waiting = await stored(inbox, "ev_1")
    assert (waiting.handled_at, waiting.attempts, waiting.last_error) == (None, 0, NOBODY_YET)
    assert waiting.next_attempt_at is not None
    for later in (31, 62):
        await handling.handle_due(inbox.office.services, "platform", now + timedelta(seconds=later))

    begun = await sync_of(inbox, "platform-sync-client-not-known-yet")
    assert begun is not None
    assert begun.causes == ["webhook"]


@pytest.mark.rule("P53")
async def test_a_crash_between_storing_and_handling_loses_nothing(inbox: Inbox) -> None:
    """What was stored and never handled is found by the next process, once it is old enough to be nobody's."""
    now = datetime.now(UTC)
    await keep(inbox, about_client("ev_1", "client-of-a-crash"), now)
    assert await handling.handle_due(inbox.office.services, "platform", now) == 0
    assert await handling.handle_due(inbox.office.services, "platform", now + timedelta(seconds=6)) == 1

    assert (await stored(inbox, "ev_1")).handled_at is not None
    assert await sync_of(inbox, "platform-sync-client-of-a-crash") is not None
    assert await handling.handle_due(inbox.office.services, "platform", now + timedelta(days=1)) == 0


@pytest.mark.rule("P53")
async def test_a_crash_while_handling_loses_nothing(inbox: Inbox) -> None:
    """A process that ends in the middle of handling leaves the delivery to another one a minute later."""
    now = datetime.now(UTC)
    await keep(inbox, about_client("ev_1", "client-of-another-crash"), now - timedelta(seconds=10))
    async with inbox.office.services.database.transaction() as session:
        assert await WebhookRepository(session).claim(await stored(inbox, "ev_1"), now + handling.LEASE)

    assert await handling.handle_due(inbox.office.services, "platform", now + timedelta(seconds=59)) == 0
    assert await handling.handle_due(inbox.office.services, "platform", now + handling.LEASE) == 1
    assert (await stored(inbox, "ev_1")).handled_at is not None


def test_pauses_grow_up_to_ten_minutes() -> None:
    """After a failure the next attempt comes 1 s later, then 2 s, up to ten minutes, and never before `Retry-After`."""
    pauses = [(next_attempt(NOW, failed, DOWN) - NOW).total_seconds() for failed in (1, 2, 3, 10, 11, 500)]
    patient = ConnectorUnavailable("platform", "GET", "too many requests", retry_after=90)

    assert pauses == [1, 2, 4, 512, 600, 600]
    assert next_attempt(NOW, 1, patient) == NOW + timedelta(seconds=90)
    assert next_attempt(NOW, 11, patient) == NOW + timedelta(minutes=10)


@pytest.mark.rule("P46", "P53")
async def test_retry_after_is_respected(inbox: Inbox) -> None:
    """A platform that asks for patience while a delivery is handled is asked again when it said, not before."""
    office = inbox.office
    async with office.worker():
        _, platform_client = await awaiting_journey(office)
        office.platform.fail_next("read_checks", ConnectorUnavailable("platform", "GET", "busy", retry_after=120))
        delivery = about_client("ev_1", platform_client, "client.verification_updated")
        now = datetime.now(UTC)
        await keep(inbox, delivery, now)
        await handling.handle(office.services, delivery, Heard(now))

        row = await stored(inbox, "ev_1")
        assert row.next_attempt_at is not None
        assert row.next_attempt_at >= now + timedelta(seconds=120)
        assert await handling.handle_due(office.services, "platform", now + timedelta(seconds=119)) == 0
        assert await handling.handle_due(office.services, "platform", now + timedelta(seconds=125)) == 1
        assert (await stored(inbox, "ev_1")).handled_at is not None


@pytest.mark.rule("P46", "P53")
async def test_a_delivery_is_given_up_after_three_days_and_holds_up_nobody(inbox: Inbox) -> None:
    """While the platform is down, what needs it waits, for three days at most; what does not is handled meanwhile."""
    office = inbox.office
    async with office.worker():
        _, platform_client = await awaiting_journey(office)
        office.platform.fail_next("read_checks", *[DOWN] * 3)
        began = datetime.now(UTC)
        stuck = about_client("ev_stuck", platform_client, "client.verification_updated")
        await keep(inbox, stuck, began)
        await handling.handle(office.services, stuck, Heard(began))
        await keep(inbox, about_client("ev_other", "client-behind-a-stuck-one"), began)
        assert await handling.handle_due(office.services, "platform", began + timedelta(hours=1)) == 2
        assert (await stored(inbox, "ev_other")).handled_at is not None

        failing = await stored(inbox, "ev_stuck")
        assert (failing.attempts, failing.dead_at, failing.last_error) == (2, None, "ConnectorUnavailable")
        assert await handling.handle_due(office.services, "platform", began + timedelta(seconds=1)) == 0
        await handling.handle(
            office.services, stuck, Heard(began - timedelta(days=3), again=True, failed=failing.attempts)
        )
        dead = await stored(inbox, "ev_stuck")
        assert dead.dead_at is not None
        assert (dead.handled_at, dead.attempts, dead.next_attempt_at) == (None, 3, None)
        assert await handling.handle_due(office.services, "platform", began + timedelta(days=9)) == 0


@pytest.mark.rule("P42", "P53")
async def test_a_platform_that_is_down_for_hours_is_waited_for(inbox: Inbox, eventually: Eventually) -> None:
    """After an outage of five hours the delivery is handled, and the journey knows what it would have known then."""
    office = inbox.office
    async with office.worker():
        journey, platform_client = await awaiting_journey(office)
        office.platform.set_check(platform_client, "identity", CheckStatus.PASSED)
        office.platform.fail_next("read_checks", *[DOWN] * 12)
        began = datetime.now(UTC)
        await keep(inbox, about_client("ev_1", platform_client, "client.verification_updated"), began)
        tried = [
            await handling.handle_due(office.services, "platform", began + timedelta(minutes=25 * round_))
            for round_ in range(1, 14)
        ]

        assert tried == [1] * 13
        row = await stored(inbox, "ev_1")
        assert row.handled_at is not None
        assert (row.attempts, row.last_error) == (12, "ConnectorUnavailable")
        await eventually(lambda: is_passed(office, journey))


@pytest.mark.rule("P46", "P53")
async def test_news_of_a_record_that_is_gone_are_done_with(inbox: Inbox) -> None:
    """What was deleted before its event was handled has nothing to tell; the delivery is no failure."""
    office = inbox.office
    async with office.worker():
        _, platform_client = await awaiting_journey(office)
        gone = NotFound("platform", "GET /clients/{id}/verifications", "There is no such client.")
        office.platform.fail_next("read_checks", gone)
        event = platform_event("ev_1", "client.verification_updated", platform_client)
        assert (await inbox.platform(event)).status_code == 202

    row = await stored(inbox, "ev_1")
    assert row.handled_at is not None
    assert (row.attempts, row.last_error) == (0, "")


@pytest.mark.rule("P53")
async def test_whatever_goes_wrong_is_the_deliverys_own(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure that nobody foresaw is kept with the delivery; the others are handled, and the loop goes on."""

    async def broken(*_: object) -> bool:
        raise RuntimeError("Eleanor Marsh")

    monkeypatch.setitem(handling._OF_PLATFORM, "client.created", (broken, *handling._OF_PLATFORM["client.created"]))
    before = datetime.now(UTC) - timedelta(seconds=10)
    for number, event_type in enumerate(("client.created", "client.updated")):
        await keep(inbox, about_client(f"ev_{number}", f"client-of-{number}", event_type), before)
    assert await handling.handle_due(inbox.office.services, "platform", datetime.now(UTC)) == 2

    failed, handled = await stored(inbox, "ev_0"), await stored(inbox, "ev_1")
    assert (failed.handled_at, failed.attempts, failed.last_error) == (None, 1, "RuntimeError")
    assert handled.handled_at is not None
    # The consequence that follows the broken one was carried out all the same.
    assert await sync_of(inbox, "platform-sync-client-of-0") is not None


@pytest.mark.rule("P46", "P53")
async def test_the_answer_does_not_wait_for_the_engine(inbox: Inbox) -> None:
    """While the engine is away a delivery is taken with 202 and kept; it is handled once the engine is back."""
    office = inbox.office
    away = create_autospec(Client, instance=True)
    away.start_workflow.side_effect = RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
    office.app.state.services = replace(office.services, temporal=away)
    assert (await inbox.platform(platform_event("ev_1", "client.updated", "client-without-engine"))).status_code == 202
    failed = await stored(inbox, "ev_1")
    assert (failed.handled_at, failed.attempts, failed.last_error) == (None, 1, "RPCError")

    assert await handling.handle_due(office.services, "platform", datetime.now(UTC) + timedelta(seconds=2)) == 1
    assert (await stored(inbox, "ev_1")).handled_at is not None
    assert await sync_of(inbox, "platform-sync-client-without-engine") is not None


@pytest.mark.rule("P53")
async def test_both_live_secrets_are_accepted_during_a_rotation(inbox: Inbox) -> None:
    """While the platform's secret is being replaced, either one is good; afterwards only the new one is."""
    old, new = (base64.b64encode(text).decode() for text in (b"the old secret", b"the new secret"))
    for secrets, expected in (([new, old], (202, 202)), ([new], (401, 202))):
        async with inbox.office.services.database.transaction() as session:
            await WebhookRepository(session).save_secrets("platform", "platform", secrets, "url", NOW)
        signed = [
            await inbox.platform(platform_event(f"ev_{len(secrets)}_{secret}"), secret=secret) for secret in (old, new)
        ]
        assert tuple(answer.status_code for answer in signed) == expected


@pytest.mark.rule("P46", "P53")
async def test_an_event_that_is_replayed_days_later_is_handled_once(inbox: Inbox) -> None:
    """A repetition, freshly signed, is answered with 202 and tells nobody again; one of Plannr is known by its body."""
    event = platform_event("ev_1", "client.updated", "client-replayed")
    body = json.dumps({"event": "account.updated", "uuid": "account-replayed", "id": "d-1"}).encode()
    for days in range(3):
        inbox.now = NOW + timedelta(days=days)
        assert (await inbox.platform(event, at=inbox.now)).status_code == 202
        assert (await inbox.plannr(body, secret=PLANNR_SECRETS[FIRM])).status_code == 202

    for workflow_id in ("platform-sync-client-replayed", "plannr-sync-account-replayed"):
        begun = await sync_of(inbox, workflow_id)
        assert begun is not None
        assert begun.causes == ["webhook"]


@pytest.mark.rule("P53")
async def test_a_delivery_is_its_firms_as_soon_as_that_is_known(inbox: Inbox) -> None:
    """A journey's client is known at once, a client of nobody once the sync knows the firm; a document is nobody's."""
    office = inbox.office
    async with office.worker():
        journey, platform_client = await awaiting_journey(office)
        account = (await office.get(f"{JOURNEYS}/{journey}"))["records"]["platform_account"]
        for event_id, kind, record in (("ev_1", "client", platform_client), ("ev_2", "account", account)):
            await inbox.platform(platform_event(event_id, f"{kind}.status_changed", record))
            assert (await stored(inbox, event_id)).firm == FIRM
    inbox.now = datetime.now(UTC)
    await inbox.platform(platform_event("ev_3", "client.created", "client-of-nobody"), at=inbox.now)
    await inbox.platform(platform_event("ev_4", "document.published", "platform-terms-of-business"), at=inbox.now)
    assert await name_firms(office.services, inbox.now) == 0
    async with office.services.database.transaction() as session:
        row = SyncedClientRow(
            platform_client="client-of-nobody",
            firm=FIRM,
            state=LinkState.AMBIGUOUS,
            platform_version=1,
            bases={},
            held=[],
            synced_at=NOW,
        )
        await SyncRepository(session).save_clients([row])
    assert await name_firms(office.services, inbox.now) == 1
    assert ((await stored(inbox, "ev_3")).firm, (await stored(inbox, "ev_4")).firm) == (FIRM, None)
