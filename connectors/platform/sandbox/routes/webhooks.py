"""Webhook subscriptions."""

import base64
import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Response

from connectors.platform.sandbox.database import Record
from connectors.platform.sandbox.envelope import PlatformError, invalid_field, reply
from connectors.platform.sandbox.filters import Paging
from connectors.platform.sandbox.forms import SubscriptionForm
from connectors.platform.sandbox.gate import PlatformRoute
from connectors.platform.sandbox.outbox import EVENT_TYPES
from connectors.platform.sandbox.resources import Subscription
from connectors.platform.sandbox.server import StoreDep

router = APIRouter(route_class=PlatformRoute, tags=["webhooks"])

_LIVE_SECRETS = 2


def _new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@router.post("/webhook-subscriptions")
async def subscribe(form: SubscriptionForm, store: StoreDep) -> Response:
    """Subscribe an address to events; the answer has the secret that signs them."""
    unknown = [position for position, name in enumerate(form.events) if name not in (*EVENT_TYPES, "*")]
    if unknown:
        raise invalid_field(f"events.{unknown[0]}", "unknown", "There is no such event.")
    existing = await store.find(Subscription, Record.unique_key == f"url {form.url}")
    if existing is not None:
        message = "This address is subscribed already. Change or remove that subscription."
        raise PlatformError(409, "duplicate_url", message, existing_id=existing.id)
    return reply(await store.add(Subscription, form, signing_secrets=[_new_secret()]), status=201)


@router.get("/webhook-subscriptions")
async def subscriptions(paging: Annotated[Paging, Query()], store: StoreDep) -> Response:
    """List subscriptions."""
    found, meta = await store.page(Subscription, paging)
    return reply(found, meta=meta)


@router.get("/webhook-subscriptions/{subscription_id}")
async def subscription_by_id(subscription_id: str, store: StoreDep) -> Response:
    """Answer one subscription, with its live secrets."""
    return reply(await store.get(Subscription, subscription_id))


@router.delete("/webhook-subscriptions/{subscription_id}")
async def unsubscribe(subscription_id: str, store: StoreDep) -> Response:
    """Remove a subscription and what is queued for it."""
    await store.remove_subscription(await store.get(Subscription, subscription_id))
    return reply(None)


@router.post("/webhook-subscriptions/{subscription_id}/secrets")
async def rotate(subscription_id: str, store: StoreDep) -> Response:
    """Put a new secret first; the one before stays live."""
    subscription = await store.get(Subscription, subscription_id)
    subscription.signing_secrets = [_new_secret(), *subscription.signing_secrets][:_LIVE_SECRETS]
    return reply(await store.save(subscription), status=201)
