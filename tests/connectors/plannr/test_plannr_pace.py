"""Calls wait in line rather than run into Plannr's limit."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.plannr.pace import Pace
from tests.contract.plannr_scenes import FIRM, gateway_on, sandbox_scene

PER_MINUTE, BURST = 450, 50


class Clock:
    """A time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def seconds(self) -> float:
        """Return the time in seconds."""
        return self.now

    def moment(self) -> datetime:
        """Return the time as a date."""
        return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=self.now)

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    """Return a clock of this test's own."""
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    """Return the gateway's pace on that clock."""
    return Pace(PER_MINUTE, burst=BURST, clock=clock.seconds, sleep=clock.sleep)


async def test_a_burst_passes_at_once_and_the_rest_at_the_rate(pace: Pace, clock: Clock) -> None:
    """Fifty calls take no time, each further one an eighth of a second or so."""
    start = clock.now
    for _ in range(BURST):
        await pace.turn()
    assert clock.now == start
    for _ in range(PER_MINUTE):
        await pace.turn()
    assert clock.now - start == pytest.approx(60)


async def test_no_minute_holds_more_than_the_limit(pace: Pace, clock: Clock) -> None:
    """Whenever a minute begins, also after a pause, at most 500 calls fall into it."""
    turns: list[float] = []
    for number in range(1_500):
        if number == 700:
            clock.now += 30
        await pace.turn()
        turns.append(clock.now)

    assert max(sum(start <= turn < start + 60 for turn in turns) for start in turns) <= PER_MINUTE + BURST


async def test_turns_come_in_the_order_of_asking() -> None:
    """Calls that wait side by side are let through first come, first served."""
    pace, order = Pace(6_000, burst=1), list[int]()

    async def call(number: int) -> None:
        await pace.turn()
        order.append(number)

    await asyncio.gather(*(call(number) for number in range(10)))
    assert order == list(range(10))


async def test_a_long_run_never_meets_the_published_limit(tmp_path: Path, clock: Clock, pace: Pace) -> None:
    """Against a sandbox with Plannr's own limit, 1,100 calls in a row are all answered."""
    async with sandbox_scene(tmp_path, rate_limit_per_minute=500, clock=clock.moment) as scene:
        gateway = gateway_on(scene.transport, pace=pace)
        for number in range(1_100):
            assert await gateway.find_application(FIRM, f"journey-{number}") is None
        await gateway.aclose()
