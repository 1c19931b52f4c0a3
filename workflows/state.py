"""What a running journey knows: plain data, changed only by the workflow's stages and handlers."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.gates import Acceptance, Gate, HolderFacts, MandateFacts, RequiredDocument, gates
from domain.journey import DocumentKind, MandateRoute, Party, Stage
from models.facts import CheckState, DirectDebitMandateAnswered, TermsAccepted
from models.messages import (
    ChangeRequest,
    DocumentView,
    GateView,
    Holder,
    StartJourney,
    SubmitClientDetails,
    SystemRecords,
    TimelineEntry,
)
from models.payloads import (
    ClientState,
    GivenAcceptance,
    GivenMandate,
    HolderRecord,
    HolderRef,
    HolderToRegister,
    JourneyRef,
)
from models.people import AccountDetails, BankDetails, KnownDetails


@dataclass
class HolderState:
    """One holder: who they are in each system, their details, and the facts of their part."""

    holder: Holder
    facts: HolderFacts
    details: KnownDetails
    platform_client: str | None
    bank_details: BankDetails | None = None
    bank_details_given: bool = False
    unsaved_bank_details: BankDetails | None = None
    client_active: bool = False
    invitations: int = 0
    recorded: set[str] = field(default_factory=set)

    @property
    def ref(self) -> HolderRef:
        """The holder's records; only after the platform client exists."""
        assert self.platform_client is not None
        return HolderRef(
            person_id=self.holder.person_id,
            plannr_account=self.holder.plannr_account,
            platform_client=self.platform_client,
        )

    def observe_checks(self, *, identity: CheckState, bank: CheckState) -> None:
        """Take over the checks' states unless later ones are known already (P46)."""
        facts = self.facts
        if _is_news(identity, facts.identity_checked_at):
            facts.identity_check, facts.identity_checked_at = identity.status, identity.updated_at
        if _is_news(bank, facts.bank_verified_at):
            facts.bank_verification, facts.bank_verified_at = bank.status, bank.updated_at

    def take_over(self, client: ClientState) -> None:
        """Take over the platform's view of this client."""
        self.client_active = client.active
        self.facts.platform_terms_accepted_before |= client.platform_terms_current
        self.bank_details_given |= client.bank_details_given
        self.observe_checks(identity=client.identity, bank=client.bank)


