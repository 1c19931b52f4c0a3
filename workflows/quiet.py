"""What falls due while a client is quiet: reminders, a notice to the adviser, expiry (P40)."""

from dataclasses import dataclass
from datetime import date, datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import reminders
    from domain.reminders import Due, ReminderPolicy

from workflows.parties import HolderState
from workflows.state import JourneyState


@dataclass(frozen=True)
class QuietDue:
    """Something that falls due for one person."""

    holder: HolderState
    due: Due

    @property
    def summary(self) -> str:
        """What the timer waits for, in words for the operator's page."""
        words = {
            "reminder": f"Reminder {self.due.number} to the client",
            "adviser_notice": "Tell the adviser that the client is quiet",
            "expiry": "The journey expires",
        }
        return words[self.due.kind]


def start_clocks(state: JourneyState, now: datetime) -> None:
    """Begin to wait for everybody who has something to do and is not awaited yet; stop for everybody else."""
    awaited = state.awaited_clients()
    for holder in state.acting:
        if holder not in awaited:
            holder.awaited_since = None
        elif holder.awaited_since is None:
            holder.awaited_since = now


def clocks_are_right(state: JourneyState) -> bool:
    """Whether exactly those are waited for who have something to do."""
    return state.awaited_clients() == [holder for holder in state.acting if holder.awaited_since is not None]


def next_due(state: JourneyState, now: datetime) -> QuietDue | None:
    """Return what falls due first; nothing while the journey is on hold."""
    if state.on_hold:
        return None
    found = [QuietDue(holder, due) for holder in state.acting if (due := _next_for(state, holder, now)) is not None]
    return min(found, key=lambda item: (item.due.at, item.holder.person_id), default=None)


def take_due(state: JourneyState, now: datetime) -> QuietDue | None:
    """Return what has fallen due, marked as done, one at a time."""
    item = next_due(state, now)
    if item is None or item.due.at > now:
        return None
    item.holder.quiet_done.add(item.due.key)
    return item


def pass_over(state: JourneyState, holder: HolderState, now: datetime) -> None:
    """Leave out the reminders that fell due while another one was on its way: never two at once."""
    since = holder.quiet_since()
    if since is not None:
        dues = reminders.due(since, _policy(state), frozenset(state.start.bank_holidays), state.held_since(since, now))
        holder.quiet_done |= {due.key for due in dues if due.kind == "reminder" and due.at <= now}


def last_day(state: JourneyState, holder: HolderState, now: datetime) -> date:
    """Return the last London day on which this person can act, if they stay quiet."""
    since = holder.quiet_since() or now
    return reminders.last_day(since, _policy(state), state.held_since(since, now))


def _next_for(state: JourneyState, holder: HolderState, now: datetime) -> Due | None:
    since = holder.quiet_since()
    if since is None:
        return None
    policy, holidays, done = _policy(state), frozenset(state.start.bank_holidays), frozenset(holder.quiet_done)
    dues = reminders.due(since, policy, holidays, state.held_since(since, now))
    dues = reminders.after_outage(dues, done, now, policy, holidays)
    if holder.reminders_sent >= state.start.timings.reminder_cap:
        dues = tuple(due for due in dues if due.kind != "reminder")
    return reminders.next_due(dues, done)


def _policy(state: JourneyState) -> ReminderPolicy:
    timings = state.start.timings
    return ReminderPolicy(
        reminder_days=tuple(timings.reminder_days),
        adviser_notice_day=timings.adviser_notice_day,
        expiry_day=timings.expiry_day,
        hour=timings.reminder_hour,
    )
