"""Everything that goes into the evidence pack of one journey, gathered: its records, people and documents."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final
from urllib.parse import quote

from api.evidence_pack.standing import Acceptance, acceptances
from domain.gates import DocumentVersion
from domain.journey import PartyRole
from models.messages import HolderView, Progress
from models.tables import AuditRow, EmailRow, EvidenceRow
from runtime.brand import Brand

_PDF: Final = b"%PDF-"


@dataclass(frozen=True)
class KeptDocument:
    """A document in a version that was opened or accepted, with exactly the bytes that were shown (P24)."""

    document_id: str
    version: int
    sha256: str
    title: str
    content: bytes

    @property
    def file(self) -> str:
        """Its name in the pack; safe on every file system, whatever the id holds."""
        ending = "pdf" if self.content.startswith(_PDF) else "html"
        return f"documents/{quote(self.document_id, safe='')}-v{self.version}.{ending}"


@dataclass(frozen=True)
class Party:
    """A person of the journey; `name` is the platform's at the time of the export, empty when it has none any more."""

    holder: HolderView
    name: str
    joint: bool

    @property
    def capacity(self) -> str:
        """In which capacity the person takes part, in words (P30, P31)."""
        match self.holder.role:
            case PartyRole.CHILD:
                return "child for whom the account is held"
            case PartyRole.REGISTERED_CONTACT:
                return "registered contact, acting for the child"
            case PartyRole.HOLDER:
                return "joint holder" if self.joint else "holder"


@dataclass(frozen=True)
class Dossier:
    """One journey with all its records, at one moment."""

    progress: Progress
    firm_name: str
    brand: Brand
    names: dict[str, str]
    evidence: tuple[EvidenceRow, ...]
    emails: tuple[EmailRow, ...]
    audit: tuple[AuditRow, ...]
    documents: tuple[KeptDocument, ...]
    generated_at: datetime

    @cached_property
    def acceptances(self) -> list[Acceptance]:
        """Every acceptance with its worth, in the order they were given."""
        return acceptances(self.progress, self.evidence)

    @cached_property
    def parties(self) -> dict[str, Party]:
        """The people by their ids."""
        joint = sum(holder.role is PartyRole.HOLDER for holder in self.progress.holders) > 1
        return {
            holder.person_id: Party(holder, self.names.get(holder.person_id, ""), joint)
            for holder in self.progress.holders
        }

    @cached_property
    def documents_by_version(self) -> dict[DocumentVersion, KeptDocument]:
        """The documents by id and version."""
        return {(one.document_id, one.version): one for one in self.documents}


def shown_documents(evidence: Iterable[EvidenceRow]) -> dict[DocumentVersion, str]:
    """Return every document version that was opened or accepted with the hash on record, superseded ones too (P28)."""
    return {
        (str(one["document_id"]), int(str(one["version"]))): str(one["sha256"])
        for row in evidence
        for one in row.documents
    }
