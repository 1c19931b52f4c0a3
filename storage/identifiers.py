"""Ids that are derived from what a row stands for, so that writing it twice writes one row."""

from typing import Final
from uuid import UUID, uuid5

from storage.canonical import canonical_json

_NAMESPACE: Final = UUID("6f6e7761-7264-4000-8000-000000000000")


def derived_id(kind: str, *parts: object) -> str:
    """Return the id of the thing of this kind that these parts identify."""
    return str(uuid5(_NAMESPACE, canonical_json([kind, *parts])))
