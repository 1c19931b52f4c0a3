"""`onward up`: starts everything on this machine, keeps it running, stops it on Ctrl-C."""

import queue
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from cli.checklist import checklist, event_line, panel, progress
from cli.home import Home, HomeInUse, default_home
from cli.local import plan_onward
from cli.logs import LogFollower
from cli.parts import Planner
from cli.stack import Stack, StackFailed
from cli.unit import Phase, Status

_OTHERS_PATIENCE = 300.0
_ENDED_EARLY = 130


class Interrupted(BaseException):
    """Somebody asked this process to end; no Exception, so that nothing on the way takes it for a failure."""


def up(
    logs: Annotated[bool, typer.Option("--logs", help="Show what every part logs.")] = False,
) -> None:
    """Start everything on this machine and keep it running; Ctrl-C stops it."""
    raise typer.Exit(run_up(default_home(), show_logs=logs))


def run_up(path: Path, planner: Planner = plan_onward, *, show_logs: bool = False) -> int:
    """Run everything from this home until it is interrupted; returns the exit code."""
    console = Console(highlight=False)
    events: queue.SimpleQueue[Status] = queue.SimpleQueue()
    stack = Stack(path, planner, on_event=events.put)
    with _interruptible():
        try:
            _start(console, stack)
            _follow(console, stack, events, show_logs=show_logs)
        except HomeInUse:
            return _show_running(console, stack.home)
        except Interrupted:
            was_up = stack.came_up
            _stop(console, stack)
    return 0 if was_up else _ENDED_EARLY


def _start(console: Console, stack: Stack) -> None:
    began = time.monotonic()
    with progress(console) as report:
        stack.prepare(report)
    with checklist(console, stack.statuses):
        state = stack.run()
    console.print(panel(stack.home, state))
    seconds = time.monotonic() - began
    console.print(f"Ready in {seconds:.1f} s. Ctrl-C stops everything; journeys go on at the next start.")


def _follow(console: Console, stack: Stack, events: "queue.SimpleQueue[Status]", *, show_logs: bool) -> NoReturn:
    while not events.empty():
        events.get()
    follower = LogFollower(console, {each.name: Path(each.log) for each in stack.statuses() if each.log})
    while True:
        try:
            status = events.get(timeout=0.2)
        except queue.Empty:
            pass
        else:
            if status.phase in {Phase.CRASHED, Phase.READY}:
                console.print(event_line(status), style="yellow" if status.phase is Phase.CRASHED else "green")
        if show_logs:
            follower.show_new()


def _stop(console: Console, stack: Stack) -> None:
    console.print("Stopping …")
    try:
        stack.stop()
    except Interrupted:
        stack.kill_all()
    console.print("Everything is stopped.")


def _show_running(console: Console, home: Home) -> int:
    deadline = time.monotonic() + _OTHERS_PATIENCE
    console.print("Onward already runs from here.")
    while home.running and time.monotonic() < deadline:
        state = home.read_state()
        if state is not None and state.ready:
            console.print(panel(home, state))
            return 0
        time.sleep(0.2)
    raise StackFailed("The other start did not come up. Its terminal says why; then type ./onward up again.")


@contextmanager
def _interruptible() -> Iterator[None]:
    def interrupt(_: int, __: FrameType | None) -> None:
        raise Interrupted

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, interrupt) for each in wanted}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
