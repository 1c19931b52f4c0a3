"""A pension's statement and its correction (P32)."""

from fastapi import APIRouter, Response

from api.dependencies import NowDep, ServicesDep
from api.portal import evidence, statements, views
from api.portal.corrections import as_shown_to_the_adviser, correcting_statement
from api.portal.dependencies import JourneyDep, VisitDep
from api.problem_types import (
    INVALID_REQUEST,
    JOURNEY_NOT_FOUND,
    SIGN_IN_REQUIRED,
    STATEMENT_UNKNOWN,
    SYSTEM_UNAVAILABLE,
    WRONG_STAGE,
)
from api.problems import responses
from models.people import KnownDetails
from models.schemas.portal_acts import StatementCorrections
from models.schemas.portal_journeys import ActAnswer

router = APIRouter(
    prefix="/journeys/{journey_id}", responses=responses(SIGN_IN_REQUIRED, JOURNEY_NOT_FOUND, STATEMENT_UNKNOWN)
)


@router.get(
    "/statement",
    response_class=Response,
    responses={
        **responses(SYSTEM_UNAVAILABLE),
        200: {"content": {"text/html": {}}, "description": "exactly as the platform made it"},
    },
)
async def portal_statement(services: ServicesDep, journey: JourneyDep) -> Response:
    """Return the statement of an open pension, with what the client declared (P32)."""
    return await statements.statement_content(services.platform, journey)


@router.post("/statement-corrections", responses=responses(WRONG_STAGE, INVALID_REQUEST, SYSTEM_UNAVAILABLE))
async def correct_portal_statement(
    form: StatementCorrections, services: ServicesDep, visit: VisitDep, journey: JourneyDep, now: NowDep
) -> ActAnswer:
    """Ask for a correction of the statement within its time; it goes to the adviser, shown old → new (P32)."""
    statements.expect_correctable(journey, now)
    held = await views.held_client(services, journey)
    corrections = as_shown_to_the_adviser(
        form.corrections,
        held.details if held is not None else KnownDetails(),
        allow_test_identifiers=services.settings.allow_test_identifiers,
    )
    row = await evidence.record(services, visit, journey, correcting_statement(services.settings, corrections), now)
    return views.act_answer(services.settings, journey, row)
