"""Signing in and being invited (P20): every answer is the same for an e-mail address that nobody has."""

import hashlib
from datetime import datetime

from fastapi import Request

from api.portal.limits import LOCK_AFTER, LOCK_FOR, AttemptLimits, login_locked
from api.portal.passkeys import sign_in_with_passkey
from api.portal.passwords import PasswordHasher
from api.portal.sessions import firm_name, open_session
from api.problem_types import (
    CREDENTIALS_WRONG,
    INVITATION_EXPIRED,
    INVITATION_REVOKED,
    INVITATION_UNKNOWN,
    INVITATION_USED,
    PASSWORD_ALREADY_SET,
    PASSWORD_NOT_ACCEPTABLE,
    ProblemType,
)
from api.problems import Problem
from domain.invitations import InvitationState, invitation_state, token_hash
from domain.passwords import password_problems
from domain.wrappers import wrapper_words
from models.schemas.portal_access import Credentials, PasswordChoice
from models.tables import InvitationRow, PersonRow, PortalSessionRow
from runtime.services import Services
from storage.invitations import InvitationRepository
from storage.journeys import JourneyRepository
from storage.people import PersonRepository

_GONE: dict[InvitationState, ProblemType] = {
    InvitationState.USED: INVITATION_USED,
    InvitationState.EXPIRED: INVITATION_EXPIRED,
    InvitationState.REVOKED: INVITATION_REVOKED,
}


class Doorkeeper:
    """Lets clients in; one per application, since it counts attempts."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._limits = AttemptLimits()

    async def invitation(
        self, services: Services, token: str, address: str, now: datetime
    ) -> tuple[InvitationRow, PersonRow]:
        """Return an invitation that still works and whom it invites; nothing is used up.

        Raises:
            Problem: `invitation-unknown`, `-used`, `-expired`, `-revoked`, or `rate-limited`.
        """
        self._limits.refuse_guessing(address)
        found = await find_invitation(services, token)
        if found is None:
            self._limits.count_failure(address)
            raise Problem(INVITATION_UNKNOWN)
        invitation, person = found
        state = state_of(invitation, now)
        if state in _GONE:
            raise Problem(_GONE[state])
        return invitation, person

    async def set_password(
        self, services: Services, request: Request, choice: PasswordChoice, now: datetime
    ) -> tuple[str, PersonRow, PortalSessionRow]:
        """Set an invited person's first password, use their invitation up and open a session.

        Raises:
            Problem: as `invitation`, `password-already-set`, or `password-not-acceptable` with the reasons.
        """
        invitation, person = await self.invitation(services, choice.token, address_of(request), now)
        if person.password_hash is not None:
            raise Problem(PASSWORD_ALREADY_SET)
        password = choice.password.get_secret_value()
        personal = [person.email, person.first_name, firm_name(services.settings, person.firm)]
        if reasons := password_problems(password, personal):
            errors = [{"pointer": "/password", "detail": reason} for reason in reasons]
            raise Problem(PASSWORD_NOT_ACCEPTABLE, " ".join(reasons), errors=errors)
        password_hash = await self._hasher.hash(password)
        async with services.database.transaction() as database:
            if not await InvitationRepository(database).consume(invitation.invitation_id, now):
                raise Problem(INVITATION_USED)
            await PersonRepository(database).set_password(person.person_id, password_hash)
            session_id, row = await open_session(database, services.settings, request, person.person_id, now)
        return session_id, person, row

    async def sign_in(
        self, services: Services, request: Request, credentials: Credentials, now: datetime
    ) -> tuple[str, PersonRow, PortalSessionRow]:
        """Open a session for whoever knows the password; takes as long for a login that does not exist.

        Raises:
            Problem: `credentials-wrong`, `login-locked` or `rate-limited`.
        """
        address = address_of(request)
        self._limits.refuse_guessing(address)
        async with services.database.reading() as database:
            person = await PersonRepository(database).by_email(credentials.email)
        if person is not None and person.locked_until is not None and now < person.locked_until:
            raise login_locked(person.locked_until - now)
        stored = person.password_hash if person is not None else None
        fits, fresh = await self._hasher.verify(credentials.password.get_secret_value(), stored)
        if person is None or not fits:
            self._limits.count_failure(address)
            await self._count_wrong_password(services, person, credentials.email, now)
            raise Problem(CREDENTIALS_WRONG)
        async with services.database.transaction() as database:
            people = PersonRepository(database)
            await people.clear_failed_attempts(person.person_id)
            if fresh is not None:
                await people.set_password(person.person_id, fresh)
            session_id, row = await open_session(database, services.settings, request, person.person_id, now)
        return session_id, person, row

    async def _count_wrong_password(
        self, services: Services, person: PersonRow | None, email: str, now: datetime
    ) -> None:
        if person is None:
            # The address itself is kept nowhere, not even in memory.
            self._limits.unknown_login_failed(hashlib.sha256(email.strip().lower().encode()).hexdigest(), now)
            return
        async with services.database.transaction() as database:
            people = PersonRepository(database)
            await people.record_failed_attempt(person.person_id, now, LOCK_AFTER, LOCK_FOR)

    async def sign_in_with_passkey(self, services: Services, request: Request, answer: str, now: datetime) -> str:
        """Open a session for whoever holds the passkey; return its id.

        Raises:
            Problem: `passkey-not-accepted` or `rate-limited`.
        """
        address = address_of(request)
        self._limits.refuse_guessing(address)
        try:
            session_id, _, _ = await sign_in_with_passkey(services, request, answer, now)
        except Problem:
            self._limits.count_failure(address)
            raise
        return session_id

    def count_challenge(self, address: str) -> None:
        """Count a challenge that was asked for; raises Problem `rate-limited`."""
        self._limits.count_challenge(address)

    def count_renewal(self, address: str) -> None:
        """Count a request for a new invitation; raises Problem `rate-limited`."""
        self._limits.count_renewal(address)


async def find_invitation(services: Services, token: str) -> tuple[InvitationRow, PersonRow] | None:
    """Return the invitation of a link and whom it invites, whatever became of it."""
    async with services.database.reading() as database:
        invitation = await InvitationRepository(database).by_token_hash(token_hash(token))
        if invitation is None:
            return None
        person = await PersonRepository(database).get(invitation.person_id)
    return (invitation, person) if person is not None else None


async def journey_label(services: Services, journey_id: str) -> str:
    """Return what the account of a journey is called; the projection may be a moment behind the invitation."""
    async with services.database.reading() as database:
        row = await JourneyRepository(database).get(journey_id)
    return wrapper_words(row.wrapper) if row is not None else "account"


def state_of(invitation: InvitationRow, now: datetime) -> InvitationState:
    """Return what a stored invitation is still good for."""
    return invitation_state(
        now=now,
        expires_at=invitation.expires_at,
        used_at=invitation.used_at,
        revoked_at=invitation.revoked_at,
    )


def address_of(request: Request) -> str:
    """Return the network address a request came from."""
    return request.client.host if request.client else "unknown"
