"""What a person agreed to on a journey, from the evidence alone: for the confirmation and the receipt (C13)."""

from dataclasses import dataclass
from datetime import datetime

from api.portal.person_journey import PersonJourney
from domain.journey import DocumentKind
from models.tables import EvidenceKind, EvidenceRow


@dataclass(frozen=True)
class AgreedDocument:
    """A document that an acceptance covers."""

    document_id: str
    title: str
    version: int
    sha256: str
    opened_at: datetime | None


@dataclass(frozen=True)
class Agreement:
    """An acceptance that counts: each sentence word for word, when, and every document under it.

    `record` is the hash of its evidence, which nobody can change afterwards without it being seen.
    """

    kind: DocumentKind
    accepted_at: datetime
    sentences: tuple[str, ...]
    documents: tuple[AgreedDocument, ...]
    record: str
    authentication: str


@dataclass(frozen=True)
class OtherAct:
    """Something else the person confirmed, word for word."""

    at: datetime
    statement: str


_OTHERS = (
    EvidenceKind.DETAILS_CONFIRMED,
    EvidenceKind.BANK_DETAILS_SUBMITTED,
    EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED,
)


def agreements(journey: PersonJourney) -> list[Agreement]:
    """Return the acceptances that count on this journey, the platform's first (P24, P25)."""
    found = ((kind, journey.acceptance(kind)) for kind in DocumentKind)
    return [_agreement(journey, kind, row) for kind, row in found if row is not None]


def other_acts(journey: PersonJourney) -> list[OtherAct]:
    """Return the last act of each other kind that the person confirmed, in their order."""
    last = [rows[-1] for kind in _OTHERS if (rows := journey.acts(kind))]
    return [OtherAct(row.occurred_at, row.statement or "") for row in sorted(last, key=lambda row: row.position)]


def _agreement(journey: PersonJourney, kind: DocumentKind, row: EvidenceRow) -> Agreement:
    titles = {document.document_id: document.title for document in journey.progress.documents}
    opened = journey.opened()
    documents = []
    for one in row.documents:
        document_id, version = str(one["document_id"]), int(str(one["version"]))
        opening = opened.get((document_id, version))
        documents.append(
            AgreedDocument(
                document_id=document_id,
                title=titles.get(document_id, document_id),
                version=version,
                sha256=str(one["sha256"]),
                opened_at=opening.occurred_at if opening is not None else None,
            )
        )
    return Agreement(
        kind=kind,
        accepted_at=row.occurred_at,
        sentences=tuple((row.statement or "").splitlines()),
        documents=tuple(documents),
        record=row.record_hash,
        authentication=row.authentication or "",
    )
