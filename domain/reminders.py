"""When a quiet client is reminded, the adviser is told, and the journey expires (P40).

Day 0 is the London day on which the wait began. Reminders and the adviser's notice of day n go out at a fixed hour in
London on day n or, if that is no working day, on the next one. The journey expires at the end of its last day, whatever
day of the week that is: at midnight in London, as the day after begins.

Holding a journey moves all of this: everything is then as if the wait had begun later by exactly the held time. Days
are counted, and working days looked for, from there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from domain.calendar import at_london, london_day, next_working_day

DueKind = Literal["reminder", "adviser_notice", "expiry"]

_LAST_HOUR: Final = 23
_NO_HOLD: Final = timedelta(0)


@dataclass(frozen=True)
class ReminderPolicy:
    """How long a quiet client is waited for, in days since the wait began; part of a journey's input (P40).

    Attributes:
        reminder_days: the days of the reminders, rising; there are never more reminders than days.
        adviser_notice_day: the day on which the adviser is told.
        expiry_day: the last day on which the client can act.
        hour: the full hour in London at which e-mails go out.

    Raises:
        ValueError: the days do not rise, begin on day 0, or come after the last day, or there is no such hour.
    """

    reminder_days: tuple[int, ...] = (3, 7, 14, 21)
    adviser_notice_day: int = 14
    expiry_day: int = 30
    hour: int = 10

    def __post_init__(self) -> None:
        if list(self.reminder_days) != sorted(set(self.reminder_days)):
            raise ValueError("The days of the reminders have to rise, each day once.")
        if any(not 1 <= day <= self.expiry_day for day in (*self.reminder_days, self.adviser_notice_day)):
            raise ValueError("Reminders and the adviser's notice come after day 0 and not after the last day.")
        if not 0 <= self.hour <= _LAST_HOUR:
            raise ValueError(f"E-mails go out at a full hour from 0 to {_LAST_HOUR}.")


@dataclass(frozen=True)
class Due:
    """Something that is to happen if the client stays quiet until then.

    Attributes:
        kind: what.
        number: which one of its kind, from 1; a reminder keeps the number of its place in the policy.
        at: when, in UTC.
    """

    kind: DueKind
    number: int
    at: datetime

    @property
    def key(self) -> tuple[DueKind, int]:
        """What names this, however often the moments are worked out anew."""
        return (self.kind, self.number)


def last_day(waiting_since: datetime, policy: ReminderPolicy, held: timedelta = _NO_HOLD) -> date:
    """Return the last London day on which the client can act, the day an e-mail may name (P40)."""
    return london_day(waiting_since + held) + timedelta(days=policy.expiry_day)


def due(
    waiting_since: datetime, policy: ReminderPolicy, holidays: frozenset[date], held: timedelta = _NO_HOLD
) -> tuple[Due, ...]:
    """Return everything that is to happen to a client who stays quiet, in its order; the last is the expiry (P40).

    A reminder or notice that would move onto the last day or past it is left out, and so is a reminder that would fall
    on the same day as an earlier one.

    Args:
        waiting_since: when the wait for the client began, an aware moment.
        policy: the days and the hour.
        holidays: the bank holidays from that day on until some days after the last one.
        held: for how long the journey was on hold since then, over all holds.
    """
    day_0, end = london_day(waiting_since + held), last_day(waiting_since, policy, held)
    found = [Due("expiry", 1, at_london(end + timedelta(days=1), 0))]
    notice = next_working_day(day_0 + timedelta(days=policy.adviser_notice_day), holidays)
    if notice < end:
        found.append(Due("adviser_notice", 1, at_london(notice, policy.hour)))
    found.extend(
        Due("reminder", number, at_london(day, policy.hour))
        for number, day in _reminder_days(day_0, policy, holidays)
        if day < end
    )
    return _in_order(found)


def _reminder_days(day_0: date, policy: ReminderPolicy, holidays: frozenset[date]) -> Iterator[tuple[int, date]]:
    taken = day_0
    for number, after in enumerate(policy.reminder_days, 1):
        day = next_working_day(day_0 + timedelta(days=after), holidays)
        if day > taken:
            yield number, day
            taken = day


def _in_order(dues: list[Due]) -> tuple[Due, ...]:
    # Client before adviser, where both are written to at the same moment.
    kinds: tuple[DueKind, ...] = ("reminder", "adviser_notice", "expiry")
    return tuple(sorted(dues, key=lambda one: (one.at, kinds.index(one.kind))))


def next_due(dues: tuple[Due, ...], done: frozenset[tuple[DueKind, int]]) -> Due | None:
    """Return what happens next, or None when nothing does any more (P40).

    A reminder before one that was sent is never made up for, so a client is not reminded backwards.

    Args:
        dues: what `due` or `after_outage` returned, in its order.
        done: the keys of what has happened; after the expiry nothing happens.
    """
    if any(kind == "expiry" for kind, _ in done):
        return None
    sent = _last_reminder(done)
    return next(
        (one for one in dues if one.key not in done and not (one.kind == "reminder" and one.number < sent)), None
    )


def _last_reminder(done: frozenset[tuple[DueKind, int]]) -> int:
    return max((number for kind, number in done if kind == "reminder"), default=0)


def after_outage(
    dues: tuple[Due, ...],
    done: frozenset[tuple[DueKind, int]],
    now: datetime,
    policy: ReminderPolicy,
    holidays: frozenset[date],
) -> tuple[Due, ...]:
    """Return what is still to happen when moments may have been missed while nothing could be sent (P40).

    Of several missed reminders only the latest is made up for, and what is made up for goes out at once on a working
    day after the hour of the policy, or else at that hour of the next one. It is left out if that is the day of the
    next reminder or later, or not before the last day. An expiry that was missed is due at its own moment.

    Args:
        dues: what `due` returned.
        done: the keys of what has happened.
        now: the moment from which on e-mails can be sent, aware.
        policy: the policy that `due` was given.
        holidays: the holidays that `due` was given.
    """
    sent = _last_reminder(done)
    left = [one for one in dues if one.key not in done and not (one.kind == "reminder" and one.number < sent)]
    expiry = [one for one in left if one.kind == "expiry"]
    result = list(expiry)
    for kind in ("reminder", "adviser_notice"):
        missed = [one for one in left if one.kind == kind and one.at < now]
        ahead = [one for one in left if one.kind == kind and one.at >= now]
        result += ahead
        if missed and expiry:
            made_up_for = Due(kind, missed[-1].number, _next_opportunity(now, policy, holidays))
            # The expiry's moment is the midnight after the last day.
            limit = min([london_day(expiry[0].at) - timedelta(days=1), *(london_day(one.at) for one in ahead)])
            if london_day(made_up_for.at) < limit:
                result.append(made_up_for)
    return _in_order(result)


def _next_opportunity(now: datetime, policy: ReminderPolicy, holidays: frozenset[date]) -> datetime:
    today = london_day(now)
    day = next_working_day(today, holidays)
    return now if day == today and now >= at_london(today, policy.hour) else max(now, at_london(day, policy.hour))
