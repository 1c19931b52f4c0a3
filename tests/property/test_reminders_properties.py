"""What holds for every quiet client of 2024 to 2030, over clock changes, Easter and one-off holidays (P40)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.bank_holidays import bank_holidays
from domain.calendar import at_london, is_working_day, london_day, next_working_day
from domain.reminders import Due, DueKind, ReminderPolicy, after_outage, due, last_day, next_due

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
HOLIDAYS = frozenset(bank_holidays(FIRST, LAST + timedelta(days=366)))
DAYS = (LAST - FIRST).days
_steady = settings(derandomize=True, deadline=None, max_examples=500)

_moments = st.builds(
    lambda day, seconds: datetime.combine(FIRST, time(), tzinfo=UTC) + timedelta(days=day, seconds=seconds),
    st.integers(0, DAYS),
    st.integers(0, 24 * 60 * 60 - 1),
)
_policies = st.integers(2, 60).flatmap(
    lambda expiry: st.builds(
        ReminderPolicy,
        reminder_days=st.sets(st.integers(1, expiry), max_size=6).map(lambda days: tuple(sorted(days))),
        adviser_notice_day=st.integers(1, expiry),
        expiry_day=st.just(expiry),
        hour=st.integers(0, 23),
    )
)
# A one-off holiday is proclaimed for any day, and sometimes for several in a row.
_holidays = st.lists(st.dates(FIRST, LAST), max_size=8).map(
    lambda days: HOLIDAYS | {day + timedelta(days=more) for day in days for more in range(3)}
)
_holds = st.timedeltas(timedelta(0), timedelta(days=90))


def check(dues: tuple[Due, ...], waiting_since: datetime, policy: ReminderPolicy, holidays: frozenset[date]) -> None:
    """Hold everything that a ladder promises against one that was worked out."""
    day_0, end = london_day(waiting_since), last_day(waiting_since, policy)
    assert end == day_0 + timedelta(days=policy.expiry_day)
    assert dues[-1] == Due("expiry", 1, at_london(end + timedelta(days=1), 0))
    assert len({one.key for one in dues}) == len(dues)
    assert sorted(one.at for one in dues) == [one.at for one in dues]
    for one in dues[:-1]:
        day = london_day(one.at)
        assert is_working_day(day, holidays)
        assert one.at == at_london(day, policy.hour)
        assert waiting_since < one.at
        assert day < end
        planned = policy.adviser_notice_day if one.kind == "adviser_notice" else policy.reminder_days[one.number - 1]
        assert day == next_working_day(day_0 + timedelta(days=planned), holidays)
    reminders = [one for one in dues if one.kind == "reminder"]
    planned_days = {next_working_day(day_0 + timedelta(days=after), holidays) for after in policy.reminder_days}
    assert {london_day(one.at) for one in reminders} == {day for day in planned_days if day < end}
    assert len(reminders) <= len(policy.reminder_days)
    assert len({london_day(one.at) for one in reminders}) == len(reminders)
    assert sorted(one.number for one in reminders) == [one.number for one in reminders]


@pytest.mark.rule("P40")
@pytest.mark.parametrize("hour", [0, 12, 23])
def test_every_day_of_seven_years_has_a_proper_ladder(hour: int) -> None:
    """With the usual policy every start gives four reminders, or three where Christmas or Easter joins two of them."""
    policy = ReminderPolicy()
    joined = set()
    for number in range(DAYS + 1):
        waiting_since = datetime.combine(FIRST + timedelta(days=number), time(hour, 30), tzinfo=UTC)
        dues = due(waiting_since, policy, HOLIDAYS)

        check(dues, waiting_since, policy, HOLIDAYS)
        if len(dues) < 6:
            joined.add(london_day(dues[0].at))

    assert len(joined) <= 7 * 2
    assert all(day.month in {1, 3, 4, 12} for day in joined)


@pytest.mark.rule("P40")
@_steady
@given(waiting_since=_moments, policy=_policies, holidays=_holidays)
def test_every_policy_keeps_the_promises(
    waiting_since: datetime, policy: ReminderPolicy, holidays: frozenset[date]
) -> None:
    """Working days alone, the hour in London, the cap, one a day, rising, and nothing on the last day or past it."""
    check(due(waiting_since, policy, holidays), waiting_since, policy, holidays)


@pytest.mark.rule("P40")
@_steady
@given(waiting_since=_moments, policy=_policies, holidays=_holidays, held=_holds, more=_holds)
def test_holding_is_beginning_later_by_exactly_that_time(
    waiting_since: datetime, policy: ReminderPolicy, holidays: frozenset[date], held: timedelta, more: timedelta
) -> None:
    """Two holds are as one of their sum, and no hold ever brings anything forward."""
    once = due(waiting_since, policy, holidays, held)

    assert once == due(waiting_since + held, policy, holidays)
    twice = due(waiting_since, policy, holidays, held + more)
    assert twice == due(waiting_since + held, policy, holidays, more)
    moments = {one.key: one.at for one in once}
    assert all(moments[one.key] <= one.at for one in twice if one.key in moments)


@pytest.mark.rule("P40", "P42")
@_steady
@given(
    waiting_since=_moments,
    policy=_policies,
    holidays=_holidays,
    outages=st.lists(st.tuples(st.integers(0, 60 * 24), st.integers(1, 20 * 24)), max_size=4),
    acts_after=st.none() | st.integers(1, 60 * 24),
)
def test_a_journey_with_outages_that_may_end_with_an_act(
    waiting_since: datetime,
    policy: ReminderPolicy,
    holidays: frozenset[date],
    outages: list[tuple[int, int]],
    acts_after: int | None,
) -> None:
    """Played hour by hour: nothing after the act, nobody reminded twice, backwards, on one day, or on a day off."""
    hour = timedelta(hours=1)
    down = {after + more for after, hours in outages for more in range(hours)}
    dues = due(waiting_since, policy, holidays)
    done: frozenset[tuple[DueKind, int]] = frozenset()
    sent: list[tuple[Due, datetime]] = []
    longest = (policy.expiry_day + 2) * 24 + len(down)
    for number in range(longest if acts_after is None else acts_after):
        now = waiting_since + number * hour
        if number in down:
            continue
        while (one := next_due(after_outage(dues, done, now, policy, holidays), done)) and one.at <= now:
            done |= {one.key}
            sent.append((one, now))

    reminders = [(one, now) for one, now in sent if one.kind == "reminder"]
    days = [london_day(now) for _, now in reminders]
    assert len({one.key for one, _ in sent}) == len(sent)
    assert len(set(days)) == len(days) <= len(policy.reminder_days)
    assert sorted(one.number for one, _ in reminders) == [one.number for one, _ in reminders]
    assert all(is_working_day(day, holidays) for day in days)
    assert all(day < last_day(waiting_since, policy) for day in days)
    if acts_after is None:
        assert sent[-1][0].kind == "expiry"
