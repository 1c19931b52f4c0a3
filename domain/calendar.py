"""London working days and hours (P40).

A day is a calendar day in London, a moment is an aware UTC datetime. Holidays are data that the caller passes in.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_LONDON: Final = "Europe/London"
_SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)


def is_working_day(day: date, holidays: frozenset[date]) -> bool:
    """Whether banks and offices in London are open: from Monday to Friday, except on a holiday (P40)."""
    return day.weekday() < _SATURDAY and day not in holidays


def next_working_day(day: date, holidays: frozenset[date]) -> date:
    """Return the first working day that is not before `day`: `day` itself if it is one (P40)."""
    while not is_working_day(day, holidays):
        day += _ONE_DAY
    return day


def add_working_days(day: date, count: int, holidays: frozenset[date]) -> date:
    """Return the day that is `count` working days after `day`, which itself never counts (Bacs notices).

    Args:
        day: the day of the event, a working day or not.
        count: how many working days, at least 1.
        holidays: the bank holidays of the period.

    Raises:
        ValueError: `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"At least one working day has to be added, not {count}.")
    for _ in range(count):
        day = next_working_day(day + _ONE_DAY, holidays)
    return day


def at_london(day: date, hour: int) -> datetime:
    """Return the moment in UTC at which clocks in London show the full hour on that day.

    Of an hour that comes twice, when summer time ends, it is the first; of the hour that is left out when summer time
    begins, it is the moment an hour after the full hour before.
    """
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(_LONDON)).astimezone(UTC)


def london_day(moment: datetime) -> date:
    """Return the calendar day in London at a moment.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("A moment without a time zone belongs to no day: pass an aware datetime.")
    return moment.astimezone(ZoneInfo(_LONDON)).date()
