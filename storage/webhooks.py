"""The inbox of webhooks and the secrets that sign them."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import WebhookDeliveryRow, WebhookSecretRow
from storage.upsert import insert_into


class WebhookRepository:
    """Deliveries, each stored once before it is answered, and subscriptions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def receive(
        self, source: str, event_id: str, event_type: str, body: dict[str, JsonValue], now: datetime
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
        )
        stored = await self._session.execute(
            insert.on_conflict_do_nothing(index_elements=["source", "event_id"]).returning(
                col(WebhookDeliveryRow.event_id)
            )
        )
        return stored.first() is not None

    async def unhandled(self, before: datetime, limit: int) -> list[WebhookDeliveryRow]:
        """Return deliveries from before a moment that are not handled yet; those that failed often come last."""
        query = (
            select(WebhookDeliveryRow)
            .where(col(WebhookDeliveryRow.handled_at).is_(None), col(WebhookDeliveryRow.received_at) < before)
            .order_by(
                col(WebhookDeliveryRow.attempts),
                col(WebhookDeliveryRow.received_at),
                col(WebhookDeliveryRow.event_id),
            )
            .limit(limit)
        )
        return list(await self._session.scalars(query))

    async def mark_handled(self, source: str, event_id: str, now: datetime) -> None:
        """Note that a delivery led to what it had to lead to."""
        await self._change(source, event_id, handled_at=now)

    async def mark_failed(self, source: str, event_id: str, error: str) -> None:
        """Count a failed attempt, and keep its cause, which must hold no personal data."""
        await self._change(source, event_id, attempts=col(WebhookDeliveryRow.attempts) + 1, last_error=error)

    async def _change(self, source: str, event_id: str, **values: object) -> None:
        await self._session.execute(
            update(WebhookDeliveryRow)
            .where(
                col(WebhookDeliveryRow.source) == source,
                col(WebhookDeliveryRow.event_id) == event_id,
                col(WebhookDeliveryRow.handled_at).is_(None),
            )
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
