"""Which e-mails an event sends, and to whom. The words are in `connectors.mail`, the facts come from here."""

from datetime import date, datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.calendar import london_day
    from domain.journey import EndReason, GateKind, Party, Wrapper
    from models.payloads import EmailOrder

from workflows.parties import HolderState
from workflows.state import Ending, JourneyState

_TASKS = {
    GateKind.PLATFORM_TERMS: "accept the platform terms",
    GateKind.PRODUCT_TERMS: "accept the terms of the account",
    GateKind.DIRECT_DEBIT_MANDATE: "authorise the direct debit",
    GateKind.BANK_VERIFICATION: "give your bank details",
}


def client_setup_started(state: JourneyState) -> list[EmailOrder]:
    """P11: you are being set up on the platform; not to a client who is active there already."""
    return [to_client(holder, "client_setup_started") for holder in state.acting if not holder.client_active]


def account_created(state: JourneyState) -> list[EmailOrder]:
    """P12: account created, please review the terms; carries the first invitation to the portal."""
    return [_invited(holder, "account_created") for holder in state.acting]


def invitation_again(holder: HolderState) -> list[EmailOrder]:
    """Send a fresh link, in the words of P12, when the first one was used up or expired."""
    return [_invited(holder, f"account_created:{holder.invitations + 1}")]


def account_active(state: JourneyState) -> list[EmailOrder]:
    """P15: new documentation, if a pension and/or a mandate; and the adviser: plan now active."""
    pension, mandate = state.start.wrapper is Wrapper.SIPP, state.mandate_selected
    orders = [to_adviser(state, "plan_active", "adviser_plan_active")]
    if pension or mandate:
        facts = {"pension": pension, "mandate": mandate}
        orders += [to_client(holder, "new_documentation").model_copy(update=facts) for holder in state.acting]
    return orders


def reminder(state: JourneyState, holder: HolderState, last_day: date, now: datetime) -> list[EmailOrder]:
    """P40: what is left to do, and until when."""
    holder.reminders_sent += 1
    facts = {
        "reminder_number": holder.reminders_sent,
        "left_to_do": left_to_do(state, holder),
        "expires_on": last_day,
        "days_left": (last_day - london_day(now)).days,
    }
    event = f"reminder:{holder.person_id}:{holder.reminders_sent}"
    return [_linked(holder, event, "reminder").model_copy(update=facts)]


def client_quiet(state: JourneyState, holder: HolderState, last_day: date, now: datetime) -> list[EmailOrder]:
    """P40: the adviser hears that the client has gone quiet."""
    facts = {
        "left_to_do": left_to_do(state, holder),
        "expires_on": last_day,
        "days_left": (last_day - london_day(now)).days,
    }
    event = f"client_quiet:{holder.person_id}:{last_day:%Y%m%d}"
    return [to_adviser(state, event, "adviser_client_quiet").model_copy(update=facts)]


def ended(state: JourneyState, ending: Ending) -> list[EmailOrder]:
    """P43: the adviser always; every client who had been written to, the one who declined with a confirmation."""
    written_to = [holder for holder in state.acting if holder.written_to]
    templates = {
        EndReason.WITHDRAWN: ("adviser_journey_withdrawn", "journey_withdrawn"),
        EndReason.DECLINED: ("adviser_journey_declined", "journey_ended"),
        EndReason.EXPIRED: ("adviser_journey_expired", "journey_expired"),
    }
    for_adviser, for_client = templates[ending.reason]
    told = to_adviser(state, "ended", for_adviser).model_copy(update={"client_told": bool(written_to)})
    orders = [told]
    for holder in written_to:
        declined = ending.reason is EndReason.DECLINED and holder.person_id == ending.person_id
        orders.append(to_client(holder, "ended", "journey_declined" if declined else for_client))
    return orders


def help_requested(state: JourneyState, evidence_id: str) -> list[EmailOrder]:
    """P27: the client wants to talk to the adviser."""
    return [to_adviser(state, f"help:{evidence_id}", "adviser_help_requested")]


def correction_requested(state: JourneyState, evidence_id: str) -> list[EmailOrder]:
    """P21: the client asked for a correction."""
    return [to_adviser(state, f"correction:{evidence_id}", "adviser_correction_requested")]


def needs_attention(state: JourneyState, key: str, reason: str) -> list[EmailOrder]:
    """P41: a check was referred or failed."""
    return [to_adviser(state, f"attention:{key}", "adviser_needs_attention").model_copy(update={"reason": reason})]


def terms_changed(holder: HolderState, title: str, key: str) -> list[EmailOrder]:
    """P28: only the changed document has to be opened again."""
    order = _linked(holder, f"terms_changed:{key}", "terms_changed")
    return [order.model_copy(update={"document_title": title})]


def acceptance_void(holder: HolderState, reason: str, number: int) -> list[EmailOrder]:
    """P44: the adviser changed something that the client had accepted."""
    order = _linked(holder, f"acceptance_void:{number}", "acceptance_void")
    return [order.model_copy(update={"reason": reason})]


def mandate_failed(state: JourneyState, *, number: int, client: str, adviser: str, stop: bool) -> list[EmailOrder]:
    """P47: client and adviser; no mail to a client whose bank reports a death."""
    told = to_adviser(state, f"mandate_failed:{number}", "adviser_mandate_failed")
    orders = [told.model_copy(update={"reason": adviser, "client_told": not stop})]
    if not stop:
        order = _linked(state.payer, f"mandate_failed:{number}", "mandate_failed")
        orders.append(order.model_copy(update={"reason": client}))
    return orders


def email_refused(state: JourneyState, number: int) -> list[EmailOrder]:
    """P48: the adviser is asked to correct the address."""
    return [to_adviser(state, f"email_refused:{number}", "adviser_email_refused")]


def left_to_do(state: JourneyState, holder: HolderState) -> list[str]:
    """Return the open tasks of a person, in a few words each."""
    return [
        _TASKS[gate.kind]
        for gate in state.gates()
        if not gate.met
        and gate.awaited_from is Party.CLIENT
        and (gate.person_id == holder.person_id or (gate.person_id is None and holder is state.payer))
    ]


def to_adviser(state: JourneyState, event: str, template: str) -> EmailOrder:
    """Return an order for the journey's adviser."""
    adviser = state.start.adviser
    return EmailOrder(
        event=event,
        template=template,
        recipient_role="adviser",
        address=adviser.email,
        first_name=adviser.first_name,
    )


def to_client(holder: HolderState, event: str, template: str | None = None) -> EmailOrder:
    """Return an order for somebody who acts in the portal."""
    details = holder.details
    assert details.email is not None
    assert details.first_name is not None
    return EmailOrder(
        event=event,
        template=template or event,
        recipient_role="client",
        person_id=holder.person_id,
        plannr_account=holder.holder.plannr_account,
        address=details.email,
        first_name=details.first_name,
    )


def _invited(holder: HolderState, event: str) -> EmailOrder:
    holder.invitations += 1
    return _linked(holder, event, "account_created")


def _linked(holder: HolderState, event: str, template: str) -> EmailOrder:
    # The link of the last invitation once more, so that no e-mail breaks the link of an earlier one.
    return to_client(holder, event, template).model_copy(update={"invitation": holder.invitations or None})
