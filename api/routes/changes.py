"""What an adviser changes on a journey under way: amend it, withdraw it, stop its clock and let it run on."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from api import problem_types as problems
from api.commanding import CommandDeskDep
from api.problems import responses
from api.routes.commands import COMMAND, TAKEN
from models.commands import Amend, Hold, Resume, Withdraw
from models.schemas.amendments import AmendmentForm, AmendmentPreview
from models.schemas.journeys import CommandResult, ReasonForm
from workflows.onboarding import OnboardingJourney

router = APIRouter(prefix="/api/v1/journeys/{journey_id}", tags=["commands"])


@router.post(
    "/amendments",
    response_model=CommandResult | AmendmentPreview,
    responses=TAKEN
    | responses(
        *COMMAND,
        problems.DETAILS_INCOMPLETE,
        problems.BANK_DETAILS_INVALID,
        problems.PERSON_UNKNOWN,
        problems.NOT_ELIGIBLE,
    ),
)
async def amend_journey(
    journey_id: str,
    form: AmendmentForm,
    desk: CommandDeskDep,
    preview: Annotated[bool, Query(description="show what it would change and void, and save nothing")] = False,
) -> JSONResponse | AmendmentPreview:
    """Change what was submitted; acceptances that a material change touches become void, as a preview says (P44)."""
    command = Amend(
        actor=desk.adviser.actor,
        reason=form.reason,
        expected_version=desk.expected_version,
        holders=form.holders,
        account=form.account,
    )
    if preview:
        return await desk.preview(journey_id, command)
    return await desk.give(journey_id, "amend", command, OnboardingJourney.amend, forms=form.holders)


@router.post("/withdrawal", response_model=CommandResult, responses=TAKEN | responses(*COMMAND))
async def withdraw_journey(journey_id: str, form: ReasonForm, desk: CommandDeskDep) -> JSONResponse:
    """End the journey before its account is active; what it created is closed in both systems (P43)."""
    command = Withdraw(actor=desk.adviser.actor, reason=form.reason, expected_version=desk.expected_version)
    return await desk.give(journey_id, "withdraw", command, OnboardingJourney.withdraw)


@router.post("/hold", response_model=CommandResult, responses=TAKEN | responses(*COMMAND))
async def hold_journey(journey_id: str, form: ReasonForm, desk: CommandDeskDep) -> JSONResponse:
    """Stop the journey's clock: no reminder and no expiry until it is resumed (P40)."""
    command = Hold(actor=desk.adviser.actor, reason=form.reason, expected_version=desk.expected_version)
    return await desk.give(journey_id, "hold", command, OnboardingJourney.hold)


@router.post("/resume", response_model=CommandResult, responses=TAKEN | responses(*COMMAND))
async def resume_journey(journey_id: str, form: ReasonForm, desk: CommandDeskDep) -> JSONResponse:
    """Let the clock of a held journey run on; every date moves by the time it was held (P40)."""
    command = Resume(actor=desk.adviser.actor, reason=form.reason, expected_version=desk.expected_version)
    return await desk.give(journey_id, "resume", command, OnboardingJourney.resume)
