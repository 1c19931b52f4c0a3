"""A fresh invitation for whoever holds an old one (P20): asked of the journey, after the answer was given."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from temporalio.client import (
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.service import RPCError

from api.journeys import Journeys
from api.portal.access import find_invitation, state_of
from domain.invitations import InvitationState
from models.commands import ResendInvitation
from models.messages import Actor
from runtime.services import Services
from workflows.onboarding import OnboardingJourney

RENEWAL_WORDS: Final = (
    "If this link was ever one of ours, a new one is on its way to the e-mail address it was sent to. "
    "If nothing arrives within a few minutes, ask your adviser."
)
_PATIENCE: Final = timedelta(seconds=10)
_log = structlog.get_logger(__name__)


async def renew_invitation(services: Services, token: str, now: datetime) -> None:
    """Ask the journey to send a fresh invitation, unless the old one still works or never existed.

    One old link asks once, however often it is clicked. Runs after the answer, so that neither words nor time tell
    whether the link is known; a refusal is logged, since there is nobody left to tell.
    """
    found = await find_invitation(services, token)
    if found is None:
        return
    invitation, person = found
    if state_of(invitation, now) is InvitationState.OPEN:
        return
    journey = Journeys(services, person.firm).handle(invitation.journey_id)
    command = ResendInvitation(
        actor=Actor(kind="client", id=person.person_id),
        reason="the client asked for a new link",
        person_id=person.person_id,
    )
    try:
        await journey.start_update(
            OnboardingJourney.resend_invitation,
            command,
            id=f"renewal-{invitation.invitation_id}",
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
            rpc_timeout=_PATIENCE,
        )
    except (RPCError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        _log.warning("invitation_not_renewed", invitation=invitation.invitation_id, error=type(error).__name__)
