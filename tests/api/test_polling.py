"""What polling catches: everything whose webhook never came, once, however often and by however many it is asked."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from pydantic import JsonValue

from api.webhooks import changes, polling
from api.webhooks.deliveries import Delivery
from api.webhooks.syncing import sync_account
from api.webhooks.telling import Heard
from connectors.errors import ConnectorUnavailable
from connectors.plannr.port import Change, Changes
from connectors.platform.port import ChangedRecord, ChangedRecords
from domain.journey import CheckStatus
from models.people import BankDetails
from models.syncing import LinkState, PlanState
from models.tables import SyncedAccountRow, SyncedClientRow, WebhookDeliveryRow
from runtime.temporal import journey_handle
from storage.cursors import PollCursorRepository
from storage.syncing import SyncRepository
from storage.webhooks import WebhookRepository
from tests.api.begun_syncs import begun_sync
from tests.api.office import BANK, FIRM, JOURNEYS, OTHER_FIRM, Office, known
from tests.api.test_webhooks_inbox import (
    PLANNR_SECRETS,
    Inbox,
    awaiting_journey,
    identity_of,
    inbox,
    is_passed,
)
from tests.api.test_webhooks_news import active
from tests.conftest import Eventually
from workflows.onboarding import OnboardingJourney

__all__ = ["inbox"]

_names = count(1)


@pytest.fixture
def name() -> str:
    """Return a part of ids that no other test has: all of them share the engine."""
    return f"polled-{next(_names)}"


async def deliveries(office: Office, source: str = "platform") -> list[WebhookDeliveryRow]:
    """Return what polling put into the inbox and nobody's documents."""
    async with office.services.database.reading() as session:
        inbox = WebhookRepository(session)
        rows = [*await inbox.without_firm(source, datetime.min.replace(tzinfo=UTC), 1000)]
        for firm in (FIRM, OTHER_FIRM):
            rows += await inbox.page(firm, source=source, limit=1000)
    return sorted((row for row in rows if not row.event_type.startswith("document")), key=lambda row: row.received_at)


async def causes(office: Office, workflow_id: str) -> list[str]:
    """Return why a sync was told to look, each time."""
    begun = await begun_sync(office.services.temporal, workflow_id)
    return [] if begun is None else begun.causes


def add_client(office: Office) -> str:
    """Let the platform's staff key a client in, under an id that no other test has: all share the engine."""
    clients, client = office.platform.clients, f"client-polled-{next(_names)}"
    record = clients.pop(office.platform.add_client(known()))
    record.client = client
    clients[client] = record
    return client


@pytest.mark.rule("P50", "P53")
async def test_a_client_whose_webhook_never_came_is_found(office: Office) -> None:
    """A client keyed in on the platform reaches the inbox by polling, once, and its sync begins."""
    client = add_client(office)
    assert await polling.poll_platform(office.services) > 0
    assert await polling.poll_platform(office.services) == 0

    (row,) = await deliveries(office)
    assert (row.event_type, row.event_id) == ("client.polled", f"poll-client-{client}-1")
    assert row.handled_at is None, "no journey knows the client yet, which is given a minute"
    assert "poll" in await causes(office, f"platform-sync-{client}")
    office.platform.edit_client(client, mobile="07400 654321")
    assert await polling.poll_platform(office.services) == 1
    assert [row.event_id for row in await deliveries(office)][-1] == f"poll-client-{client}-2"


@pytest.mark.rule("P52", "P53")
async def test_a_version_that_is_known_costs_nothing(office: Office) -> None:
    """A change of which our own record speaks already, since its webhook came, is not even stored."""
    client = add_client(office)
    row = SyncedClientRow(
        platform_client=client,
        firm=FIRM,
        state=LinkState.LINKED,
        platform_version=office.platform.clients[client].version,
        bases={},
        held=[],
        synced_at=datetime.now(UTC),
    )
    async with office.services.database.transaction() as session:
        await SyncRepository(session).save_clients([row])
    await polling.poll_platform(office.services)

    assert await deliveries(office) == []
    office.platform.edit_client(client, mobile="07400 654321")
    assert await polling.poll_platform(office.services) == 1


