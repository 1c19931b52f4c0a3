"""Ages, birthdays, and when a pension may be drawn."""

from datetime import date

import pytest

from domain.ages import age_on, birthday, earliest_pension_access
from domain.rules import load_rules

RULES = load_rules()
TODAY = date(2026, 11, 23)


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("born", "day", "expected"),
    [
        (date(2008, 11, 23), TODAY, 18),
        (date(2008, 11, 24), TODAY, 17),
        (date(2026, 11, 23), TODAY, 0),
        (date(2026, 11, 24), TODAY, -1),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 28), 19),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
    ],
)
def test_an_age_is_counted_in_whole_years(born: date, day: date, expected: int) -> None:
    """Whoever is born on 29 February is a year older on 1 March of a year without that day."""
    assert age_on(born, day) == expected


@pytest.mark.rule("P33")
def test_the_birthday_of_a_leap_day_is_1_march() -> None:
    """Unless the year has a 29 February."""
    assert birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert birthday(date(2008, 2, 29), 20) == date(2028, 2, 29)


@pytest.mark.rule("P32", "P33")
@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (date(1960, 1, 1), TODAY),
        (date(1971, 4, 5), TODAY),
        (date(1973, 4, 5), date(2028, 4, 5)),
        (date(1973, 4, 6), date(2030, 4, 6)),
        (date(1990, 6, 1), date(2047, 6, 1)),
    ],
)
def test_when_a_pension_may_first_be_drawn(born: date, expected: date) -> None:
    """The normal minimum pension age rises from 55 to 57 on 6 April 2028."""
    assert earliest_pension_access(born, TODAY, RULES) == expected


@pytest.mark.rule("P32", "P33")
def test_whoever_misses_the_single_day_waits_for_two_years() -> None:
    """Born on 5 April 1973, a person is old enough on 5 April 2028 and too young again on the day after."""
    assert earliest_pension_access(date(1973, 4, 5), date(2028, 4, 6), RULES) == date(2030, 4, 5)
