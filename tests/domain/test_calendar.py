"""London working days, hours and days."""

from datetime import UTC, date, datetime

import pytest

from domain.calendar import add_working_days, at_london, is_working_day, london_day, next_working_day

GOOD_FRIDAY, EASTER_MONDAY = date(2027, 3, 26), date(2027, 3, 29)
EASTER = frozenset({GOOD_FRIDAY, EASTER_MONDAY})


@pytest.mark.rule("P40")
def test_weekends_and_holidays_are_no_working_days() -> None:
    """Everything else is one."""
    working = {date(2027, 3, day) for day in range(22, 32) if is_working_day(date(2027, 3, day), EASTER)}

    assert working == {date(2027, 3, day) for day in (22, 23, 24, 25, 30, 31)}


@pytest.mark.rule("P40")
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 3, 25), date(2027, 3, 25)),
        (GOOD_FRIDAY, date(2027, 3, 30)),
        (date(2027, 3, 27), date(2027, 3, 30)),
        (EASTER_MONDAY, date(2027, 3, 30)),
    ],
)
def test_a_working_day_stays_and_others_move_behind_the_holidays(day: date, expected: date) -> None:
    """Easter is skipped as a whole."""
    assert next_working_day(day, EASTER) == expected


@pytest.mark.parametrize(
    ("count", "expected"), [(1, date(2027, 3, 25)), (2, date(2027, 3, 30)), (3, date(2027, 3, 31))]
)
def test_the_day_of_the_event_does_not_count(count: int, expected: date) -> None:
    """The first working day is the next one."""
    assert add_working_days(date(2027, 3, 24), count, EASTER) == expected


@pytest.mark.parametrize("count", [0, -1])
def test_no_working_days_cannot_be_added(count: int) -> None:
    """What would be ambiguous is refused."""
    with pytest.raises(ValueError, match="At least one working day"):
        add_working_days(date(2027, 3, 24), count, EASTER)


@pytest.mark.rule("P40")
@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        (date(2026, 11, 23), 10, datetime(2026, 11, 23, 10, tzinfo=UTC)),
        (date(2026, 7, 1), 10, datetime(2026, 7, 1, 9, tzinfo=UTC)),
        (date(2026, 7, 1), 0, datetime(2026, 6, 30, 23, tzinfo=UTC)),
        (date(2027, 3, 27), 10, datetime(2027, 3, 27, 10, tzinfo=UTC)),
        (date(2027, 3, 28), 10, datetime(2027, 3, 28, 9, tzinfo=UTC)),
        (date(2027, 3, 28), 1, datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (date(2026, 10, 25), 1, datetime(2026, 10, 25, 0, tzinfo=UTC)),
        (date(2026, 10, 25), 10, datetime(2026, 10, 25, 10, tzinfo=UTC)),
    ],
)
def test_an_hour_is_read_from_clocks_in_london(day: date, hour: int, expected: datetime) -> None:
    """Summer time, and the nights in which it begins and ends, are respected."""
    found = at_london(day, hour)

    assert found == expected
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), date(2026, 12, 31)),
    ],
)
def test_the_day_changes_at_midnight_in_london(moment: datetime, expected: date) -> None:
    """In summer that is an hour before midnight in UTC."""
    assert london_day(moment) == expected


def test_a_moment_without_a_time_zone_has_no_day() -> None:
    """It is refused, not guessed."""
    with pytest.raises(ValueError, match="aware"):
        london_day(datetime(2026, 6, 30, 23, 0))  # noqa: DTZ001 - the mistake under test
