"""Tax years, and the day an ISA is opened on."""

from datetime import date

import pytest

from domain.tax_year import isa_opened_on, tax_year, tax_year_end, tax_year_start


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 4, 5), "2026/27"),
        (date(2027, 4, 6), "2027/28"),
        (date(2026, 12, 31), "2026/27"),
        (date(2027, 1, 1), "2026/27"),
        (date(2099, 4, 6), "2099/00"),
    ],
)
def test_a_tax_year_starts_on_6_april(day: date, expected: str) -> None:
    """The day before belongs to the year before."""
    assert tax_year(day) == expected


@pytest.mark.parametrize("day", [date(2026, 4, 6), date(2026, 11, 23), date(2027, 4, 5)])
def test_a_tax_year_has_a_first_and_a_last_day(day: date) -> None:
    """Every day of the year knows both."""
    assert (tax_year_start(day), tax_year_end(day)) == (date(2026, 4, 6), date(2027, 4, 5))


@pytest.mark.rule("P15", "P33")
def test_an_isa_accepted_in_one_year_and_paid_in_the_next_is_opened_in_the_next() -> None:
    """The application alone does not open it."""
    opened = isa_opened_on(accepted_on=date(2027, 4, 5), first_subscription_on=date(2027, 4, 6))

    assert opened == date(2027, 4, 6)
    assert tax_year(opened) == "2027/28"


@pytest.mark.rule("P15", "P33")
def test_money_that_came_before_the_acceptance_waits_for_it() -> None:
    """Acceptance is never before the application."""
    assert isa_opened_on(date(2027, 4, 6), date(2027, 4, 1)) == date(2027, 4, 6)


@pytest.mark.rule("P15", "P33")
@pytest.mark.parametrize(("accepted_on", "paid_on"), [(date(2027, 4, 5), None), (None, date(2027, 4, 5)), (None, None)])
def test_an_isa_is_not_open_before_both(accepted_on: date | None, paid_on: date | None) -> None:
    """An active account without money is not an open ISA."""
    assert isa_opened_on(accepted_on, paid_on) is None
