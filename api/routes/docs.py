"""Pages for people: the API's own documentation, and the ways on from an e-mail."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse

from api import views
from api.dependencies import ServicesDep
from api.problem_types import JOURNEY_NOT_FOUND
from api.problems import Problem

_PAGE: Final = Path(__file__).parent.parent / "static" / "docs.html"
# Swagger UI sets styles from its script and draws its icons from data addresses.
_POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def documentation() -> FileResponse:
    """Show the interactive documentation."""
    return FileResponse(_PAGE, media_type="text/html", headers={"Content-Security-Policy": _POLICY})


@router.get("/")
async def start() -> RedirectResponse:
    """Lead advisers to their workbench; clients come by the link of their e-mail."""
    return RedirectResponse("/workbench", status_code=307)


@router.get("/journeys/{journey_id}")
async def operator_page(journey_id: str, services: ServicesDep) -> RedirectResponse:
    """Lead from the adviser's e-mail to the journey's page in the Temporal Web UI, which asks who may see it."""
    page = views.links(services.settings, journey_id).operator
    if page is None:
        raise Problem(JOURNEY_NOT_FOUND, "Pages of journeys are not shown here: `ONWARD_TEMPORAL_UI_URL` is not set.")
    return RedirectResponse(page, status_code=303)
