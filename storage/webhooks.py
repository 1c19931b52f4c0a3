"""The inbox of webhooks and the secrets that sign them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import JsonValue
from sqlalchemy import ColumnElement, and_, case, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import WebhookDeliveryRow, WebhookSecretRow
from storage.upsert import insert_into

InboxState = Literal["handled", "waiting", "dead"]
"""What became of a delivery: done, still to be done (again), or given up until a person asks for it."""

NOBODY_YET: Final = "nobody it concerns is known yet"
"""The last error of a delivery that waits for its journey to be reported; nothing has failed."""


class WebhookRepository:
    """Deliveries, each stored once before it is answered, and subscriptions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def receive(  # noqa: PLR0917 - the columns of the row, in their order
        self,
        source: str,
        event_id: str,
        event_type: str,
        body: dict[str, JsonValue],
        now: datetime,
        firm: str | None = None,
    ) -> bool:
        """Store a verified delivery; False when this event was stored before."""
        insert = insert_into(self._session, WebhookDeliveryRow).values(
            source=source,
            event_id=event_id,
            event_type=event_type,
            received_at=now,
            body=body,
            attempts=0,
            last_error="",
            firm=firm,
        )
        stored = await self._session.execute(
            insert.on_conflict_do_nothing(index_elements=["source", "event_id"]).returning(
                col(WebhookDeliveryRow.event_id)
            )
        )
        return stored.first() is not None

    async def known(self, source: str, event_ids: Sequence[str]) -> set[str]:
        """Return which of these events are stored."""
        query = select(col(WebhookDeliveryRow.event_id)).where(
            col(WebhookDeliveryRow.source) == source, col(WebhookDeliveryRow.event_id).in_(event_ids)
        )
        return set(await self._session.scalars(query))

    async def heard_since(self, source: str, firm: str, moment: datetime) -> list[WebhookDeliveryRow]:
        """Return what of a firm was handled since a moment."""
        query = select(WebhookDeliveryRow).where(
            col(WebhookDeliveryRow.handled_at) >= moment,
            col(WebhookDeliveryRow.source) == source,
            col(WebhookDeliveryRow.firm) == firm,
        )
        return list(await self._session.scalars(query))

    async def due(self, source: str, *, stored_before: datetime, now: datetime, limit: int) -> list[WebhookDeliveryRow]:
        """Return deliveries of a system that are to be handled (again) now; those that failed often come last.

        Args:
            source: The system that delivered.
            stored_before: One that was never tried is handled by the process that stored it, until then.
            now: What was to be tried later is due at this moment.
            limit: At most so many.
        """
        never_tried = and_(
            col(WebhookDeliveryRow.next_attempt_at).is_(None), col(WebhookDeliveryRow.received_at) < stored_before
        )
        query = (
            select(WebhookDeliveryRow)
            .where(
                col(WebhookDeliveryRow.source) == source,
                col(WebhookDeliveryRow.handled_at).is_(None),
                col(WebhookDeliveryRow.dead_at).is_(None),
                or_(never_tried, col(WebhookDeliveryRow.next_attempt_at) <= now),
            )
            .order_by(
                col(WebhookDeliveryRow.attempts),
                col(WebhookDeliveryRow.received_at),
                col(WebhookDeliveryRow.event_id),
            )
            .limit(limit)
        )
        return list(await self._session.scalars(query))

    async def claim(self, row: WebhookDeliveryRow, until: datetime) -> bool:
        """Take a due delivery for this process; False when another one took it meanwhile.

        Should this process end before it is done, the delivery is due again at `until`.
        """
        planned, seen = col(WebhookDeliveryRow.next_attempt_at), row.next_attempt_at
        same = planned.is_(None) if seen is None else planned == seen
        claimed = await self._session.execute(
            update(WebhookDeliveryRow)
            .where(*_is(row.source, row.event_id), _is_open(), same)
            .values(next_attempt_at=until)
            .returning(col(WebhookDeliveryRow.event_id))
            .execution_options(synchronize_session=False)
        )
        return claimed.first() is not None

    async def mark_handled(self, source: str, event_id: str, now: datetime) -> None:
        """Note that a delivery led to what it had to lead to."""
        error = col(WebhookDeliveryRow.last_error)
        await self._change(
            source,
            event_id,
            handled_at=now,
            next_attempt_at=None,
            last_error=case((error == NOBODY_YET, ""), else_=error),
        )

    async def mark_waiting(self, source: str, event_id: str, next_attempt_at: datetime) -> None:
        """Note that nothing failed, and that a delivery is looked at again all the same."""
        await self._change(source, event_id, next_attempt_at=next_attempt_at, last_error=NOBODY_YET)

    async def mark_failed(self, source: str, event_id: str, error: str, next_attempt_at: datetime) -> None:
        """Count a failed attempt, and keep its cause, which must hold no personal data."""
        await self._change(
            source,
            event_id,
            attempts=col(WebhookDeliveryRow.attempts) + 1,
            last_error=error,
            next_attempt_at=next_attempt_at,
        )

    async def mark_dead(self, source: str, event_id: str, error: str, now: datetime) -> None:
        """Give a delivery up after one more failed attempt, until a person asks for it again."""
        attempts = col(WebhookDeliveryRow.attempts) + 1
        await self._change(source, event_id, attempts=attempts, last_error=error, next_attempt_at=None, dead_at=now)

    async def reopen(self, source: str, event_id: str, next_attempt_at: datetime) -> None:
        """Let a delivery be handled once more, whatever became of it."""
        await self._session.execute(
            update(WebhookDeliveryRow)
            .where(*_is(source, event_id))
            .values(handled_at=None, dead_at=None, next_attempt_at=next_attempt_at)
        )

    async def set_firm(self, source: str, event_id: str, firm: str) -> None:
        """Note whose client a delivery concerns, once that is known; what is known stays."""
        await self._session.execute(
            update(WebhookDeliveryRow)
            .where(*_is(source, event_id), col(WebhookDeliveryRow.firm).is_(None))
            .values(firm=firm)
        )

    async def without_firm(self, source: str, since: datetime, limit: int) -> list[WebhookDeliveryRow]:
        """Return deliveries since a moment that are not known to be any firm's, the newest first."""
        query = (
            select(WebhookDeliveryRow)
            .where(
                col(WebhookDeliveryRow.firm).is_(None),
                col(WebhookDeliveryRow.received_at) >= since,
                col(WebhookDeliveryRow.source) == source,
            )
            .order_by(col(WebhookDeliveryRow.received_at).desc())
            .limit(limit)
        )
        return list(await self._session.scalars(query))

    async def get(self, source: str, event_id: str, firm: str) -> WebhookDeliveryRow | None:
        """Return a delivery; None when there is none, or none of this firm."""
        query = select(WebhookDeliveryRow).where(*_is(source, event_id), col(WebhookDeliveryRow.firm) == firm)
        return (await self._session.scalars(query.execution_options(populate_existing=True))).one_or_none()

    async def page(
        self,
        firm: str,
        *,
        source: str | None = None,
        state: InboxState | None = None,
        before: tuple[datetime, str, str] | None = None,
        limit: int,
    ) -> list[WebhookDeliveryRow]:
        """Return a firm's deliveries, the newest first.

        Args:
            firm: Whose.
            source: Only those of this system.
            state: Only those that are handled, waiting or given up.
            before: `(received_at, source, event_id)` of the last row of the page before.
            limit: At most so many.
        """
        place = tuple_(
            col(WebhookDeliveryRow.received_at), col(WebhookDeliveryRow.source), col(WebhookDeliveryRow.event_id)
        )
        query = select(WebhookDeliveryRow).where(col(WebhookDeliveryRow.firm) == firm)
        if source is not None:
            query = query.where(col(WebhookDeliveryRow.source) == source)
        if state is not None:
            query = query.where(_in_state(state))
        if before is not None:
            query = query.where(place < before)
        query = query.order_by(
            col(WebhookDeliveryRow.received_at).desc(),
            col(WebhookDeliveryRow.source).desc(),
            col(WebhookDeliveryRow.event_id).desc(),
        )
        return list(await self._session.scalars(query.limit(limit)))

    async def _change(self, source: str, event_id: str, **values: object) -> None:
        await self._session.execute(
            update(WebhookDeliveryRow)
            .where(*_is(source, event_id), col(WebhookDeliveryRow.handled_at).is_(None))
            .values(**values)
        )

    async def secrets(self, source: str, tenant: str) -> list[str]:
        """Return the secrets a delivery may be signed with; none means the source is switched off."""
        subscription = await self.subscription(source, tenant)
        return [] if subscription is None else list(subscription.secrets)

    async def subscription(self, source: str, tenant: str) -> WebhookSecretRow | None:
        """Return the subscription of a tenant at a system, with where it delivers to and since when."""
        return await self._session.get(WebhookSecretRow, (source, tenant), populate_existing=True)

    async def save_secrets(self, source: str, tenant: str, secrets: list[str], url: str, now: datetime) -> None:
        """Store a tenant's subscription at a system in place of an earlier one."""
        insert = insert_into(self._session, WebhookSecretRow).values(
            source=source, tenant=tenant, secrets=secrets, url=url, ensured_at=now
        )
        await self._session.execute(
            insert.on_conflict_do_update(
                index_elements=["source", "tenant"],
                set_={name: insert.excluded[name] for name in ("secrets", "url", "ensured_at")},
            )
        )


def _is(source: str, event_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(WebhookDeliveryRow.source) == source, col(WebhookDeliveryRow.event_id) == event_id


def _is_open() -> ColumnElement[bool]:
    return and_(col(WebhookDeliveryRow.handled_at).is_(None), col(WebhookDeliveryRow.dead_at).is_(None))


def _in_state(state: InboxState) -> ColumnElement[bool]:
    match state:
        case "handled":
            return col(WebhookDeliveryRow.handled_at).is_not(None)
        case "dead":
            return and_(col(WebhookDeliveryRow.handled_at).is_(None), col(WebhookDeliveryRow.dead_at).is_not(None))
        case "waiting":
            return _is_open()
