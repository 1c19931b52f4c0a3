"""The signature of Plannr's webhooks: header `X-Signature`, hex HMAC-SHA256 of the raw body."""

import hashlib
import hmac


def verify(body: bytes, signature: str, secret: str) -> bool:
    """Whether the body was signed with the subscription's secret; takes the same time for every wrong signature.

    Plannr signs no time, so an old delivery verifies for ever: whoever takes one must recognise a repeat.

    Args:
        body: The body exactly as it was received.
        signature: The header's value.
        secret: The subscription's `signing_secret`.
    """
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), signature.strip().lower().encode())
