"""The gates of P15 as a pure function of facts, so that the order in which facts arrive cannot matter (P46).

Facts are kept as sets and first-seen moments; nothing here removes or reorders them. An acceptance counts only
for documents that the same person has opened (P24).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.journey import CheckStatus, DocumentKind, GateKind, MandateRoute, Party, PartyRole

_NEVER = datetime.min.replace(tzinfo=UTC)

DocumentVersion = tuple[str, int]
"""A document's id and the version that was shown."""


@dataclass(frozen=True)
class RequiredDocument:
    """A document in force that every holder must open before the acceptance it belongs to counts (P24)."""

    document_id: str
    version: int
    kind: DocumentKind
    title: str

    @property
    def key(self) -> DocumentVersion:
        """The id and version that openings and acceptances must name."""
        return (self.document_id, self.version)


@dataclass(frozen=True)
class Acceptance:
    """One act of accepting: when, and exactly which document versions it covered."""

    accepted_at: datetime
    documents: frozenset[DocumentVersion]
    evidence_id: str


@dataclass
class HolderFacts:
    """Everything known of one holder's part in the journey."""

    person_id: str
    role: PartyRole = PartyRole.HOLDER
    details_confirmed_at: datetime | None = None
    opened: dict[DocumentVersion, datetime] = field(default_factory=dict)
    acceptances: dict[DocumentKind, list[Acceptance]] = field(
        default_factory=lambda: {kind: [] for kind in DocumentKind},
    )
    platform_terms_accepted_before: bool = False
    void_before: dict[DocumentKind, datetime] = field(default_factory=dict)
    recorded: dict[DocumentKind, str] = field(default_factory=dict)
    identity_check: CheckStatus = CheckStatus.NOT_STARTED
    identity_checked_at: datetime | None = None
    bank_verification: CheckStatus = CheckStatus.NOT_STARTED
    bank_verified_at: datetime | None = None
    identity_reason: str = ""
    bank_reason: str = ""

    def missing_openings(self, documents: Iterable[RequiredDocument]) -> list[RequiredDocument]:
        """Return the documents this holder has not opened yet in the version in force (P24)."""
        return [document for document in documents if document.key not in self.opened]

    def counted_acceptance(self, kind: DocumentKind, documents: Iterable[RequiredDocument]) -> Acceptance | None:
        """Return the first acceptance that covers every document in force, all of them opened (P24), else None.

        One that was made before an amendment voided it does not count, however late it is reported (P44). One that the
        platform holds already is complete: terms that change afterwards leave it standing (P28).
        """
        standing = [given for given in self.acceptances[kind] if given.accepted_at > self._void_before(kind)]
        for given in standing:
            if given.evidence_id == self.recorded.get(kind):
                return given
        required = {document.key for document in documents}
        if not required or not required <= self.opened.keys():
            return None
        covering = (given for given in standing if required <= given.documents)
        return min(covering, key=lambda given: given.accepted_at, default=None)

    def terms_settled(self, kind: DocumentKind) -> bool:
        """Whether a change of these terms does not concern this person (P28)."""
        return kind is DocumentKind.PLATFORM_TERMS and self.platform_terms_accepted_before

    def void(self, kind: DocumentKind, at: datetime) -> None:
        """Let no acceptance of this kind count that was made up to this moment (P44)."""
        self.void_before[kind] = max(at, self._void_before(kind))
        self.recorded.pop(kind, None)
        if kind is DocumentKind.PLATFORM_TERMS:
            self.platform_terms_accepted_before = False

    def _void_before(self, kind: DocumentKind) -> datetime:
        return self.void_before.get(kind, _NEVER)


@dataclass(frozen=True)
class Gate:
    """One condition of P15: what, for whom, since when it is met, and otherwise who is awaited."""

    kind: GateKind
    person_id: str | None
    met_at: datetime | None
    awaited_from: Party
    detail: str

    @property
    def met(self) -> bool:
        """Whether the condition holds."""
        return self.met_at is not None


@dataclass(frozen=True)
class MandateFacts:
    """The direct debit mandate, where one was selected: its route and when it was authorised (P23)."""

    route: MandateRoute | None = None
    accepted_at: datetime | None = None


