"""Whose client a delivery of the platform concerns, as far as our own records know."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from api.webhooks.deliveries import Delivery
from api.webhooks.subscriptions import PLATFORM
from api.webhooks.telling import resource_id
from runtime.services import Services
from storage.concerned import ConcernedRepository, RecordName
from storage.syncing import SyncRepository
from storage.webhooks import WebhookRepository

# A new client's firm is known once its sync has read it, which takes seconds.
_LEARNT_WITHIN: Final = timedelta(minutes=10)
_AT_ONCE: Final = 100
_RECORD_OF: Final[dict[str, RecordName]] = {"account": "platform_account", "mandate": "platform_mandate"}


async def firm_of(session: AsyncSession, delivery: Delivery) -> str | None:
    """Return the firm whose client, account or mandate a delivery is about; None while that is not known.

    A document concerns every firm, and so none.
    """
    if delivery.firm is not None:
        return delivery.firm
    record, kind = resource_id(delivery), delivery.event_type.partition(".")[0]
    if delivery.source != PLATFORM or record is None:
        return None
    return await _of_sync(session, kind, record) or await _of_journeys(session, kind, record)


async def name_firms(services: Services, now: datetime) -> int:
    """Name the firm of recent deliveries whose client became known after they were handled; return how many."""
    async with services.database.reading() as session:
        repository = WebhookRepository(session)
        rows = await repository.without_firm(PLATFORM, now - _LEARNT_WITHIN, _AT_ONCE)
        found = {row.event_id: await firm_of(session, Delivery.of(row)) for row in rows}
    known = {event_id: firm for event_id, firm in found.items() if firm is not None}
    if known:
        async with services.database.transaction() as session:
            for event_id, firm in known.items():
                await WebhookRepository(session).set_firm(PLATFORM, event_id, firm)
    return len(known)


async def _of_sync(session: AsyncSession, kind: str, record: str) -> str | None:
    if kind == "client":
        client = await SyncRepository(session).client(record)
        return None if client is None else client.firm
    if kind == "account":
        account = await SyncRepository(session).account(record)
        return None if account is None else account.firm
    return None


async def _of_journeys(session: AsyncSession, kind: str, record: str) -> str | None:
    concerned = ConcernedRepository(session)
    if kind == "client":
        return await concerned.firm_of_client(record)
    if name := _RECORD_OF.get(kind):
        return (await concerned.firms_of_records(name, [record])).get(record)
    return None
