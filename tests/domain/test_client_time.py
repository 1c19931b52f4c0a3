"""How long clients take, from what past clients did."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.client_time import LEAST, PAUSE, usual_minutes

BEGAN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def _visit(*minutes: float) -> list[datetime]:
    return [BEGAN + timedelta(minutes=minute) for minute in minutes]


def test_c4_too_few_past_clients_say_nothing() -> None:
    """Below five there is no figure, and the page says so instead of making one up."""
    assert usual_minutes([_visit(0, 7)] * (LEAST - 1)) is None
    assert usual_minutes([_visit(0, 7)] * LEAST) == 7


def test_c4_the_figure_is_the_median_in_whole_minutes() -> None:
    """One client who took very long, or one who was very quick, changes little."""
    lasted = [4, 6, 7.2, 9, 25]

    assert usual_minutes(_visit(0, minutes) for minutes in lasted) == 8


def test_c4_days_between_two_visits_do_not_count() -> None:
    """Someone who comes back after the weekend took the minutes at the portal, not two days."""
    visit = _visit(0, 3, 5, 2880, 2884)

    assert usual_minutes([visit] * LEAST) == 9


@pytest.mark.parametrize(("gap", "minutes"), [(PAUSE, 30), (PAUSE + timedelta(seconds=1), 1)])
def test_c4_a_pause_as_long_as_a_session_still_counts(gap: timedelta, minutes: int) -> None:
    """Reading a long document is part of the work; after the session has ended it is a pause."""
    assert usual_minutes([[BEGAN, BEGAN + gap]] * LEAST) == minutes


def test_c4_order_does_not_matter_and_one_act_takes_a_minute() -> None:
    """Acts may be read in any order; the shortest answer is one minute."""
    assert usual_minutes([list(reversed(_visit(0, 2, 4)))] * LEAST) == 4
    assert usual_minutes([_visit(0)] * LEAST) == 1
