"""Signing in to the workbench and out of it, and how long a session still lasts."""

from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.security import SecurityScopes

from api.dependencies import NowDep, ServicesDep
from api.problem_types import CREDENTIALS_WRONG, PAGE_NOT_FOUND, RATE_LIMITED
from api.problems import Problem
from api.security.advisers import READ, SignedInAdviser, adviser_of
from api.security.attempts import SignInLimits
from api.security.local_issuer import adviser_claims, development_user
from api.web.forms import FieldError, Typed, read_form
from api.web.problem_pages import kept_fields, own_path, resumed
from api.web.rendering import PagesDep
from api.workbench import provider
from api.workbench.access import WorkbenchVisit, WorkbenchVisitDep, close_session, find_visit, open_session
from runtime.services import Services

_SITE: Final = "workbench"
_PAGE: Final = "workbench/sign_in.html"
_WRONG: Final = "The e-mail address and the password do not belong together. Check both and try again."

router = APIRouter()
router.include_router(provider.router)


@router.get("/sign-in")
async def sign_in_page(
    request: Request,
    pages: PagesDep,
    services: ServicesDep,
    now: NowDep,
    *,
    back: Annotated[str, Query(alias="next")] = "",
    ended: bool = False,
) -> Response:
    """Show how to sign in; someone who is signed in already is led on."""
    back = own_path(_SITE, back)
    if await find_visit(services, request, now) is not None:
        return RedirectResponse(back, status_code=303)
    return pages.render(request, _PAGE, next=back, kept=[], typed={}, signed_out=ended)


@router.post("/sign-in")
async def sign_in(request: Request, pages: PagesDep, services: ServicesDep, now: NowDep) -> Response:
    """Sign a development user in, or set out to the provider with what someone had sent when their session ended."""
    typed = await read_form(request)
    back, kept, flow = own_path(_SITE, typed["next"]), kept_fields(typed), provider.code_flow_of(request)
    try:
        if flow is not None:
            address, key = await provider.set_out(services, flow, back, kept, now)
            # The browser keeps to the form's own origin, so it is a link that leads to the provider.
            response: Response = pages.render(request, _PAGE, next=back, kept=[], typed={}, onward=address)
            provider.give_key(response, services, key)
            return response
        adviser = _adviser(request, services, typed)
    except Problem as problem:
        errors = [FieldError(*_said(problem))]
        status, headers = problem.problem_type.status, problem.headers
        return pages.render(
            request, _PAGE, status_code=status, headers=headers, errors=errors, next=back, kept=kept, typed=typed
        )
    response = resumed(request, _SITE, pages, back, kept)
    await open_session(services, request, response, adviser, now)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, services: ServicesDep, now: NowDep) -> Response:
    """End the session."""
    response = RedirectResponse(f"/{_SITE}/sign-in?ended=true", status_code=303)
    await close_session(services, request, response, now)
    return response


@router.get("/session")
async def session(request: Request, services: ServicesDep, now: NowDep) -> dict[str, Any]:
    """Tell how long the session lasts, without prolonging it (C17)."""
    return _lasting(await find_visit(services, request, now))


@router.post("/session")
async def stay_signed_in(visit: WorkbenchVisitDep) -> dict[str, Any]:
    """Prolong the session: *stay signed in* (C17)."""
    return _lasting(visit)


def _lasting(visit: WorkbenchVisit | None) -> dict[str, Any]:
    if visit is None:
        return {"seconds_left": 0, "can_be_prolonged": False}
    return {"seconds_left": visit.seconds_left, "can_be_prolonged": visit.can_be_prolonged}


def _adviser(request: Request, services: Services, typed: Typed) -> SignedInAdviser:
    if not services.settings.development_users:
        raise Problem(PAGE_NOT_FOUND, "Nobody can sign in here yet: no identity provider is set.")
    limits = cast("SignInLimits", request.app.state.sign_in_limits)
    limits.refuse_guessing(request)
    user = development_user(services.settings, typed["email"], typed["password"])
    if user is None:
        limits.count_failure(request)
        raise Problem(CREDENTIALS_WRONG, _WRONG)
    return adviser_of(services.settings, adviser_claims(user), SecurityScopes([READ]))


def _said(problem: Problem) -> tuple[str, str]:
    if problem.problem_type is CREDENTIALS_WRONG:
        return "email", problem.detail
    if problem.problem_type is RATE_LIMITED:
        return "email", f"Too many wrong passwords. Wait {problem.headers['Retry-After']} seconds, then try again."
    return "", problem.detail
