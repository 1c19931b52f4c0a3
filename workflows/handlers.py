"""What a journey listens to: facts as signals, commands as updates, and the queries about its state.

Facts are only noted here, in any order and any number of times (P46); the stages in `onboarding` act on them.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.journey import DocumentKind
    from models.facts import (
        BankDetailsSubmitted,
        ClientDetailsConfirmed,
        DirectDebitMandateAnswered,
        DocumentOpened,
        TermsAccepted,
        VerificationUpdated,
    )
    from models.messages import (
        ChangeRequest,
        CommandOutcome,
        HolderDetailsView,
        Progress,
        ResendInvitation,
        RetryNow,
        StartJourney,
        SubmitApplication,
        SubmitClientDetails,
        TimelineEntry,
    )

from workflows import emails, validators, views
from workflows.commands import ApplicationDesk, DetailsDesk
from workflows.state import JourneyState
from workflows.systems import Systems


class JourneyHandlers:
    """The messages of a journey and the state they work on."""

    def __init__(self, start: StartJourney) -> None:
        """Hold the state from the first moment, so that a signal that arrives before `run` finds it (P46)."""
        self._state = JourneyState(start, workflow.info().workflow_id, workflow.now())
        self._systems = Systems(self._state)
        self._details = DetailsDesk()
        self._application = ApplicationDesk()
        self._retry_now = False

    # --- facts ---

    @workflow.signal
    def client_details_confirmed(self, fact: ClientDetailsConfirmed) -> None:
        """P21: the client checked their details; corrections go to the adviser as a change request."""
        holder = self._state.holders.get(fact.person_id)
        if holder is None or holder.facts.details_confirmed_at is not None:
            return
        holder.facts.details_confirmed_at = fact.occurred_at
        if fact.corrections:
            self._state.change_requests.append(
                ChangeRequest(person_id=fact.person_id, requested_at=fact.occurred_at, corrections=fact.corrections)
            )
        self._note("client", "asked for a correction" if fact.corrections else "confirmed their details")

    @workflow.signal
    def document_opened(self, fact: DocumentOpened) -> None:
        """P24: the client opened a document in this version."""
        holder = self._state.holders.get(fact.person_id)
        key = (fact.document.document_id, fact.document.version)
        if holder is None or key in holder.facts.opened:
            return
        holder.facts.opened[key] = fact.occurred_at
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
        """P22: the client gave bank details in the portal, once."""
        holder = self._state.holders.get(fact.person_id)
        if holder is None or holder.bank_details_given:
            return
        holder.bank_details = holder.unsaved_bank_details = fact.bank_details
        holder.bank_details_given = True
        self._note("client", "gave bank details")

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

    # --- commands ---

    @workflow.update
    async def submit_client_details(self, command: SubmitClientDetails) -> CommandOutcome:
        """P11: *update platform client*; answers when both systems have the details."""
        await self._details.hand_in(command)
        return self._outcome()

    @submit_client_details.validator
    def _check_client_details(self, command: SubmitClientDetails) -> None:
        validators.check_client_details(self._state, command)

    @workflow.update
    async def submit_application(self, command: SubmitApplication) -> CommandOutcome:
        """P12, P13: *update & proceed*; answers when the application is saved and, if sent, the account is open."""
        await self._application.hand_in(command)
        return self._outcome()

    @submit_application.validator
    def _check_application(self, command: SubmitApplication) -> None:
        validators.check_application(self._state, command)

    @workflow.update
    async def resend_invitation(self, command: ResendInvitation) -> CommandOutcome:
        """P20: a fresh invitation by e-mail; earlier ones stop working."""
        await self._systems.send(emails.invitation_again(self._state.holders[command.person_id]))
        self._note(command.actor.kind, "invitation sent again")
        return self._outcome()

    @resend_invitation.validator
    def _check_invitation(self, command: ResendInvitation) -> None:
        validators.check_invitation(self._state, command)

    @workflow.update
    def retry_now(self, command: RetryNow) -> CommandOutcome:
        """P41: try again at once what a system refused, after its cause was mended."""
        self._retry_now = True
        self._note(command.actor.kind, "asked for another attempt")
        return self._outcome()

    # --- questions ---

    @workflow.query
    def progress(self) -> Progress:
        """Where the journey is, its gates, who is awaited since when, and what happens next."""
        return views.progress(self._state)

    @workflow.query
    def client_details(self) -> list[HolderDetailsView]:
        """P7: what is known of each holder and what must still be asked."""
        return views.client_details(self._state)

    def _outcome(self) -> CommandOutcome:
        return CommandOutcome(stage=self._state.stage, version=self._state.version)

    def _note(self, by: str, event: str, detail: str = "") -> None:
        entry = {"at": workflow.now(), "by": by, "event": event, "detail": detail}
        self._state.timeline.append(TimelineEntry.model_validate(entry))
        workflow.set_current_details(views.current_details(self._state))
