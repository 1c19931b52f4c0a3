"""Keeps our subscriptions at both systems alive, and their signing secrets at hand."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from connectors.errors import ConnectorError
from runtime.services import Services
from storage.webhooks import WebhookRepository

PLATFORM: Final = "platform"
PLANNR: Final = "plannr"
PLATFORM_TENANT: Final = "platform"
"""The platform knows no tenants; Plannr's are the firms."""

PLATFORM_EVENTS: Final = [
    "client.created",
    "client.updated",
    "client.status_changed",
    "client.verification_updated",
    "account.created",
    "account.updated",
    "account.status_changed",
    "mandate.status_changed",
    "document.published",
]
PLANNR_EVENTS: Final = [
    "account.created",
    "account.updated",
    "account.deleted",
    "plan.created",
    "plan.updated",
    "plan.deleted",
    "bank-account.created",
    "bank-account.updated",
    "bank-account.deleted",
]
# Secrets are rotated and subscriptions removed behind our back; asking again finds out.
_ENSURED_EVERY_SECONDS: Final = 300.0
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 30.0
_log = structlog.get_logger(__name__)

Ensure = Callable[[str], Awaitable[list[str]]]


async def keep_subscriptions(services: Services) -> None:
    """Subscribe at the platform and in every firm's Plannr tenant, each on its own, until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_keep(services, PLATFORM, PLATFORM_TENANT, _at_platform(services)))
        for firm in services.settings.firms:
            group.create_task(_keep(services, PLANNR, firm.id, _at_plannr(services, firm.id)))


def _at_platform(services: Services) -> Ensure:
    async def ensure(url: str) -> list[str]:
        return await services.platform.ensure_webhook_subscription(url, PLATFORM_EVENTS)

    return ensure


def _at_plannr(services: Services, firm: str) -> Ensure:
    async def ensure(url: str) -> list[str]:
        return [await services.plannr.ensure_webhook_subscription(firm, url, PLANNR_EVENTS)]

    return ensure


async def _keep(services: Services, source: str, tenant: str, ensure: Ensure) -> None:
    url = f"{services.settings.public_url.rstrip('/')}/webhooks/{source}"
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            secrets = await ensure(url)
        except ConnectorError as error:
            _log.warning("webhook_subscription_failed", source=source, tenant=tenant, error=str(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            continue
        async with services.database.transaction() as session:
            await WebhookRepository(session).save_secrets(source, tenant, secrets, url, datetime.now(UTC))
        pause = _FIRST_PAUSE_SECONDS
        await asyncio.sleep(_ENSURED_EVERY_SECONDS)
