"""Dates, times, money and ages in the words of a British reader; London time."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")


def day(value: date | datetime) -> str:
    """Return `23 November 2026`."""
    local = value.astimezone(LONDON) if isinstance(value, datetime) else value
    return f"{local.day} {local:%B %Y}"


def moment(value: datetime) -> str:
    """Return `23 November 2026 at 2:05 pm`."""
    local = value.astimezone(LONDON)
    return f"{day(local)} at {local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon


def pounds(pence: int) -> str:
    """Return `£1,250` or `£1,250.50`."""
    whole, rest = divmod(pence, 100)
    return f"£{whole:,}" if rest == 0 else f"£{whole:,}.{rest:02d}"


def since(value: datetime, now: datetime) -> str:
    """Return how long something has lasted: `3 days`, `2 hours`, `5 minutes`, `just now`."""
    lasted = max(now - value, timedelta(0))
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        count = lasted // length
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "just now"


def counted(number: int, noun: str) -> str:
    """Return `1 document` or `3 documents`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "day": day,
    "moment": moment,
    "pounds": pounds,
    "since": since,
    "counted": counted,
}
