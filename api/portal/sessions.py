"""Sessions of signed-in clients: an opaque random id in a cookie, its hash in the database, revocable (P20)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.dependencies import NowDep, ServicesDep
from api.problem_types import SIGN_IN_REQUIRED
from api.problems import Problem
from api.web import cookies
from models.schemas.portal_access import SessionView
from models.tables import PersonRow, PortalSessionRow
from runtime.services import Services
from runtime.settings import Settings
from storage.people import PersonRepository
from storage.portal_sessions import PortalSessionRepository

LONGEST_SESSION: Final = timedelta(hours=12)
"""However busy a session is, it ends after this time."""

# Not every request has to write: a session is prolonged once this part of its idle time has passed.
_TOUCH_AFTER: Final = 30


@dataclass(frozen=True)
class Visit:
    """A signed-in client and where they act from; what evidence says of how they proved who they are."""

    person: PersonRow
    session: PortalSessionRow
    ip: str | None
    user_agent: str | None
    seen_at: datetime

    @property
    def session_ref(self) -> str:
        """Tells sessions apart without being of use to anyone."""
        return self.session.session_hash[:16]

    @property
    def authentication(self) -> str:
        """How and when the person proved who they are."""
        return f"{self.session.authentication} at {self.session.created_at.isoformat(timespec='seconds')}"

    @property
    def seconds_left(self) -> int:
        """How long the session lasts from this request on if nothing more is done (C17)."""
        return max(0, int((self.session.expires_at - self.seen_at).total_seconds()))

    @property
    def can_be_prolonged(self) -> bool:
        """Whether doing something makes the session last longer, or it ends in any case (C17)."""
        return self.session.expires_at < ends_at(self.session)


SESSION: Final = "onward-session"
"""The cookie of a session."""


def cookie_name(settings: Settings) -> str:
    """Return the name of the session's cookie on this host."""
    return cookies.cookie(settings, SESSION)


def set_cookie(response: Response, settings: Settings, session_id: str) -> None:
    """Give the browser its session; it ends with the browser or with the session, whichever is first."""
    cookies.set_cookie(response, settings, SESSION, session_id)


def clear_cookie(response: Response, settings: Settings) -> None:
    """Take the session away from the browser."""
    cookies.clear_cookie(response, settings, SESSION)


def session_hash(session_id: str) -> str:
    """Return the form of a session id that is stored."""
    return cookies.hash_of(session_id)


def presented_session(request: Request, settings: Settings) -> str | None:
    """Return the hash of the session id that the browser sent, if any."""
    session_id = request.cookies.get(cookie_name(settings))
    return session_hash(session_id) if session_id else None


def ends_at(row: PortalSessionRow) -> datetime:
    """Return when the session ends in any case."""
    return row.created_at + LONGEST_SESSION


def _expiry(created_at: datetime, now: datetime, settings: Settings) -> datetime:
    return min(now + settings.portal_session, created_at + LONGEST_SESSION)


async def open_session(  # noqa: PLR0917 - what is opened where, for whom and when reads the same in every call
    database: AsyncSession,
    settings: Settings,
    request: Request,
    person_id: str,
    now: datetime,
    authentication: Literal["password", "passkey"] = "password",
) -> tuple[str, PortalSessionRow]:
    """Open a session under a fresh id, and end the one that the browser presented (no session fixation).

    Args:
        database: An open transaction.
        settings: How long sessions last.
        request: Where the session is opened from.
        person_id: Whose session it is.
        now: When it begins.
        authentication: How the person proved who they are.

    Returns:
        The id for the cookie, which is stored nowhere, and the stored session.
    """
    sessions = PortalSessionRepository(database)
    presented = presented_session(request, settings)
    if presented is not None:
        await sessions.revoke(presented, now)
    session_id = secrets.token_urlsafe(32)
    row = await sessions.create(
        session_hash(session_id),
        person_id,
        now,
        _expiry(now, now, settings),
        _user_agent(request) or "",
        authentication,
    )
    return session_id, row


def session_view(services: Services, person: PersonRow, row: PortalSessionRow) -> SessionView:
    """Return what the client may know of their session."""
    return SessionView(
        first_name=person.first_name,
        firm_name=firm_name(services.settings, person.firm),
        expires_at=row.expires_at,
        ends_at=ends_at(row),
    )


def firm_name(settings: Settings, firm_id: str) -> str:
    """Return what the adviser's firm is called."""
    firm = settings.firm(firm_id)
    return firm.name if firm is not None else "your adviser's firm"


async def current_visit(request: Request, services: ServicesDep, now: NowDep) -> Visit:
    """Return who is signed in, and prolong their session.

    Raises:
        Problem: `sign-in-required`.
    """
    visit = await seen_visit(request, services, now)
    if visit is None:
        raise Problem(SIGN_IN_REQUIRED)
    session = visit.session
    if now - session.last_seen_at >= services.settings.portal_session / _TOUCH_AFTER:
        session.last_seen_at, session.expires_at = now, _expiry(session.created_at, now, services.settings)
        async with services.database.transaction() as database:
            await PortalSessionRepository(database).touch(session.session_hash, now, session.expires_at)
    return visit


async def seen_visit(request: Request, services: Services, now: datetime) -> Visit | None:
    """Return who is signed in, if anybody is, without prolonging their session."""
    presented = presented_session(request, services.settings)
    found = await _signed_in(services, presented, now) if presented is not None else None
    if found is None:
        return None
    address = request.client.host if request.client else None
    return Visit(person=found[0], session=found[1], ip=address, user_agent=_user_agent(request), seen_at=now)


async def _signed_in(services: Services, presented: str, now: datetime) -> tuple[PersonRow, PortalSessionRow] | None:
    async with services.database.reading() as database:
        session = await PortalSessionRepository(database).by_hash(presented)
        if session is None or now >= min(session.expires_at, ends_at(session)):
            return None
        person = await PersonRepository(database).get(session.person_id)
    return (person, session) if person is not None else None


def _user_agent(request: Request) -> str | None:
    agent = request.headers.get("User-Agent")
    return agent[:300] if agent else None


VisitDep = Annotated[Visit, Depends(current_visit)]
