"""The bank holidays of England, one-off ones included, as the `holidays` library knows them (P40).

They are data that is fetched once and then passed on, so that a replay never meets a newer list. A one-off holiday that
is proclaimed later comes with a newer version of the library.
"""

from datetime import date

from holidays import country_holidays


def bank_holidays(first: date, last: date) -> list[date]:
    """Return the bank holidays in England from `first` to `last`, both included, in their order.

    A holiday that falls on a weekend is listed beside its substitute day.

    Raises:
        ValueError: `last` is before `first`.
    """
    if last < first:
        raise ValueError(f"The last day, {last}, is before the first, {first}: give them in their order.")
    known = country_holidays("GB", subdiv="ENG", years=range(first.year, last.year + 1))
    return sorted(day for day in known if first <= day <= last)
