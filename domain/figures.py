"""How a firm's journeys are doing: how far they get, how long each step takes, where they end, how old they are; pure.

A journey has reached a step if it has reached that one or any later one: a client who accepted the platform terms on
an earlier journey (P15) still went past them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import ceil

from domain.journey import Party, Stage


class Step(StrEnum):
    """The steps of a journey that are counted, in their usual order."""

    STARTED = "started"
    DETAILS = "details"
    APPLICATION = "application"
    CLIENT_CAME = "client_came"
    PLATFORM_TERMS = "platform_terms"
    PRODUCT_TERMS = "product_terms"
    ACTIVE = "active"


STEPS = tuple(Step)


@dataclass(frozen=True, slots=True)
class JourneyFacts:
    """What is counted of one journey: when it reached each step it is known to have reached."""

    stage: Stage
    waiting_on: Party
    waiting_since: datetime
    reached: Mapping[Step, datetime]

    @property
    def furthest(self) -> Step:
        """The last step that was reached; every journey was started."""
        return max(self.reached, key=STEPS.index, default=Step.STARTED)


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """How many journeys reached a step, and which share that is of those that were started (0 to 1)."""

    step: Step
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class TimeRow:
    """How long journeys took from one step to the next one.

    Attributes:
        before: where the time begins.
        after: where it ends.
        count: how many journeys are known to have done both.
        median: half of them were as fast or faster; None without any.
        ninetieth: nine of ten were as fast or faster; None without any.
    """

    before: Step
    after: Step
    count: int
    median: timedelta | None
    ninetieth: timedelta | None


@dataclass(frozen=True, slots=True)
class DropOutRow:
    """How many journeys ended without an active account, this step being the last one they had reached (P43)."""

    step: Step
    withdrawn: int
    declined: int
    expired: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.withdrawn + self.declined + self.expired


@dataclass(frozen=True, slots=True)
class AgeBand:
    """A span of days that something has waited for: `least` to below `below`; None is without end."""

    least: int
    below: int | None

    def holds(self, days: int) -> bool:
        """Whether so many whole days lie within it."""
        return self.least <= days and (self.below is None or days < self.below)


AGE_BANDS = (AgeBand(0, 3), AgeBand(3, 7), AgeBand(7, 14), AgeBand(14, 30), AgeBand(30, None))


@dataclass(frozen=True, slots=True)
class AgeRow:
    """How many open journeys have waited for that long, by whom they wait for."""

    band: AgeBand
    waiting_on: Mapping[Party, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.waiting_on.values())


def funnel(journeys: Sequence[JourneyFacts]) -> list[FunnelRow]:
    """Return how many journeys reached each step."""
    places = [STEPS.index(journey.furthest) for journey in journeys]
    counts = [sum(place >= position for place in places) for position in range(len(STEPS))]
    return [
        FunnelRow(step, count, count / len(journeys) if journeys else 0.0)
        for step, count in zip(STEPS, counts, strict=True)
    ]


def times(journeys: Iterable[JourneyFacts]) -> list[TimeRow]:
    """Return how long each step took, and in the last row how long the whole way took.

    Facts of one journey may come in another order than usual (P46); a step that was done before the one it usually
    follows tells nothing about how long it takes, and is left out.
    """
    known = list(journeys)
    spans = [*pairwise(STEPS), (Step.STARTED, Step.ACTIVE)]
    return [_time(known, before, after) for before, after in spans]


def _time(journeys: list[JourneyFacts], before: Step, after: Step) -> TimeRow:
    lasted = sorted(
        journey.reached[after] - journey.reached[before]
        for journey in journeys
        if before in journey.reached and after in journey.reached and journey.reached[after] >= journey.reached[before]
    )
    return TimeRow(before, after, len(lasted), quantile(lasted, 0.5), quantile(lasted, 0.9))


def quantile(ordered: Sequence[timedelta], share: float) -> timedelta | None:
    """Return the shortest time within which this share of all lies (nearest rank); None of nothing.

    Args:
        ordered: the shortest first.
        share: above 0, up to 1.
    """
    return ordered[ceil(share * len(ordered)) - 1] if ordered else None


def drop_out(journeys: Iterable[JourneyFacts]) -> list[DropOutRow]:
    """Return at which step journeys ended without an active account (P43)."""
    ended = [(journey.furthest, journey.stage) for journey in journeys]
    return [
        DropOutRow(
            step,
            withdrawn=ended.count((step, Stage.WITHDRAWN)),
            declined=ended.count((step, Stage.DECLINED)),
            expired=ended.count((step, Stage.EXPIRED)),
        )
        for step in STEPS[:-1]
    ]


def ageing(journeys: Iterable[JourneyFacts], now: datetime) -> list[AgeRow]:
    """Return for how long open journeys have waited for whom they wait for now."""
    waits = [
        (max((now - journey.waiting_since) // timedelta(days=1), 0), journey.waiting_on)
        for journey in journeys
        if not journey.stage.is_final
    ]
    parties = [party for party in Party if party is not Party.NOBODY]
    return [
        AgeRow(
            band, {party: sum(band.holds(days) and waits_on is party for days, waits_on in waits) for party in parties}
        )
        for band in AGE_BANDS
    ]
