"""Problems that a person meets on a page: said in the page's own layout, or answered by asking them to sign in."""

from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from api.problem_types import SIGN_IN_REQUIRED
from api.problems import Problem, problem_response
from api.web.rendering import Pages

KEPT: Final = "kept."
_SITES: Final = {"portal": "Back to your accounts", "workbench": "Back to your journeys"}


def site_of(request: Request) -> str | None:
    """Return `portal` or `workbench` when the request is for a page of theirs; None for every interface."""
    path = request.url.path
    if path.startswith("/portal/api"):
        return None
    return next((site for site in _SITES if path == f"/{site}" or path.startswith(f"/{site}/")), None)


async def answer_with(request: Request, problem: Problem) -> Response:
    """Return the problem as whoever asked can read it: a person as a page, a program as JSON."""
    site = site_of(request)
    if site is None:
        return problem_response(request, problem)
    return await problem_page(request, site, problem)


async def problem_page(request: Request, site: str, problem: Problem) -> Response:
    """Return the problem as a page; someone who is not signed in is asked to, and what they sent is kept (C17)."""
    pages = cast("Pages", request.app.state.pages)
    if problem.problem_type is SIGN_IN_REQUIRED:
        return await _asked_to_sign_in(request, site, pages)
    return pages.render(
        request,
        "problem.html",
        status_code=problem.problem_type.status,
        headers=problem.headers,
        layout=f"{site}/layout.html",
        title=problem.problem_type.title,
        detail=problem.detail,
        what_to_do=problem.problem_type.what_to_do,
        home=f"/{site}",
        home_words=_SITES[site],
        request_id=getattr(request.state, "request_id", None),
    )


async def _asked_to_sign_in(request: Request, site: str, pages: Pages) -> Response:
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method in {"GET", "HEAD"}:
        query = "" if back == f"/{site}" else "?" + urlencode({"next": back})
        return RedirectResponse(f"/{site}/sign-in{query}", status_code=303)
    kept = [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
    return pages.render(
        request,
        f"{site}/sign_in.html",
        status_code=401,
        next=back,
        kept=kept,
        typed={},
    )


def own_path(site: str, address: str) -> str:
    """Return where to go on after signing in: a page of this site, and nothing that leads elsewhere."""
    path = address.partition("?")[0]
    plain = "\\" not in address and address.isprintable() and (path == f"/{site}" or path.startswith(f"/{site}/"))
    return address if plain and path.rstrip("/") != f"/{site}/sign-in" else f"/{site}"


def kept_fields(typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what someone had sent before they were asked to sign in, from the fields of the sign-in form (C17)."""
    return [(name.removeprefix(KEPT), value) for name, value in typed.items() if name.startswith(KEPT)]


def resumed(request: Request, site: str, pages: Pages, back: str, kept: list[tuple[str, str]]) -> Response:
    """Lead on after signing in: to the page that was asked for, or to a button that sends what was kept (C17)."""
    where = own_path(site, back)
    if not kept:
        return RedirectResponse(where, status_code=303)
    return pages.render(request, "resume.html", layout=f"{site}/layout.html", action=where, kept=kept)
