"""All pages of the portal, behind the same doors as its JSON."""

from fastapi import APIRouter, Depends, Request

from api.portal.access import Doorkeeper
from api.portal.cross_site import refuse_cross_site
from api.portal.pages import (
    access,
    bank_details,
    check,
    confirmation,
    details,
    direct_debit,
    documents,
    hub,
    leaving,
    passkeys,
    session,
    statement,
    terms,
)


def build_page_router(doorkeeper: Doorkeeper) -> APIRouter:
    """Build the pages' routes around the attempt counters that the JSON routes use."""

    async def provide_doorkeeper(request: Request) -> None:
        request.state.doorkeeper = doorkeeper

    router = APIRouter(
        include_in_schema=False,
        dependencies=[Depends(refuse_cross_site), Depends(provide_doorkeeper)],
    )
    parts: tuple[APIRouter, ...] = (
        access.router,
        session.router,
        hub.router,
        passkeys.router,
        details.router,
        bank_details.router,
        direct_debit.router,
        statement.router,
        leaving.router,
        terms.router,
        documents.router,
        check.router,
        confirmation.router,
    )
    for routes in parts:
        router.include_router(routes, prefix="/portal")
    return router
