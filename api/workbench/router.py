"""All pages of the workbench."""

from fastapi import APIRouter, Depends

from api.portal.cross_site import refuse_cross_site
from api.workbench import commands


def build_router() -> APIRouter:
    """Build the workbench's routes."""
    router = APIRouter(prefix="/workbench", include_in_schema=False, dependencies=[Depends(refuse_cross_site)])
    parts: tuple[APIRouter, ...] = (commands.router,)
    for routes in parts:
        router.include_router(routes)
    return router
