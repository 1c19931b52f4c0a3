"""The parts of a journey's page: conditions, people, documents and e-mails, each ready to be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api import views
from api.workbench import wording
from api.workbench.actions import path
from api.workbench.discrepancy_rows import timeline_page
from api.workbench.possible import possible_commands
from domain.advice import advice
from domain.journey import GateKind
from models.messages import GateView, HolderView, Progress
from models.tables import EmailRow, EmailState, EvidenceRow
from storage.people import KnownPerson

_SHORT: Final = 12


@dataclass(frozen=True, slots=True)
class Condition:
    """One gate of P15: met or awaited, from whom, and since when."""

    what: str
    who: str
    met: bool
    state: str
    awaited_from: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """One who takes part, and how far they have come."""

    name: str
    role: str
    signs_in: str
    details_confirmed_at: datetime | None
    acts: bool
    identity: str
    bank: str


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """What one person did with one document."""

    name: str
    opened_at: datetime | None
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Document:
    """A document in force, the fingerprint of its version, and who has opened and accepted it (P24)."""

    document_id: str
    title: str
    version: int
    kind: str
    sha256: str
    people: list[DocumentPart]

    @property
    def short(self) -> str:
        """The beginning of the fingerprint."""
        return self.sha256[:_SHORT]


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail of the journey and what became of it; `fix` leads to where its address is corrected (P48)."""

    about: str
    subject: str
    to: str
    state: str
    colour: str
    at: datetime
    reply: str
    preview: str
    fix: str


def conditions(progress: Progress, names: Mapping[str, str]) -> list[Condition]:
    """Return every condition that must be met before the account turns active (P15)."""
    return [
        Condition(
            what=wording.GATES[gate.kind],
            who=names.get(gate.person_id or "", ""),
            met=gate.met,
            state=_state(gate),
            awaited_from=wording.PARTIES[gate.awaited_from],
            since=gate.since,
        )
        for gate in progress.gates
    ]


def _state(gate: GateView) -> str:
    if gate.detail.startswith(("failed", "referred")):
        # The same words as where it is said that the journey needs attention.
        return advice([f"The {gate.kind.value.replace('_', ' ')} {gate.detail}"])[0].what
    return wording.sentence(gate.detail)


def people(progress: Progress, names: Mapping[str, str], known: Mapping[str, KnownPerson]) -> list[Person]:
    """Return those who take part (P30, P31)."""
    checked = {gate.person_id for gate in progress.gates if gate.kind is GateKind.BANK_VERIFICATION}
    return [_person(holder, names, known, bank_checked=holder.person_id in checked) for holder in progress.holders]


def _person(
    holder: HolderView, names: Mapping[str, str], known: Mapping[str, KnownPerson], *, bank_checked: bool
) -> Person:
    person = known.get(holder.person_id)
    return Person(
        name=names[holder.person_id],
        role=wording.ROLES[holder.role],
        signs_in=_signs_in(holder, person),
        details_confirmed_at=holder.details_confirmed_at,
        acts=holder.role.acts,
        identity=wording.CHECKS[holder.identity_check],
        bank=_bank(holder, checked=bank_checked),
    )


def _signs_in(holder: HolderView, person: KnownPerson | None) -> str:
    if not holder.role.acts:
        return "Does not sign in"
    if person is None:
        return "Not invited yet"
    return "Has a login" if person.has_password else "Has not set a password yet"


def _bank(holder: HolderView, *, checked: bool) -> str:
    if checked and holder.bank_details_given:
        return wording.CHECKS[holder.bank_verification]
    return "Bank details awaited" if checked else "Not needed"


def documents(progress: Progress, names: Mapping[str, str], evidence: list[EvidenceRow]) -> list[Document]:
    """Return the documents in force, and who of those who act has opened and accepted which (P24)."""
    acting = [holder.person_id for holder in progress.holders if holder.role.acts]
    shown = [views.document(document, acting, evidence) for document in progress.documents]
    return [
        Document(
            document_id=document.document_id,
            title=document.title,
            version=document.version,
            kind=wording.sentence(document.kind.replace("_", " ")),
            sha256=document.sha256,
            people=[DocumentPart(names[one.person_id], one.opened_at, one.accepted_at) for one in document.holders],
        )
        for document in shown
    ]


def synced(progress: Progress, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return who of a journey is on the platform already, by name, and the page of what the sync did for them (P52)."""
    return [
        (names[holder.person_id], timeline_page(holder.platform_client))
        for holder in progress.holders
        if holder.platform_client is not None
    ]


def emails(progress: Progress, names: Mapping[str, str], rows: list[EmailRow], *, may_act: bool) -> list[Email]:
    """Return the journey's e-mails, the last one first."""
    fixable = may_act and "change-email" in possible_commands(progress)
    fix = path(progress.journey_id, "change-email") if fixable else ""
    return [_email(progress.journey_id, row, names, fix) for row in reversed(rows)]


def _email(journey_id: str, row: EmailRow, names: Mapping[str, str], fix: str) -> Email:
    words, colour = wording.EMAIL_STATES[row.state]
    refused = row.state is EmailState.REFUSED
    to_client = row.recipient_role == "client"
    return Email(
        about=wording.sentence(wording.event_words(row.event)),
        subject=row.subject,
        to=names.get(row.person_id, "Client") if to_client else "Adviser",
        state=words,
        colour=colour,
        at=row.sent_at or row.created_at,
        reply=row.reply if refused else "",
        preview=path(journey_id, f"emails/{email_key(row)}"),
        fix=fix if refused and to_client else "",
    )


def email_key(row: EmailRow) -> str:
    """Return what names an e-mail in an address: its Message-ID without the domain."""
    return row.message_id.strip("<>").partition("@")[0]
