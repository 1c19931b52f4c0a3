"""What is counted of a firm's journeys."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.figures import AGE_BANDS, STEPS, JourneyFacts, Step, ageing, drop_out, funnel, quantile, times
from domain.journey import Party, Stage

MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def journey(*steps: Step, stage: Stage = Stage.AWAITING_CLIENT, hours: int = 1, **changes: object) -> JourneyFacts:
    """Return a journey that reached these steps in this order, so many hours apart."""
    reached = {step: MORNING + number * timedelta(hours=hours) for number, step in enumerate(steps)}
    values: dict[str, object] = {"waiting_on": Party.CLIENT, "waiting_since": MORNING, **changes}
    return JourneyFacts(stage=stage, reached=reached, **values)  # type: ignore[arg-type] # of the right types below


def test_a11_funnel_counts_whoever_went_past_a_step() -> None:
    """A journey whose client had accepted the platform terms before went past that step all the same."""
    rows = funnel(
        [
            journey(Step.STARTED),
            journey(Step.STARTED, Step.DETAILS, Step.APPLICATION, Step.PRODUCT_TERMS),
            journey(*STEPS, stage=Stage.ACTIVE),
        ]
    )

    assert [row.count for row in rows] == [3, 2, 2, 2, 2, 2, 1]
    assert rows[-1].share == pytest.approx(1 / 3)


def test_funnel_of_nothing_is_nothing() -> None:
    """Without a journey every step has none, and no share of none is taken."""
    assert {(row.count, row.share) for row in funnel([])} == {(0, 0.0)}


def test_a11_times_are_medians_and_ninetieth_percentiles() -> None:
    """Each step has the time that half, and nine of ten, needed at most; the last row has the whole way."""
    done = [journey(*STEPS, stage=Stage.ACTIVE, hours=hours) for hours in range(1, 11)]
    rows = times([*done, journey(Step.STARTED)])
    first, whole = rows[0], rows[-1]

    assert (first.before, first.after, first.count) == (Step.STARTED, Step.DETAILS, 10)
    assert (first.median, first.ninetieth) == (timedelta(hours=5), timedelta(hours=9))
    assert (whole.before, whole.after, whole.median) == (Step.STARTED, Step.ACTIVE, timedelta(hours=30))


@pytest.mark.rule("P46")
def test_steps_in_an_unusual_order_are_no_negative_time() -> None:
    """What was done before the step it usually follows does not count as a time; with no other there is none."""
    swapped = journey(Step.STARTED, Step.PRODUCT_TERMS, Step.PLATFORM_TERMS)
    row = next(row for row in times([swapped]) if row.after is Step.PRODUCT_TERMS)

    assert (row.count, row.median, row.ninetieth) == (0, None, None)


@pytest.mark.parametrize(
    ("count", "share", "expected"), [(0, 0.5, None), (1, 0.5, 1), (1, 0.9, 1), (4, 0.5, 2), (5, 0.5, 3), (5, 0.9, 5)]
)
def test_quantile_is_a_time_that_was_needed(count: int, share: float, expected: int | None) -> None:
    """A quantile is one of the times themselves, the smallest one that reaches the share."""
    ordered = [timedelta(hours=number) for number in range(1, count + 1)]

    assert quantile(ordered, share) == (None if expected is None else timedelta(hours=expected))


@pytest.mark.rule("P43")
def test_a11_drop_out_is_at_the_last_step_that_was_reached() -> None:
    """Journeys that ended early are counted where they ended and how; open and active ones nowhere."""
    rows = {
        row.step: row
        for row in drop_out(
            [
                journey(Step.STARTED, stage=Stage.WITHDRAWN),
                journey(Step.STARTED, Step.DETAILS, Step.APPLICATION, stage=Stage.EXPIRED),
                journey(Step.STARTED, Step.DETAILS, Step.APPLICATION, Step.CLIENT_CAME, stage=Stage.DECLINED),
                journey(Step.STARTED, Step.DETAILS, Step.APPLICATION, Step.CLIENT_CAME, stage=Stage.EXPIRED),
                journey(Step.STARTED, Step.DETAILS),
                journey(*STEPS, stage=Stage.ACTIVE),
            ]
        )
    }

    assert rows[Step.STARTED].withdrawn == 1
    assert (rows[Step.APPLICATION].expired, rows[Step.APPLICATION].total) == (1, 1)
    assert (rows[Step.CLIENT_CAME].declined, rows[Step.CLIENT_CAME].expired) == (1, 1)
    assert sum(row.total for row in rows.values()) == 4
    assert Step.ACTIVE not in rows


@pytest.mark.parametrize(
    ("days", "band"), [(0, 0), (2, 0), (3, 1), (6, 1), (7, 2), (13, 2), (14, 3), (30, 4), (400, 4)]
)
def test_a11_ageing_puts_each_open_journey_into_one_band(days: int, band: int) -> None:
    """An open journey is in the band of the whole days it has waited, under whom it waits for."""
    now = MORNING + timedelta(days=days, hours=23)
    rows = ageing([journey(Step.STARTED, waiting_on=Party.ADVISER)], now)

    assert [row.total for row in rows] == [int(place == band) for place in range(len(AGE_BANDS))]
    assert rows[band].waiting_on[Party.ADVISER] == 1
    assert rows[band].waiting_on[Party.CLIENT] == 0


def test_ageing_leaves_out_what_is_over_and_bears_clocks_that_differ() -> None:
    """A journey that is over has no age; one that seems to wait from the future has waited no time."""
    over = journey(Step.STARTED, stage=Stage.WITHDRAWN)
    early = journey(Step.STARTED, waiting_since=MORNING + timedelta(seconds=5))

    assert sum(row.total for row in ageing([over], MORNING)) == 0
    assert ageing([early], MORNING)[0].total == 1
