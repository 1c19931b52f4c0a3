"""The adviser behind a page of the workbench: an opaque random id in a cookie, its hash in the database, revocable."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends, Request, Response

from api.dependencies import NowDep, ServicesDep
from api.problem_types import NOT_PERMITTED, SIGN_IN_REQUIRED
from api.problems import Problem
from api.security.advisers import SignedInAdviser
from api.web.cookies import clear_cookie, cookie, hash_of, set_cookie
from models.messages import Adviser
from models.tables import AdviserSessionRow
from runtime.services import Services
from runtime.settings import Settings
from storage.adviser_sessions import AdviserSessionRepository, NewAdviserSession

LONGEST_SESSION: Final = timedelta(hours=12)
"""However busy a session is, it ends after this time."""

# Not every request has to write: a session is prolonged once this part of its idle time has passed.
_TOUCH_AFTER: Final = 30


@dataclass(frozen=True, slots=True)
class WorkbenchVisit:
    """A signed-in adviser at a page."""

    adviser: SignedInAdviser
    session: AdviserSessionRow
    seen_at: datetime

    @property
    def seconds_left(self) -> int:
        """How long the session lasts from this request on if nothing more is done (C17)."""
        return max(0, int((self.session.expires_at - self.seen_at).total_seconds()))

    @property
    def can_be_prolonged(self) -> bool:
        """Whether doing something makes the session last longer, or it ends in any case (C17)."""
        return self.session.expires_at < ends_at(self.session)

    def require_writing(self) -> None:
        """Refuse who may only look; raises Problem `not-permitted`."""
        if not self.adviser.may_write:
            detail = "Your sign-in lets you look at journeys, and neither start nor change them."
            raise Problem(NOT_PERMITTED, detail)


SESSION: Final = "onward-workbench"
"""The cookie of a session."""


async def open_session(
    services: Services, request: Request, response: Response, adviser: SignedInAdviser, now: datetime
) -> None:
    """Open a session under a fresh id, and end the one that the browser presented (no session fixation)."""
    settings, session_id = services.settings, secrets.token_urlsafe(32)
    new = NewAdviserSession(
        session_hash=hash_of(session_id),
        firm=adviser.firm.id,
        adviser_id=adviser.id,
        adviser=adviser.adviser.model_dump(mode="json"),
        scope=adviser.scope,
        created_at=now,
        expires_at=_expiry(now, now, settings),
    )
    async with services.database.transaction() as database:
        sessions = AdviserSessionRepository(database)
        presented = request.cookies.get(cookie(settings, SESSION))
        if presented is not None:
            await sessions.revoke(hash_of(presented), now)
        await sessions.create(new)
    set_cookie(response, settings, SESSION, session_id)


async def close_session(services: Services, request: Request, response: Response, now: datetime) -> None:
    """End the session that the browser presents, if any."""
    presented = request.cookies.get(cookie(services.settings, SESSION))
    if presented is not None:
        async with services.database.transaction() as database:
            await AdviserSessionRepository(database).revoke(hash_of(presented), now)
    clear_cookie(response, services.settings, SESSION)


def ends_at(row: AdviserSessionRow) -> datetime:
    """Return when the session ends in any case."""
    return row.created_at + LONGEST_SESSION


def _expiry(created_at: datetime, now: datetime, settings: Settings) -> datetime:
    return min(now + settings.adviser_session, created_at + LONGEST_SESSION)


async def find_visit(services: Services, request: Request, now: datetime) -> WorkbenchVisit | None:
    """Return who is signed in, if anybody; their session goes on as it is."""
    presented = request.cookies.get(cookie(services.settings, SESSION))
    if presented is None:
        return None
    async with services.database.reading() as database:
        row = await AdviserSessionRepository(database).by_hash(hash_of(presented))
    if row is None or now >= min(row.expires_at, ends_at(row)):
        return None
    firm = services.settings.firm(row.firm)
    if firm is None:
        return None
    return WorkbenchVisit(SignedInAdviser(firm, Adviser.model_validate(row.adviser), row.scope), row, now)


async def watching_visit(request: Request, services: ServicesDep, now: NowDep) -> WorkbenchVisit:
    """Return who is signed in, for what a page asks by itself: that nobody is there does not prolong a session.

    Raises:
        Problem: `sign-in-required`.
    """
    visit = await find_visit(services, request, now)
    if visit is None:
        raise Problem(SIGN_IN_REQUIRED)
    return visit


async def current_visit(
    request: Request, services: ServicesDep, now: NowDep, visit: Annotated[WorkbenchVisit, Depends(watching_visit)]
) -> WorkbenchVisit:
    """Return who is signed in, and prolong their session; raises Problem `sign-in-required`."""
    session, settings = visit.session, services.settings
    if now - session.last_seen_at >= settings.adviser_session / _TOUCH_AFTER:
        session.last_seen_at, session.expires_at = now, _expiry(session.created_at, now, settings)
        async with services.database.transaction() as database:
            await AdviserSessionRepository(database).touch(session.session_hash, now, session.expires_at)
    # The layout of every page, of problems too, names who is there and warns before their time is over.
    request.state.adviser, request.state.seconds_left = visit.adviser, visit.seconds_left
    return visit


def writing_visit(visit: Annotated[WorkbenchVisit, Depends(current_visit)]) -> WorkbenchVisit:
    """Return who is signed in, if they may act; raises Problem `sign-in-required` or `not-permitted`."""
    visit.require_writing()
    return visit


WorkbenchVisitDep = Annotated[WorkbenchVisit, Depends(current_visit)]
"""Who looks at a page."""
WritingVisitDep = Annotated[WorkbenchVisit, Depends(writing_visit)]
"""Who acts on a page; a page that only leads to an act asks for it too."""
WatchingVisitDep = Annotated[WorkbenchVisit, Depends(watching_visit)]
"""Whose open page asks by itself, such as a stream of events or a part that is refreshed."""
