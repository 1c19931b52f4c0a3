"""Which commands a journey takes in its present state; each refusal says why in a sentence."""

from domain.journey import BankDetailsPolicy, Stage
from models.messages import Command, ResendInvitation, SubmitApplication, SubmitClientDetails
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
    amending = state.stage is Stage.AWAITING_CLIENT and bool(state.change_requests)
    if state.stage not in {Stage.ILLUSTRATED, Stage.APPLICATION_DRAFT} and not amending:
        raise refuse(
            Refusal.WRONG_STAGE,
            "The client's details are saved already; they change here only when the client asks for a correction.",
            state.stage,
        )
    missing: list[str] = []
    for form in command.holders:
        if form.person_id not in state.holders:
            raise refuse(Refusal.UNKNOWN_PERSON, "This person is not a holder of this journey.", form.person_id)
    forms = {form.person_id: form for form in command.holders}
    for person, holder in state.holders.items():
        details = holder.details.merged_with(forms[person].details) if person in forms else holder.details
        missing += [f"{person}.{name}" for name in details.missing()]
    if missing:
        raise refuse(Refusal.DETAILS_INCOMPLETE, "Some details are known to neither Plannr nor this form.", *missing)
    if state.start.bank_details_policy is BankDetailsPolicy.ADVISER:
        without = [
            person
            for person, holder in state.holders.items()
            if not holder.bank_details_given and not (person in forms and forms[person].bank_details)
        ]
        if without:
            raise refuse(
                Refusal.BANK_DETAILS_REQUIRED,
                "Bank details are part of this form: enter the client's sort code and account number.",
                *without,
            )


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
    if command.person_id not in state.holders:
        raise refuse(Refusal.UNKNOWN_PERSON, "This person is not a holder of this journey.", command.person_id)
    if state.stage is not Stage.AWAITING_CLIENT:
        raise refuse(Refusal.WRONG_STAGE, "Invitations are sent while the journey waits for the client.", state.stage)