def gates(
    holders: Iterable[HolderFacts],
    documents: Iterable[RequiredDocument],
    mandate: MandateFacts | None,
    *,
    payer: str | None,
    bank_details_given: Collection[str],
    epoch: datetime,
) -> list[Gate]:
    """Return every gate of P15 with its state.

    Args:
        holders: the facts of each party: those who accept, and a child who is only checked (P31).
        documents: the documents in force; none known yet means that no acceptance can count.
        mandate: the direct debit mandate, or None when none was selected.
        payer: whose bank account a selected mandate draws on, None without a mandate.
        bank_details_given: the persons whose bank details are held, so that they must be verified.
        epoch: the moment reported for a gate that was met before this journey began.
    """
    documents = list(documents)
    result: list[Gate] = []
    for holder in holders:
        if holder.role.acts:
            result.append(_platform_terms(holder, documents, epoch))
            result.append(_product_terms(holder, documents))
        result.append(_identity(holder))
        if holder.person_id == payer or holder.person_id in bank_details_given:
            given = holder.person_id in bank_details_given
            result.append(_bank(holder, bank_details_given=given))
    if mandate is not None:
        result.append(_mandate(mandate))
    return result


def _of_kind(documents: list[RequiredDocument], kind: DocumentKind) -> list[RequiredDocument]:
    return [document for document in documents if document.kind is kind]


def _awaited_acceptance(holder: HolderFacts, documents: list[RequiredDocument]) -> str:
    missing = holder.missing_openings(documents)
    if missing:
        return "to open: " + ", ".join(document.title for document in missing)
    return "to be accepted"


def _platform_terms(holder: HolderFacts, documents: list[RequiredDocument], epoch: datetime) -> Gate:
    if holder.platform_terms_accepted_before:
        return Gate(GateKind.PLATFORM_TERMS, holder.person_id, epoch, Party.CLIENT, "accepted on an earlier journey")
    return _terms(GateKind.PLATFORM_TERMS, DocumentKind.PLATFORM_TERMS, holder, documents)


def _product_terms(holder: HolderFacts, documents: list[RequiredDocument]) -> Gate:
    return _terms(GateKind.PRODUCT_TERMS, DocumentKind.PRODUCT_TERMS, holder, documents)


def _terms(gate: GateKind, kind: DocumentKind, holder: HolderFacts, documents: list[RequiredDocument]) -> Gate:
    required = _of_kind(documents, kind)
    given = holder.counted_acceptance(kind, required)
    if given is not None:
        return Gate(gate, holder.person_id, given.accepted_at, Party.CLIENT, "accepted")
    return Gate(gate, holder.person_id, None, Party.CLIENT, _awaited_acceptance(holder, required))


_CHECK_WORDS = {
    CheckStatus.NOT_STARTED: "not started",
    CheckStatus.PENDING: "under way",
    CheckStatus.PASSED: "passed",
    CheckStatus.REFERRED: "referred: the platform needs more evidence",
    CheckStatus.FAILED: "failed: see the reason and correct the details",
}


def _check_words(status: CheckStatus, reason: str) -> str:
    return f"{_CHECK_WORDS[status]} ({reason})" if reason and status.needs_attention else _CHECK_WORDS[status]


def _identity(holder: HolderFacts) -> Gate:
    status = holder.identity_check
    met_at = holder.identity_checked_at if status is CheckStatus.PASSED else None
    words = _check_words(status, holder.identity_reason)
    return Gate(GateKind.IDENTITY_CHECK, holder.person_id, met_at, Party.PLATFORM, words)


def _bank(holder: HolderFacts, *, bank_details_given: bool) -> Gate:
    if not bank_details_given:
        return Gate(GateKind.BANK_VERIFICATION, holder.person_id, None, Party.CLIENT, "bank details to be given")
    status = holder.bank_verification
    met_at = holder.bank_verified_at if status is CheckStatus.PASSED else None
    words = _check_words(status, holder.bank_reason)
    return Gate(GateKind.BANK_VERIFICATION, holder.person_id, met_at, Party.PLATFORM, words)


def _mandate(mandate: MandateFacts) -> Gate:
    if mandate.route is MandateRoute.PAPER_REQUESTED:
        return Gate(GateKind.DIRECT_DEBIT_MANDATE, None, None, Party.ADVISER, "signed paper mandate to be sent in")
    detail = "authorised" if mandate.accepted_at else "to be authorised"
    return Gate(GateKind.DIRECT_DEBIT_MANDATE, None, mandate.accepted_at, Party.CLIENT, detail)
