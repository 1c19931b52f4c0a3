"""A journey that is where a test puts it: the workflow's name and handlers, real signals and queries, no steps."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.journey import Stage
    from models.base import Message
    from models.commands import CommandOutcome, ResendInvitation
    from models.facts import (
        BankDetailsSubmitted,
        ClientDetailsConfirmed,
        DirectDebitMandateAnswered,
        DocumentOpened,
        Fact,
        HelpRequested,
        JourneyDeclined,
        StatementCorrected,
        TermsAccepted,
    )
    from models.messages import Progress


class Heard(Message):
    """A signal as the journey got it."""

    signal: str
    evidence_id: str
    person_id: str
    fact: str


@workflow.defn(name="OnboardingJourney")
class StandInJourney:
    """Shows the progress it is given and remembers what it hears."""

    @workflow.init
    def __init__(self, progress: Progress) -> None:
        """Begin where the test wants it."""
        self._progress = progress
        self._heard: list[Heard] = []
        self._renewals: list[str] = []
        self._over = False

    @workflow.run
    async def run(self, progress: Progress) -> str:
        """Stay until it is ended."""
        await workflow.wait_condition(lambda: self._over)
        return progress.journey_id

    @workflow.signal
    def show(self, progress: Progress) -> None:
        """Move on."""
        self._progress = progress

    @workflow.signal
    def end(self) -> None:
        """Close the workflow."""
        self._over = True

    @workflow.signal
    def client_details_confirmed(self, fact: ClientDetailsConfirmed) -> None:
        """Hear it."""
        self._hear("client_details_confirmed", fact)

    @workflow.signal
    def document_opened(self, fact: DocumentOpened) -> None:
        """Hear it."""
        self._hear("document_opened", fact)

    @workflow.signal
    def platform_terms_accepted(self, fact: TermsAccepted) -> None:
        """Hear it."""
        self._hear("platform_terms_accepted", fact)

    @workflow.signal
    def product_terms_accepted(self, fact: TermsAccepted) -> None:
        """Hear it."""
        self._hear("product_terms_accepted", fact)

    @workflow.signal
    def direct_debit_mandate_accepted(self, fact: DirectDebitMandateAnswered) -> None:
        """Hear it."""
        self._hear("direct_debit_mandate_accepted", fact)

    @workflow.signal
    def bank_details_submitted(self, fact: BankDetailsSubmitted) -> None:
        """Hear it."""
        self._hear("bank_details_submitted", fact)

    @workflow.signal
    def journey_declined(self, fact: JourneyDeclined) -> None:
        """Hear it."""
        self._hear("journey_declined", fact)

    @workflow.signal
    def help_requested(self, fact: HelpRequested) -> None:
        """Hear it."""
        self._hear("help_requested", fact)

    @workflow.signal
    def statement_corrected(self, fact: StatementCorrected) -> None:
        """Hear it."""
        self._hear("statement_corrected", fact)

    @workflow.update
    def resend_invitation(self, command: ResendInvitation) -> CommandOutcome:
        """Count it."""
        self._renewals.append(command.person_id)
        return CommandOutcome(stage=self._progress.stage, version=self._progress.version)

    @resend_invitation.validator
    def _check(self, command: ResendInvitation) -> None:
        if self._progress.stage is not Stage.AWAITING_CLIENT:
            raise ApplicationError(f"no invitation for {command.person_id} in this stage", type="WrongStage")

    @workflow.query
    def progress(self) -> Progress:
        """Show where it is."""
        return self._progress

    @workflow.query
    def heard(self) -> list[Heard]:
        """Tell what was heard, in order."""
        return self._heard

    @workflow.query
    def renewals(self) -> list[str]:
        """Tell for whom a fresh invitation was asked."""
        return self._renewals

    def _hear(self, signal: str, fact: Fact) -> None:
        self._heard.append(
            Heard(signal=signal, evidence_id=fact.evidence_id, person_id=fact.person_id, fact=fact.model_dump_json())
        )
