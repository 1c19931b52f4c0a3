"""The log of the deliveries that concern a firm, and handling one of them once more (P53)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from api.cursors import read_cursor, write_cursor
from api.problem_types import WEBHOOK_DELIVERY_NOT_FOUND
from api.problems import Problem
from api.security.advisers import SignedInAdviser
from api.webhooks.deliveries import Delivery
from api.webhooks.handling import LEASE, handle
from api.webhooks.telling import Heard, resource_id
from models.schemas.deliveries import WebhookDelivery, WebhookDeliveryPage
from models.tables import WebhookDeliveryRow
from runtime.services import Services
from storage.audit import AuditRepository
from storage.webhooks import InboxState, WebhookRepository

Source = Literal["plannr", "platform"]


class DeliveryFilters(BaseModel):
    """Which deliveries a list shows."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    source: Source | None = Field(default=None, description="the system that delivered")
    state: InboxState | None = None
    limit: int = Field(default=25, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=400, description="from the `next` link of a page")

    def wanted(self) -> dict[str, str]:
        """Return the filters as they stand in an address, in one order."""
        given = self.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_none=True)
        return {name: str(value) for name, value in given.items()}


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The deliveries that concern one firm; those of every other firm do not exist here."""

    services: Services
    adviser: SignedInAdviser

    async def page(self, filters: DeliveryFilters) -> WebhookDeliveryPage:
        """Return a page, the newest first; raises the problem `invalid-request` for a cursor of another list."""
        rows, following = await self.rows(filters)
        return WebhookDeliveryPage(
            deliveries=[view(row) for row in rows],
            next=f"/api/v1/webhook-deliveries?{following}" if following else None,
        )

    async def rows(self, filters: DeliveryFilters) -> tuple[list[WebhookDeliveryRow], str | None]:
        """Return a page and the query of the next one, None on the last.

        Raises:
            Problem: `invalid-request` for a cursor of another list.
        """
        firm = self.adviser.firm.id
        secret = self.services.settings.secret_key.get_secret_value().encode()
        listing = f"webhook-deliveries/{firm}?{urlencode(filters.wanted())}"
        before = None
        if filters.cursor:
            received_at, place = read_cursor(secret, listing, filters.cursor)
            source, _, event_id = place.partition("/")
            before = (received_at, source, event_id)
        async with self.services.database.reading() as session:
            rows = await WebhookRepository(session).page(
                firm, source=filters.source, state=filters.state, before=before, limit=filters.limit + 1
            )
        shown = rows[: filters.limit]
        if len(rows) == len(shown):
            return shown, None
        last = shown[-1]
        cursor = write_cursor(secret, listing, (last.received_at, f"{last.source}/{last.event_id}"))
        return shown, urlencode({**filters.wanted(), "limit": filters.limit, "cursor": cursor})

    async def row(self, source: str, event_id: str) -> WebhookDeliveryRow:
        """Return one; raises the problem `webhook-delivery-not-found`."""
        async with self.services.database.reading() as session:
            row = await WebhookRepository(session).get(source, event_id, self.adviser.firm.id)
        if row is None:
            raise Problem(WEBHOOK_DELIVERY_NOT_FOUND)
        return row

    async def reprocess(self, source: str, event_id: str, now: datetime) -> WebhookDeliveryRow:
        """Handle a delivery once more, at once, whatever became of it, and return what became of it now.

        One that fails again and is older than `settings.webhook_patience` is given up again.

        Raises:
            Problem: `webhook-delivery-not-found`.
        """
        row = await self.row(source, event_id)
        async with self.services.database.transaction() as session:
            # Due again by itself should this process end in the middle of it.
            await WebhookRepository(session).reopen(source, event_id, now + LEASE)
            await AuditRepository(session).record(
                firm=self.adviser.firm.id,
                actor=self.adviser.actor,
                action="webhook_reprocessed",
                at=now,
                details={"source": source, "event_id": event_id, "event_type": row.event_type},
            )
        await handle(self.services, Delivery.of(row), Heard(row.received_at, again=True, failed=row.attempts))
        return await self.row(source, event_id)


def state_of(row: WebhookDeliveryRow) -> InboxState:
    """Return what became of a delivery."""
    if row.handled_at is not None:
        return "handled"
    return "dead" if row.dead_at is not None else "waiting"


def record_of(row: WebhookDeliveryRow) -> str | None:
    """Return the id of the record that a delivery is about."""
    record = row.body.get("uuid")
    return record if isinstance(record, str) else resource_id(Delivery.of(row))


def view(row: WebhookDeliveryRow) -> WebhookDelivery:
    """Return a delivery as advisers see it: what it was about and what became of it, not what it said."""
    return WebhookDelivery(
        source=cast("Source", row.source),
        event_id=row.event_id,
        event_type=row.event_type,
        resource_id=record_of(row),
        state=state_of(row),
        received_at=row.received_at,
        handled_at=row.handled_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        dead_at=row.dead_at,
        last_error=row.last_error,
        link=f"/api/v1/webhook-deliveries/{row.source}/{row.event_id}",
    )
