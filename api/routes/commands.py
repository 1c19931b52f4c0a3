"""The commands of an adviser on a journey under way, and the form that the first of them fills in."""

from functools import partial

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api import problem_types as problems
from api import views
from api.commanding import CommandDeskDep
from api.dependencies import ServicesDep
from api.journeys import Journeys
from api.new_password import let_choose_anew
from api.problems import Responses, responses
from api.routes.journeys import IDEMPOTENCY, SIGN_IN
from api.security.advisers import AdviserDep
from models.commands import ResendInvitation, RetryNow, SubmitApplication, SubmitClientDetails
from models.schemas.journeys import (
    ApplicationForm,
    ClientDetailsForm,
    ClientDetailsView,
    CommandResult,
    InvitationForm,
    ReasonForm,
)
from workflows.onboarding import OnboardingJourney

COMMAND = (
    *SIGN_IN,
    *IDEMPOTENCY,
    problems.JOURNEY_NOT_FOUND,
    problems.WRONG_STAGE,
    problems.STALE_VERSION,
    problems.REJECTED_BY_SYSTEM,
    problems.ENGINE_UNAVAILABLE,
)
TAKEN: Responses = {202: {"model": CommandResult, "description": "Taken, and still being carried out"}}

router = APIRouter(prefix="/api/v1/journeys/{journey_id}", tags=["commands"])


@router.get("/client-details", responses=responses(*SIGN_IN, problems.JOURNEY_NOT_FOUND, problems.ENGINE_UNAVAILABLE))
async def get_client_details(
    journey_id: str, adviser: AdviserDep, services: ServicesDep, response: Response
) -> ClientDetailsView:
    """Show the details form, pre-filled from Plannr: only what is missing has to be asked (P7)."""
    journeys = Journeys(services, adviser.firm.id)
    holders = await journeys.client_details(journey_id)
    version = (await journeys.get(journey_id)).version
    response.headers["ETag"] = views.etag(version)
    return ClientDetailsView(journey_id=journey_id, version=version, holders=holders)


@router.post(
    "/client-details",
    response_model=CommandResult,
    responses=TAKEN
    | responses(
        *COMMAND,
        problems.DETAILS_INCOMPLETE,
        problems.BANK_DETAILS_REQUIRED,
        problems.BANK_DETAILS_INVALID,
        problems.PERSON_UNKNOWN,
        problems.NOT_ELIGIBLE,
    ),
)
async def submit_client_details(journey_id: str, form: ClientDetailsForm, desk: CommandDeskDep) -> JSONResponse:
    """*Update platform client*: save the details form in both systems; the client is told by e-mail (P11)."""
    command = SubmitClientDetails(
        actor=desk.adviser.actor, reason=form.reason, expected_version=desk.expected_version, holders=form.holders
    )
    return await desk.give(
        journey_id,
        "submit_client_details",
        command,
        OnboardingJourney.submit_client_details,
        forms=form.holders,
    )


@router.post("/application", response_model=CommandResult, responses=TAKEN | responses(*COMMAND))
async def submit_application(journey_id: str, form: ApplicationForm, desk: CommandDeskDep) -> JSONResponse:
    """*Update & proceed*: save the account form and, if asked, open the account and invite the client (P12, P13)."""
    command = SubmitApplication(
        actor=desk.adviser.actor,
        reason=form.reason,
        expected_version=desk.expected_version,
        account=form.account,
        send_to_platform=form.send_to_platform,
    )
    return await desk.give(
        journey_id,
        "submit_application",
        command,
        OnboardingJourney.submit_application,
    )


@router.post(
    "/invitations", response_model=CommandResult, responses=TAKEN | responses(*COMMAND, problems.PERSON_UNKNOWN)
)
async def resend_invitation(journey_id: str, form: InvitationForm, desk: CommandDeskDep) -> JSONResponse:
    """Send a holder a fresh invitation to the portal, for a new password too; earlier ones stop working (P20)."""
    command = ResendInvitation(
        actor=desk.adviser.actor,
        reason=form.reason,
        expected_version=desk.expected_version,
        person_id=form.person_id,
    )
    return await desk.give(
        journey_id,
        "resend_invitation",
        command,
        OnboardingJourney.resend_invitation,
        beforehand=partial(let_choose_anew, desk, journey_id, form.person_id) if form.new_password else None,
    )


@router.post("/retry", response_model=CommandResult, responses=TAKEN | responses(*COMMAND))
async def retry_now(journey_id: str, form: ReasonForm, desk: CommandDeskDep) -> JSONResponse:
    """Try again at once what a system refused, after its cause was mended (P41)."""
    command = RetryNow(actor=desk.adviser.actor, reason=form.reason, expected_version=desk.expected_version)
    return await desk.give(
        journey_id,
        "retry_now",
        command,
        OnboardingJourney.retry_now,
    )
