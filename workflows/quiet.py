"""What falls due while a client is quiet: reminders, a notice to the adviser, expiry (P40)."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.reminders import Due, DueKind, ReminderPolicy, due

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
            DueKind.REMINDER: f"Reminder {self.due.number} to the client",
            DueKind.ADVISER_NOTICE: "Tell the adviser that the client is quiet",
            DueKind.EXPIRY: "The journey expires",
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


def next_due(state: JourneyState, now: datetime) -> QuietDue | None:
    """Return what falls due first; nothing while the journey is on hold."""
    if state.on_hold:
        return None
    candidates = [
        QuietDue(holder, item)
        for holder in state.acting
        for item in _open_dues(state, holder, now)
    ]
    return min(candidates, key=lambda found: (found.due.at, found.holder.person_id, found.due.kind), default=None)


def take_due(state: JourneyState, now: datetime) -> list[QuietDue]:
    """Return what has fallen due, at most one of each kind for a person: after an outage nobody is reminded twice."""
    taken: list[QuietDue] = []
    for holder in state.acting:
        latest: dict[DueKind, Due] = {}
        for item in _open_dues(state, holder, now):
            if item.at <= now:
                latest[item.kind] = item
                _handled(holder).add((item.kind.value, item.number))
        if DueKind.EXPIRY in latest:
            latest = {DueKind.EXPIRY: latest[DueKind.EXPIRY]}
        taken += [QuietDue(holder, item) for item in latest.values()]
    return taken


def _open_dues(state: JourneyState, holder: HolderState, now: datetime) -> list[Due]:
    since = holder.quiet_since()
    if since is None:
        return []
    handled = _handled(holder)
    capped = holder.reminders_sent >= state.start.timings.reminder_cap
    return [
        item
        for item in due(since, _policy(state), frozenset(state.start.bank_holidays), state.held_since(since, now))
        if (item.kind.value, item.number) not in handled and not (capped and item.kind is DueKind.REMINDER)
    ]


def _handled(holder: HolderState) -> set[tuple[str, int]]:
    since = holder.quiet_since()
    assert since is not None
    if holder.quiet_handled is None or holder.quiet_handled[0] != since:
        holder.quiet_handled = (since, set())
    return holder.quiet_handled[1]


def _policy(state: JourneyState) -> ReminderPolicy:
    timings = state.start.timings
    return ReminderPolicy(
        reminder_days=tuple(timings.reminder_days),
        adviser_notice_day=timings.adviser_notice_day,
        expiry_day=timings.expiry_day,
        hour=timings.reminder_hour,
    )
