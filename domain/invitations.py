"""Portal invitations: a link that can be derived again, so that an e-mail sent twice carries the same one (P20).

Only the hash of a token is stored. Whoever reads the database can't rebuild the token without the secret.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import datetime
from enum import StrEnum


class InvitationState(StrEnum):
    """What an invitation is still good for."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


def invitation_token(secret: bytes, person_id: str, journey_id: str, sequence: int) -> str:
    """Derive the token of a person's n-th invitation on a journey: 43 characters, safe in a URL (P20).

    Args:
        secret: the product's secret key; the same one has to be set on every process.
        person_id: who is invited.
        journey_id: the journey the invitation belongs to.
        sequence: counts the invitations of this person on this journey, so that a fresh one has a fresh token.
    """
    message = f"invitation:{person_id}:{journey_id}:{sequence}"
    return urlsafe_b64encode(hmac.new(secret, message.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """Return the form of a token that is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_link(public_url: str, token: str) -> str:
    """Return the address that stands in the e-mail."""
    return f"{public_url.rstrip('/')}/portal/invitations/{token}"


def invitation_state(
    *,
    now: datetime,
    expires_at: datetime,
    used_at: datetime | None,
    revoked_at: datetime | None,
) -> InvitationState:
    """Say what an invitation is still good for; that it was used counts more than that it then became old (P20)."""
    if used_at is not None:
        return InvitationState.USED
    if revoked_at is not None:
        return InvitationState.REVOKED
    return InvitationState.EXPIRED if now >= expires_at else InvitationState.OPEN
