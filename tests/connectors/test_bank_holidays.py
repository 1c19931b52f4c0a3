"""The bank holidays of England as the library knows them."""

from datetime import date

import pytest

from connectors.bank_holidays import bank_holidays
from domain.calendar import add_working_days, at_london

HOLIDAYS = frozenset(bank_holidays(date(2026, 1, 1), date(2028, 12, 31)))


@pytest.mark.rule("P40")
@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 12, 18), 3, date(2026, 12, 23)),
        (date(2026, 12, 18), 10, date(2027, 1, 6)),
        (date(2027, 3, 24), 3, date(2027, 3, 31)),
        (date(2027, 3, 24), 10, date(2027, 4, 9)),
        (date(2027, 12, 23), 10, date(2028, 1, 11)),
        (date(2026, 5, 1), 10, date(2026, 5, 18)),
    ],
)
def test_working_days_over_christmas_easter_and_may(day: date, count: int, expected: date) -> None:
    """Counting with the library's holidays gives the days that Bacs users count."""
    assert add_working_days(day, count, HOLIDAYS) == expected


@pytest.mark.parametrize(
    "day",
    [
        date(2020, 5, 8),  # May Day moved for VE Day
        date(2022, 6, 3),  # the Platinum Jubilee
        date(2022, 9, 19),  # the Queen's funeral
        date(2023, 5, 8),  # the Coronation
        date(2027, 12, 28),  # the substitute for Boxing Day on a Sunday
    ],
)
def test_one_off_moved_and_substitute_days_are_known(day: date) -> None:
    """What was proclaimed once or moved is in the list."""
    assert bank_holidays(day, day) == [day]


def test_days_that_only_scotland_or_northern_ireland_keep_are_none() -> None:
    """2 January, St Patrick's Day and St Andrew's Day are working days in England."""
    for day in (date(2026, 1, 2), date(2026, 3, 17), date(2026, 11, 30)):
        assert bank_holidays(day, day) == []


def test_the_list_covers_exactly_the_days_asked_for_in_order() -> None:
    """Both ends belong to it, and a span may cross years."""
    found = bank_holidays(date(2026, 12, 25), date(2027, 1, 1))

    assert found == [date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 28), date(2027, 1, 1)]


def test_days_in_the_wrong_order_are_refused() -> None:
    """A mistake is told instead of giving no holidays."""
    with pytest.raises(ValueError, match="before the first"):
        bank_holidays(date(2027, 1, 1), date(2026, 1, 1))


def test_the_days_are_plain_dates() -> None:
    """They can be compared with and looked up beside any other date."""
    assert {type(day) for day in HOLIDAYS} == {date}
    assert at_london(min(HOLIDAYS), 10).date() in HOLIDAYS
