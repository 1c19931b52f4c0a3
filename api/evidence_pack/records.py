"""The records of a pack as text: the chained timeline and the acceptances; pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from pydantic import JsonValue

from api.evidence_pack.dossier import Dossier
from api.evidence_pack.standing import Acceptance
from models.tables import AuditRow, EmailRow, EvidenceRow
from storage.canonical import canonical_json

# What an evidence record keeps for its work alone, and no hash covers.
_NOT_OF_THE_RECORD: Final = frozenset({"signalled_at", "payload"})
# Without what the client asked to have corrected, which is personal and not evidence of an acceptance.
_STATE: Final = frozenset(
    {
        "firm", "adviser_id", "external_reference", "wrapper", "stage", "stage_since", "version", "started_at",
        "direct_debit", "mandate_route", "mandate_failed", "gates", "holders", "documents", "records", "end_reason",
        "isa_opened_on", "together",
    }
)  # fmt: skip


@dataclass(frozen=True)
class ChainedTimeline:
    """The text of `timeline.jsonl`, how many lines it has, and the hash of the last one."""

    text: bytes
    lines: int
    head: str


@dataclass(frozen=True)
class _Entry:
    at: datetime
    type: str
    entry: object


def timeline(dossier: Dossier) -> ChainedTimeline:
    """Return everything that happened in the order of its time, the state at the end; each line holds the hash before.

    The line's hash is the SHA-256 of its text without the line break.
    """
    entries = sorted(_entries(dossier), key=lambda one: one.at)
    state = dossier.progress.model_dump(mode="json", include=set(_STATE))
    entries.append(_Entry(dossier.generated_at, "state", state))
    lines, previous = [], ""
    for number, one in enumerate(entries, 1):
        line = {"line": number, "previous": previous, "at": one.at, "type": one.type, "entry": one.entry}
        text = canonical_json(line).encode()
        lines.append(text + b"\n")
        previous = sha256(text).hexdigest()
    return ChainedTimeline(b"".join(lines), len(lines), previous)


def _entries(dossier: Dossier) -> Iterator[_Entry]:
    for row in dossier.evidence:
        yield _Entry(row.occurred_at, "evidence", evidence_record(row))
    for entry in dossier.progress.timeline:
        yield _Entry(entry.at, "journey", {"by": entry.by, "event": entry.event, "detail": entry.detail})
    for command in dossier.audit:
        yield _Entry(command.at, "command", _command(command))
    for email in dossier.emails:
        yield _Entry(email.created_at, "email", _email(email))


def evidence_record(row: EvidenceRow) -> dict[str, object]:
    """Return an act with exactly the fields that its `record_hash` covers, and that hash."""
    return {name: getattr(row, name) for name in EvidenceRow.model_fields if name not in _NOT_OF_THE_RECORD}


def _command(row: AuditRow) -> dict[str, object]:
    return {"actor_kind": row.actor_kind, "actor_id": row.actor_id, "action": row.action, "reason": row.reason}


def _email(row: EmailRow) -> dict[str, object]:
    """Return an e-mail without its address: the server's reply, which may repeat it, is left out."""
    return {
        "message_id": row.message_id,
        "event": row.event,
        "template": row.template,
        "recipient_role": row.recipient_role,
        "person_id": row.person_id or None,
        "state": row.state.value,
        "created_at": row.created_at,
        "sent_at": row.sent_at,
    }


def acceptance_records(dossier: Dossier) -> bytes:
    """Return `acceptances.json`: who accepted what, when and in which words, and whether it counts (P24, P28, P44)."""
    people: list[JsonValue] = [
        {
            "person_id": person_id,
            "name": party.name,
            "role": party.holder.role.value,
            "capacity": party.capacity,
            "plannr_account": party.holder.plannr_account,
            "platform_client": party.holder.platform_client,
        }
        for person_id, party in dossier.parties.items()
    ]
    content = {
        "journey_id": dossier.progress.journey_id,
        "people": people,
        "acceptances": [_acceptance(dossier, one) for one in dossier.acceptances],
    }
    return (json.dumps(json.loads(canonical_json(content)), indent=2, ensure_ascii=False) + "\n").encode()


def _acceptance(dossier: Dossier, one: Acceptance) -> dict[str, object]:
    row = one.row
    return {
        "evidence_id": row.evidence_id,
        "record_hash": row.record_hash,
        "kind": row.kind,
        "person_id": row.person_id,
        "capacity": row.capacity,
        "occurred_at": row.occurred_at,
        "authentication": row.authentication,
        "statement": row.statement,
        "documents": [
            {
                **{name: shown[name] for name in ("document_id", "version", "sha256")},
                "title": dossier.documents_by_version[key].title,
                "file": dossier.documents_by_version[key].file,
                "opened_at": one.opened_at.get(key),
            }
            for shown in row.documents
            if (key := (str(shown["document_id"]), int(str(shown["version"]))))
        ],
        "standing": one.standing,
        "reason": one.reason,
        "void_since": one.void_since,
    }
