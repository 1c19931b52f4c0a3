"""Tax years of the United Kingdom, which run from 6 April to 5 April, and the one an ISA is opened in (P33)."""

from datetime import date
from typing import Final

_FIRST_MONTH, _FIRST_DAY = 4, 6
_CENTURY: Final = 100


def tax_year_start(day: date) -> date:
    """Return the first day of the tax year that a day belongs to."""
    this_year = date(day.year, _FIRST_MONTH, _FIRST_DAY)
    return this_year if day >= this_year else date(day.year - 1, _FIRST_MONTH, _FIRST_DAY)


def tax_year_end(day: date) -> date:
    """Return the last day of the tax year that a day belongs to."""
    return date(tax_year_start(day).year + 1, _FIRST_MONTH, _FIRST_DAY - 1)


def tax_year(day: date) -> str:
    """Return the name of the tax year that a day in the United Kingdom belongs to, e.g. `2026/27` from 6 April 2026."""
    first = tax_year_start(day).year
    return f"{first}/{(first + 1) % _CENTURY:02d}"


def isa_opened_on(accepted_on: date | None, first_subscription_on: date | None) -> date | None:
    """Return the day an ISA or Junior ISA is opened on, or None while one of the two is missing.

    An ISA starts only with an accepted application and a subscription, so it may be *active* on the platform before it
    is open (P15). Source: HMRC, How to open an ISA as an ISA manager.

    Args:
        accepted_on: the day in London on which the application was accepted.
        first_subscription_on: the day in London on which the first subscription was received.
    """
    if accepted_on is None or first_subscription_on is None:
        return None
    return max(accepted_on, first_subscription_on)
