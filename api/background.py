"""What the API does beside answering: news from both systems, events to the firms', and what was not done at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from api.outgoing.dispatching import run_dispatcher
from api.reconciling import keep_schedule
from api.sweeper import run_sweeper
from api.webhooks.handling import run_reprocessor
from api.webhooks.left_behind import run_catching_up
from api.webhooks.polling import run_polling
from api.webhooks.subscriptions import keep_subscriptions
from runtime.services import Services

_WORK: Final[tuple[Callable[[Services], Awaitable[None]], ...]] = (
    keep_subscriptions,
    run_reprocessor,
    run_polling,
    run_catching_up,
    run_sweeper,
    run_dispatcher,
    keep_schedule,
)
_PAUSE_SECONDS: Final = 5.0
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[None]:
    """Keep the background work going while the application is served."""
    tasks = [asyncio.create_task(_insist(work, services), name=work.__name__) for work in _WORK]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _insist(work: Callable[[Services], Awaitable[None]], services: Services) -> None:
    """Begin the work again whenever it fails in a way it did not foresee."""
    while True:
        try:
            await work(services)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must not notice
            _log.error("background_work_failed", work=work.__name__, error=type(error).__name__)
        await asyncio.sleep(_PAUSE_SECONDS)
