"""What a stored delivery leads to: what changed is read from the platform and told to the journeys it concerns."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api.webhooks.accounts import tell_of_account, tell_of_mandate
from api.webhooks.checks import tell_of_checks
from api.webhooks.deliveries import Delivery
from api.webhooks.publications import tell_of_publication
from api.webhooks.subscriptions import PLATFORM
from api.webhooks.telling import Heard
from connectors.errors import ConnectorError
from runtime.services import Services
from storage.webhooks import WebhookRepository

TellOf = Callable[[Services, Delivery, Heard], Awaitable[bool]]
"""Carries an event out; False when not everybody it concerns may be known yet."""

_NEWS: Final[dict[str, TellOf]] = {
    "client.verification_updated": tell_of_checks,
    "document.published": tell_of_publication,
    "mandate.status_changed": tell_of_mandate,
    "account.updated": tell_of_account,
    "account.status_changed": tell_of_account,
}
_AT_ONCE: Final = 100
# An event may overtake the projection that says whose journey it belongs to (P46).
_PROJECTION_GRACE: Final = timedelta(minutes=1)
_log = structlog.get_logger(__name__)


async def run_reprocessor(services: Services) -> None:
    """Handle every `settings.sweep_interval` what was not handled at once, until cancelled."""
    interval = services.settings.sweep_interval
    while True:
        await asyncio.sleep(interval.total_seconds())
        now = datetime.now(UTC)
        try:
            async with services.database.reading() as session:
                rows = await WebhookRepository(session).unhandled(now - interval, _AT_ONCE)
            for row in rows:
                delivery = Delivery(row.source, row.event_id, row.event_type, row.body)
                await handle(services, delivery, row.received_at, again=True)
        except SQLAlchemyError as error:
            _log.warning("webhooks_not_read", error=type(error).__name__)


async def handle(services: Services, delivery: Delivery, received_at: datetime, *, again: bool = False) -> None:
    """Do what a delivery asks for and mark it handled; one that failed stays for the next round."""
    now = datetime.now(UTC)
    try:
        patient = now - received_at < _PROJECTION_GRACE
        if not await _carry_out(services, delivery, Heard(received_at, again), patient=patient):
            return
    except (ConnectorError, RPCError) as error:
        async with services.database.transaction() as session:
            await WebhookRepository(session).mark_failed(delivery.source, delivery.event_id, type(error).__name__)
        _log.warning("webhook_not_handled", event_type=delivery.event_type, error=type(error).__name__)
        return
    async with services.database.transaction() as session:
        await WebhookRepository(session).mark_handled(delivery.source, delivery.event_id, now)


async def _carry_out(services: Services, delivery: Delivery, heard: Heard, *, patient: bool) -> bool:
    """Carry it out; False when it should be looked at again, since not everybody it concerns may be known yet."""
    tell_of = _NEWS.get(delivery.event_type) if delivery.source == PLATFORM else None
    return tell_of is None or await tell_of(services, delivery, heard) or not patient
