"""The log of deliveries of one firm's events, and sending one of them again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from api.cursors import read_cursor, write_cursor
from api.idempotency import Answer
from api.outgoing.dispatching import begin_delivery
from api.problem_types import EVENT_DELIVERY_NOT_FOUND
from api.problems import Problem
from api.security.advisers import SignedInAdviser
from models.schemas.outgoing_subscriptions import DeliveryPage, DeliveryView
from models.tables import DeliveryState
from runtime.services import Services
from storage.audit import AuditRepository
from storage.event_deliveries import EventDeliveryRepository, ListedDelivery, Place

PATH: Final = "/api/v1/event-deliveries"


class DeliveryFilters(BaseModel):
    """Which deliveries a list shows."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    subscription: str | None = Field(default=None, max_length=64)
    state: DeliveryState | None = None
    limit: int = Field(default=25, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=300, description="from the `next` link of a page")

    def wanted(self) -> dict[str, str]:
        """Return the filters as they stand in an address, in one order."""
        given = {"subscription": self.subscription, "state": self.state.value if self.state else None}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The deliveries of one firm; those of every other firm do not exist here."""

    services: Services
    adviser: SignedInAdviser

    async def page(self, filters: DeliveryFilters) -> DeliveryPage:
        """Return a page, the newest first; raises the problem `invalid-request` for a cursor of another list."""
        secret = self.services.settings.secret_key.get_secret_value().encode()
        listing = f"event-deliveries/{self.adviser.firm.id}?{urlencode(filters.wanted())}"
        before: Place | None = None
        if filters.cursor:
            moment, place = read_cursor(secret, listing, filters.cursor)
            seq, _, subscription_id = place.partition("/")
            before = (moment, int(seq), subscription_id)
        async with self.services.database.reading() as session:
            found = await EventDeliveryRepository(session).page(
                self.adviser.firm.id,
                subscription_id=filters.subscription,
                state=filters.state,
                before=before,
                limit=filters.limit + 1,
            )
        shown, following = found[: filters.limit], None
        if len(found) > len(shown):
            last = shown[-1].row
            cursor = write_cursor(secret, listing, (last.created_at, f"{last.seq}/{last.subscription_id}"))
            following = f"{PATH}?{urlencode({**filters.wanted(), 'limit': filters.limit, 'cursor': cursor})}"
        return DeliveryPage(deliveries=[_view(each) for each in shown], next=following)

    async def resend(self, subscription_id: str, seq: int, now: datetime) -> Answer:
        """Offer an event again, at once, whatever became of it before; one that is waiting waits no longer."""
        firm = self.adviser.firm.id
        async with self.services.database.transaction() as session:
            repository = EventDeliveryRepository(session)
            found = await repository.find(subscription_id, seq, firm=firm)
            if found is None:
                raise Problem(EVENT_DELIVERY_NOT_FOUND)
            await repository.reopen(subscription_id, seq=seq)
            await AuditRepository(session).record(
                firm=firm,
                actor=self.adviser.actor,
                action="event_resent",
                at=now,
                details={"subscription_id": subscription_id, "seq": seq},
            )
        await begin_delivery(self.services, found[1], seq, anew=True)
        async with self.services.database.reading() as session:
            again = await EventDeliveryRepository(session).find(subscription_id, seq, firm=firm)
        if again is None:
            raise Problem(EVENT_DELIVERY_NOT_FOUND)
        return Answer(202, _view(ListedDelivery(again[0], again[2].type, again[2].event_id)))


def _view(listed: ListedDelivery) -> DeliveryView:
    row = listed.row
    return DeliveryView(
        subscription_id=row.subscription_id,
        seq=row.seq,
        type=listed.type,
        event_id=listed.event_id,
        state=row.state,
        attempts=row.attempts,
        last_status=row.last_status,
        last_error=row.last_error,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
        resend=f"{PATH}/{row.subscription_id}/{row.seq}/resend",
    )
