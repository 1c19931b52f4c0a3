"""Webhook subscriptions."""

import secrets

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from connectors.plannr.sandbox import bodies
from connectors.plannr.sandbox.gate import CallOf
from connectors.plannr.sandbox.present import WEBHOOK_FIELDS, pick
from connectors.plannr.sandbox.query import Listing, envelope, exact, uuids

SUBSCRIPTIONS = Listing("webhook_subscription", {"uuid": uuids, "url": exact("url")}, default_sort="-created_at")
_SECRET_BYTES = 30


async def create_subscription(call: CallOf) -> Response:
    """A subscription with its 60-character signing secret."""
    fields = call.checked(bodies.WEBHOOK)
    fields["signing_secret"] = secrets.token_hex(_SECRET_BYTES)
    with call.store.transaction():
        stored = call.store.insert("webhook_subscription", call.tenant, fields)
    return JSONResponse(pick(stored, WEBHOOK_FIELDS), 201)


async def list_subscriptions(call: CallOf) -> Response:
    """All subscriptions, newest first."""
    part = call.slice(SUBSCRIPTIONS)
    return JSONResponse(envelope([pick(item, WEBHOOK_FIELDS) for item in part.documents], part, call.request.url))


async def get_subscription(call: CallOf, uuid: str) -> Response:
    """One subscription."""
    return JSONResponse(pick(call.get("webhook_subscription", uuid), WEBHOOK_FIELDS))


async def update_subscription(call: CallOf, uuid: str) -> Response:
    """Changes the events of a subscription."""
    stored = call.get("webhook_subscription", uuid)
    stored["events"] = call.checked(bodies.WEBHOOK_EVENTS)["events"]
    with call.store.transaction():
        call.store.save("webhook_subscription", call.tenant, stored)
    return JSONResponse(pick(stored, WEBHOOK_FIELDS))


def subscriptions_router() -> APIRouter:
    """The routes of this module."""
    router = APIRouter(tags=["webhooks"])
    base = "/api/v2/webhook-subscriptions"
    router.post(base, status_code=201)(create_subscription)
    router.get(base)(list_subscriptions)
    router.get(f"{base}/{{uuid}}")(get_subscription)
    router.put(f"{base}/{{uuid}}")(update_subscription)
    return router
