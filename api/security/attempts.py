"""How often one address may fail to sign in as an adviser, in this process."""

import time
from typing import Final

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from api.problem_types import RATE_LIMITED
from api.problems import Problem

_FAILURES: Final = RateLimitItemPerMinute(10)


class SignInLimits:
    """Counts wrong passwords, whichever way they were tried; one per application."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def refuse_guessing(self, request: Request) -> None:
        """Refuse an address that failed too often; raises Problem `rate-limited`."""
        address = _address(request)
        if not self._limiter.test(_FAILURES, address):
            wait = max(1, round(self._limiter.get_window_stats(_FAILURES, address).reset_time - time.time()))
            raise Problem(RATE_LIMITED, headers={"Retry-After": str(wait)})

    def count_failure(self, request: Request) -> None:
        """Count a wrong password against the address it came from."""
        self._limiter.hit(_FAILURES, _address(request))


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
