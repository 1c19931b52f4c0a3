"""What a journey is asked: commands of advisers and operators as updates with validators, and the queries."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.journey import EndReason
    from models.commands import (
        Amend,
        AmendmentEffect,
        CommandOutcome,
        Hold,
        ResendInvitation,
        Resume,
        RetryNow,
        SettleCorrection,
        SubmitApplication,
        SubmitClientDetails,
        Withdraw,
    )
    from models.messages import AccountFormView, HolderDetailsView, Progress

from workflows import amendments, emails, validators, views
from workflows.facts import JourneyFacts
from workflows.state import Ending


class JourneyOrders(JourneyFacts):
    """The updates and queries of a journey."""

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
    async def amend(self, command: Amend) -> CommandOutcome:
        """P44: change what was submitted; answers when both systems have it."""
        await self._amendments.hand_in(command)
        return self._outcome()

    @amend.validator
    def _check_amendment(self, command: Amend) -> None:
        validators.check_amendment(self._state, command)

    @workflow.update
    def settle_correction(self, command: SettleCorrection) -> CommandOutcome:
        """P21: close a client's request for a correction; the details stay, or were corrected elsewhere."""
        self._state.settle([command.evidence_id])
        self._note(command.actor.kind, "closed a request for a correction")
        return self._outcome()

    @settle_correction.validator
    def _check_settling(self, command: SettleCorrection) -> None:
        validators.check_settling(self._state, command)

    @workflow.update
    async def withdraw(self, command: Withdraw) -> CommandOutcome:
        """P43: end the journey; answers when whatever it created is closed."""
        self._note(command.actor.kind, "withdrew the journey")
        self._state.end(Ending(EndReason.WITHDRAWN, command.actor.kind))
        await workflow.wait_condition(lambda: self._state.stage.is_final)
        return self._outcome()

    @withdraw.validator
    def _check_withdrawal(self, command: Withdraw) -> None:
        validators.check_can_end(self._state, command)

    @workflow.update
    def hold(self, command: Hold) -> CommandOutcome:
        """P40: stop the journey's clock."""
        self._state.on_hold_since = workflow.now()
        self._note(command.actor.kind, "put the journey on hold")
        return self._outcome()

    @hold.validator
    def _check_hold(self, command: Hold) -> None:
        validators.check_hold(self._state, command)

    @workflow.update
    def resume(self, command: Resume) -> CommandOutcome:
        """P40: let the clock run on; every date moves by the time the journey was held."""
        state = self._state
        assert state.on_hold_since is not None
        state.holds.append((state.on_hold_since, workflow.now()))
        state.on_hold_since = None
        self._note(command.actor.kind, "resumed the journey")
        return self._outcome()

    @resume.validator
    def _check_resume(self, command: Resume) -> None:
        validators.check_resume(self._state, command)

    @workflow.update
    async def resend_invitation(self, command: ResendInvitation) -> CommandOutcome:
        """P20: a fresh invitation by e-mail; earlier ones stop working."""
        self._refused_emails += await self._systems.send(
            emails.invitation_again(self._state.holders[command.person_id])
        )
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

    @workflow.query
    def progress(self) -> Progress:
        """Where the journey is, its gates, who is awaited since when, and what happens next."""
        return views.progress(self._state)

    @workflow.query
    def client_details(self) -> list[HolderDetailsView]:
        """P7: what is known of each party and what must still be asked."""
        return views.client_details(self._state)

    @workflow.query
    def account_form(self) -> AccountFormView:
        """P7: the account form as it was saved last, or pre-filled from the illustration."""
        saved = self._state.account
        return AccountFormView(account=saved or self._systems.prefilled_account(), saved=saved is not None)

    @workflow.query
    def amendment_effect(self, command: Amend) -> AmendmentEffect:
        """P44: what an amendment would change and void, before it is saved."""
        return amendments.effect(self._state, command).view

    def _outcome(self) -> CommandOutcome:
        return CommandOutcome(stage=self._state.stage, version=self._state.version)
