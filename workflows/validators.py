"""Which commands a journey takes in its present state; each refusal says why in a sentence."""

from domain.journey import BankDetailsPolicy, Stage
from models.commands import (
    Amend,
    Command,
    Hold,
    HolderDetails,
    ResendInvitation,
    Resume,
    SettleCorrection,
    SubmitApplication,
    SubmitClientDetails,
    Withdraw,
)
from models.refusals import Refusal
from workflows.commands import refuse
from workflows.state import JourneyState


def check_version(state: JourneyState, command: Command) -> None:
    """Refuse a command given on the strength of an older version of the journey."""
    if command.expected_version is not None and command.expected_version != state.version:
        raise refuse(
            Refusal.STALE_VERSION,
            "The journey has changed since it was read. Read it again and repeat the command if it still holds.",
            str(state.version),
        )


def check_client_details(state: JourneyState, command: SubmitClientDetails) -> None:
    """P11, P7, P22: the details form, complete with what is known already."""
    check_version(state, command)
    correcting = state.stage is Stage.AWAITING_CLIENT and bool(state.attention())
    if state.stage not in {Stage.ILLUSTRATED, Stage.APPLICATION_DRAFT} and not correcting:
        raise refuse(
            Refusal.WRONG_STAGE,
            "The client's details are saved already. Amend them, which says first what the client must accept again.",
            state.stage,
        )
    _check_forms(state, command.holders)
    _check_bank_details(state, command.holders)


def _check_forms(state: JourneyState, forms: list[HolderDetails]) -> None:
    given = {form.person_id: form for form in forms}
    for person in given:
        if person not in state.holders:
            raise refuse(Refusal.UNKNOWN_PERSON, "This person is not a party of this journey.", person)
    missing: list[str] = []
    for person, holder in state.holders.items():
        details = holder.details.merged_with(given[person].details) if person in given else holder.details
        missing += [f"{person}.{name}" for name in details.missing(holder.holder.required_details)]
    if missing:
        raise refuse(Refusal.DETAILS_INCOMPLETE, "Some details are known to neither Plannr nor this form.", *missing)


def _check_bank_details(state: JourneyState, forms: list[HolderDetails]) -> None:
    if state.start.bank_details_policy is not BankDetailsPolicy.ADVISER:
        return
    given = {form.person_id for form in forms if form.bank_details}
    without = [
        holder.person_id for holder in state.acting if not holder.bank_details_given and holder.person_id not in given
    ]
    if without:
        raise refuse(
            Refusal.BANK_DETAILS_REQUIRED,
            "Bank details are part of this form: enter the client's sort code and account number.",
            *without,
        )


def check_amendment(state: JourneyState, command: Amend) -> None:
    """P44: a change of what was submitted, while the account is not active."""
    check_version(state, command)
    drafting = state.stage is Stage.APPLICATION_DRAFT and state.details_submitted
    if not drafting and state.stage is not Stage.AWAITING_CLIENT:
        raise refuse(
            Refusal.WRONG_STAGE,
            "What was submitted can be amended from the draft application until the account is being activated.",
            state.stage,
        )
    _check_forms(state, command.holders)
    if command.account is not None and state.account is None:
        raise refuse(Refusal.WRONG_STAGE, "There is no account form to amend yet: submit the application.", state.stage)


def check_settling(state: JourneyState, command: SettleCorrection) -> None:
    """P21: a request of the client that nobody has dealt with yet."""
    check_version(state, command)
    if all(asked.evidence_id != command.evidence_id for asked in state.change_requests):
        raise refuse(
            Refusal.WRONG_STAGE, "This request for a correction has been dealt with already.", command.evidence_id
        )


def check_can_end(state: JourneyState, command: Withdraw) -> None:
    """P43: before the account is being activated."""
    check_version(state, command)
    if not state.can_end:
        raise refuse(
            Refusal.WRONG_STAGE,
            "The account is being activated or the journey is over: close the account on the platform instead.",
            state.stage,
        )


def check_hold(state: JourneyState, command: Hold) -> None:
    """P40: a journey under way that is not on hold."""
    check_version(state, command)
    if state.on_hold or not state.can_end:
        raise refuse(Refusal.WRONG_STAGE, "The journey is on hold already, or over.", state.stage)


def check_resume(state: JourneyState, command: Resume) -> None:
    """P40: a journey on hold."""
    check_version(state, command)
    if not state.on_hold:
        raise refuse(Refusal.WRONG_STAGE, "The journey is not on hold.", state.stage)


def check_application(state: JourneyState, command: SubmitApplication) -> None:
    """P12, P13: the account form, after the client's details."""
    check_version(state, command)
    if state.stage is not Stage.APPLICATION_DRAFT or not state.details_submitted:
        raise refuse(
            Refusal.WRONG_STAGE,
            "The account form follows the client's details and is sent to the platform once.",
            state.stage,
        )


def check_invitation(state: JourneyState, command: ResendInvitation) -> None:
    """P20: a fresh invitation, while the client is awaited."""
    check_version(state, command)
    if command.person_id not in {holder.person_id for holder in state.acting}:
        raise refuse(
            Refusal.UNKNOWN_PERSON, "This person does not act in the portal on this journey.", command.person_id
        )
    if state.stage is not Stage.AWAITING_CLIENT:
        raise refuse(Refusal.WRONG_STAGE, "Invitations are sent while the journey waits for the client.", state.stage)
