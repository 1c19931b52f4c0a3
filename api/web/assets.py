"""Files of pages: the brand's own, and the static ones, which browsers keep since their addresses carry their hash."""

from typing import Final

from fastapi import APIRouter, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from api.problem_types import PAGE_NOT_FOUND
from api.problems import Problem
from api.web.rendering import PagesDep

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {"svg": "image/svg+xml", "woff2": "font/woff2"}

router = APIRouter(include_in_schema=False)


@router.get("/brand/{digest}/{name}")
async def brand_file(digest: str, name: str, pages: PagesDep) -> Response:
    """Return the brand's style sheet, its logo or a typeface."""
    if pages.brand_path != f"/brand/{digest}":
        raise Problem(PAGE_NOT_FOUND)
    headers = {"Cache-Control": _FOR_EVER}
    if name == "brand.css":
        return Response(pages.brand.style_sheet(), media_type="text/css", headers=headers)
    try:
        content = pages.brand.asset(name)
    except KeyError:
        raise Problem(PAGE_NOT_FOUND) from None
    return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


class HashedFiles(StaticFiles):
    """Serves the static files; one that is asked for with its hash never changes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file."""
        response = await super().get_response(path, scope)
        if response.status_code == 200 and scope["query_string"].startswith(b"v="):  # noqa: PLR2004 - OK
            response.headers["Cache-Control"] = _FOR_EVER
        return response
