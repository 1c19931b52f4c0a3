"""What the certificate says, for people: the same content for its HTML and its PDF form; pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from api.evidence_pack.dossier import Dossier
from api.evidence_pack.records import ChainedTimeline
from api.evidence_pack.standing import Acceptance, Standing
from api.web.wording import LONDON, counted, day, pounds
from domain.journey import GateKind, Party, Stage
from domain.wrappers import wrapper_words
from models.tables import EvidenceKind

_WHAT: Final = {
    EvidenceKind.PLATFORM_TERMS_ACCEPTED: "Platform terms",
    EvidenceKind.PRODUCT_TERMS_ACCEPTED: "Product terms",
    EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED: "Direct debit mandate",
}
_GATES: Final = {
    GateKind.PLATFORM_TERMS: "Platform terms",
    GateKind.PRODUCT_TERMS: "Product terms",
    GateKind.DIRECT_DEBIT_MANDATE: "Direct debit mandate",
}
_STANDING: Final = {
    Standing.COUNTS: "Counts",
    Standing.VOID: "No longer counts",
    Standing.REPEATED: "Repeated",
    Standing.PENDING: "Recorded",
}
_OUTCOMES: Final = {
    Stage.ILLUSTRATED: "Under way; nobody has been asked to accept anything yet",
    Stage.APPLICATION_DRAFT: "Under way; nobody has been asked to accept anything yet",
    Stage.AWAITING_CLIENT: "Under way; not every acceptance has been given",
    Stage.ACTIVATING: "Under way; the account is being opened",
    Stage.ACTIVE: "Account active",
    Stage.WITHDRAWN: "Withdrawn; no account was opened",
    Stage.DECLINED: "Declined; no account was opened",
    Stage.EXPIRED: "Expired; no account was opened",
}
_ENDED: Final = frozenset({Stage.WITHDRAWN, Stage.DECLINED, Stage.EXPIRED})
_FINAL_LEAD: Final = (
    "This certificate sets out what each person named below was shown, opened and accepted before the account was "
    "opened, in the words they agreed to and at the times that were recorded."
)
_INTERIM_LEAD: Final = (
    "This record sets out what each person named below had been shown, opened and accepted up to the moment it was "
    "made, in the words they agreed to and at the times that were recorded."
)
_NO_NAME: Final = "Name no longer held by the platform"


@dataclass(frozen=True)
class Person:
    """A party of the journey."""

    name: str
    capacity: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Shown:
    """A document that an acceptance covers."""

    title: str
    version: int
    opened: str
    sha256: str


@dataclass(frozen=True)
class Entry:
    """One act of accepting."""

    what: str
    name: str
    capacity: str
    at: str
    statement: tuple[str, ...]
    proven: str
    documents: tuple[Shown, ...]
    standing: str
    counts: bool
    reason: str
    act: str
    record_hash: str


@dataclass(frozen=True)
class Certificate:
    """Everything the certificate says, section by section."""

    title: str
    lead: str
    issuer: str
    firm: str
    made: str
    facts: tuple[tuple[str, str], ...]
    people: tuple[Person, ...]
    counting: tuple[Entry, ...]
    others: tuple[Entry, ...]
    open_points: tuple[str, ...]
    seals: tuple[tuple[str, str], ...]
    footer: str


def certificate(dossier: Dossier, timeline: ChainedTimeline, key_fingerprint: str) -> Certificate:
    """Return what the certificate of this journey says."""
    active = dossier.progress.stage is Stage.ACTIVE
    entries = [(one.standing, _entry(dossier, one)) for one in dossier.acceptances]
    return Certificate(
        title="Certificate of acceptance" if active else "Record of acceptance",
        lead=_FINAL_LEAD if active else _INTERIM_LEAD,
        issuer=dossier.brand.name,
        firm=dossier.firm_name,
        made=moment(dossier.generated_at),
        facts=tuple(_facts(dossier)),
        people=tuple(_people(dossier)),
        counting=tuple(entry for standing, entry in entries if standing is Standing.COUNTS),
        others=tuple(entry for standing, entry in entries if standing is not Standing.COUNTS),
        open_points=tuple(_open_points(dossier)),
        seals=(
            ("Evidence", f"{counted(len(dossier.evidence), 'act')}, each sealed to the one before"),
            ("Last act", dossier.evidence[-1].record_hash if dossier.evidence else "none"),
            ("Timeline", f"{counted(timeline.lines, 'line')}, each sealed to the one before"),
            ("Last line", timeline.head),
            ("Sealing key", key_fingerprint),
        ),
        footer=dossier.brand.regulatory_footer,
    )


def moment(value: datetime) -> str:
    """Return `23 November 2026, 14:05:33 GMT`: to the second, in London's time, which names its zone."""
    local = value.astimezone(LONDON)
    return f"{day(value)}, {local:%H:%M:%S %Z}"


