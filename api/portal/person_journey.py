"""A journey as one of its people sees it: what the workflow reports together with what this person's evidence says.

The gates are the truth of what counts; evidence says when something was opened or accepted, and counts by itself only
as long as the workflow can't have heard of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from api.problem_types import JOURNEY_OVER, WRONG_STAGE
from api.problems import Problem
from domain.declarations import MANDATE_PAPER_STATEMENT
from domain.gates import DocumentVersion, RequiredDocument
from domain.journey import BankDetailsPolicy, CheckStatus, DocumentKind, GateKind, MandateRoute, PartyRole, Stage
from domain.portal_tasks import STAGE_WORDS, ClientFacts, TaskKey, TaskList, task_list
from models.messages import GateView, HolderView, Progress
from models.tables import EvidenceKind, EvidenceRow

UNDER_WAY: Final = frozenset({Stage.AWAITING_CLIENT, Stage.ACTIVATING, Stage.ACTIVE})
"""The stages in which a client's evidence can count for something."""

_ENDED: Final = frozenset({Stage.WITHDRAWN, Stage.DECLINED, Stage.EXPIRED})
_ACCEPTANCES: Final = {
    DocumentKind.PLATFORM_TERMS: EvidenceKind.PLATFORM_TERMS_ACCEPTED,
    DocumentKind.PRODUCT_TERMS: EvidenceKind.PRODUCT_TERMS_ACCEPTED,
}


