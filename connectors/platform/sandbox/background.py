"""What the platform does by itself: checks and mandates that come due, and webhooks."""

import asyncio
import base64
import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from sqlalchemy import func, select, update

from connectors.platform.sandbox import checks, mandates
from connectors.platform.sandbox.database import Delivery, Event, Timer, timestamp
from connectors.platform.sandbox.faults import WebhookFault
from connectors.platform.sandbox.resources import Subscription
from connectors.platform.sandbox.server import Sandbox
from connectors.platform.sandbox.store import Store

_LOG = logging.getLogger(__name__)
_BATCH = 100
_LONGEST_PAUSE = 30.0
_SEND_SECONDS = 5.0
_STALE = timedelta(hours=1)
_GIVE_UP_AFTER = timedelta(hours=72)
_FIRST_RETRY, _LONGEST_RETRY = 0.5, 60.0

_ON_TIMER: dict[str, Callable[[Store, str], Awaitable[None]]] = {
    checks.AML_TIMER: checks.finish_aml,
    checks.BAV_TIMER: checks.finish_bav,
    mandates.MANDATE_TIMER: mandates.finish_submission,
}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery that is due, with all that sending it takes."""

    delivery_id: int
    event_id: str
    body: bytes
    attempts: int
    treatment: str | None
    queued_at: datetime
    subscription: Subscription

    def is_treated(self, fault: WebhookFault) -> bool:
        """Tell whether a fault of this kind strikes the delivery."""
        return fault in (self.treatment or "").split()


def sign(secrets: Sequence[str], moment: datetime, body: bytes) -> str:
    """Return the `Webhook-Signature` of a body sent at a moment: one `v1` per base64 secret."""
    t = str(int(moment.timestamp()))
    signed = t.encode() + b"." + body
    return ",".join(
        [f"t={t}"] + [f"v1={hmac.digest(base64.b64decode(key), signed, 'sha256').hex()}" for key in secrets]
    )


def retry_after(attempts: int) -> float:
    """Seconds to wait after so many attempts in vain."""
    return min(_LONGEST_RETRY, _FIRST_RETRY * 2.0 ** min(attempts - 1, 10))


@asynccontextmanager
async def at_work(sandbox: Sandbox) -> AsyncIterator[None]:
    """Run both queues while the context is open."""
    courier = Courier(sandbox)
    tasks = [asyncio.create_task(_forever(run)) for run in (Clockwork(sandbox).turn, courier.turn)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await courier.close()


async def _forever(turn: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await turn()
        except Exception as error:  # noqa: BLE001 - one bad turn must not end the queue for good
            _LOG.error("The background work of the platform sandbox failed: %s", type(error).__name__)
            await asyncio.sleep(1)


async def _wait(alarm: asyncio.Event, due: str | None, now: datetime) -> None:
    pause = _LONGEST_PAUSE
    if due is not None:
        pause = min(pause, max(0.0, (datetime.fromisoformat(due) - now).total_seconds()))
    # Not wait_for: before Python 3.12 it can swallow the cancellation that ends this work.
    with suppress(TimeoutError):
        async with asyncio.timeout(pause):
            await alarm.wait()


class Clockwork:
    """Does what the timers say."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def turn(self) -> None:
        """Do what is due, then wait for what is next."""
        self._sandbox.timers_changed.clear()
        due_at = timestamp(self._sandbox.now())
        async with self._sandbox.reading() as store:
            query = select(Timer).where(Timer.due_at <= due_at).order_by(Timer.due_at).limit(_BATCH)
            due = list(await store.session.scalars(query))
            upcoming = await store.session.scalar(select(func.min(Timer.due_at)))
        for timer in due:
            async with self._sandbox.writing() as store:
                await self._ring(store, timer)
        if not due:
            await _wait(self._sandbox.timers_changed, upcoming, self._sandbox.now())

    @staticmethod
    async def _ring(store: Store, timer: Timer) -> None:
        # It may have been set anew or stopped since it was read.
        current = await store.session.get(Timer, (timer.kind, timer.subject_id))
        if current is not None and current.due_at == timer.due_at:
            await store.session.delete(current)
            await store.session.flush()
            await _ON_TIMER[timer.kind](store, timer.subject_id)