def _facts(dossier: Dossier) -> list[tuple[str, str]]:
    progress = dossier.progress
    words = wrapper_words(progress.wrapper)
    joint = " held jointly" if any(party.joint for party in dossier.parties.values()) else ""
    facts = [
        ("Account", f"{words[0].upper()}{words[1:]}{joint}"),
        ("Outcome", f"{_OUTCOMES[progress.stage]}, since {moment(progress.stage_since)}"),
        ("Started", moment(progress.started_at)),
        ("Firm's reference", progress.external_reference),
        ("Journey", progress.journey_id),
        ("Adviser", progress.adviser_id),
    ]
    if progress.direct_debit is not None:
        debit = progress.direct_debit
        words = f"{pounds(debit.amount_pence)} {debit.frequency.value}, collected on day {debit.collection_day}"
        facts.append(("Direct debit", words))
    records = progress.records
    for label, value in (("Platform account", records.platform_account), ("Plannr plan", records.plannr_plan)):
        if value is not None:
            facts.append((label, value))
    return facts


def _people(dossier: Dossier) -> list[Person]:
    people = []
    for person_id, party in dossier.parties.items():
        facts = [("Person", person_id)]
        if party.holder.platform_client is not None:
            facts.append(("Platform client", party.holder.platform_client))
        people.append(Person(party.name or _NO_NAME, party.capacity, tuple(facts)))
    return people


def _entry(dossier: Dossier, one: Acceptance) -> Entry:
    row, party = one.row, dossier.parties[one.row.person_id]
    return Entry(
        what=_WHAT[row.kind],
        name=party.name or _NO_NAME,
        capacity=party.capacity,
        at=moment(row.occurred_at),
        statement=tuple((row.statement or "").splitlines()),
        proven=_proven(row.authentication),
        documents=tuple(_shown(dossier, one)),
        standing=_standing(dossier, one),
        counts=one.standing is Standing.COUNTS,
        reason=" ".join(filter(None, (one.reason, f"Since {moment(one.void_since)}." if one.void_since else ""))),
        act=f"Act {row.position} of {len(dossier.evidence)}",
        record_hash=row.record_hash,
    )


def _standing(dossier: Dossier, one: Acceptance) -> str:
    """Return the worth of an acceptance in words; what stood when a journey ended without an account opened none."""
    if one.standing is Standing.COUNTS and dossier.progress.stage in _ENDED:
        return "Stood at the end"
    return _STANDING[one.standing]


def _shown(dossier: Dossier, one: Acceptance) -> list[Shown]:
    shown = []
    for document in one.row.documents:
        key = (str(document["document_id"]), int(str(document["version"])))
        kept, opened = dossier.documents_by_version[key], one.opened_at.get(key)
        words = f"opened {moment(opened)}" if opened else "no opening on record"
        shown.append(Shown(kept.title, kept.version, words, kept.sha256))
    return shown


def _proven(authentication: str | None) -> str:
    """Return how somebody proved who they are; `password at 2026-11-23T14:05:33+00:00` in the words of a person."""
    how, separator, at = (authentication or "").rpartition(" at ")
    if not separator:
        return authentication or "not recorded"
    try:
        return f"signed in with their {how}, {moment(datetime.fromisoformat(at).astimezone(UTC))}"
    except ValueError:
        return authentication or "not recorded"


def _open_points(dossier: Dossier) -> list[str]:
    """Return what this journey's evidence does not show: terms of an earlier journey, and what is not given yet."""
    points = []
    for gate in dossier.progress.gates:
        if gate.kind not in _GATES:
            continue
        who = dossier.parties[gate.person_id].name or _NO_NAME if gate.person_id else "the payer"
        if (
            gate.met
            and gate.detail.startswith("accepted on an earlier journey")
            and not _given(dossier, gate.person_id)
        ):
            points.append(
                f"{_GATES[gate.kind]}: {who} accepted them on an earlier journey, whose pack has the evidence."
            )
        elif not gate.met and gate.awaited_from in {Party.CLIENT, Party.ADVISER}:
            points.append(f"{_GATES[gate.kind]}: not given by {who} when this was made.")
    return points


def _given(dossier: Dossier, person_id: str | None) -> bool:
    kind = EvidenceKind.PLATFORM_TERMS_ACCEPTED
    return any((one.row.person_id, one.row.kind) == (person_id, kind) for one in dossier.acceptances)