@pytest.mark.rule("P46", "P53")
async def test_a_missed_check_reaches_the_journey(office: Office, eventually: Eventually) -> None:
    """The result of a check whose webhook was lost is read by polling, whatever version the sync has seen."""
    async with office.worker():
        journey, client = await awaiting_journey(office)
        assert await identity_of(office, journey) == "pending"
        office.platform.set_check(client, "identity", CheckStatus.PASSED)
        row = SyncedClientRow(
            platform_client=client,
            firm=FIRM,
            state=LinkState.LINKED,
            platform_version=office.platform.clients[client].version,
            bases={},
            held=[],
            synced_at=datetime.now(UTC),
        )
        async with office.services.database.transaction() as session:
            await SyncRepository(session).save_clients([row])
        await polling.poll_platform(office.services)

        await eventually(lambda: is_passed(office, journey))
        assert (await deliveries(office))[0].firm == FIRM
        # The sync has seen this version, so it is left alone.
        assert await causes(office, f"platform-sync-{client}") == []


@pytest.mark.rule("P28", "P53")
async def test_a_missed_publication_reaches_the_journey(office: Office, eventually: Eventually) -> None:
    """A document whose webhook was lost is seen in its new version, and the journey's terms change."""
    async with office.worker():
        journey, _ = await awaiting_journey(office)
        await polling.poll_documents(office.services)
        assert await polling.poll_documents(office.services) == 0
        published = office.platform.library.publish("isa-terms-and-key-features")
        assert await polling.poll_documents(office.services) == 1

        async def newer() -> bool:
            documents = (await office.get(f"{JOURNEYS}/{journey}"))["documents"]
            return published.sha256 in {document["sha256"] for document in documents}

        await eventually(newer)


@pytest.mark.rule("P47", "P53")
async def test_a_missed_failure_of_a_mandate_reaches_the_journey(office: Office, eventually: Eventually) -> None:
    """A mandate that failed at the bank is found by polling; its webhook, late, tells nothing a second time."""
    async with office.worker():
        journey = await active(office, eventually)
        mandate = (await office.get(f"{JOURNEYS}/{journey}"))["records"]["platform_mandate"]
        office.platform.fail_mandate(mandate, "B")
        await polling.poll_platform(office.services)

        async def flagged() -> bool:
            return bool((await office.get(f"{JOURNEYS}/{journey}"))["mandate_failed"])

        await eventually(flagged)
        assert [row.event_type for row in await deliveries(office)].count("mandate.polled") == 1


@pytest.mark.rule("P53")
async def test_a_missed_first_subscription_reaches_the_journey(office: Office, eventually: Eventually) -> None:
    """Money that arrived on the account opens the ISA although the account's event was lost."""
    async with office.worker():
        journey = await active(office, eventually)
        account = (await office.get(f"{JOURNEYS}/{journey}"))["records"]["platform_account"]
        office.platform.receive_subscription(account, date(2040, 5, 1))
        await polling.poll_platform(office.services)

        async def opened() -> bool:
            progress = await journey_handle(office.services.temporal, journey).query(OnboardingJourney.progress)
            return progress.isa_opened_on == date(2040, 5, 1)

        await eventually(opened)


@pytest.mark.rule("P50", "P53")
@pytest.mark.parametrize(("state", "begun"), [(PlanState.JOURNEYS, ["poll"]), (PlanState.LINKED, [])])
async def test_an_account_that_was_its_journeys_is_compared_after_it(
    office: Office, name: str, state: PlanState, begun: list[str]
) -> None:
    """A version at which the sync stood back from a journey is looked at again; one it has settled is not."""
    row = SyncedAccountRow(
        platform_account=name,
        firm=FIRM,
        wrapper="isa",
        state=state,
        platform_version=3,
        bases={},
        stopped=[],
        synced_at=datetime.now(UTC),
    )
    async with office.services.database.transaction() as session:
        await SyncRepository(session).save_accounts([row])
    body: dict[str, JsonValue] = {"resource": {"type": "account", "id": name}, "version": 3}
    polled = Delivery("platform", f"poll-account-{name}-3", "account.polled", body)
    await sync_account(office.services, polled, Heard(datetime.now(UTC)))

    assert await causes(office, f"platform-sync-{name}") == begun