@dataclass(frozen=True)
class PersonJourney:
    """One person's part in one journey; `declined` once anybody's refusal to go on is recorded (P27, P30)."""

    person_id: str
    progress: Progress
    evidence: tuple[EvidenceRow, ...]
    declined: bool = False

    # --- who and where ---

    @property
    def holder(self) -> HolderView:
        """This person among the parties."""
        return next(holder for holder in self.progress.holders if holder.person_id == self.person_id)

    @property
    def capacity(self) -> str:
        """In which capacity this person acts (P30, P31)."""
        if self.holder.role is PartyRole.REGISTERED_CONTACT:
            return PartyRole.REGISTERED_CONTACT.value
        holders = sum(holder.role is PartyRole.HOLDER for holder in self.progress.holders)
        return "joint" if holders > 1 else "self"

    @property
    def pays(self) -> bool:
        """Whether a direct debit draws on this person's account: the first who acts (P30)."""
        return next(holder for holder in self.progress.holders if holder.role.acts).person_id == self.person_id

    @property
    def stage(self) -> Stage:
        """Where the journey is for this person: declined from the moment that this is recorded."""
        stage = self.progress.stage
        declined = self.declined or bool(self.acts(EvidenceKind.JOURNEY_DECLINED))
        return Stage.DECLINED if declined and stage is Stage.AWAITING_CLIENT else stage

    @property
    def mandate_wanted_again(self) -> bool:
        """Whether the mandate failed although the account is open, so that a fresh one can be given (P47)."""
        return self.stage is Stage.ACTIVE and self.progress.mandate_failed and self.pays

    # --- what this person did ---

    def with_act(self, row: EvidenceRow) -> "PersonJourney":
        """Return the journey with one more act, unless it is counted already."""
        known = any(earlier.evidence_id == row.evidence_id for earlier in self.evidence)
        return self if known else replace(self, evidence=(*self.evidence, row))

    def acts(self, kind: EvidenceKind) -> list[EvidenceRow]:
        """Return what this person did of one kind, the first act first."""
        return [row for row in self.evidence if row.kind is kind]

    def unheard(self, row: EvidenceRow) -> bool:
        """Whether the workflow can't have known of an act when it reported its progress."""
        return row.signalled_at is None or max(row.occurred_at, row.signalled_at) > self.reported_at

    @property
    def reported_at(self) -> datetime:
        """The latest moment that the workflow's report tells of."""
        return max([self.progress.stage_since, *(entry.at for entry in self.progress.timeline)])

    def _gate(self, kind: GateKind) -> GateView | None:
        person = None if kind is GateKind.DIRECT_DEBIT_MANDATE else self.person_id
        found = (gate for gate in self.progress.gates if gate.kind is kind and gate.person_id == person)
        return next(found, None)

    # --- documents and terms ---

    def required(self, kind: DocumentKind) -> list[RequiredDocument]:
        """Return the documents in force that one acceptance has to cover."""
        return [
            RequiredDocument(document.document_id, document.version, document.kind, document.title)
            for document in self.progress.documents
            if document.kind is kind
        ]

    def opened(self) -> dict[DocumentVersion, EvidenceRow]:
        """Return the evidence of each document version this person opened (P24)."""
        return {
            (row.document_id, row.version): row
            for row in self.acts(EvidenceKind.DOCUMENT_OPENED)
            if row.document_id is not None and row.version is not None
        }

    def unopened(self, kind: DocumentKind) -> tuple[RequiredDocument, ...]:
        """Return the documents in force that this person has not opened yet (P24)."""
        opened = self.opened()
        return tuple(document for document in self.required(kind) if document.key not in opened)

    def changed(self) -> dict[str, int]:
        """Return the documents that changed since this person opened them, with the version they opened last (P28)."""
        opened = self.opened()
        in_force = {document.document_id: document.version for document in self.progress.documents}
        before: dict[str, int] = {}
        for document_id, version in opened:
            if document_id in in_force and (document_id, in_force[document_id]) not in opened:
                before[document_id] = max(version, before.get(document_id, 0))
        return before

    def accepted(self, kind: DocumentKind) -> bool:
        """Whether these terms are accepted: their gate is met, or will be once the workflow has heard (P24, P25)."""
        gate = self._gate(GateKind(kind.value))
        return (gate is not None and gate.met) or self.acceptance(kind) is not None

    def acceptance(self, kind: DocumentKind) -> EvidenceRow | None:
        """Return this person's acceptance that counts on this journey (P24, P25)."""
        gate, given = self._gate(GateKind(kind.value)), self.acts(_ACCEPTANCES[kind])
        if gate is not None and gate.met:
            counted = (row for row in given if row.occurred_at == gate.since)
            return next(counted, given[-1] if given else None)
        required = {document.key for document in self.required(kind)}
        covering = [row for row in given if required and required <= covered(row)]
        return next((row for row in covering if gate is None or self._still_to_count(kind, row)), None)

    def _still_to_count(self, kind: DocumentKind, row: EvidenceRow) -> bool:
        opened = self.opened()
        needed = [opened[document.key] for document in self.required(kind) if document.key in opened]
        return any(self.unheard(one) for one in (row, *needed))

    def lapsed_acceptances(self, kind: DocumentKind) -> list[EvidenceRow]:
        """Return acceptances of before that do not count: made of something else (P28, P44)."""
        given, counts = self.acts(_ACCEPTANCES[kind]), self.acceptance(kind)
        if self._gate(GateKind(kind.value)) is None:
            return []
        return [row for row in given if counts is None or row.position < counts.position]

    # --- payments ---

    @property
    def bank_details_failed(self) -> bool:
        """Whether the bank did not confirm the details and this person may give others (P22, P41)."""
        return (
            self.stage is Stage.AWAITING_CLIENT
            and self.progress.bank_details_policy is BankDetailsPolicy.CLIENT_OR_ADVISER
            and self.holder.bank_verification is CheckStatus.FAILED
            and not any(self.unheard(row) for row in self.acts(EvidenceKind.BANK_DETAILS_SUBMITTED))
        )

    @property
    def bank_details_given(self) -> bool:
        """Whether bank details are held that the bank did not refuse, whoever gave them."""
        given = self.holder.bank_details_given or bool(self.acts(EvidenceKind.BANK_DETAILS_SUBMITTED))
        return given and not self.bank_details_failed

    @property
    def mandate_answer(self) -> MandateRoute | None:
        """How the mandate was answered, if that answer holds (P23, P44, P47)."""
        if self.progress.mandate_route is not None:
            return self.progress.mandate_route
        answers = self.acts(EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED)
        if self._gate(GateKind.DIRECT_DEBIT_MANDATE) is not None:
            # An answer given before the mandate failed never counts, however late the workflow hears of it.
            answers = [row for row in answers if row.signalled_at is None or row.occurred_at > self.reported_at]
        if not answers:
            return None
        on_paper = answers[-1].statement == MANDATE_PAPER_STATEMENT
        return MandateRoute.PAPER_REQUESTED if on_paper else MandateRoute.ONLINE

    def lapsed_answers(self) -> list[EvidenceRow]:
        """Return answers to a mandate of before: one that was amended or has failed (P44, P47)."""
        answers = self.acts(EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED)
        return answers if self.mandate_answer is None else answers[:-1]

    # --- what is left to do ---

    def tasks(self) -> TaskList:
        """Return what this person still has to do (P26)."""
        progress, holder = self.progress, self.holder
        gave_bank_details = bool(self.acts(EvidenceKind.BANK_DETAILS_SUBMITTED))
        clients_turn = progress.bank_details_policy is BankDetailsPolicy.CLIENT_OR_ADVISER
        accepted_here = self.acceptance(DocumentKind.PLATFORM_TERMS) is not None
        return task_list(
            ClientFacts(
                stage=self.stage,
                details_confirmed=bool(holder.details_confirmed_at or self.acts(EvidenceKind.DETAILS_CONFIRMED)),
                bank_details_wanted=gave_bank_details
                or self.bank_details_failed
                or (clients_turn and not holder.bank_details_given),
                bank_details_given=self.bank_details_given,
                mandate_wanted=progress.direct_debit is not None and self.pays,
                mandate_answered=self.mandate_answer is not None,
                # Once recorded on the platform, this journey's own acceptance counts there as an earlier one.
                platform_terms_wanted=accepted_here or not holder.platform_terms_accepted_before,
                platform_terms_accepted=self.accepted(DocumentKind.PLATFORM_TERMS),
                product_terms_accepted=self.accepted(DocumentKind.PRODUCT_TERMS),
                unopened_platform_documents=self.unopened(DocumentKind.PLATFORM_TERMS),
                unopened_product_documents=self.unopened(DocumentKind.PRODUCT_TERMS),
                changed_documents=frozenset(self.changed()),
                again=self.again(),
                mandate_failed=progress.mandate_failed,
            )
        )

    def again(self) -> frozenset[TaskKey]:
        """Return the tasks that were done before something made them void (P28, P41, P44, P47)."""
        lapsed = {
            TaskKey.BANK_DETAILS: self.bank_details_failed,
            TaskKey.DIRECT_DEBIT_MANDATE: bool(self.lapsed_answers()),
            TaskKey.PLATFORM_TERMS: bool(self.lapsed_acceptances(DocumentKind.PLATFORM_TERMS)),
            TaskKey.PRODUCT_TERMS: bool(self.lapsed_acceptances(DocumentKind.PRODUCT_TERMS)),
        }
        return frozenset(key for key, is_lapsed in lapsed.items() if is_lapsed)

    def expect_under_way(self) -> None:
        """Refuse what comes before the client's turn, or after the journey ended without an account.

        Raises:
            Problem: `journey-over` or `wrong-stage`, with words for the client.
        """
        if self.stage not in UNDER_WAY:
            raise self.out_of_turn()

    def out_of_turn(self) -> Problem:
        """Return why nothing can be done now, in words for the client."""
        kind = JOURNEY_OVER if self.stage in _ENDED else WRONG_STAGE
        return Problem(kind, STAGE_WORDS[self.stage], extra={"stage": self.stage.value})


def covered(row: EvidenceRow) -> set[DocumentVersion]:
    """Return the document versions that an act is about."""
    documents = [(document["document_id"], document["version"]) for document in row.documents]
    return {(str(name), version) for name, version in documents if isinstance(version, int)}


def acts_on(progress: Progress, person_id: str) -> bool:
    """Return whether this person has something to do with the journey in the portal; a child has not (P31)."""
    return any(holder.person_id == person_id and holder.role.acts for holder in progress.holders)
