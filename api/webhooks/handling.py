"""What a stored delivery leads to: what changed is read again and told to everybody it concerns (P46, P53).

Order never matters: a delivery only says where to look, so that early, late, repeated and shuffled ones end alike.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.webhooks.accounts import tell_of_account, tell_of_mandate
from api.webhooks.attempts import is_given_up, next_attempt
from api.webhooks.belonging import firm_of, name_firms
from api.webhooks.checks import tell_of_checks
from api.webhooks.deliveries import Delivery
from api.webhooks.publications import tell_of_publication
from api.webhooks.subscriptions import PLANNR, PLATFORM
from api.webhooks.syncing import sync_account, sync_client, sync_from_plannr
from api.webhooks.telling import Heard
from models.tables import WebhookDeliveryRow
from runtime.services import Services
from storage.webhooks import NOBODY_YET, WebhookRepository

ResultT = TypeVar("ResultT")
TellOf = Callable[[Services, Delivery, Heard], Awaitable[bool]]
"""Carries one consequence of an event out; False when not everybody it concerns may be known yet."""

Mark = Callable[[WebhookRepository], Awaitable[None]]
"""Notes in the inbox what became of a delivery."""

_OF_PLATFORM: Final[dict[str, tuple[TellOf, ...]]] = {
    "client.created": (sync_client,),
    "client.updated": (sync_client,),
    "client.status_changed": (sync_client,),
    "client.verification_updated": (sync_client, tell_of_checks),
    "client.polled": (sync_client, tell_of_checks),
    "account.created": (sync_account,),
    "account.updated": (sync_account, tell_of_account),
    "account.status_changed": (sync_account, tell_of_account),
    "account.polled": (sync_account, tell_of_account),
    "mandate.status_changed": (tell_of_mandate,),
    "mandate.polled": (tell_of_mandate,),
    "document.published": (tell_of_publication,),
    "document.polled": (tell_of_publication,),
}
_RESOURCES_OF_PLANNR: Final = frozenset({"account", "address", "plan", "bank-account"})
_BATCH: Final = 100
_SIDE_BY_SIDE: Final = 8
# An event may overtake the projection that says whose journey it belongs to (P46).
_PROJECTION_GRACE: Final = timedelta(minutes=1)
# Longer than the slowest handling: a process that ended in the middle of one gives its delivery free after that.
_AT_MOST: Final = timedelta(seconds=45)
LEASE: Final = timedelta(minutes=1)
_log = structlog.get_logger(__name__)


async def run_reprocessor(services: Services) -> None:
    """Handle what is due, each system's deliveries on their own, every `settings.sweep_interval` until cancelled."""
    async with asyncio.TaskGroup() as group:
        for source in (PLATFORM, PLANNR):
            group.create_task(_reprocess(services, source))


async def _reprocess(services: Services, source: str) -> None:
    while True:
        await asyncio.sleep(services.settings.sweep_interval.total_seconds())
        try:
            now = datetime.now(UTC)
            await handle_due(services, source, now)
            if source == PLATFORM:
                await name_firms(services, now)
        except SQLAlchemyError as error:
            _log.warning("webhooks_not_read", source=source, error=type(error).__name__)


async def handle_due(services: Services, source: str, now: datetime) -> int:
    """Handle the deliveries of a system that are due, several side by side; return how many that were."""
    async with services.database.reading() as session:
        rows = await WebhookRepository(session).due(
            source, stored_before=now - services.settings.sweep_interval, now=now, limit=_BATCH
        )
    return sum(await side_by_side(partial(_take, services, row) for row in rows))


async def side_by_side(work: Iterable[Callable[[], Awaitable[ResultT]]]) -> list[ResultT]:
    """Do all of it, a few at a time."""
    places = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def in_turn(one: Callable[[], Awaitable[ResultT]]) -> ResultT:
        async with places:
            return await one()

    return list(await asyncio.gather(*(in_turn(one) for one in work)))


async def _take(services: Services, row: WebhookDeliveryRow) -> bool:
    async with services.database.transaction() as session:
        mine = await WebhookRepository(session).claim(row, datetime.now(UTC) + LEASE)
    if mine:
        heard = Heard(row.received_at, again=True, looked_at=row.last_error == NOBODY_YET, failed=row.attempts)
        await handle(services, Delivery.of(row), heard)
    return mine


async def handle(services: Services, delivery: Delivery, heard: Heard) -> None:
    """Do what a delivery asks for and mark what became of it; nothing that fails gets out of here."""
    try:
        async with asyncio.timeout(_AT_MOST.total_seconds()):
            settled = await _carry_out(services, delivery, heard)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this delivery's alone and must not hold up others
        _log.warning("webhook_not_handled", event_type=delivery.event_type, error=type(error).__name__)
        await _mark(services, delivery, _failure(services, delivery, heard, error))
        return
    now = datetime.now(UTC)
    look_again = now + max(services.settings.sweep_interval, now - heard.at)
    is_over = settled or now - heard.at >= _PROJECTION_GRACE
    await _mark(services, delivery, _handled(delivery, now) if is_over else _waiting(delivery, look_again))


async def _carry_out(services: Services, delivery: Delivery, heard: Heard) -> bool:
    """Tell everybody; one who cannot be told keeps no other from being told. Raises the first failure, if any."""
    failures: list[Exception] = []
    settled = True
    for tell_of in _consequences(delivery):
        try:
            settled = await tell_of(services, delivery, heard) and settled
        except Exception as error:  # noqa: BLE001 - raised below, once the others are told
            failures.append(error)
    if failures:
        raise failures[0]
    return settled


def _consequences(delivery: Delivery) -> tuple[TellOf, ...]:
    if delivery.source == PLATFORM:
        return _OF_PLATFORM.get(delivery.event_type, ())
    is_ours = delivery.event_type.rpartition(".")[0] in _RESOURCES_OF_PLANNR
    return (sync_from_plannr,) if is_ours else ()


def _handled(delivery: Delivery, now: datetime) -> Mark:
    return lambda inbox: inbox.mark_handled(delivery.source, delivery.event_id, now)


def _waiting(delivery: Delivery, look_again: datetime) -> Mark:
    return lambda inbox: inbox.mark_waiting(delivery.source, delivery.event_id, look_again)


def _failure(services: Services, delivery: Delivery, heard: Heard, error: Exception) -> Mark:
    now, name = datetime.now(UTC), type(error).__name__
    if is_given_up(now, heard.at, services.settings.webhook_patience):
        _log.error("webhook_given_up", event_type=delivery.event_type, error=name)
        return lambda inbox: inbox.mark_dead(delivery.source, delivery.event_id, name, now)
    again = next_attempt(now, heard.failed + 1, error)
    return lambda inbox: inbox.mark_failed(delivery.source, delivery.event_id, name, again)


async def _mark(services: Services, delivery: Delivery, mark: Callable[[WebhookRepository], Awaitable[None]]) -> None:
    """Note what became of a delivery; where that fails it is due again by itself."""
    try:
        async with services.database.transaction() as session:
            inbox = WebhookRepository(session)
            await mark(inbox)
            firm = await firm_of(session, delivery)
            if firm is not None:
                await inbox.set_firm(delivery.source, delivery.event_id, firm)
    except SQLAlchemyError as error:
        _log.warning("webhook_not_marked", event_type=delivery.event_type, error=type(error).__name__)
