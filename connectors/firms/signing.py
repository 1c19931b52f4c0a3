"""Signing events as Standard Webhooks describe it, with every secret that is alive."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook

_SECRET_BYTES: Final = 32
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what a secret begins with, not one


def new_secret() -> str:
    """Return a fresh secret, as Standard Webhooks write it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(live: Sequence[str], event_id: str, at: datetime, body: str) -> dict[str, str]:
    """Return the headers that prove who sent a body and when.

    Args:
        live: The secrets, newest first; each signs, so that a receiver may know either of two.
        event_id: The same at every delivery of the event.
        at: The moment of this delivery.
        body: Exactly as it is sent.
    """
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event_id, at, body) for secret in live),
    }
