"""Passkeys as pages: adding, removing, and signing in with one; each needs a script, and nothing needs a passkey."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.dependencies import NowDep, ServicesDep
from api.portal.access import address_of
from api.portal.dependencies import DoorkeeperDep, VisitDep
from api.portal.pages.next_step import LANDING
from api.portal.passkeys import (
    LONGEST_NAME,
    add_passkey,
    creation_options,
    sign_in_options,
)
from api.portal.sessions import Visit, set_cookie
from api.problem_types import PASSKEY_NOT_ACCEPTED, RATE_LIMITED
from api.problems import Problem
from api.web.forms import FieldError, Typed, read_form
from api.web.problem_pages import kept_fields, resumed
from api.web.rendering import Pages, PagesDep
from runtime.services import Services
from storage.passkeys import PasskeyRepository

router = APIRouter(prefix="/passkeys")

_PAGE: Final = "/portal/passkeys"
_JSON: Final = "application/json"


@router.get("")
async def passkeys_page(request: Request, pages: PagesDep, services: ServicesDep, visit: VisitDep) -> Response:
    """List the person's passkeys, and offer to add one."""
    return await _page(request, pages, services, visit)


async def _page(
    request: Request, pages: Pages, services: Services, visit: Visit, problem: Problem | None = None
) -> Response:
    async with services.database.reading() as database:
        passkeys = await PasskeyRepository(database).of_person(visit.person.person_id)
    return pages.render(
        request,
        "portal/passkeys.html",
        status_code=problem.problem_type.status if problem is not None else 200,
        errors=[FieldError("name", problem.detail)] if problem is not None else None,
        visit=visit,
        passkeys=passkeys,
        longest_name=LONGEST_NAME,
    )


@router.post("/options")
async def passkey_options(pages: PagesDep, services: ServicesDep, visit: VisitDep, now: NowDep) -> Response:
    """Say what the browser needs to make a passkey."""
    return Response(await creation_options(services, visit, pages.brand.name, now), media_type=_JSON)


@router.post("")
async def add(request: Request, pages: PagesDep, services: ServicesDep, visit: VisitDep, now: NowDep) -> Response:
    """Keep the passkey that the browser made."""
    typed = await read_form(request)
    try:
        await add_passkey(services, visit, typed["name"], typed["credential"], now)
    except Problem as problem:
        if problem.problem_type is not PASSKEY_NOT_ACCEPTED:
            raise
        return await _page(request, pages, services, visit, problem)
    return RedirectResponse(_PAGE, status_code=303)


@router.post("/{passkey_id}/removal")
async def remove(passkey_id: str, services: ServicesDep, visit: VisitDep) -> Response:
    """Forget one of the person's own passkeys; one that is gone already is no problem."""
    async with services.database.transaction() as database:
        await PasskeyRepository(database).remove(visit.person.person_id, passkey_id)
    return RedirectResponse(_PAGE, status_code=303)


@router.post("/sign-in/options")
async def passkey_sign_in_options(
    request: Request, services: ServicesDep, doorkeeper: DoorkeeperDep, now: NowDep
) -> Response:
    """Say what the browser needs to sign in with a passkey."""
    doorkeeper.count_challenge(address_of(request))
    return Response(await sign_in_options(services, now), media_type=_JSON)


@router.post("/sign-in")
async def passkey_sign_in(
    request: Request, pages: PagesDep, services: ServicesDep, doorkeeper: DoorkeeperDep, now: NowDep
) -> Response:
    """Sign in with a passkey and lead on, as signing in with a password does; input is kept (C17)."""
    typed = await read_form(request)
    try:
        session_id = await doorkeeper.sign_in_with_passkey(services, request, typed["credential"], now)
    except Problem as problem:
        if problem.problem_type not in {PASSKEY_NOT_ACCEPTED, RATE_LIMITED}:
            raise
        return pages.render(
            request,
            "portal/sign_in.html",
            status_code=problem.problem_type.status,
            headers=problem.headers,
            errors=[FieldError("", problem.detail)],
            next=typed["next"],
            kept=kept_fields(typed),
            typed=Typed(),
        )
    answer = resumed(request, "portal", pages, typed["next"] or LANDING, kept_fields(typed))
    set_cookie(answer, services.settings, session_id)
    return answer