def _is_news(check: CheckState, known_at: datetime | None) -> bool:
    return known_at is None or (check.updated_at is not None and check.updated_at >= known_at)


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
        self.busy_with: Party | None = None
        self.retry_at: datetime | None = None
        self.poll_at: datetime | None = None
        self.polls = 0
        self.records = SystemRecords()
        self.account: AccountDetails | None = None
        self.documents: list[DocumentView] = []
        self.mandate = MandateFacts()
        self.mandate_evidence: str | None = None
        self.mandate_recorded = False
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
                facts=HolderFacts(holder.person_id),
                details=holder.known_details,
                platform_client=holder.platform_client,
            )
            for holder in start.holders
        }

    def enter(self, stage: Stage, now: datetime) -> None:
        """Move to a stage; a stage that is held already keeps its beginning."""
        if stage is not self.stage:
            self.stage, self.stage_since = stage, now

    def now_waiting_on(self, party: Party, now: datetime) -> None:
        """Keep since when this party is awaited; each publication of the state is a version of its own."""
        if party is not self.waiting_on:
            self.waiting_on, self.waiting_since = party, now
        self.version += 1

    def take_over(self, form: SubmitClientDetails) -> None:
        """Take over the details form: what it names replaces what was known (P7)."""
        for entry in form.holders:
            holder = self.holders[entry.person_id]
            holder.details = holder.details.merged_with(entry.details)
            if entry.bank_details is not None:
                holder.bank_details, holder.bank_details_given = entry.bank_details, True

    def gates(self) -> list[Gate]:
        """Return the gates of P15 as the facts have them now."""
        return gates(
            [state.facts for state in self.holders.values()],
            [
                RequiredDocument(document.document_id, document.version, document.kind, document.title)
                for document in self.documents
            ],
            self.mandate if self.mandate_selected else None,
            bank_details_given=any(state.bank_details_given for state in self.holders.values()),
            epoch=self.started_at,
        )

    @property
    def mandate_selected(self) -> bool:
        """Whether the adviser asked for a direct debit; an answer that arrives earlier waits for it (P46)."""
        return self.account is not None and self.account.direct_debit is not None

    @property
    def all_gates_met(self) -> bool:
        """Whether the account may turn active (P15)."""
        return bool(self.documents) and all(gate.met for gate in self.gates())

    def gate_views(self) -> list[GateView]:
        """Return the gates for people: met since when, or awaited since when."""
        return [
            GateView(
                kind=gate.kind,
                person_id=gate.person_id,
                met=gate.met,
                since=gate.met_at or self.stage_since,
                awaited_from=gate.awaited_from,
                detail=gate.detail,
            )
            for gate in self.gates()
        ]

    def attention(self) -> list[str]:
        """Return, in plain words, everything a person has to look at (P41)."""
        reasons = list(self.refused)
        reasons += [
            f"The {gate.kind.value.replace('_', ' ')} {gate.detail}"
            for gate in self.gates()
            if not gate.met and (gate.detail.startswith("referred") or gate.detail.startswith("failed"))
        ]
        if self.change_requests:
            reasons.append("The client asked for a correction of their details")
        return reasons

    def accept(self, kind: DocumentKind, accepted: TermsAccepted) -> bool:
        """Keep an acceptance as a fact, once; whether it counts is decided by the gates."""
        holder = self.holders.get(accepted.person_id)
        if holder is None or any(given.evidence_id == accepted.evidence_id for given in holder.facts.acceptances[kind]):
            return False
        documents = frozenset((document.document_id, document.version) for document in accepted.documents)
        holder.facts.acceptances[kind].append(Acceptance(accepted.occurred_at, documents, accepted.evidence_id))
        return True

    def answer_mandate(self, fact: DirectDebitMandateAnswered) -> bool:
        """Keep the answer to the mandate; an authorisation is never taken back by a late request for paper (P46)."""
        if self.mandate.accepted_at is not None or fact.person_id not in self.holders:
            return False
        accepted_at = None if fact.route is MandateRoute.PAPER_REQUESTED else fact.occurred_at
        self.mandate = MandateFacts(fact.route, accepted_at)
        self.mandate_evidence = fact.evidence_id
        return True

    def acceptances_to_record(self) -> list[GivenAcceptance]:
        """Return the acceptances that count and that the platform does not know of yet."""
        found: list[GivenAcceptance] = []
        for state in self.holders.values():
            for kind in DocumentKind:
                if kind is DocumentKind.PLATFORM_TERMS and state.facts.platform_terms_accepted_before:
                    continue
                documents = [document for document in self.documents if document.kind is kind]
                required = [RequiredDocument(d.document_id, d.version, d.kind, d.title) for d in documents]
                given = state.facts.counted_acceptance(kind, required)
                if given is None or given.evidence_id in state.recorded:
                    continue
                found.append(
                    GivenAcceptance(
                        person_id=state.holder.person_id,
                        platform_client=state.ref.platform_client,
                        kind=kind,
                        evidence_id=given.evidence_id,
                        accepted_at=given.accepted_at,
                        documents=documents,
                    )
                )
        return found

    def mandate_to_record(self) -> GivenMandate | None:
        """Return the authorisation of the mandate unless the platform knows of it."""
        accepted_at, mandate = self.mandate.accepted_at, self.records.platform_mandate
        if accepted_at is None or mandate is None or self.mandate_recorded:
            return None
        return GivenMandate(
            platform_mandate=mandate,
            evidence_id=self.mandate_evidence or "",
            accepted_at=accepted_at,
        )

    def refs(self) -> list[HolderRef]:
        """Return every holder's records."""
        return [state.ref for state in self.holders.values()]

    def records_to_write(self) -> list[HolderRecord]:
        """Return every holder's full details."""
        return [
            HolderRecord(holder=state.ref, details=state.details.complete(), bank_details=state.bank_details)
            for state in self.holders.values()
        ]

    def to_register(self) -> list[HolderToRegister]:
        """Return every holder as far as they are known."""
        return [
            HolderToRegister(
                person_id=state.holder.person_id,
                plannr_account=state.holder.plannr_account,
                platform_client=state.platform_client,
                known_details=state.details,
            )
            for state in self.holders.values()
        ]
