"""What a running journey knows: plain data, changed only by the workflow's stages and handlers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.advice import CORRECTION_ASKED
from domain.gates import Acceptance, Gate, HolderFacts, MandateFacts, RequiredDocument, gates
from domain.journey import DocumentKind, EndReason, GateKind, MandateRoute, Party, Stage
from models.commands import HolderDetails
from models.facts import DirectDebitMandateAnswered, DocumentView, MandateFailed, TermsAccepted
from models.messages import ChangeRequest, StartJourney, SystemRecords, TimelineEntry
from models.payloads import HolderRecord, HolderRef, HolderToRegister, JourneyRef
from models.people import AccountDetails, BankDetails, DirectDebit, KnownDetails
from workflows.parties import HolderState

Form = tuple[KnownDetails, BankDetails | None, bool]
"""What the details form of one party holds: details, bank details, and whether any were given."""


@dataclass(frozen=True)
class Ending:
    """Why and by whom a journey ends before its account is active (P43)."""

    reason: EndReason
    by: str
    person_id: str | None = None


class JourneyState:
    """Everything a journey knows, from its start message to the last fact."""

    def __init__(self, start: StartJourney, workflow_id: str, now: datetime) -> None:
        """Begin with what the start message says."""
        self.start = start
        self.started_at = now
        self.stage = start.first_stage
        self.stage_since = now
        self.version = 1
        self.waiting_on = Party.NOBODY
        self.waiting_since = now
        self.refused: list[str] = []
        self.email_problems: list[str] = []
        self.busy: list[Party] = []
        self.retry_at: datetime | None = None
        self.poll_at: datetime | None = None
        self.quiet_at: tuple[str, datetime] | None = None
        self.polls = 0
        self.ending: Ending | None = None
        self.on_hold_since: datetime | None = None
        self.holds: list[tuple[datetime, datetime]] = []
        self.records = SystemRecords()
        self.account: AccountDetails | None = None
        self.documents: list[DocumentView] = []
        self.superseding: dict[str, DocumentView] = {}
        self.mandate = MandateFacts()
        self.mandate_number = 1
        self.mandate_for: DirectDebit | None = None
        self.mandate_evidence: str | None = None
        self.mandate_recorded = False
        self.mandate_void_before: datetime | None = None
        self.mandate_failure: MandateFailed | None = None
        self.mandate_failures_seen: set[str] = set()
        self.first_subscription_on: date | None = None
        self.details_submitted = False
        self.change_requests: list[ChangeRequest] = []
        self.timeline: list[TimelineEntry] = []
        self.ref = JourneyRef(
            journey_id=start.journey_id,
            workflow_id=workflow_id,
            firm=start.firm,
            firm_name=start.firm_name,
            adviser=start.adviser,
            wrapper=start.wrapper,
        )
        self.holders = {
            holder.person_id: HolderState(
                holder=holder,
                facts=HolderFacts(holder.person_id, holder.role),
                details=holder.known_details,
                platform_client=holder.platform_client,
            )
            for holder in start.holders
        }

    # --- where the journey is ---

    def enter(self, stage: Stage, now: datetime) -> None:
        """Move to a stage; a stage that is held already keeps its beginning."""
        if stage is not self.stage:
            self.stage, self.stage_since = stage, now

    def end(self, ending: Ending) -> None:
        """Let the journey end unless it is over; while its account is being activated, only if that fails."""
        if self.ending is None and not self.stage.is_final:
            self.ending = ending

    @property
    def can_end(self) -> bool:
        """Whether the journey can still end without an active account (P43)."""
        return self.stage is not Stage.ACTIVATING and not self.stage.is_final

    @property
    def on_hold(self) -> bool:
        """Whether the journey's clock stands still."""
        return self.on_hold_since is not None

    def held_since(self, since: datetime, now: datetime) -> timedelta:
        """Return for how long the clock has stood still since this moment (P40)."""
        holds = [*self.holds, (self.on_hold_since, now)] if self.on_hold_since else self.holds
        return sum((max(end - max(begin, since), timedelta()) for begin, end in holds), timedelta())

    @contextmanager
    def working(self, party: Party) -> Iterator[None]:
        """Show that this system is worked with, and so waited for if it does not answer (P42)."""
        self.busy.append(party)
        try:
            yield
        finally:
            self.busy.remove(party)

    def now_waiting_on(self, party: Party, now: datetime) -> None:
        """Keep since when this party is awaited; each publication of the state is a version of its own."""
        if party is not self.waiting_on:
            self.waiting_on, self.waiting_since = party, now
        self.version += 1

    # --- parties ---

    @property
    def acting(self) -> list[HolderState]:
        """Those who accept in the portal: every holder, or the registered contact of a child (P31)."""
        return [holder for holder in self.holders.values() if holder.role.acts]

    @property
    def payer(self) -> HolderState:
        """Whose bank account is used: the first of those who act."""
        return self.acting[0]

    def take_over(self, forms: list[HolderDetails]) -> dict[str, Form]:
        """Take over the details form: what it names replaces what was known (P7); returns what it replaced."""
        before: dict[str, Form] = {}
        for entry in forms:
            holder = self.holders[entry.person_id]
            before[entry.person_id] = (holder.details, holder.bank_details, holder.bank_details_given)
            holder.details = holder.details.merged_with(entry.details)
            if entry.bank_details is not None:
                holder.bank_details, holder.bank_details_given = entry.bank_details, True
        return before

    def take_back(self, before: dict[str, Form]) -> None:
        """Put back what a details form replaced."""
        for person, (details, bank_details, given) in before.items():
            holder = self.holders[person]
            holder.details, holder.bank_details, holder.bank_details_given = details, bank_details, given

    def refs(self) -> list[HolderRef]:
        """Return every party's records."""
        return [state.ref for state in self.holders.values()]

    def records_to_write(self) -> list[HolderRecord]:
        """Return every party's full details."""
        return [state.record for state in self.holders.values()]

    def to_register(self) -> list[HolderToRegister]:
        """Return every party as far as they are known; guardians before their children."""
        parties = sorted(self.holders.values(), key=lambda state: state.role.acts, reverse=True)
        return [state.to_register for state in parties]

    # --- gates ---

    @property
    def mandate_selected(self) -> bool:
        """Whether the adviser asked for a direct debit; an answer that arrives earlier waits for it (P46)."""
        return self.account is not None and self.account.direct_debit is not None

    def required(self, kind: DocumentKind | None = None) -> list[RequiredDocument]:
        """Return the documents in force, of one kind if asked."""
        return [
            RequiredDocument(document.document_id, document.version, document.kind, document.title)
            for document in self.documents
            if kind is None or document.kind is kind
        ]

    def gates(self) -> list[Gate]:
        """Return the gates of P15 as the facts have them now."""
        return gates(
            [state.facts for state in self.holders.values()],
            self.required(),
            self.mandate if self.mandate_selected else None,
            payer=self.payer.person_id if self.mandate_selected else None,
            bank_details_given=[state.person_id for state in self.holders.values() if state.bank_details_given],
            epoch=self.started_at,
        )

    @property
    def all_gates_met(self) -> bool:
        """Whether the account may turn active (P15)."""
        return bool(self.documents) and all(gate.met for gate in self.gates())

    def awaited_clients(self) -> list[HolderState]:
        """Return those who still have something to do in the portal."""
        open_gates = [gate for gate in self.gates() if not gate.met and gate.awaited_from is Party.CLIENT]
        mandate_open = any(gate.kind is GateKind.DIRECT_DEBIT_MANDATE for gate in open_gates)
        persons = {gate.person_id for gate in open_gates} | ({self.payer.person_id} if mandate_open else set())
        return [holder for holder in self.acting if holder.person_id in persons]

    def attention(self) -> list[str]:
        """Return, in plain words, everything a person has to look at (P41, P48)."""
        reasons = [*self.refused, *self.email_problems]
        reasons += [
            f"The {gate.kind.value.replace('_', ' ')} {gate.detail}"
            for gate in self.gates()
            if not gate.met and gate.detail.startswith(("referred", "failed"))
        ]
        if self.change_requests:
            reasons.append(CORRECTION_ASKED)
        if self.mandate_failure is not None:
            reasons.append(self.mandate_failure.sentence_adviser or "The direct debit mandate failed")
        return reasons

    def settle(self, evidence_ids: list[str] | None) -> None:
        """Take these requests for a correction as dealt with; None: all of them (P21)."""
        settled = [asked.evidence_id for asked in self.change_requests] if evidence_ids is None else evidence_ids
        self.change_requests = [asked for asked in self.change_requests if asked.evidence_id not in settled]

    # --- facts ---

    def accept(self, kind: DocumentKind, accepted: TermsAccepted) -> bool:
        """Keep an acceptance as a fact, once; whether it counts is decided by the gates."""
        holder = self.holders.get(accepted.person_id)
        if holder is None or any(given.evidence_id == accepted.evidence_id for given in holder.facts.acceptances[kind]):
            return False
        documents = frozenset((document.document_id, document.version) for document in accepted.documents)
        holder.facts.acceptances[kind].append(Acceptance(accepted.occurred_at, documents, accepted.evidence_id))
        holder.acted(accepted.occurred_at)
        return True

    def answer_mandate(self, fact: DirectDebitMandateAnswered) -> bool:
        """Keep the answer to the mandate; an authorisation is never taken back by a late request for paper (P46)."""
        stale = self.mandate_void_before is not None and fact.occurred_at <= self.mandate_void_before
        if self.mandate.accepted_at is not None or fact.person_id not in self.holders or stale:
            return False
        accepted_at = None if fact.route is MandateRoute.PAPER_REQUESTED else fact.occurred_at
        self.mandate = MandateFacts(fact.route, accepted_at)
        self.mandate_evidence = fact.evidence_id
        self.holders[fact.person_id].acted(fact.occurred_at)
        return True

    def forget_mandate(self, before: datetime) -> None:
        """Let an answer to the mandate lapse that was given up to a moment: it was for something else (P44, P47)."""
        self.mandate_void_before = max(before, self.mandate_void_before or before)
        self.mandate, self.mandate_evidence, self.mandate_recorded = MandateFacts(), None, False

    def mandate_is_recorded(self, platform_mandate: str) -> None:
        """Note that the platform knows of the authorisation; it mends the failure of an earlier one (P47)."""
        self.mandate_recorded = True
        if self.mandate_failure is not None and self.mandate_failure.platform_mandate != platform_mandate:
            self.mandate_failure = None

    def supersede(self, document: DocumentView) -> bool:
        """Put a later version of a document in force (P28); before the documents are known it is kept for then."""
        known = self.superseding.get(document.document_id)
        if known is not None and known.version >= document.version:
            return False
        self.superseding[document.document_id] = document
        return self.put_in_force(self.documents)

    def put_in_force(self, documents: list[DocumentView]) -> bool:
        """Put these documents in force, each in the latest version known; whether that changed anything."""
        before = self.documents
        self.documents = [
            later
            if (later := self.superseding.get(document.document_id)) and later.version > document.version
            else document
            for document in documents
        ]
        return self.documents != before
