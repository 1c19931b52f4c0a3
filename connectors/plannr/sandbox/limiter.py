"""The published limit of calls per minute and user, counted in windows that start with the first call."""

import math
from datetime import datetime

WINDOW_SECONDS = 60.0


class RateLimiter:
    """Counts calls per user; in memory, as the real one's cache is no record either."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._windows: dict[str, tuple[float, int]] = {}

    def _window(self, user: str, now: float) -> tuple[float, int]:
        start, used = self._windows.get(user, (now, 0))
        return (now, 0) if now - start >= WINDOW_SECONDS else (start, used)

    def hit(self, user: str, moment: datetime) -> float | None:
        """Counts a call; returns the seconds to wait if it is beyond the limit, else None."""
        now = moment.timestamp()
        start, used = self._window(user, now)
        if used >= self.per_minute:
            return math.ceil(start + WINDOW_SECONDS - now)
        self._windows[user] = (start, used + 1)
        return None

    def remaining(self, user: str, moment: datetime) -> int:
        """How many calls the user has left in the running window."""
        return max(0, self.per_minute - self._window(user, moment.timestamp())[1])

    def clear(self) -> None:
        """Starts all windows anew."""
        self._windows.clear()
