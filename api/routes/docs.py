"""Pages for people: the API's own documentation, and the ways on from an e-mail."""

from pathlib import Path
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse

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
async def journey_page(journey_id: str) -> RedirectResponse:
    """Lead from the adviser's e-mail to the journey's page in the workbench, which asks who may see it."""
    return RedirectResponse(f"/workbench/journeys/{quote(journey_id, safe='')}", status_code=303)
