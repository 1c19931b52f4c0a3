"""Shows a person how far a start is: a live list on a terminal, one line per step elsewhere."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli.home import Home, State
from cli.unit import Phase, Status

_LINKS = (
    ("workbench", "Adviser workbench"),
    ("portal", "Client portal"),
    ("inbox", "E-mails sent"),
    ("docs", "API documentation"),
    ("temporal_ui", "Temporal Web UI"),
    ("plannr", "Plannr sandbox"),
    ("platform", "Platform sandbox"),
)

_MARKS = {
    Phase.WAITING: ("·", "dim"),
    Phase.READY: ("✓", "green"),
    Phase.CRASHED: ("✗", "yellow"),
    Phase.FAILED: ("✗", "red"),
    Phase.STOPPED: ("·", "dim"),
}


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Yield a function that takes a sentence at each long step and shows for how long the last one has been going."""
    began = time.monotonic()
    sentence = [""]

    def line() -> RenderableType:
        return Spinner("dots", f"{sentence[0]}  {_clock(time.monotonic() - began)}") if sentence[0] else Text()

    def report(text: str) -> None:
        if sentence[0]:
            console.print(f"  {sentence[0]}", style="dim", highlight=False)
        sentence[0] = text
        if not console.is_terminal:
            console.print(f"  {_clock(time.monotonic() - began)}  {text}", highlight=False, soft_wrap=True)
            sentence[0] = ""

    if not console.is_terminal:
        yield report
        return
    with Live(console=console, get_renderable=line, refresh_per_second=8, transient=True):
        yield report


@contextmanager
def checklist(console: Console, statuses: Callable[[], list[Status]]) -> Iterator[None]:
    """Show the parts and how far each is until the block ends."""
    if console.is_terminal:
        with Live(console=console, get_renderable=lambda: _table(statuses()), refresh_per_second=8):
            yield
        return
    done = threading.Event()
    printer = threading.Thread(target=_print_steps, args=(console, statuses, done), daemon=True)
    printer.start()
    try:
        yield
    finally:
        done.set()
        printer.join()


def panel(home: Home, state: State) -> RenderableType:
    """Return the links and the development users of what runs."""
    links = _grid()
    for name, title in _LINKS:
        if name in state.urls:
            links.add_row(title, Text(state.urls[name], style="cyan"))
    links.add_row("Logs", Text(_short(home.path / "logs"), style="dim"))
    if not state.people:
        return Panel(links, title="Onward is running", border_style="green", expand=False)
    users = _grid()
    for person in state.people:
        users.add_row(Text(person.email, style="cyan"), Text(person.firm, style="dim"))
    password = home.secrets().adviser_password.get_secret_value()
    sign_in = Text.assemble("Advisers to sign in as, password ", (password, "bold"))
    return Panel(Group(links, "", sign_in, users), title="Onward is running", border_style="green", expand=False)


def event_line(status: Status) -> str:
    """Return one line about a part that ended or came back while everything runs."""
    if status.phase is Phase.CRASHED:
        return f"{status.title} {status.cause} and is started again; its log: {_short(Path(status.log))}"
    return f"{status.title}: {status.phase}"


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    for _ in range(2):
        # A link or an address that is folded or shortened could not be copied.
        grid.add_column(overflow="ignore", no_wrap=True)
    return grid


def _table(statuses: list[Status]) -> Table:
    table = Table.grid(padding=(0, 1))
    for status in statuses:
        mark: RenderableType
        if status.phase is Phase.STARTING:
            mark = Spinner("dots")
        else:
            sign, style = _MARKS[status.phase]
            mark = Text(sign, style=style)
        table.add_row(mark, status.title, Text(_elapsed(status), style="dim"), _advice(status))
    return table


def _print_steps(console: Console, statuses: Callable[[], list[Status]], done: threading.Event) -> None:
    told: dict[str, Phase] = {}
    while True:
        last_look = done.is_set()
        for status in statuses():
            if status.phase in {Phase.READY, Phase.FAILED, Phase.CRASHED} and told.get(status.name) != status.phase:
                told[status.name] = status.phase
                sign = _MARKS[status.phase][0]
                line = f"{sign} {status.title} {_elapsed(status)} {_advice(status)}".rstrip()
                console.print(line, highlight=False, soft_wrap=True)
        if last_look:
            return
        done.wait(0.1)


def _elapsed(status: Status) -> str:
    return "" if status.phase is Phase.WAITING else f"{status.seconds:.1f} s"


def _advice(status: Status) -> str:
    if status.phase not in {Phase.FAILED, Phase.CRASHED}:
        return ""
    look = f"; look: tail -n 30 {_short(Path(status.log))}" if status.log else "; ask: ./onward doctor"
    return f"{status.cause}{look}"


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
