"""Who signed a delivery, and what in it is kept."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from pydantic import JsonValue

from api.problem_types import INVALID_REQUEST, WEBHOOK_NOT_READY, WEBHOOK_SIGNATURE_WRONG
from api.problems import Problem
from api.webhooks.subscriptions import PLANNR, PLATFORM, PLATFORM_TENANT
from connectors.plannr.signature import verify as verify_plannr
from connectors.platform.signature import verify as verify_platform
from models.tables import WebhookDeliveryRow
from runtime.services import Services
from storage.webhooks import WebhookRepository

# Plannr publishes no payload; whatever else is in it may be personal and is read from Plannr itself when needed.
_KEPT_OF_PLANNR: Final = ("event", "uuid", "resource_type", "account_uuid", "occurred_at")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified delivery, or a change that polling found; `firm` is whose client it concerns, where that is known."""

    source: str
    event_id: str
    event_type: str
    body: dict[str, JsonValue]
    firm: str | None = None

    @classmethod
    def of(cls, row: WebhookDeliveryRow) -> Self:
        """Return the delivery that a row of the inbox keeps."""
        return cls(row.source, row.event_id, row.event_type, row.body, row.firm)


async def from_platform(services: Services, body: bytes, signature: str, now: datetime) -> Delivery:
    """Verify a delivery of the platform.

    Raises:
        Problem: `webhook-not-ready`, `webhook-signature-wrong` or `invalid-request`.
    """
    async with services.database.reading() as session:
        secrets = await WebhookRepository(session).secrets(PLATFORM, PLATFORM_TENANT)
    _require(bool(secrets), verify_platform(body, signature, secrets, now))
    event = _event(body)
    event_id, event_type = event.get("event_id"), event.get("event_type")
    if not isinstance(event_id, str) or not isinstance(event_type, str):
        raise Problem(INVALID_REQUEST, "The delivery names no event.")
    return Delivery(PLATFORM, event_id, event_type, event)


async def from_plannr(services: Services, body: bytes, signature: str) -> Delivery:
    """Verify a delivery of Plannr; the secret that fits tells whose tenant it comes from.

    Raises:
        Problem: `webhook-not-ready`, `webhook-signature-wrong` or `invalid-request`.
    """
    tenants: dict[str, list[str]] = {}
    async with services.database.reading() as session:
        for firm in services.settings.firms:
            if secrets := await WebhookRepository(session).secrets(PLANNR, firm.id):
                tenants[firm.id] = secrets
    signed_by = [
        firm for firm, secrets in tenants.items() if any(verify_plannr(body, signature, secret) for secret in secrets)
    ]
    _require(bool(tenants), bool(signed_by))
    event = _event(body)
    kept: dict[str, JsonValue] = {name: event[name] for name in _KEPT_OF_PLANNR if isinstance(event.get(name), str)}
    # Plannr publishes no delivery id; a repeat has the same body.
    event_id = hashlib.sha256(body).hexdigest()
    tenant = signed_by[0]
    return Delivery(PLANNR, event_id, str(kept.get("event", "unknown")), {**kept, "firm": tenant}, tenant)


def _require(any_secret: bool, verified: bool) -> None:
    if not any_secret:
        raise Problem(WEBHOOK_NOT_READY, headers={"Retry-After": "10"})
    if not verified:
        raise Problem(WEBHOOK_SIGNATURE_WRONG)


def _event(body: bytes) -> dict[str, JsonValue]:
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise Problem(INVALID_REQUEST, "The delivery is no JSON object.")
    return event
