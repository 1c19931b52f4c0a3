"""How long clients take in the portal, from what past clients really did; pure (C4).

The time at the portal counts, not the days between two visits: a pause longer than a session lasts is left out.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from statistics import median
from typing import Final

LEAST: Final = 5
"""Fewer past clients than this say nothing about the next one."""
PAUSE: Final = timedelta(minutes=30)
"""After this long without an act the client was not at it."""


def usual_minutes(visits: Iterable[Iterable[datetime]]) -> int | None:
    """Return how long a client usually takes, in whole minutes, at least 1; None while too few are known.

    Args:
        visits: For each past client on each account, when they did what.
    """
    lasted = [_minutes_spent(moments) for moments in visits]
    if len(lasted) < LEAST:
        return None
    return max(1, ceil(median(lasted)))


def _minutes_spent(moments: Iterable[datetime]) -> float:
    gaps = (later - earlier for earlier, later in pairwise(sorted(moments)))
    return sum((gap for gap in gaps if gap <= PAUSE), timedelta(0)) / timedelta(minutes=1)
