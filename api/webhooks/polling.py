"""Asks both systems what changed, so that a webhook that never came costs time and nothing else (P53).

What is found goes through the same inbox as the webhooks: stored once, logged, handled by the same handlers. Several
processes may poll at once: each change is stored by one of them, and a cursor never goes back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.webhooks import changes
from api.webhooks.changes import PLANNR_KINDS, PLATFORM_KINDS, Page
from api.webhooks.deliveries import Delivery
from api.webhooks.handling import handle, side_by_side
from api.webhooks.subscriptions import PLANNR, PLATFORM, PLATFORM_TENANT
from api.webhooks.telling import Heard
from connectors.errors import ConnectorError
from runtime.services import Services
from storage.cursors import PollCursorRepository
from storage.webhooks import WebhookRepository

# What is polled for the first time is not asked for everything that ever was: that is what reconciliation is for.
_FIRST_LOOK: Final = timedelta(days=1)
# A change may be stored a moment later than its time says; reading a little twice costs nothing.
_OVERLAP: Final = timedelta(seconds=10)
_SMALLEST_STEP: Final = timedelta(milliseconds=1)
_log = structlog.get_logger(__name__)

ReadPage = Callable[[datetime], Awaitable[Page]]


async def run_polling(services: Services) -> None:
    """Poll the platform and every firm's Plannr, each on its own, every `settings.poll_interval` until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_keep(services, partial(poll_platform, services)))
        for firm in services.settings.firms:
            group.create_task(_keep(services, partial(poll_plannr, services, firm.id)))


async def poll_platform(services: Services) -> int:
    """Ask the platform once for everything that changed; return how much of it was news.

    Raises:
        ConnectorError: a list could not be read; the other lists were all the same.
    """
    lists = [
        partial(poll, services, PLATFORM, PLATFORM_TENANT, kind, partial(changes.of_platform, services, kind))
        for kind in PLATFORM_KINDS
    ]
    return await _all_of(*lists, partial(poll_documents, services))


async def poll_plannr(services: Services, firm: str) -> int:
    """Ask a firm's Plannr once for everything that changed; return how much of it was news.

    Raises:
        ConnectorError: a list could not be read; the other lists were all the same.
    """
    lists = [
        partial(poll, services, PLANNR, firm, kind, partial(changes.of_plannr, services, firm, kind))
        for kind in PLANNR_KINDS
    ]
    return await _all_of(*lists)


async def poll(services: Services, source: str, tenant: str, resource: str, read: ReadPage) -> int:
    """Read one list from where the last poll ended to its end, page by page; return how much of it was news."""
    async with services.database.reading() as session:
        position = await PollCursorRepository(session).position(source, tenant, resource)
    since = datetime.now(UTC) - _FIRST_LOOK if position is None else position - _OVERLAP
    fresh = 0
    while True:
        page = await read(since)
        reached = page.reached or position or since
        fresh += await _take(services, page.news, (source, tenant, resource, reached))
        if not page.more or page.reached is None:
            return fresh
        # A page whose changes all have the same time must not be read for ever.
        since = max(page.reached, since + _SMALLEST_STEP)


async def poll_documents(services: Services) -> int:
    """Ask for the documents in force; return how many versions were news (P28)."""
    return await _take(services, await changes.published(services), None)


async def _take(services: Services, news: Sequence[Delivery], cursor: tuple[str, str, str, datetime] | None) -> int:
    """Store what is new, and how far we have come with it, then handle it; return how much was new."""
    unknown = await _unknown(services, news)
    if not unknown and cursor is None:
        return 0
    now = datetime.now(UTC)
    async with services.database.transaction() as session:
        inbox = WebhookRepository(session)
        fresh = [
            one
            for one in unknown
            if await inbox.receive(one.source, one.event_id, one.event_type, one.body, now, one.firm)
        ]
        if cursor is not None:
            await PollCursorRepository(session).advance(*cursor, now)
    await side_by_side(partial(handle, services, delivery, Heard(now)) for delivery in fresh)
    return len(fresh)


async def _unknown(services: Services, news: Sequence[Delivery]) -> list[Delivery]:
    if not news:
        return []
    async with services.database.reading() as session:
        event_ids = [delivery.event_id for delivery in news]
        known = await WebhookRepository(session).known(news[0].source, event_ids)
    return [delivery for delivery in news if delivery.event_id not in known]


async def _all_of(*lists: Callable[[], Awaitable[int]]) -> int:
    """Read every list, one after another, and only then fail with what kept one of them from being read."""
    fresh, failures = 0, []
    for read in lists:
        try:
            fresh += await read()
        except ConnectorError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return fresh


async def _keep(services: Services, poll_once: Callable[[], Awaitable[int]]) -> None:
    while True:
        try:
            found = await poll_once()
            if found:
                _log.info("poll_found_news", found=found)
        except (ConnectorError, SQLAlchemyError) as error:
            _log.warning("poll_failed", error=type(error).__name__)
        await asyncio.sleep(services.settings.poll_interval.total_seconds())
