"""The ladder of reminders, the adviser's notice and the expiry, by example."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.reminders import Due, DueKind, ReminderPolicy, after_outage, due, last_day, next_due

# A Monday in winter; Christmas and New Year fall into its 30 days.
MONDAY = datetime(2026, 12, 7, 15, 30, tzinfo=UTC)
HOLIDAYS = frozenset({date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)})
POLICY = ReminderPolicy()
NOTHING: frozenset[tuple[DueKind, int]] = frozenset()


def at(month: int, day: int, hour: int = 10, year: int = 2026) -> datetime:
    """Return a moment in winter, when London and UTC agree."""
    return datetime(year, month, day, hour, tzinfo=UTC)


LADDER = (
    Due("reminder", 1, at(12, 10)),
    Due("reminder", 2, at(12, 14)),
    Due("reminder", 3, at(12, 21)),
    Due("adviser_notice", 1, at(12, 21)),
    Due("reminder", 4, at(12, 29)),
    Due("expiry", 1, at(1, 7, 0, 2027)),
)


@pytest.mark.rule("P40")
def test_a_quiet_client_over_christmas() -> None:
    """Reminders on days 3, 7, 14 and 21, the last one moved behind the holidays; the notice on 14; the end after 30."""
    assert due(MONDAY, POLICY, HOLIDAYS) == LADDER
    assert last_day(MONDAY, POLICY) == date(2027, 1, 6)


@pytest.mark.rule("P40")
def test_clocks_change_under_a_journey() -> None:
    """Ten o'clock stays ten o'clock in London, and the last day ends at its midnight there."""
    dues = due(datetime(2026, 10, 19, 12, 0, tzinfo=UTC), POLICY, frozenset())

    assert [one.at.hour for one in dues] == [9, 10, 10, 10, 10, 0]
    dues = due(datetime(2027, 3, 1, 12, 0, tzinfo=UTC), POLICY, frozenset())
    assert dues[-1].at == datetime(2027, 3, 31, 23, 0, tzinfo=UTC)


@pytest.mark.rule("P40")
def test_the_day_the_wait_began_is_the_one_in_london() -> None:
    """Half past eleven in the evening in UTC is the next day in a London summer."""
    late = due(datetime(2026, 7, 5, 23, 30, tzinfo=UTC), POLICY, frozenset())

    assert late == due(datetime(2026, 7, 6, 12, 0, tzinfo=UTC), POLICY, frozenset())


@pytest.mark.rule("P40")
def test_two_reminders_never_share_a_day() -> None:
    """Of a Saturday and a Sunday, both moved to Monday, the later one is left out and the others keep their numbers."""
    policy = ReminderPolicy(reminder_days=(5, 6, 8))

    reminders = [one for one in due(MONDAY, policy, frozenset()) if one.kind == "reminder"]

    assert [(one.number, one.at.date()) for one in reminders] == [(1, date(2026, 12, 14)), (3, date(2026, 12, 15))]


@pytest.mark.rule("P40")
def test_nothing_moves_onto_the_last_day_or_past_it() -> None:
    """A reminder of Saturday would go out on the Monday that is the last day; it is left out, and so is the notice."""
    policy = ReminderPolicy(reminder_days=(3, 5), adviser_notice_day=5, expiry_day=7)

    assert [one.key for one in due(MONDAY, policy, frozenset())] == [("reminder", 1), ("expiry", 1)]


@pytest.mark.rule("P40")
def test_the_last_day_may_be_a_sunday() -> None:
    """The client keeps every hour that was promised."""
    policy = ReminderPolicy(reminder_days=(3,), adviser_notice_day=3, expiry_day=6)

    assert due(MONDAY, policy, frozenset())[-1].at == at(12, 14, 0)


@pytest.mark.rule("P40")
def test_holding_moves_everything() -> None:
    """Ten days on hold are ten days later, from where working days are looked for anew."""
    held = timedelta(days=10)

    assert due(MONDAY, POLICY, HOLIDAYS, held) == due(MONDAY + held, POLICY, HOLIDAYS)
    assert last_day(MONDAY, POLICY, held) == date(2027, 1, 16)


@pytest.mark.rule("P40")
def test_one_thing_happens_after_the_other_and_each_once() -> None:
    """After the expiry nothing does."""
    done = NOTHING
    happened = []
    while (one := next_due(LADDER, done)) is not None:
        happened.append(one)
        done |= {one.key}

    assert tuple(happened) == LADDER


@pytest.mark.rule("P40")
def test_a_client_is_not_reminded_backwards() -> None:
    """Once the third reminder is sent, neither the first nor the second is made up for."""
    following = next_due(LADDER, frozenset({("reminder", 3)}))

    assert following is not None
    assert following.key == ("adviser_notice", 1)


@pytest.mark.rule("P40", "P42")
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(12, 9), LADDER),
        (at(12, 10), LADDER),
        (at(12, 10, 16), (Due("reminder", 1, at(12, 10, 16)), *LADDER[1:])),
        (at(12, 11, 8), (Due("reminder", 1, at(12, 11)), *LADDER[1:])),
        (at(12, 12, 12), LADDER[1:]),
        (at(12, 16, 12), (Due("reminder", 2, at(12, 16, 12)), *LADDER[2:])),
        (at(12, 26), (Due("adviser_notice", 1, at(12, 29)), *LADDER[4:])),
        (
            at(12, 30, 12),
            (Due("reminder", 4, at(12, 30, 12)), Due("adviser_notice", 1, at(12, 30, 12)), LADDER[5]),
        ),
        (at(1, 6, 12, 2027), LADDER[5:]),
        (at(1, 20, 12, 2027), LADDER[5:]),
    ],
)
def test_an_outage_is_made_up_for_once_and_at_a_proper_time(now: datetime, expected: tuple[Due, ...]) -> None:
    """The latest missed reminder goes out in working hours, unless the next one or the end comes first."""
    made_up_for = after_outage(LADDER, NOTHING, now, POLICY, HOLIDAYS)

    assert sorted(map(repr, made_up_for)) == sorted(map(repr, expected))
    assert [one.at for one in made_up_for] == sorted(one.at for one in made_up_for)


@pytest.mark.rule("P40", "P42")
def test_what_was_sent_before_an_outage_is_not_sent_after_it() -> None:
    """Neither itself nor what came before it."""
    left = after_outage(LADDER, frozenset({("reminder", 2)}), at(12, 15, 12), POLICY, HOLIDAYS)

    assert left == LADDER[2:]


@pytest.mark.parametrize(
    ("days", "notice", "expiry", "hour"),
    [
        ((7, 3), 14, 30, 10),
        ((3, 3), 14, 30, 10),
        ((0, 3), 14, 30, 10),
        ((3, 31), 14, 30, 10),
        ((3,), 31, 30, 10),
        ((3,), 0, 30, 10),
        ((3,), 14, 30, 24),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(days: tuple[int, ...], notice: int, expiry: int, hour: int) -> None:
    """Before a journey begins with it."""
    with pytest.raises(ValueError, match=r"\.$"):
        ReminderPolicy(days, notice, expiry, hour)