class Courier:
    """Delivers webhooks, many at a time."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        transport = sandbox.config.webhook_transport
        self._http = httpx.AsyncClient(timeout=_SEND_SECONDS, transport=transport, trust_env=False)
        self._slots = asyncio.Semaphore(20)
        self._under_way: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Stop sending; what was not confirmed is sent again after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    async def turn(self) -> None:
        """Send what is due, then wait for what is next."""
        self._sandbox.deliveries_changed.clear()
        due, upcoming = await self._due()
        held = [parcel for parcel in due if parcel.is_treated("reorder_webhooks")]
        batches = [[parcel] for parcel in due if not parcel.is_treated("reorder_webhooks")]
        for batch in [*batches, *([held[::-1]] if held else [])]:
            self._under_way.update(parcel.delivery_id for parcel in batch)
            task = asyncio.create_task(self._send_in_turn(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await _wait(self._sandbox.deliveries_changed, upcoming, self._sandbox.now())

    async def _due(self) -> tuple[list[Parcel], str | None]:
        now = timestamp(self._sandbox.now())
        waiting = (Delivery.state == "pending", Delivery.id.not_in(self._under_way))
        query = (
            select(Delivery, Event)
            .join(Event, Event.seq == Delivery.event_seq)
            .where(*waiting, Delivery.next_attempt_at <= now)
            .order_by(Delivery.id)
            .limit(_BATCH)
        )
        async with self._sandbox.reading() as store:
            known = {item.id: item for item in await store.subscriptions()}
            parcels = [
                Parcel(
                    delivery.id,
                    event.event_id,
                    event.body.encode(),
                    delivery.attempts,
                    delivery.treatment,
                    datetime.fromisoformat(delivery.queued_at),
                    known[delivery.subscription_id],
                )
                for delivery, event in (await store.session.execute(query)).all()
                if delivery.subscription_id in known
            ]
            taken = self._under_way | {parcel.delivery_id for parcel in parcels}
            upcoming = await store.session.scalar(
                select(func.min(Delivery.next_attempt_at)).where(Delivery.state == "pending", Delivery.id.not_in(taken))
            )
        return parcels, upcoming

    async def _send_in_turn(self, batch: list[Parcel]) -> None:
        for parcel in batch:
            failure: str | None = "interrupted"
            try:
                async with self._slots:
                    status, failure = await self._send(parcel)
                await self._note(parcel, status, failure)
            finally:
                self._under_way.discard(parcel.delivery_id)
                if failure is not None:
                    self._sandbox.deliveries_changed.set()

    async def _send(self, parcel: Parcel) -> tuple[int | None, str | None]:
        moment = self._sandbox.now()
        if parcel.is_treated("stale_signature") and parcel.attempts == 0:
            moment -= _STALE
        headers = {
            "Content-Type": "application/json",
            "Webhook-Id": parcel.event_id,
            "Webhook-Signature": sign(parcel.subscription.signing_secrets, moment, parcel.body),
        }
        try:
            response = await self._http.post(parcel.subscription.url, content=parcel.body, headers=headers)
        except (httpx.HTTPError, OSError) as error:
            return None, type(error).__name__
        return response.status_code, None if response.is_success else "refused"

    async def _note(self, parcel: Parcel, status: int | None, failure: str | None) -> None:
        now = self._sandbox.now()
        attempts = parcel.attempts + 1
        state = "delivered"
        if failure is not None:
            state = "expired" if now - parcel.queued_at > _GIVE_UP_AFTER else "pending"
        async with self._sandbox.writing() as store:
            await store.session.execute(
                update(Delivery)
                .where(Delivery.id == parcel.delivery_id)
                .values(
                    state=state,
                    attempts=attempts,
                    last_status=status,
                    last_error=failure,
                    next_attempt_at=timestamp(now + timedelta(seconds=retry_after(attempts))),
                )
            )
