"""Opaque, signed positions in a list: a caller can neither read nor forge one, nor use it for another list."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from api.problem_types import INVALID_REQUEST
from api.problems import Problem

Position = tuple[datetime, str]


def _signature(secret: bytes, listing: str, position: bytes) -> bytes:
    key = hmac.digest(secret, b"cursor", hashlib.sha256)
    return hmac.digest(key, listing.encode() + b"\0" + position, hashlib.sha256)[:16]


def write_cursor(secret: bytes, listing: str, position: Position) -> str:
    """Return the cursor after this position; `listing` says whose list it is and how it is filtered."""
    text = f"{position[0].isoformat()}|{position[1]}".encode()
    return urlsafe_b64encode(_signature(secret, listing, text) + text).decode().rstrip("=")


def read_cursor(secret: bytes, listing: str, cursor: str) -> Position:
    """Return the position; raises the problem `invalid-request` for a cursor that this list never gave."""
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        signature, text = raw[:16], raw[16:]
        genuine = hmac.compare_digest(signature, _signature(secret, listing, text))
        moment, _, identifier = text.decode().partition("|")
        position = datetime.fromisoformat(moment), identifier
    except ValueError:
        genuine = False
    if not genuine:
        detail = "This cursor belongs to another list. Follow the `next` link of a page, or begin again without it."
        error = {"pointer": "/cursor", "location": "query", "detail": detail}
        raise Problem(INVALID_REQUEST, detail, errors=[error])
    return position