@pytest.mark.rule("P51", "P53")
async def test_changes_in_plannr_are_found(office: Office) -> None:
    """A changed record, address or bank account of Plannr leads to its client's sync, each firm's in its own tenant."""
    account, other = office.client(), office.client(OTHER_FIRM)
    office.plannr.give_bank_account(FIRM, account, BankDetails.model_validate(BANK))
    found = {firm: await polling.poll_plannr(office.services, firm) for firm in (FIRM, OTHER_FIRM)}

    assert found[FIRM] >= 2
    assert found[OTHER_FIRM] >= 1
    rows = await deliveries(office, "plannr")
    assert {(row.event_type, row.firm) for row in rows} >= {
        ("account.polled", FIRM),
        ("bank-account.polled", FIRM),
        ("account.polled", OTHER_FIRM),
    }
    assert all(row.handled_at is not None for row in rows)
    for record in (account, other):
        assert set(await causes(office, f"plannr-sync-{record}")) == {"poll"}
    assert await polling.poll_plannr(office.services, FIRM) == 0


@pytest.mark.rule("P51", "P53")
async def test_an_address_is_its_clients(office: Office, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address has no sync of its own: every client who lives there is compared."""
    change = Change(record=f"address-{name}", accounts=[f"a-{name}", f"b-{name}"], changed_at=datetime.now(UTC))

    async def read(firm: str, kind: str, since: datetime) -> Changes:
        return Changes(changes=[change] if kind == "address" and since <= change.changed_at else [])

    monkeypatch.setattr(office.plannr, "changes", read)
    assert await polling.poll_plannr(office.services, FIRM) == 1

    for owner in change.accounts:
        begun = await begun_sync(office.services.temporal, f"plannr-sync-{owner}")
        assert begun is not None
        assert begun.start["kind"] == "account"


@pytest.mark.rule("P53")
async def test_what_a_webhook_told_is_not_polled_again(inbox: Inbox, name: str) -> None:
    """A change in Plannr whose webhook came is not stored a second time; one after it is."""
    office = inbox.office
    account = office.client()
    body = {"event": "account.updated", "uuid": account, "id": name, "occurred_at": datetime.now(UTC).isoformat()}
    await inbox.plannr(json.dumps(body).encode(), secret=PLANNR_SECRETS[FIRM])
    await polling.poll_plannr(office.services, FIRM)
    assert await causes(office, f"plannr-sync-{account}") == ["webhook"]

    office.plannr.edit_person(FIRM, account, mobile="07400 654321")
    await polling.poll_plannr(office.services, FIRM)
    assert "poll" in await causes(office, f"plannr-sync-{account}")


@pytest.mark.rule("P53")
async def test_pollers_that_meet_do_no_harm(office: Office) -> None:
    """Of three processes that poll at once one stores and handles each change."""
    clients = [add_client(office) for _ in range(5)]
    found = await asyncio.gather(*(polling.poll_platform(office.services) for _ in range(3)))

    assert sum(found) == len({row.event_id for row in await deliveries(office)}) + await documents_known(office)
    for client in clients:
        assert await causes(office, f"platform-sync-{client}") == ["poll"]


async def documents_known(office: Office) -> int:
    """Return how many versions of documents polling found."""
    ids = [delivery.event_id for delivery in await changes.published(office.services)]
    async with office.services.database.reading() as session:
        return len(await WebhookRepository(session).known("platform", ids))


class ListOfChanges:
    """A list of the platform with a page size, which counts how it is read."""

    def __init__(self, name: str, moments: list[datetime], page: int) -> None:
        self.changes = [
            ChangedRecord(record=f"{name}-{index}", version=1, changed_at=at) for index, at in enumerate(moments)
        ]
        self.page = page
        self.asked: list[datetime] = []

    async def changed(self, kind: str, since: datetime) -> ChangedRecords:
        """Return the next page of clients; nothing else ever changes."""
        if kind != "client":
            return ChangedRecords(changes=[])
        self.asked.append(since)
        found = [change for change in self.changes if change.changed_at >= since]
        return ChangedRecords(changes=found[: self.page], more=len(found) > self.page)


@pytest.fixture
def listed(office: Office, name: str, monkeypatch: pytest.MonkeyPatch) -> ListOfChanges:
    """Put a list of seven changes, a second apart, in place of the platform's, three a page."""
    now = datetime.now(UTC)
    listed = ListOfChanges(name, [now - timedelta(seconds=60 - index) for index in range(7)], 3)
    monkeypatch.setattr(office.platform, "changed", listed.changed)
    return listed


async def polled_ids(office: Office) -> list[str]:
    """Return the records that polling put into the inbox."""
    return sorted(row.event_id.removeprefix("poll-client-") for row in await deliveries(office))


@pytest.mark.rule("P53")
async def test_a_list_is_read_to_its_end(office: Office, listed: ListOfChanges) -> None:
    """The first look goes back a day, not to the beginning of time, and takes every page of what changed since."""
    await polling.poll_platform(office.services)

    assert len(await polled_ids(office)) == 7
    assert timedelta(hours=23) < datetime.now(UTC) - listed.asked[0] <= timedelta(days=1, minutes=1)
    async with office.services.database.reading() as session:
        position = await PollCursorRepository(session).position("platform", "platform", "client")
    assert position == listed.changes[-1].changed_at


@pytest.mark.rule("P53")
async def test_a_late_change_with_an_early_time_is_not_lost(office: Office, listed: ListOfChanges) -> None:
    """Another process, after a restart, goes on a few seconds before the last change: what was stored late is seen."""
    await polling.poll_platform(office.services)
    last = listed.changes[-1]
    late = ChangedRecord(
        record=f"{last.record}-late", version=1, changed_at=last.changed_at - timedelta(milliseconds=1)
    )
    equal = ChangedRecord(record=f"{last.record}-equal", version=1, changed_at=last.changed_at)
    listed.changes = sorted([*listed.changes, late, equal], key=lambda change: change.changed_at)
    listed.asked.clear()
    await polling.poll_platform(office.services)

    assert listed.asked[0] == last.changed_at - timedelta(seconds=10)
    assert {f"{late.record}-1", f"{equal.record}-1"} <= set(await polled_ids(office))
    assert len(await polled_ids(office)) == 9


@pytest.mark.rule("P53")
async def test_a_page_of_equal_times_is_not_read_for_ever(office: Office, listed: ListOfChanges) -> None:
    """More changes at one moment than a page holds cannot be told apart by time; the list is read on after them."""
    at = listed.changes[0].changed_at
    listed.changes = [change.model_copy(update={"changed_at": at}) for change in listed.changes[:5]]
    listed.changes.append(
        ChangedRecord(record=f"{listed.changes[0].record}-next", version=1, changed_at=at + timedelta(seconds=1))
    )
    await polling.poll_platform(office.services)

    assert f"{listed.changes[-1].record}-1" in await polled_ids(office)


@pytest.mark.rule("P53")
async def test_a_list_that_fails_keeps_no_other_from_being_read(office: Office) -> None:
    """While one list cannot be read, the others are; the one that failed goes on from where it was."""
    office.platform.fail_next("changed", ConnectorUnavailable("platform", "GET /clients", "busy", retry_after=5))
    client = add_client(office)
    with pytest.raises(ConnectorUnavailable):
        await polling.poll_platform(office.services)
    assert await documents_known(office) > 0
    assert await deliveries(office) == []

    await polling.poll_platform(office.services)
    assert [row.event_id for row in await deliveries(office)] == [f"poll-client-{client}-1"]


@pytest.mark.rule("P53")
async def test_polling_goes_on_when_a_system_is_back(office: Office, eventually: Eventually) -> None:
    """The loops survive both systems being down for a while, each on its own."""
    down = ConnectorUnavailable("platform", "GET /clients", "down")
    office.platform.fail_next("changed", *[down] * 6)
    office.platform.fail_next("documents", down)
    client = add_client(office)
    account = office.client()
    services = office.services
    quick = services.settings.model_copy(update={"poll_interval": timedelta(milliseconds=50)})
    object.__setattr__(services, "settings", quick)
    task = asyncio.create_task(polling.run_polling(services))
    try:
        await eventually(lambda: causes(office, f"plannr-sync-{account}"))
        await eventually(lambda: causes(office, f"platform-sync-{client}"))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
