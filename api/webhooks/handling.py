"""What a stored delivery leads to: a changed check is read from the platform and told to the client's journeys."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError, RPCStatusCode

from api.webhooks.deliveries import Delivery
from api.webhooks.subscriptions import PLATFORM
from connectors.errors import ConnectorError, NotFound
from connectors.platform.port import Check
from domain.journey import CheckStatus
from models.facts import CheckState, VerificationUpdated
from runtime.services import Services
from runtime.temporal import journey_handle
from storage.journeys import JourneyRepository
from storage.webhooks import WebhookRepository
from workflows.onboarding import OnboardingJourney

_ABOUT_CHECKS: Final = "client.verification_updated"
_AT_ONCE: Final = 100
_SIGNAL_PATIENCE: Final = timedelta(seconds=3)
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
        if not await _carry_out(services, delivery, patient=patient, again=again):
            return
    except (ConnectorError, RPCError) as error:
        async with services.database.transaction() as session:
            await WebhookRepository(session).mark_failed(delivery.source, delivery.event_id, type(error).__name__)
        _log.warning("webhook_not_handled", event_type=delivery.event_type, error=type(error).__name__)
        return
    async with services.database.transaction() as session:
        await WebhookRepository(session).mark_handled(delivery.source, delivery.event_id, now)


async def _carry_out(services: Services, delivery: Delivery, *, patient: bool, again: bool) -> bool:
    """Carry it out; False when it should be looked at again, since nobody it concerns is known yet."""
    if delivery.source != PLATFORM or delivery.event_type != _ABOUT_CHECKS:
        return True
    resource = delivery.body.get("resource")
    platform_client = resource.get("id") if isinstance(resource, dict) else None
    if not isinstance(platform_client, str):
        return True
    async with services.database.reading() as session:
        if not await JourneyRepository(session).knows_platform_client(platform_client):
            return not patient
    try:
        checks = await services.platform.read_checks(platform_client)
    except NotFound:
        return True
    news = VerificationUpdated(
        platform_client=platform_client, identity=_state(checks.identity), bank=_state(checks.bank)
    )
    if not _is_settled(news):
        return True
    digest = hashlib.sha256(news.model_dump_json().encode()).hexdigest()
    async with services.database.reading() as session:
        journeys = await JourneyRepository(session).running_of_platform_client(platform_client)
    for journey_id in journeys:
        async with services.database.transaction() as session:
            news_to_it = await JourneyRepository(session).claim_news(journey_id, platform_client, digest)
        # A delivery that is looked at again may have been claimed by an attempt that then failed: tell it in any case.
        if news_to_it or again:
            await _tell(services, journey_id, news)
    return True


def _is_settled(news: VerificationUpdated) -> bool:
    """Whether a journey needs to hear of it: something needs a person, or nothing is under way any more.

    While one check has passed and the other is still running, nobody can act on it and another event follows.
    """
    checks = (news.identity.status, news.bank.status)
    return any(status.needs_attention for status in checks) or CheckStatus.PENDING not in checks


async def _tell(services: Services, journey_id: str, news: VerificationUpdated) -> None:
    journey = journey_handle(services.temporal, journey_id)
    try:
        await journey.signal(OnboardingJourney.verification_updated, news, rpc_timeout=_SIGNAL_PATIENCE)
    except RPCError as error:
        # A journey that has ended since needs no news.
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def _state(check: Check) -> CheckState:
    return CheckState(status=check.status, reason=check.reason, updated_at=check.updated_at)
