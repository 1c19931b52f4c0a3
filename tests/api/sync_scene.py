"""What the sync has on record for a firm, put there through the repositories as the sync itself does."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from sqlalchemy import func, select
from sqlmodel import col

from domain.ownership import Act, Owner, Subject
from domain.sync_events import SyncEvent
from models.syncing import Cause, LinkState
from models.tables import EventSubscriptionRow, OutgoingEventRow, SyncedClientRow
from storage.discrepancies import DiscrepancyRepository, Finding
from storage.event_deliveries import EventDeliveryRepository
from storage.event_subscriptions import EventSubscriptionRepository
from storage.outgoing import OutgoingRepository
from storage.reconciliations import Found, ReconciliationRepository
from storage.syncing import SyncRepository
from storage.webhooks import WebhookRepository
from tests.api.office import FIRM, Office

CLIENT: Final = "cl_7Q2M5X4C"
ACCOUNT: Final = "ac_19HD2KQ8"
RECORD: Final = "3f0e6c1e-7c0f-4b6e-9d43-1f1f4cf0a001"
SUBSCRIPTION: Final = "sub-1"
NOW: Final = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
_numbers = count(1)


def finding(field: str = "email", **changes: Any) -> Finding:
    """Return a difference that Plannr's value repairs, unless changed."""
    values: dict[str, Any] = {
        "subject": Subject.CLIENT,
        "platform_id": CLIENT,
        "plannr_id": RECORD,
        "firm": FIRM,
        "field": field,
        "owner": Owner.PLANNR,
        "proposal": Act.TO_PLATFORM,
        "platform_value": "e…@example.com",
        "plannr_value": "m…@example.com",
    }
    return Finding(**{**values, **changes})


def for_a_person(field: str = "last_name", **changes: Any) -> Finding:
    """Return a difference that only a person can settle, unless changed."""
    values = {"owner": Owner.PERSON, "proposal": Act.PERSON, "platform_value": "M…", "plannr_value": "H…"}
    return finding(field, **{**values, **changes})


async def found(office: Office, *findings: Finding, at: datetime = NOW, run_id: str = "") -> list[str]:
    """Put differences on record and return their ids."""
    async with office.services.database.transaction() as session:
        await DiscrepancyRepository(session).record(findings, now=at, run_id=run_id)
    return [one.discrepancy_id for one in findings]


async def closed(office: Office, platform_id: str = CLIENT) -> None:
    """Close a record's differences, as when they are repaired."""
    async with office.services.database.transaction() as session:
        await DiscrepancyRepository(session).keep_only(platform_id, (), now=NOW, closed_as="repaired")


async def linked(office: Office, client: str = CLIENT, firm: str | None = FIRM, **changes: Any) -> None:
    """Put a client of the platform on record, linked unless changed, with what the sync did for it."""
    values: dict[str, Any] = {
        "platform_client": client,
        "firm": firm,
        "plannr_account": RECORD,
        "state": LinkState.LINKED,
        "platform_version": 3,
        "bases": {},
        "held": [],
        "synced_at": NOW,
    }
    async with office.services.database.transaction() as session:
        repository = SyncRepository(session)
        await repository.save_clients([SyncedClientRow(**{**values, **changes})])
        done: tuple[tuple[SyncEvent, Cause, tuple[str, ...]], ...] = (
            (SyncEvent.LINKED, Cause.WEBHOOK, ()),
            (SyncEvent.TO_PLATFORM, Cause.POLL, ("email", "mobile")),
            (SyncEvent.FOR_A_PERSON, Cause.RECONCILIATION, ("last_name",)),
        )
        for number, (kind, cause, fields) in enumerate(done):
            await repository.note(
                at=NOW - timedelta(hours=3 - number),
                kind=kind,
                cause=cause,
                firm=firm,
                platform_client=client,
                plannr_account=RECORD,
                fields=fields,
            )


async def compared(office: Office, run_id: str, *, finished: bool = True) -> None:
    """Put a comparison of everything on record that was half way through, or that is done."""
    async with office.services.database.transaction() as session:
        repository = ReconciliationRepository(session)
        await repository.begin(run_id, "schedule", now=NOW - timedelta(hours=1))
        await repository.advance(
            run_id,
            "1",
            phase="clients",
            counted={"clients": 200},
            totals={"clients_total": 400, "accounts_total": 400},
        )
        if finished:
            await repository.close(run_id, Found(found=3, new=3, repaired=1), open_now=2, now=NOW)


async def reported(office: Office, event_id: str, *, state: str = "handled", **changes: Any) -> None:
    """Put a report of the platform about a client into the inbox: `handled`, `waiting` or `dead`."""
    values: dict[str, Any] = {
        "source": "platform",
        "event_type": "client.updated",
        "body": {"resource": {"type": "client", "id": CLIENT}},
        "now": NOW,
        "firm": FIRM,
    }
    given = {**values, **changes}
    source, at = str(given["source"]), NOW
    async with office.services.database.transaction() as session:
        inbox = WebhookRepository(session)
        await inbox.receive(event_id=event_id, **given)
        if state == "waiting":
            await inbox.mark_failed(source, event_id, "ConnectorUnavailable", at + timedelta(minutes=1))
        elif state == "dead":
            await inbox.mark_dead(source, event_id, "ConnectorUnavailable", at)
        else:
            await inbox.mark_handled(source, event_id, at)


async def subscribed(office: Office, firm: str = FIRM, subscription_id: str = SUBSCRIPTION) -> None:
    """Let a firm's own system want to hear of events."""
    async with office.services.database.transaction() as session:
        await EventSubscriptionRepository(session).add(
            EventSubscriptionRow(
                subscription_id=subscription_id,
                firm=firm,
                url=f"https://crm.{firm}.example.com/hooks/a-secret-path",
                types=[],
                secrets=["whsec_first"],
                created_at=NOW,
                created_by=f"{firm}-priya",
            )
        )


async def offered(office: Office, firm: str = FIRM, *, status: int | None = 200, given_up: bool = False) -> int:
    """Put an event on record that was offered once to the firm's own system, and return its place."""
    async with office.services.database.transaction() as session:
        await OutgoingRepository(session).tell(
            firm=firm,
            event_type="client.linked.v1",
            identity=(firm, str(next(_numbers))),
            data={"platform_client": CLIENT, "plannr_account": RECORD},
            at=NOW,
        )
        seq = (await session.scalars(select(func.max(col(OutgoingEventRow.seq))))).one() or 0
        deliveries = EventDeliveryRepository(session)
        (subscription,) = await EventSubscriptionRepository(session).of_firm(firm)
        await deliveries.begin(subscription, [seq], NOW)
        taken = status is not None and status < 300
        await deliveries.count_attempt(
            subscription.subscription_id,
            seq,
            status=status,
            error="" if taken else f"answered {status}",
            delivered_at=NOW if taken else None,
        )
        if given_up:
            await deliveries.give_up(subscription.subscription_id, seq)
    return seq
