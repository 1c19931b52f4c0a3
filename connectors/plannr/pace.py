"""Keeps calls under a rate by letting them wait in line, so that a burst is not refused."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """Lets `burst` calls through at once and further ones at `per_minute`: at most their sum in any minute."""

    def __init__(
        self,
        per_minute: int,
        *,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gap = 60 / per_minute
        self._saved = self._gap * (burst - 1)
        self._next = 0.0
        self._clock = clock
        self._sleep = sleep

    async def turn(self) -> None:
        """Wait for this call's turn; turns come in the order in which they were asked for."""
        now = self._clock()
        mine = max(self._next, now - self._saved)
        self._next = mine + self._gap
        if mine > now:
            await self._sleep(mine - now)
