"""All pages of the workbench."""

from fastapi import APIRouter, Depends

from api.portal.cross_site import refuse_cross_site
from api.workbench import (
    amending,
    changing_email,
    commands,
    corrections,
    deliveries,
    discrepancies,
    discrepancy,
    emails,
    figures,
    imports,
    journey,
    journey_forms,
    listing,
    new,
    new_done,
    outgoing_deliveries,
    sign_in,
    sync_timeline,
    timeline,
)


def build_router() -> APIRouter:
    """Build the workbench's routes."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_cross_site)])
    parts: tuple[APIRouter, ...] = (
        sign_in.router,
        listing.router,
        journey.router,
        timeline.router,
        emails.router,
        figures.router,
        imports.router,
        new.router,
        new_done.router,
        journey_forms.router,
        commands.router,
        changing_email.router,
        amending.router,
        corrections.router,
        discrepancies.router,
        discrepancy.router,
        outgoing_deliveries.router,
        deliveries.router,
        sync_timeline.router,
    )
    for routes in parts:
        # The prefix stands here, so that a part may have a page at `/workbench` itself.
        router.include_router(routes, prefix="/workbench")
    return router
