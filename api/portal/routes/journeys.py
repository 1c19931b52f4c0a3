"""The client's journeys and the check of their details (P14, P21, P26)."""

from fastapi import APIRouter

from api.dependencies import NowDep, ServicesDep
from api.portal import evidence, views
from api.portal.corrections import as_shown_to_the_adviser, confirming_details
from api.portal.dependencies import OpenJourneyDep, VisitDep
from api.portal.loading import load
from api.portal.sharing import share
from api.problem_types import (
    DETAILS_ALREADY_CONFIRMED,
    INVALID_REQUEST,
    JOURNEY_NOT_FOUND,
    JOURNEY_OVER,
    SIGN_IN_REQUIRED,
    SYSTEM_UNAVAILABLE,
    WRONG_STAGE,
)
from api.problems import responses
from models.people import KnownDetails
from models.schemas.portal_acts import DetailsConfirmation
from models.schemas.portal_journeys import ActAnswer, PortalJourneyDetail, PortalJourneys

router = APIRouter(responses=responses(SIGN_IN_REQUIRED))
journey_router = APIRouter(prefix="/journeys/{journey_id}", responses=responses(SIGN_IN_REQUIRED, JOURNEY_NOT_FOUND))


@router.get("/journeys")
async def portal_journeys(services: ServicesDep, visit: VisitDep, now: NowDep) -> PortalJourneys:
    """List the client's journeys with their tasks and the one to go on with (P26, P49)."""
    return views.journeys_view(services.settings, await share(services, visit, now))


@journey_router.get("")
async def portal_journey(journey_id: str, services: ServicesDep, visit: VisitDep, now: NowDep) -> PortalJourneyDetail:
    """Show one journey: tasks, documents, terms, and the client's details as the platform holds them (P14)."""
    await share(services, visit, now)
    return await views.journey_detail(services, await load(services, visit, journey_id), now)


@journey_router.post(
    "/details",
    responses=responses(WRONG_STAGE, JOURNEY_OVER, DETAILS_ALREADY_CONFIRMED, INVALID_REQUEST, SYSTEM_UNAVAILABLE),
)
async def confirm_portal_details(
    form: DetailsConfirmation, services: ServicesDep, visit: VisitDep, journey: OpenJourneyDep, now: NowDep
) -> ActAnswer:
    """Confirm the details, or ask the adviser to correct some of them, shown old → new (P21)."""
    held = await views.held_client(services, journey) if form.corrections else None
    corrections = as_shown_to_the_adviser(
        form.corrections,
        held.details if held is not None else KnownDetails(),
        allow_test_identifiers=services.settings.allow_test_identifiers,
    )
    row = await evidence.record(services, visit, journey, confirming_details(services.settings, corrections), now)
    return views.act_answer(services.settings, journey, row)
