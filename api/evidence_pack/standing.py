"""Which acceptances of a journey count, and why the others do not (P24, P28, P44, P47); pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from api.portal.person_journey import PersonJourney
from domain.gates import DocumentVersion
from domain.journey import DocumentKind, GateKind
from domain.materiality import Materiality, UndeclaredField, Voids, materiality
from models.messages import Progress, TimelineEntry
from models.tables import EvidenceKind, EvidenceRow

_TERMS: Final = {
    EvidenceKind.PLATFORM_TERMS_ACCEPTED: DocumentKind.PLATFORM_TERMS,
    EvidenceKind.PRODUCT_TERMS_ACCEPTED: DocumentKind.PRODUCT_TERMS,
}
_VOIDS: Final = {
    EvidenceKind.PLATFORM_TERMS_ACCEPTED: Voids.PLATFORM_TERMS,
    EvidenceKind.PRODUCT_TERMS_ACCEPTED: Voids.PRODUCT_TERMS,
    EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED: Voids.MANDATE,
}
ACCEPTING: Final = frozenset(_VOIDS)
"""The acts by which a client agrees to something that the account rests on."""


class Standing(StrEnum):
    """What an acceptance is worth at the moment of looking."""

    COUNTS = "counts"
    VOID = "void"
    REPEATED = "repeated"
    PENDING = "pending"


@dataclass(frozen=True)
class Acceptance:
    """An act of accepting with its worth.

    Attributes:
        row: the evidence of the act.
        standing: whether it counts.
        reason: why it does not, as a sentence; empty where it counts.
        void_since: when it stopped counting, where that is known.
        opened_at: when the same person first opened each document it covers.
    """

    row: EvidenceRow
    standing: Standing
    reason: str
    void_since: datetime | None
    opened_at: dict[DocumentVersion, datetime]


@dataclass(frozen=True)
class _Cause:
    at: datetime
    sentence: str


def acceptances(progress: Progress, evidence: Iterable[EvidenceRow]) -> list[Acceptance]:
    """Return every acceptance of a journey with its worth, in the order they were given."""
    rows = tuple(evidence)
    people = {
        row.person_id: PersonJourney(
            row.person_id, progress, tuple(other for other in rows if other.person_id == row.person_id)
        )
        for row in rows
    }
    return [_judged(people[row.person_id], row) for row in rows if row.kind in ACCEPTING]


def _judged(journey: PersonJourney, row: EvidenceRow) -> Acceptance:
    counting = _counting(journey, row.kind)
    cause = min(_causes(journey.progress, row), key=lambda one: one.at, default=None)
    standing, reason = Standing.COUNTS, ""
    if counting is row and _is_settled(journey, row):
        cause = None
    elif cause is not None:
        standing, reason = Standing.VOID, cause.sentence
    elif counting is row or (counting is None and journey.unheard(row)):
        standing, reason = Standing.PENDING, "It is recorded, and the journey has not taken it in yet."
    elif counting is not None and counting.position < row.position:
        standing, reason = Standing.REPEATED, "The same had been accepted before, and that acceptance counts."
    else:
        standing, reason = Standing.VOID, "It does not cover what has to be accepted; the timeline says what changed."
    void_since = cause.at if standing is Standing.VOID and cause is not None else None
    return Acceptance(row, standing, reason, void_since, _openings(journey, row))


def _counting(journey: PersonJourney, kind: EvidenceKind) -> EvidenceRow | None:
    if kind in _TERMS:
        return journey.acceptance(_TERMS[kind])
    lapsed = {row.evidence_id for row in journey.lapsed_answers()}
    standing = [row for row in journey.acts(kind) if row.evidence_id not in lapsed]
    return standing[-1] if standing else None


def _is_settled(journey: PersonJourney, row: EvidenceRow) -> bool:
    """Whether the journey itself says that this act counts, not the evidence alone."""
    if row.kind not in _TERMS:
        return journey.progress.mandate_route is not None
    kind = GateKind(_TERMS[row.kind].value)
    return any(gate.met for gate in journey.progress.gates if (gate.kind, gate.person_id) == (kind, row.person_id))


def _openings(journey: PersonJourney, row: EvidenceRow) -> dict[DocumentVersion, datetime]:
    opened = journey.opened()
    keys = [(str(one["document_id"]), int(str(one["version"]))) for one in row.documents]
    return {key: opened[key].occurred_at for key in keys if key in opened}


# --- why one does not count ---


def _causes(progress: Progress, row: EvidenceRow) -> Iterator[_Cause]:
    """Yield what happened on the journey that makes this act void, each with its sentence."""
    for entry in progress.timeline:
        match entry.event:
            case "terms changed":
                yield from _superseded(progress, entry, row)
            case "amended" if entry.at >= row.occurred_at:
                yield from _amended(entry, row)
            case "direct debit mandate failed" if entry.at >= row.occurred_at:
                if row.kind is EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED:
                    yield _Cause(entry.at, f"The mandate failed at the bank ({entry.detail}).")


def _superseded(progress: Progress, entry: TimelineEntry, row: EvidenceRow) -> Iterator[_Cause]:
    document_id, _, version = entry.detail.rpartition(" version ")
    covered = {str(one["document_id"]): int(str(one["version"])) for one in row.documents}
    if document_id in covered and version.isdecimal() and covered[document_id] < int(version):
        title = title_of(progress, document_id)
        yield _Cause(entry.at, f"{title} was published again as version {version}; only that one can be accepted now.")


def _amended(entry: TimelineEntry, row: EvidenceRow) -> Iterator[_Cause]:
    concerned = [name.removeprefix(f"{row.person_id}.") for name in entry.detail.split(", ")]
    rows = {found.field: found for name in concerned if (found := _row(name)) and _VOIDS[row.kind] in found.voids}
    if rows:
        changes = "; ".join(f"{field.replace('_', ' ')}, which {found.reason}" for field, found in rows.items())
        yield _Cause(entry.at, f"The adviser amended afterwards: {changes}.")


def _row(name: str) -> Materiality | None:
    """Return what a field means for acceptances; None for another person's field, whose name begins with their id."""
    try:
        return materiality(name)
    except UndeclaredField:
        return None


def title_of(progress: Progress, document_id: str) -> str:
    """Return a document's title as it is in force; its id when it is not in force any more."""
    return next((one.title for one in progress.documents if one.document_id == document_id), document_id)
