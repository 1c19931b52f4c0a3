"""An adviser's way out to their identity provider and back, at most once and within minutes.

What the answer is checked against waits in the database, sealed with a key that only the adviser's browser has.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final, cast

from cryptography.fernet import Fernet
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.security import SecurityScopes

from api.dependencies import NowDep, ServicesDep
from api.problem_types import PAGE_NOT_FOUND
from api.problems import Problem
from api.security.advisers import READ, adviser_of
from api.security.code_flow import CodeFlow, SignInAttempt, SignInRefusedError
from api.web.cookies import clear_cookie, cookie, hash_of, set_cookie
from api.web.forms import FieldError
from api.web.problem_pages import own_path, resumed
from api.web.rendering import Pages, PagesDep
from api.workbench.access import open_session
from runtime.services import Services
from storage.adviser_sessions import SignInAttemptRepository

ATTEMPT_VALID: Final = timedelta(minutes=15)
_ATTEMPT: Final = "onward-sign-in"
_TOO_OLD: Final = "That sign-in was finished already, took too long, or began in another browser. Sign in again."

router = APIRouter()


def code_flow_of(request: Request) -> CodeFlow | None:
    """Return the way through the firm's identity provider; None where none is set."""
    return cast("CodeFlow | None", request.app.state.code_flow)


def _flow(request: Request) -> CodeFlow:
    flow = code_flow_of(request)
    if flow is None:
        raise Problem(PAGE_NOT_FOUND)
    return flow


FlowDep = Annotated[CodeFlow, Depends(_flow)]


@router.get("/sign-in/start")
async def start_sign_in(
    flow: FlowDep, services: ServicesDep, now: NowDep, back: Annotated[str, Query(alias="next")] = ""
) -> Response:
    """Lead to the provider."""
    address, key = await set_out(services, flow, own_path("workbench", back), [], now)
    response = RedirectResponse(address, status_code=303)
    give_key(response, services, key)
    return response


@router.get("/sign-in/callback")
async def come_back(request: Request, flow: FlowDep, pages: PagesDep, services: ServicesDep, now: NowDep) -> Response:
    """Open a session for whoever comes back from the provider with a good answer, and lead on to where they were."""
    attempt = await _taken(services, request, now)
    if attempt is None:
        return _refused(request, pages, services, None, _TOO_OLD)
    try:
        claims = await flow.finish(attempt, dict(request.query_params))
        adviser = adviser_of(services.settings, claims, SecurityScopes([READ]))
    except SignInRefusedError as refused:
        return _refused(request, pages, services, attempt, str(refused))
    except Problem as problem:
        return _refused(request, pages, services, attempt, problem.detail, status=problem.problem_type.status)
    response = resumed(request, "workbench", pages, attempt.back, attempt.kept)
    await open_session(services, request, response, adviser, now)
    clear_cookie(response, services.settings, _ATTEMPT)
    return response


async def set_out(
    services: Services, flow: CodeFlow, back: str, kept: list[tuple[str, str]], now: datetime
) -> tuple[str, str]:
    """Keep an attempt; return the provider's address and the key for the browser's cookie.

    Raises:
        Problem: `system-unavailable`, when the provider does not answer.
    """
    address, attempt = await flow.begin(back, kept)
    key = Fernet.generate_key()
    sealed = Fernet(key).encrypt(attempt.model_dump_json().encode()).decode()
    async with services.database.transaction() as database:
        await SignInAttemptRepository(database).keep(hash_of(key.decode()), sealed, now, now + ATTEMPT_VALID)
    return address, key.decode()


def give_key(response: Response, services: Services, key: str) -> None:
    """Give the browser the key of its attempt."""
    set_cookie(response, services.settings, _ATTEMPT, key)


async def _taken(services: Services, request: Request, now: datetime) -> SignInAttempt | None:
    key = request.cookies.get(cookie(services.settings, _ATTEMPT), "")
    async with services.database.transaction() as database:
        sealed = await SignInAttemptRepository(database).take(hash_of(key), now)
    if sealed is None:
        return None
    return SignInAttempt.model_validate_json(Fernet(key).decrypt(sealed))


def _refused(
    request: Request,
    pages: Pages,
    services: Services,
    attempt: SignInAttempt | None,
    sentence: str,
    *,
    status: int = 401,
) -> Response:
    response = pages.render(
        request,
        "workbench/sign_in.html",
        status_code=status,
        errors=[FieldError("", sentence)],
        next=attempt.back if attempt else "/workbench",
        kept=attempt.kept if attempt else [],
        typed={},
    )
    clear_cookie(response, services.settings, _ATTEMPT)
    return response
