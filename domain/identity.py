"""Opaque, deterministic identifiers: the same facts always give the same id, and an id tells nothing about a person."""

import hashlib
from base64 import b32encode


def _digest(*parts: str) -> str:
    # Length prefixes keep ("ab", "c") and ("a", "bc") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:20]


def journey_id(firm: str, external_reference: str, plannr_accounts: list[str], wrapper: str) -> str:
    """Derive the journey's id, so that a duplicate start meets the running journey (P45)."""
    return _digest("journey", firm, external_reference, *sorted(plannr_accounts), wrapper)


def workflow_id(journey: str) -> str:
    """Return the id of the journey's workflow."""
    return f"journey-{journey}"


def person_id(firm: str, plannr_account: str) -> str:
    """Derive a person's id within a firm: the same person keeps one login over all journeys (P20)."""
    return _digest("person", firm, plannr_account)
