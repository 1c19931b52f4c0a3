"""How often one address may fail, and how often one login may be tried, in this process.

Known logins are counted in the database. Unknown ones are counted here in the same way, so that the answer never tells
whether an e-mail address is known; after a restart their count begins anew, as it would for a login nobody has tried.
"""

import time
from datetime import datetime, timedelta
from typing import Final

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from api.problem_types import LOGIN_LOCKED, RATE_LIMITED
from api.problems import Problem

LOCK_AFTER: Final = 5
"""So many wrong passwords in a row lock a login."""
LOCK_FOR: Final = timedelta(minutes=15)

_FAILURES: Final = RateLimitItemPerMinute(30, namespace="failures")
_RENEWALS: Final = RateLimitItemPerMinute(10, namespace="renewals")
_CHALLENGES: Final = RateLimitItemPerMinute(30, namespace="challenges")
_WRONG_PASSWORDS: Final = RateLimitItemPerDay(LOCK_AFTER, namespace="wrong-passwords")


class AttemptLimits:
    """Counts what goes wrong; one per application."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._locked: dict[str, datetime] = {}

    def refuse_guessing(self, address: str) -> None:
        """Refuse an address that failed too often.

        Raises:
            Problem: `rate-limited`.
        """
        if not self._limiter.test(_FAILURES, address):
            raise self._problem(_FAILURES, address)

    def count_failure(self, address: str) -> None:
        """Count a wrong password or an unknown invitation against the address it came from."""
        self._limiter.hit(_FAILURES, address)

    def count_renewal(self, address: str) -> None:
        """Count a request for a new invitation, whatever becomes of it.

        Raises:
            Problem: `rate-limited`.
        """
        if not self._limiter.hit(_RENEWALS, address):
            raise self._problem(_RENEWALS, address)

    def count_challenge(self, address: str) -> None:
        """Count a challenge that was asked for to sign in with a passkey, since each is stored for a while.

        Raises:
            Problem: `rate-limited`.
        """
        if not self._limiter.hit(_CHALLENGES, address):
            raise self._problem(_CHALLENGES, address)

    def unknown_login_failed(self, login: str, now: datetime) -> None:
        """Do for a login that does not exist what the database does for one that does, by the same clock.

        Raises:
            Problem: `login-locked`, after as many attempts as would lock an existing login.
        """
        self._locked = {locked: until for locked, until in self._locked.items() if now < until}
        if login in self._locked:
            raise login_locked(self._locked[login] - now)
        self._limiter.hit(_WRONG_PASSWORDS, login)
        if not self._limiter.test(_WRONG_PASSWORDS, login):
            self._limiter.clear(_WRONG_PASSWORDS, login)
            self._locked[login] = now + LOCK_FOR

    def _problem(self, limit: RateLimitItem, key: str) -> Problem:
        return Problem(RATE_LIMITED, headers={"Retry-After": str(self._seconds_left(limit, key))})

    def _seconds_left(self, limit: RateLimitItem, key: str) -> int:
        return max(1, round(self._limiter.get_window_stats(limit, key).reset_time - time.time()))


def login_locked(left: timedelta) -> Problem:
    """Return the answer to an attempt at a locked login."""
    return Problem(
        LOGIN_LOCKED,
        "After several wrong passwords this login is locked for up to 15 minutes, whoever tries.",
        headers={"Retry-After": str(max(1, round(left.total_seconds())))},
    )
