"""The client portal as JSON, under `/portal/api`."""

from fastapi import APIRouter, Depends, Request

from api.portal.access import Doorkeeper
from api.portal.cross_site import refuse_cross_site
from api.portal.routes import access, documents, endings, journeys, payments, statements
from api.problem_types import CROSS_SITE_REQUEST
from api.problems import responses


def build_router(doorkeeper: Doorkeeper) -> APIRouter:
    """Build the portal's routes around these attempt counters."""

    async def provide_doorkeeper(request: Request) -> None:
        request.state.doorkeeper = doorkeeper

    router = APIRouter(
        prefix="/portal/api",
        tags=["portal"],
        dependencies=[Depends(refuse_cross_site), Depends(provide_doorkeeper)],
        responses=responses(CROSS_SITE_REQUEST),
    )
    for routes in (
        access.router,
        journeys.router,
        journeys.journey_router,
        documents.router,
        payments.router,
        endings.router,
        statements.router,
    ):
        router.include_router(routes)
    return router
