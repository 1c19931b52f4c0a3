"""The API's own documentation, from this origin alone."""

from pathlib import Path
from typing import Final

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
    """Lead to the documentation."""
    return RedirectResponse("/docs", status_code=307)
