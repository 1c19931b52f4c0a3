"""When a delivery that could not be handled is tried again, and when it is given up."""

from datetime import datetime, timedelta
from typing import Final

from connectors.errors import ConnectorUnavailable

FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=10)
_ENOUGH_DOUBLINGS: Final = 10


def next_attempt(now: datetime, failed: int, error: BaseException) -> datetime:
    """Return when to try again: 1 s after the first failure, twice as long after each further one, 10 min at most.

    A system that said when to come back (`Retry-After`) is not asked before.

    Args:
        now: When the attempt failed.
        failed: How many attempts failed so far, this one included.
        error: What went wrong.
    """
    doublings: int = min(failed - 1, _ENOUGH_DOUBLINGS)
    pause = min(FIRST_PAUSE * float(2**doublings), LONGEST_PAUSE)
    if isinstance(error, ConnectorUnavailable) and error.retry_after is not None:
        pause = max(pause, timedelta(seconds=error.retry_after))
    return now + pause


def is_given_up(now: datetime, received_at: datetime, patience: timedelta) -> bool:
    """Tell whether a delivery was tried for long enough."""
    return now - received_at >= patience
