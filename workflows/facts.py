"""What a journey is told: facts from the client and from outside, as signals.

They are only noted here, in any order and any number of times (P46); the stages in `onboarding` act on them.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.journey import CheckStatus, DocumentKind, EndReason, Stage
    from models.facts import (
        AccountStatusChanged,
        BankDetailsSubmitted,
        ClientDetailsConfirmed,
        DirectDebitMandateAnswered,
        DocumentOpened,
        DocumentView,
        FieldCorrection,
        HelpRequested,
        JourneyDeclined,
        MandateFailed,
        StatementCorrected,
        TermsAccepted,
        TermsSuperseded,
        VerificationUpdated,
    )
    from models.group import EmailRefused
    from models.messages import ChangeRequest
    from models.payloads import EmailOrder

from workflows import emails
from workflows.handlers import JourneyBase
from workflows.state import Ending


class JourneyFacts(JourneyBase):
    """The signals of a journey."""

    @workflow.signal
    def client_details_confirmed(self, fact: ClientDetailsConfirmed) -> None:
        """P21: the client checked their details; corrections go to the adviser as a change request."""
        holder = self._state.holders.get(fact.person_id)
        if holder is None or holder.facts.details_confirmed_at is not None:
            return
        holder.facts.details_confirmed_at = fact.occurred_at
        holder.acted(fact.occurred_at)
        if fact.corrections:
            self._ask_for_correction(fact, fact.corrections)
        else:
            self._note("client", "confirmed their details")

    @workflow.signal
    def statement_corrected(self, fact: StatementCorrected) -> None:
        """A pension's member asked for a correction of the statement within its window."""
        if fact.person_id in self._state.holders and self._state.stage is Stage.ACTIVE:
            self._ask_for_correction(fact, fact.corrections)

    @workflow.signal
    def document_opened(self, fact: DocumentOpened) -> None:
        """P24: the client opened a document in this version."""
        holder = self._state.holders.get(fact.person_id)
        key = (fact.document.document_id, fact.document.version)
        if holder is None or key in holder.facts.opened:
            return
        holder.facts.opened[key] = fact.occurred_at
        holder.acted(fact.occurred_at)
        self._note("client", "opened a document", f"{key[0]} version {key[1]}")

    @workflow.signal
    def platform_terms_accepted(self, fact: TermsAccepted) -> None:
        """P24: the client accepted the platform terms."""
        if self._state.accept(DocumentKind.PLATFORM_TERMS, fact):
            self._note("client", "accepted the platform terms")

    @workflow.signal
    def product_terms_accepted(self, fact: TermsAccepted) -> None:
        """P25: the client accepted the product terms of this account."""
        if self._state.accept(DocumentKind.PRODUCT_TERMS, fact):
            self._note("client", "accepted the product terms")

    @workflow.signal
    def direct_debit_mandate_accepted(self, fact: DirectDebitMandateAnswered) -> None:
        """P23: the client authorised the mandate or needs the paper route, or the signed paper arrived."""
        if self._state.answer_mandate(fact):
            self._note("client", "answered the direct debit mandate", fact.route.value.replace("_", " "))

    @workflow.signal
    def bank_details_submitted(self, fact: BankDetailsSubmitted) -> None:
        """P22: the client gave bank details in the portal, once, or again after they failed verification (P41)."""
        holder = self._state.holders.get(fact.person_id)
        if holder is None or fact.evidence_id == holder.bank_evidence:
            return
        failed = holder.facts.bank_verification is CheckStatus.FAILED
        if holder.bank_details_given and not failed:
            return
        holder.bank_details = holder.unsaved_bank_details = fact.bank_details
        holder.bank_details_given, holder.bank_evidence = True, fact.evidence_id
        holder.acted(fact.occurred_at)
        self._note("client", "gave bank details")

    @workflow.signal
    def journey_declined(self, fact: JourneyDeclined) -> None:
        """P27, P30: the client declined, which ends the journey for all."""
        if fact.person_id in self._state.holders and not self._state.stage.is_final and self._state.ending is None:
            self._note("client", "declined")
            self._state.end(Ending(EndReason.DECLINED, "client", fact.person_id))

    @workflow.signal
    def help_requested(self, fact: HelpRequested) -> None:
        """P27: the client wants to talk to the adviser; the journey goes on waiting."""
        holder = self._state.holders.get(fact.person_id)
        if holder is None or fact.evidence_id in self._helped:
            return
        self._helped.add(fact.evidence_id)
        holder.acted(fact.occurred_at)
        self._outbox += emails.help_requested(self._state, fact.evidence_id)
        self._note("client", "asked their adviser for help")

    @workflow.signal
    def verification_updated(self, fact: VerificationUpdated) -> None:
        """P15: a person's checks as the platform reports them; an older report changes nothing."""
        for holder in self._state.holders.values():
            if holder.platform_client == fact.platform_client:
                before = (holder.facts.identity_check, holder.facts.bank_verification)
                holder.observe_checks(identity=fact.identity, bank=fact.bank)
                after = (holder.facts.identity_check, holder.facts.bank_verification)
                if before != after:
                    self._note("platform", "checks updated", f"identity {after[0].value}, bank {after[1].value}")

    @workflow.signal
    def terms_superseded(self, fact: TermsSuperseded) -> None:
        """P28: a document was published again; who has not completed its acceptance opens that one once more."""
        self._supersede(fact.document)

    @workflow.signal
    def mandate_failed(self, fact: MandateFailed) -> None:
        """P47: the mandate failed or was cancelled at the bank."""
        state = self._state
        if fact.event_id in state.mandate_failures_seen or fact.platform_mandate != state.records.platform_mandate:
            return
        state.mandate_failures_seen.add(fact.event_id)
        state.mandate_failure = fact
        state.payer.left_alone |= fact.stop_mail
        if fact.needs_new_mandate or state.stage is not Stage.ACTIVE:
            # At once, so that no answer is lost which the client gives before the fresh mandate is set up.
            state.forget_mandate(fact.occurred_at)
        self._note("platform", "direct debit mandate failed", f"reason code {fact.reason_code}")

    @workflow.signal
    def account_status_changed(self, fact: AccountStatusChanged) -> None:
        """The platform reports the account itself: the first subscription opens an ISA."""
        if fact.platform_account == self._state.records.platform_account and fact.first_subscription_on is not None:
            self._state.first_subscription_on = fact.first_subscription_on

    @workflow.signal
    def email_refused(self, fact: EmailRefused) -> None:
        """P48, P49: an e-mail that spoke of this account too was refused."""
        if fact.tell_adviser:
            self._refused_emails.append(fact.order)
        else:
            self._show_refused(fact.order)

    def _supersede(self, document: DocumentView) -> None:
        state = self._state
        if state.supersede(document) and not state.stage.is_final:
            self._note("platform", "terms changed", f"{document.document_id} version {document.version}")
            # Whom to tell shows later: an acceptance that is just being recorded is complete.
            self._superseded.append(document)

    def _news_of_terms(self) -> list[EmailOrder]:
        """P28: the e-mails to those whose acceptance a changed document has undone."""
        changed, self._superseded = self._superseded, []
        return [
            order
            for document in changed
            for holder in self._state.acting
            if document.kind not in holder.facts.recorded and not holder.facts.terms_settled(document.kind)
            for order in emails.terms_changed(holder, document.title, f"{document.document_id}:{document.version}")
        ]

    def _ask_for_correction(
        self, fact: ClientDetailsConfirmed | StatementCorrected, corrections: list[FieldCorrection]
    ) -> None:
        if any(asked.evidence_id == fact.evidence_id for asked in self._state.change_requests):
            return
        self._state.change_requests.append(
            ChangeRequest(
                person_id=fact.person_id,
                requested_at=fact.occurred_at,
                corrections=corrections,
                evidence_id=fact.evidence_id,
            )
        )
        self._outbox += emails.correction_requested(self._state, fact.evidence_id)
        self._note("client", "asked for a correction")
