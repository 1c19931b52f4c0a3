"""Which e-mails an event sends, and to whom (P11, P12, P15)."""

from domain.journey import Wrapper
from models.payloads import EmailOrder
from workflows.state import HolderState, JourneyState


def client_setup_started(state: JourneyState) -> list[EmailOrder]:
    """P11: you are being set up on the platform; not to a client who is active there already."""
    return [
        _to_client(holder, "client_setup_started", "client_setup_started")
        for holder in state.holders.values()
        if not holder.client_active
    ]


def account_created(state: JourneyState) -> list[EmailOrder]:
    """P12: account created, please review the terms; carries the first invitation to the portal."""
    return [invitation(holder, "account_created") for holder in state.holders.values()]


def invitation_again(holder: HolderState) -> list[EmailOrder]:
    """Send a fresh link, in the words of P12, when the first one was used up or expired."""
    return [invitation(holder, f"account_created:{holder.invitations + 1}")]


def invitation(holder: HolderState, event: str) -> EmailOrder:
    """Return the order for the next invitation of this holder."""
    holder.invitations += 1
    order = _to_client(holder, event, "account_created")
    return order.model_copy(update={"invitation": holder.invitations, "sequence": holder.invitations})


def account_active(state: JourneyState) -> list[EmailOrder]:
    """P15: new documentation, if a pension and/or a mandate; and the adviser: plan now active."""
    pension, mandate = state.start.wrapper is Wrapper.SIPP, state.mandate_selected
    adviser = state.start.adviser
    orders = [
        EmailOrder(
            event="plan_active",
            template="adviser_plan_active",
            recipient_role="adviser",
            address=adviser.email,
            first_name=adviser.first_name,
        )
    ]
    if pension or mandate:
        orders += [
            _to_client(holder, "new_documentation", "new_documentation").model_copy(
                update={"pension": pension, "mandate": mandate}
            )
            for holder in state.holders.values()
        ]
    return orders


def _to_client(holder: HolderState, event: str, template: str) -> EmailOrder:
    details = holder.details.complete()
    return EmailOrder(
        event=event,
        template=template,
        recipient_role="client",
        person_id=holder.holder.person_id,
        plannr_account=holder.holder.plannr_account,
        address=details.email,
        first_name=details.first_name,
    )
