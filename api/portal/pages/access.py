"""The pages that let a client in: the invitation, the first password, signing in and out (P20)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, BackgroundTasks, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import SecretStr, ValidationError

from api.dependencies import NowDep, ServicesDep
from api.portal.access import Doorkeeper, address_of, find_invitation, journey_label
from api.portal.dependencies import DoorkeeperDep
from api.portal.pages.next_step import HUB, LANDING
from api.portal.renewal import RENEWAL_WORDS, renew_invitation
from api.portal.sessions import clear_cookie, firm_name, presented_session, seen_visit, set_cookie
from api.problem_types import (
    CREDENTIALS_WRONG,
    INVITATION_EXPIRED,
    INVITATION_REVOKED,
    INVITATION_UNKNOWN,
    INVITATION_USED,
    LOGIN_LOCKED,
    PASSWORD_ALREADY_SET,
    PASSWORD_NOT_ACCEPTABLE,
    RATE_LIMITED,
)
from api.problems import Problem
from api.web.forms import FieldError, Typed, of_problem, read_form
from api.web.problem_pages import kept_fields, own_path, resumed
from api.web.rendering import Pages, PagesDep
from domain.passwords import MAXIMUM_LENGTH, RULE
from models.schemas.portal_access import Credentials, PasswordChoice
from runtime.services import Services
from storage.portal_sessions import PortalSessionRepository

router = APIRouter()

_DEAD_LINK: Final = (INVITATION_UNKNOWN, INVITATION_USED, INVITATION_EXPIRED, INVITATION_REVOKED)
_DEAD_STATUS: Final = 410
_REFUSED: Final = (CREDENTIALS_WRONG, LOGIN_LOCKED, RATE_LIMITED)
_TOO_LONG: Final = f"This is too long. Use at most {MAXIMUM_LENGTH} characters."
_MISSING: Final = {"email": "Enter your e-mail address.", "password": "Enter your password."}


@router.get("/invitations/{token}")
async def invitation_page(
    *, token: str, request: Request, pages: PagesDep, services: ServicesDep, doorkeeper: DoorkeeperDep, now: NowDep
) -> Response:
    """Show what an invitation leads to: choosing a password, or signing in. Nothing is used up (P20)."""
    visit = await seen_visit(request, services, now)
    found = await find_invitation(services, token) if visit is not None else None
    if visit is not None and found is not None and found[1].person_id == visit.person.person_id:
        return RedirectResponse(HUB, status_code=303)
    return await _Invitation(token, request, pages, services, doorkeeper, now).page()


@router.post("/invitations/{token}/password")
async def choose_password(
    *, token: str, request: Request, pages: PagesDep, services: ServicesDep, doorkeeper: DoorkeeperDep, now: NowDep
) -> Response:
    """Set the first password, use the invitation up and lead into the journey (P20)."""
    typed = await read_form(request, exact=("password",))
    invitation = _Invitation(token, request, pages, services, doorkeeper, now)
    try:
        choice = PasswordChoice(token=token, password=SecretStr(typed["password"]))
    except ValidationError:
        return await invitation.page([FieldError("password", _TOO_LONG)])
    try:
        session_id, _, _ = await doorkeeper.set_password(services, request, choice, now)
    except Problem as problem:
        errors = of_problem(problem) if problem.problem_type is PASSWORD_NOT_ACCEPTABLE else []
        if errors or problem.problem_type in {*_DEAD_LINK, PASSWORD_ALREADY_SET}:
            return await invitation.page(errors)
        raise
    answer = RedirectResponse(HUB, status_code=303)
    set_cookie(answer, services.settings, session_id)
    return answer


@dataclass(frozen=True)
class _Invitation:
    """The page of one link, whatever has become of it."""

    token: str
    request: Request
    pages: Pages
    services: Services
    doorkeeper: Doorkeeper
    now: datetime

    async def page(self, errors: list[FieldError] | None = None) -> Response:
        try:
            invitation, person = await self.doorkeeper.invitation(
                self.services, self.token, address_of(self.request), self.now
            )
        except Problem as problem:
            if problem.problem_type not in _DEAD_LINK:
                raise
            # One page, one status and the same words, whatever became of the link or whether it ever was one.
            return self.pages.render(self.request, "portal/dead_link.html", status_code=_DEAD_STATUS, token=self.token)
        firm = firm_name(self.services.settings, person.firm)
        account = await journey_label(self.services, invitation.journey_id)
        if person.password_hash is not None:
            invited = {"firm": firm, "account": account}
            return self.pages.render(
                self.request, "portal/sign_in.html", next="", kept=[], typed=Typed(), invited=invited
            )
        return self.pages.render(
            self.request,
            "portal/invitation.html",
            status_code=422 if errors else 200,
            errors=errors,
            token=self.token,
            email=person.email,
            rule=RULE,
            firm=firm,
            account=account,
        )


@router.post("/invitations/{token}/renewal")
async def renew_link(
    *,
    token: str,
    request: Request,
    services: ServicesDep,
    doorkeeper: DoorkeeperDep,
    work: BackgroundTasks,
    now: NowDep,
) -> Response:
    """Ask for a new link in place of a dead one; the answer is the same for a link that never existed (P20)."""
    doorkeeper.count_renewal(address_of(request))
    work.add_task(renew_invitation, services, token, now)
    return RedirectResponse("/portal/link-sent", status_code=303)


@router.get("/link-sent")
async def link_sent(request: Request, pages: PagesDep) -> Response:
    """Say that a new link is on its way, if there was ever an old one."""
    return pages.render(request, "portal/link_sent.html", words=RENEWAL_WORDS)


@router.get("/sign-in")
async def sign_in_page(request: Request, pages: PagesDep, services: ServicesDep, now: NowDep) -> Response:
    """Show the form for signing in; whoever is signed in already is led on."""
    back = request.query_params.get("next", "")
    if await seen_visit(request, services, now) is not None:
        return RedirectResponse(own_path("portal", back), status_code=303)
    signed_out = "signed-out" in request.query_params
    return pages.render(request, "portal/sign_in.html", next=back, kept=[], typed=Typed(), signed_out=signed_out)


@router.post("/sign-in")
async def sign_in(
    request: Request, pages: PagesDep, services: ServicesDep, doorkeeper: DoorkeeperDep, now: NowDep
) -> Response:
    """Sign in and lead on: to the page that was asked for, else to the next open task (P26); input is kept (C17)."""
    typed = await read_form(request, exact=("password",))
    kept = kept_fields(typed)
    try:
        credentials = Credentials(email=typed["email"], password=SecretStr(typed["password"]))
        if not typed["password"]:
            return _sign_in_again(request, pages, typed, [FieldError("password", _MISSING["password"])])
        session_id, _, _ = await doorkeeper.sign_in(services, request, credentials, now)
    except ValidationError as invalid:
        wrong = {str(fault["loc"][0]) for fault in invalid.errors(include_input=False)}
        wrong |= {name for name in _MISSING if not typed[name]}
        return _sign_in_again(request, pages, typed, [FieldError(name, _MISSING[name]) for name in sorted(wrong)])
    except Problem as problem:
        if problem.problem_type not in _REFUSED:
            raise
        return _sign_in_again(request, pages, typed, [_refusal(problem)], problem)
    answer = resumed(request, "portal", pages, typed["next"] or LANDING, kept)
    set_cookie(answer, services.settings, session_id)
    return answer


def _refusal(problem: Problem) -> FieldError:
    if problem.problem_type is CREDENTIALS_WRONG:
        return FieldError("email", "The e-mail address and the password do not belong together. Check both.")
    minutes = max(1, -(-int(problem.headers.get("Retry-After", "60")) // 60))
    wait = f"Wait {minutes} minute{'' if minutes == 1 else 's'}, then try again."
    return FieldError("", f"{problem.detail} {wait}")


def _sign_in_again(
    request: Request, pages: PagesDep, typed: Typed, errors: list[FieldError], problem: Problem | None = None
) -> Response:
    return pages.render(
        request,
        "portal/sign_in.html",
        status_code=problem.problem_type.status if problem is not None else 422,
        headers=problem.headers if problem is not None else None,
        errors=errors,
        next=typed["next"],
        kept=kept_fields(typed),
        typed=typed,
    )


@router.post("/sign-out")
async def sign_out(request: Request, services: ServicesDep, now: NowDep) -> Response:
    """End the session on the server, not in this browser alone; no session is no reason to ask for one."""
    presented = presented_session(request, services.settings)
    if presented is not None:
        async with services.database.transaction() as database:
            await PortalSessionRepository(database).revoke(presented, now)
    answer = RedirectResponse("/portal/sign-in?signed-out=yes", status_code=303)
    clear_cookie(answer, services.settings)
    return answer
