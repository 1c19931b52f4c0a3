"""What polling finds, each change written as the delivery that should have told of it (P53)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from pydantic import JsonValue

from api.webhooks.deliveries import Delivery
from api.webhooks.subscriptions import PLANNR, PLATFORM
from connectors.plannr.port import Change, ChangedKind
from connectors.platform.port import ChangedRecord
from domain.journey import Wrapper
from models.tables import WebhookDeliveryRow
from runtime.services import Services
from storage.concerned import ConcernedRepository
from storage.syncing import SyncRepository
from storage.webhooks import WebhookRepository

PlatformKind = Literal["client", "account", "mandate"]
PLATFORM_KINDS: Final[tuple[PlatformKind, ...]] = ("client", "account", "mandate")
PLANNR_KINDS: Final[tuple[ChangedKind, ...]] = ("account", "address", "plan", "bank_account")
_ENDED: Final = frozenset({"failed", "cancelled"})
# Found by their own id alone, these could not be traced to a client.
_TOLD_BY_OWNER: Final = frozenset({"address", "bank_account"})


@dataclass(frozen=True, slots=True)
class Page:
    """A page of changes, oldest first.

    Attributes:
        news: Those of them that nobody has told us of.
        reached: When the last change of the page was made, in its system's clock; None for an empty page.
        more: Whether a further page will find more.
    """

    news: list[Delivery]
    reached: datetime | None
    more: bool


async def of_platform(services: Services, kind: PlatformKind, since: datetime) -> Page:
    """Read what changed on the platform."""
    found = await services.platform.changed(kind, since)
    news = await _unknown_on_platform(services, kind, found.changes) if found.changes else []
    deliveries = [_of_platform(kind, change) for change in news]
    return Page(deliveries, found.changes[-1].changed_at if found.changes else None, found.more)


async def of_plannr(services: Services, firm: str, kind: ChangedKind, since: datetime) -> Page:
    """Read what changed in a firm's Plannr."""
    found = await services.plannr.changes(firm, kind, since)
    news = await _unknown_in_plannr(services, firm, kind, found.changes) if found.changes else []
    deliveries = [_of_plannr(firm, kind, change) for change in news]
    return Page(deliveries, found.changes[-1].changed_at if found.changes else None, found.more)


async def published(services: Services) -> list[Delivery]:
    """Read the documents in force, each version a delivery of its own (P28)."""
    documents = [document for wrapper in Wrapper for document in await services.platform.documents(wrapper)]
    versions = sorted({(document.document_id, document.version) for document in documents})
    return [
        _delivery_of_platform("document", document, version, {"status": "in_force"}) for document, version in versions
    ]


async def _unknown_on_platform(
    services: Services, kind: PlatformKind, changes: Sequence[ChangedRecord]
) -> list[ChangedRecord]:
    """Leave out what our own record speaks of already, unless a journey may still have to be told."""
    if kind == "mandate":
        return [change for change in changes if change.status in _ENDED]
    ids = [change.record for change in changes]
    async with services.database.reading() as session:
        sync, concerned = SyncRepository(session), ConcernedRepository(session)
        versions: dict[str, int]
        if kind == "client":
            versions = {record: row.platform_version for record, row in (await sync.clients(ids)).items()}
            of_journeys = await concerned.running_clients(ids)
        else:
            versions = {record: row.platform_version for record, row in (await sync.accounts(ids)).items()}
            of_journeys = set(await concerned.firms_of_records("platform_account", ids))
    return [
        change for change in changes if change.record in of_journeys or versions.get(change.record, 0) < change.version
    ]


async def _unknown_in_plannr(
    services: Services, firm: str, kind: ChangedKind, changes: Sequence[Change]
) -> list[Change]:
    """Leave out the changes whose webhooks have come and were handled."""
    async with services.database.reading() as session:
        heard = await WebhookRepository(session).heard_since(PLANNR, firm, changes[0].changed_at)
    # An address has no events of its own: its clients' tell of it.
    resource = "account" if kind == "address" else kind.replace("_", "-")
    latest = _latest(heard, resource)
    return [
        change
        for change in changes
        if not _is_told(latest, change.accounts if kind == "address" else [change.record], change.changed_at)
    ]


def _latest(heard: Sequence[WebhookDeliveryRow], resource: str) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for row in heard:
        record, text = row.body.get("uuid"), row.body.get("occurred_at")
        if row.event_type.rpartition(".")[0] != resource or not isinstance(record, str) or not isinstance(text, str):
            continue
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            continue
        if at.tzinfo is not None:
            latest[record] = max(at, latest.get(record, at))
    return latest


def _is_told(latest: dict[str, datetime], records: Sequence[str], changed_at: datetime) -> bool:
    return bool(records) and all(record in latest and latest[record] >= changed_at for record in records)


def _of_platform(kind: PlatformKind, change: ChangedRecord) -> Delivery:
    details: dict[str, JsonValue] = {"status": change.status, "occurred_at": change.changed_at.isoformat()}
    return _delivery_of_platform(kind, change.record, change.version, details)


def _delivery_of_platform(kind: str, record: str, version: int, details: dict[str, JsonValue]) -> Delivery:
    event_id, event_type = f"poll-{kind}-{record}-{version}", f"{kind}.polled"
    resource: JsonValue = {"type": kind, "id": record}
    body: dict[str, JsonValue] = {
        "event_id": event_id,
        "event_type": event_type,
        "resource": resource,
        "version": version,
        **details,
    }
    return Delivery(PLATFORM, event_id, event_type, body)


def _of_plannr(firm: str, kind: ChangedKind, change: Change) -> Delivery:
    at = change.changed_at.isoformat()
    event_type = f"{kind.replace('_', '-')}.polled"
    body: dict[str, JsonValue] = {"event": event_type, "uuid": change.record, "occurred_at": at, "firm": firm}
    if kind in _TOLD_BY_OWNER:
        body["accounts"] = list(change.accounts)
    event_id = f"poll-{kind}-{change.record}-{change.changed_at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"
    return Delivery(PLANNR, event_id, event_type, body, firm)
