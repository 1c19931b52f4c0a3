"""The subscriptions of one firm's systems to events; those of every other firm do not exist here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from api.idempotency import Answer, Once
from api.outgoing.dispatching import begin_delivery
from api.problem_types import EVENT_SUBSCRIPTION_NOT_FOUND, INVALID_REQUEST
from api.problems import Problem
from api.security.advisers import SignedInAdviser
from connectors.errors import ConnectorError
from connectors.firms.addresses import Resolve, checked_address
from connectors.firms.port import FirmGateway
from connectors.firms.signing import new_secret, signed_headers
from models.schemas.outgoing import TestEvent
from models.schemas.outgoing_subscriptions import (
    NewSubscriptionForm,
    SubscriptionChangeForm,
    SubscriptionList,
    SubscriptionTested,
    SubscriptionView,
    SubscriptionWithSecret,
)
from models.tables import EventSubscriptionRow
from runtime.services import Services
from storage.audit import AuditRepository
from storage.event_deliveries import EventDeliveryRepository
from storage.event_subscriptions import EventSubscriptionRepository
from storage.identifiers import derived_id
from storage.outgoing import OutgoingRepository

PATH: Final = "/api/v1/event-subscriptions"


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What an adviser does with their firm's subscriptions."""

    services: Services
    adviser: SignedInAdviser

    async def all(self) -> SubscriptionList:
        """Return every subscription of the firm."""
        async with self.services.database.reading() as session:
            rows = await EventSubscriptionRepository(session).of_firm(self.adviser.firm.id)
        return SubscriptionList(subscriptions=[view(row) for row in rows])

    async def get(self, subscription_id: str) -> EventSubscriptionRow:
        """Return one; raises the problem `event-subscription-not-found`."""
        async with self.services.database.reading() as session:
            row = await EventSubscriptionRepository(session).get(subscription_id, firm=self.adviser.firm.id)
        if row is None:
            raise Problem(EVENT_SUBSCRIPTION_NOT_FOUND)
        return row

    async def create(self, once: Once, form: NewSubscriptionForm, resolve: Resolve, now: datetime) -> Answer:
        """Subscribe an address to what happens from now on.

        Raises:
            Problem: `invalid-request` for an address that events may not be sent to.
        """
        url = await self._checked(str(form.url), resolve)
        firm, secret = self.adviser.firm.id, new_secret()
        async with self.services.database.transaction() as session:
            row = EventSubscriptionRow(
                subscription_id=derived_id("event-subscription", once.operation_id),
                firm=firm,
                url=url,
                types=_types(form.types),
                secrets=[secret],
                created_at=now,
                created_by=self.adviser.id,
                dispatched=await OutgoingRepository(session).settled_head(firm),
            )
            await EventSubscriptionRepository(session).add(row)
            await self._audit(AuditRepository(session), row.subscription_id, "event_subscription_created", now)
        return Answer(201, _with_secret(row, secret), {"Location": f"{PATH}/{row.subscription_id}"})

    async def change(
        self, subscription_id: str, form: SubscriptionChangeForm, resolve: Resolve, now: datetime
    ) -> SubscriptionView:
        """Change what the form gives; a URL is checked as a new one is."""
        await self.get(subscription_id)
        url = await self._checked(str(form.url), resolve) if form.url is not None else None
        async with self.services.database.transaction() as session:
            await EventSubscriptionRepository(session).change(
                subscription_id,
                url=url,
                types=None if form.types is None else _types(form.types),
                active=form.active,
            )
            changed: list[JsonValue] = [*sorted(form.model_fields_set)]
            await self._audit(
                AuditRepository(session), subscription_id, "event_subscription_changed", now, changed=changed
            )
        return view(await self.get(subscription_id))

    async def remove(self, subscription_id: str, now: datetime) -> None:
        """Remove a subscription with its log; what is on its way is not sent any more."""
        async with self.services.database.transaction() as session:
            if not await EventSubscriptionRepository(session).remove(subscription_id, firm=self.adviser.firm.id):
                raise Problem(EVENT_SUBSCRIPTION_NOT_FOUND)
            await self._audit(AuditRepository(session), subscription_id, "event_subscription_removed", now)

    async def make_secret(self, subscription_id: str, now: datetime) -> Answer:
        """Make a new secret; the one before stays alive beside it, and one before that ends."""
        secret = new_secret()
        row = await self._rotate(subscription_id, secret, now)
        return Answer(201, _with_secret(row, secret))

    async def end_previous_secret(self, subscription_id: str, now: datetime) -> None:
        """Let only the newest secret live."""
        await self._rotate(subscription_id, None, now)

    async def test(self, subscription_id: str, once: Once, firms: FirmGateway, now: datetime) -> Answer:
        """Post a signed test event at once, and return what came of it."""
        row = await self.get(subscription_id)
        event_id = derived_id("test-event", once.operation_id)
        body = TestEvent(timestamp=now, id=event_id, data={"subscription_id": subscription_id}).model_dump_json()
        headers = signed_headers(row.secrets, event_id, now, body)
        try:
            posted = await firms.post(row.url, body.encode(), headers)
        except ConnectorError as error:
            detail = f"Nothing was delivered: {error.reason}. Check the address, and that it can be reached."
            return Answer(200, SubscriptionTested(delivered=False, status=None, detail=detail))
        detail = "The address took the event."
        if not posted.taken:
            detail = f"The address answered {posted.status}; an event counts as taken when it answers 200 to 299."
        return Answer(200, SubscriptionTested(delivered=posted.taken, status=posted.status, detail=detail))

    async def replay(self, subscription_id: str, after: int, now: datetime) -> Answer:
        """Deliver again every event after a place; those that wait for their next attempt are offered at once."""
        row = await self.get(subscription_id)
        async with self.services.database.transaction() as session:
            deliveries = EventDeliveryRepository(session)
            on_their_way = await deliveries.pending(subscription_id, up_to=row.dispatched)
            await deliveries.reopen(subscription_id, after=after)
            await EventSubscriptionRepository(session).rewind(subscription_id, after=after)
            await self._audit(AuditRepository(session), subscription_id, "events_replayed", now, after=after)
        for seq in [each for each in on_their_way if each > after]:
            await begin_delivery(self.services, row, seq, anew=True)
        return Answer(202, view(await self.get(subscription_id)))

    async def _rotate(self, subscription_id: str, secret: str | None, now: datetime) -> EventSubscriptionRow:
        async with self.services.database.transaction() as session:
            repository = EventSubscriptionRepository(session)
            row = await repository.get(subscription_id, firm=self.adviser.firm.id)
            if row is None:
                raise Problem(EVENT_SUBSCRIPTION_NOT_FOUND)
            secrets = row.secrets[:1] if secret is None else [secret, *row.secrets[:1]]
            await repository.change(subscription_id, secrets=secrets)
            action = "event_secret_made" if secret is not None else "event_secret_ended"
            await self._audit(AuditRepository(session), subscription_id, action, now)
        return await self.get(subscription_id)

    async def _checked(self, url: str, resolve: Resolve) -> str:
        try:
            await checked_address(url, private=self.services.settings.event_urls_private, resolve=resolve)
        except ConnectorError as error:
            detail = f"Events cannot be sent to this address: {error.reason}. Nothing has been changed."
            raise Problem(INVALID_REQUEST, detail, errors=[{"pointer": "/url", "detail": error.reason}]) from None
        return url

    async def _audit(
        self, audit: AuditRepository, subscription_id: str, action: str, now: datetime, **details: JsonValue
    ) -> None:
        await audit.record(
            firm=self.adviser.firm.id,
            actor=self.adviser.actor,
            action=action,
            at=now,
            details={"subscription_id": subscription_id, **details},
        )


def view(row: EventSubscriptionRow) -> SubscriptionView:
    """Return a subscription as it is shown: without its secrets."""
    return SubscriptionView(
        subscription_id=row.subscription_id,
        url=row.url,
        types=row.types,
        active=row.active,
        live_secrets=len(row.secrets),
        dispatched=row.dispatched,
        created_at=row.created_at,
        link=f"{PATH}/{row.subscription_id}",
    )


def _with_secret(row: EventSubscriptionRow, secret: str) -> SubscriptionWithSecret:
    return SubscriptionWithSecret(**view(row).model_dump(), secret=secret)


def _types(chosen: Sequence[str]) -> list[str]:
    return sorted({str(each) for each in chosen})
