"""One text for equal values, to be hashed."""

import hashlib
import json
from datetime import UTC, datetime


def canonical_json(value: object) -> str:
    """Return JSON with sorted keys and no spaces; moments are written in UTC with microseconds.

    Raises:
        TypeError: The value has no single JSON form: floats change their text on the way through a database.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical JSON in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int):
        return str(value) if isinstance(value, str) else value
    raise TypeError(f"{type(value).__name__} has no canonical form")
