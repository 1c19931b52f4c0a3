"""What runs already, or everything started for one command and stopped again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from cli.checklist import checklist, progress
from cli.home import State, read_state
from cli.stack import Stack


@contextmanager
def running(home: Path, console: Console) -> Iterator[tuple[State, bool]]:
    """Yield what runs already from this home, or start it and stop it at the end; and whether it was started here."""
    state = read_state(home)
    if state is not None and state.ready:
        yield state, False
        return
    stack = Stack(home)
    with progress(console) as report:
        stack.prepare(report)
    try:
        with checklist(console, stack.statuses):
            state = stack.run()
        yield state, True
    finally:
        stack.stop()
