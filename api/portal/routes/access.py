"""Invitations, the first password, signing in and out (P20)."""

from fastapi import APIRouter, BackgroundTasks, Request, Response, status

from api.dependencies import NowDep, ServicesDep
from api.portal.access import address_of, journey_label
from api.portal.dependencies import DoorkeeperDep, VisitDep
from api.portal.renewal import RENEWAL_WORDS, renew_invitation
from api.portal.sessions import clear_cookie, firm_name, session_view, set_cookie
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
    SIGN_IN_REQUIRED,
)
from api.problems import responses
from domain.passwords import RULE
from models.schemas.portal_access import Credentials, InvitationView, PasswordChoice, RenewalAnswer, SessionView
from storage.portal_sessions import PortalSessionRepository

router = APIRouter()
_INVITATION = (INVITATION_UNKNOWN, INVITATION_USED, INVITATION_EXPIRED, INVITATION_REVOKED, RATE_LIMITED)


@router.get("/invitations/{token}", responses=responses(*_INVITATION))
async def portal_invitation(
    token: str, request: Request, services: ServicesDep, doorkeeper: DoorkeeperDep, now: NowDep
) -> InvitationView:
    """Show an invitation. Nothing is used up, so mail scanners and second looks do no harm (P20)."""
    invitation, person = await doorkeeper.invitation(services, token, address_of(request), now)
    return InvitationView(
        firm_name=firm_name(services.settings, person.firm),
        wrapper_label=await journey_label(services, invitation.journey_id),
        next="set_password" if person.password_hash is None else "sign_in",
        password_rule=RULE,
        expires_at=invitation.expires_at,
    )


@router.post("/invitations/{token}/renewal", status_code=status.HTTP_202_ACCEPTED, responses=responses(RATE_LIMITED))
async def renew_portal_invitation(
    *,
    token: str,
    request: Request,
    services: ServicesDep,
    doorkeeper: DoorkeeperDep,
    background: BackgroundTasks,
    now: NowDep,
) -> RenewalAnswer:
    """Ask for a fresh link in place of an old one; the answer is the same for a link that never existed (P20)."""
    doorkeeper.count_renewal(address_of(request))
    background.add_task(renew_invitation, services, token, now)
    return RenewalAnswer(message=RENEWAL_WORDS)


@router.post(
    "/password",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*_INVITATION, PASSWORD_ALREADY_SET, PASSWORD_NOT_ACCEPTABLE),
)
async def set_portal_password(
    *,
    choice: PasswordChoice,
    request: Request,
    response: Response,
    services: ServicesDep,
    doorkeeper: DoorkeeperDep,
    now: NowDep,
) -> SessionView:
    """Set the first password, use the invitation up and sign in (P20)."""
    session_id, person, row = await doorkeeper.set_password(services, request, choice, now)
    set_cookie(response, services.settings, session_id)
    return session_view(services, person, row)


@router.post(
    "/sessions",
    status_code=status.HTTP_201_CREATED,
    responses=responses(CREDENTIALS_WRONG, LOGIN_LOCKED, RATE_LIMITED),
)
async def open_portal_session(
    *,
    credentials: Credentials,
    request: Request,
    response: Response,
    services: ServicesDep,
    doorkeeper: DoorkeeperDep,
    now: NowDep,
) -> SessionView:
    """Sign in; the session's id is always a fresh one (P20)."""
    session_id, person, row = await doorkeeper.sign_in(services, request, credentials, now)
    set_cookie(response, services.settings, session_id)
    return session_view(services, person, row)


@router.get("/sessions/current", responses=responses(SIGN_IN_REQUIRED))
async def current_portal_session(visit: VisitDep, services: ServicesDep) -> SessionView:
    """Say who is signed in and until when; asking keeps the session alive."""
    return session_view(services, visit.person, visit.session)


@router.delete("/sessions/current", status_code=status.HTTP_204_NO_CONTENT, responses=responses(SIGN_IN_REQUIRED))
async def close_portal_session(visit: VisitDep, response: Response, services: ServicesDep, now: NowDep) -> None:
    """Sign out: the session ends on the server, not in this browser alone."""
    async with services.database.transaction() as database:
        await PortalSessionRepository(database).revoke(visit.session.session_hash, now)
    clear_cookie(response, services.settings)
