"""Clients that the sync left to a running journey are compared once that journey writes no more (P50, P51)."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api.webhooks.syncing import begin_platform_sync
from domain.ownership import Subject
from models.syncing import Cause
from runtime.services import Services
from storage.syncing import SyncRepository

_AT_ONCE: Final = 100
_log = structlog.get_logger(__name__)


async def run_catching_up(services: Services) -> None:
    """Look every `settings.poll_interval` until cancelled."""
    while True:
        await asyncio.sleep(services.settings.poll_interval.total_seconds())
        try:
            await catch_up(services)
        except (SQLAlchemyError, RPCError) as error:
            _log.warning("clients_left_behind", error=type(error).__name__)


async def catch_up(services: Services) -> int:
    """Begin the sync of those who were left to a journey that writes no more; return how many that were."""
    async with services.database.reading() as session:
        clients = await SyncRepository(session).left_behind(_AT_ONCE)
    for client in clients:
        await begin_platform_sync(services, Subject.CLIENT, client, Cause.POLL)
    return len(clients)
