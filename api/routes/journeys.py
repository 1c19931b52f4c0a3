"""Starting, listing and reading journeys."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api import listing, views
from api import problem_types as problems
from api.dependencies import NowDep, ServicesDep
from api.eligibility import kept_warnings
from api.idempotency import Answer, OnceDep
from api.journeys import Journeys
from api.openings import with_opening
from api.problems import Responses, responses
from api.security.advisers import AdviserDep, WritingAdviserDep
from api.starting import start_answer
from api.together import start_together
from models.schemas.journeys import JourneyDetail, JourneyPage
from models.schemas.starting import JourneyStarted, StartedTogether, StartJourneyForm, StartTogetherForm

SIGN_IN = (problems.SIGN_IN_REQUIRED, problems.NOT_PERMITTED)
IDEMPOTENCY = (
    problems.IDEMPOTENCY_KEY_MISSING,
    problems.IDEMPOTENCY_KEY_IN_FLIGHT,
    problems.IDEMPOTENCY_KEY_REUSED,
    problems.INVALID_REQUEST,
)
STARTING = (
    *SIGN_IN,
    *IDEMPOTENCY,
    problems.ACCOUNT_TYPE_ELSEWHERE,
    problems.WRAPPER_NOT_SERVED,
    problems.NOT_ELIGIBLE,
    problems.PLANNR_CLIENT_UNKNOWN,
    problems.PLANNR_RECORD_INCOMPLETE,
    problems.CLIENT_NOT_LINKED,
    problems.EMAIL_IN_USE,
    problems.SYSTEM_UNAVAILABLE,
    problems.ENGINE_UNAVAILABLE,
)

_MET: Responses = {200: {"model": JourneyStarted, "description": "The journey was there already (P45)"}}
_MET_TOGETHER: Responses = {200: {"model": StartedTogether, "description": "All were there already (P45)"}}

router = APIRouter(prefix="/api/v1/journeys", tags=["journeys"])


@router.post("", status_code=201, response_model=JourneyStarted, responses=_MET | responses(*STARTING))
async def create_journey(
    form: StartJourneyForm, adviser: WritingAdviserDep, services: ServicesDep, once: OnceDep, now: NowDep
) -> JSONResponse:
    """Start a journey: one account, from illustration to active (P10); everything is looked at first (P33)."""

    async def act() -> Answer:
        return await start_answer(services, adviser, form, now)

    return await once.run(act)


@router.post(
    "/together",
    status_code=201,
    response_model=StartedTogether,
    responses=_MET_TOGETHER | responses(*STARTING, problems.JOURNEY_STARTED_ALONE),
)
async def create_journeys_together(
    form: StartTogetherForm, adviser: WritingAdviserDep, services: ServicesDep, once: OnceDep, now: NowDep
) -> JSONResponse:
    """Start a journey for each of several accounts of the same people, or none: all are looked at first (P49)."""

    async def act() -> Answer:
        together = await start_together(services, adviser, form, now)
        return Answer(201 if together.created else 200, together)

    return await once.run(act)


@router.get("", responses=responses(*SIGN_IN, problems.INVALID_REQUEST))
async def list_journeys(
    filters: Annotated[listing.JourneyFilters, Query()], adviser: AdviserDep, services: ServicesDep, now: NowDep
) -> JourneyPage:
    """List the firm's journeys, the last changed first."""
    listed = await listing.list_journeys(services, adviser, filters, now)
    following = f"/api/v1/journeys?{listed.following}" if listed.following else None
    return JourneyPage(journeys=[views.summary(row) for row in listed.rows], next=following)


@router.get("/{journey_id}", responses=responses(*SIGN_IN, problems.JOURNEY_NOT_FOUND, problems.ENGINE_UNAVAILABLE))
async def get_journey(journey_id: str, adviser: AdviserDep, services: ServicesDep, response: Response) -> JourneyDetail:
    """Show a journey: its stage, its gates, who is awaited and since when; the `ETag` is its version."""
    journeys = Journeys(services, adviser.firm.id)
    progress = await with_opening(journeys, await journeys.get(journey_id))
    response.headers["ETag"] = views.etag(progress.version)
    return views.detail(services.settings, progress, await kept_warnings(journeys, journey_id))
