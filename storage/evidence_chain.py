"""The hash chain that makes a change of stored evidence visible; pure functions."""

from collections.abc import Iterable
from typing import Final

from models.tables import EvidenceRow
from storage.canonical import digest

# The payload is cleared once its signal was taken; `dedupe`, which is hashed, holds the digest of what it said.
_NOT_HASHED: Final = frozenset({"record_hash", "signalled_at", "payload"})


def record_hash(row: EvidenceRow) -> str:
    """Return the hash of everything a row must never change, the hash of the row before it included."""
    return digest({name: getattr(row, name) for name in EvidenceRow.model_fields if name not in _NOT_HASHED})


def chain_holds(rows: Iterable[EvidenceRow]) -> bool:
    """Return whether these rows of one journey, in order, are unchanged and none is missing between them.

    Rows cut off at the end leave a valid, shorter chain; compare the last hash with a copy kept elsewhere for that.
    """
    previous_hash = ""
    for position, row in enumerate(rows, start=1):
        if row.position != position or row.previous_hash != previous_hash or row.record_hash != record_hash(row):
            return False
        previous_hash = row.record_hash
    return True
