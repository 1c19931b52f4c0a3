"""Whether a webhook comes from the platform."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
_LONGEST_HEADER = 1_000


def verify(body: bytes, header: str, secrets: list[str], now: datetime) -> bool:
    """Tell whether the platform signed this webhook within the last five minutes.

    Args:
        body: The request's body, byte for byte.
        header: `Webhook-Signature`: `t=<unix seconds>,v1=<hex>[,v1=<hex>]`, one `v1` per live secret.
        secrets: The live signing secrets in base64; while one is replaced there are two.
        now: The present moment, aware.

    Returns:
        False as well for a header that cannot be read, and where there is no usable secret.
    """
    parts = [part.strip().partition("=") for part in header[:_LONGEST_HEADER].split(",")]
    moments = [value for name, _, value in parts if name == "t"]
    signatures = [value.encode() for name, _, value in parts if name == "v1"]
    if len(moments) != 1 or not _is_recent(moments[0], now):
        return False
    signed = moments[0].encode() + b"." + body
    expected = [hmac.new(key, signed, hashlib.sha256).hexdigest().encode() for key in map(_key, secrets) if key]
    # Every pair is compared, so that the time taken does not tell which secret or signature fits.
    return any([hmac.compare_digest(given, wanted) for given in signatures for wanted in expected])  # noqa: C419


def _is_recent(seconds: str, now: datetime) -> bool:
    # Ten digits last until the year 2286.
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 10):  # noqa: PLR2004 - said above
        return False
    return abs(now.timestamp() - int(seconds)) <= TOLERANCE.total_seconds()


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret, validate=True)
    except binascii.Error:
        return b""
