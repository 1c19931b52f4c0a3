"""`onward demo`: plays whole journeys through the public surfaces and says what became of them."""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.checklist import checklist, panel, progress
from cli.demonstration.actors import signed_in_adviser
from cli.demonstration.journey import SCRIPTS, is_as_the_rules_say, play
from cli.demonstration.surroundings import Surroundings
from cli.home import State, default_home, read_state
from cli.stack import Stack

_COLOURS = {"adviser": "cyan", "client": "magenta", "plannr": "yellow", "system": "green"}


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
    wrapper: Annotated[str, typer.Option(help=f"{', '.join(SCRIPTS)} or all.")] = "all",
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running afterwards, until Ctrl-C.")] = False,
) -> None:
    """Play whole journeys, as adviser and as client; start what is not running."""
    if wrapper != "all" and wrapper not in SCRIPTS:
        raise typer.BadParameter(f"choose one of {', '.join(SCRIPTS)} or all", param_hint="--wrapper")
    console = Console(stderr=True, highlight=False)
    home = default_home()
    with _running(home, console) as (state, ours):
        journeys = asyncio.run(_play_all(Surroundings.of(home, state), wrapper, console))
        ok = all(is_as_the_rules_say(SCRIPTS[seen["wrapper"]], seen) for seen in journeys)
        if as_json:
            print(json.dumps({"journeys": journeys, "ok": ok}, indent=2))
            sys.stdout.flush()
        _show(console, journeys, ok=ok)
        if keep:
            _leave_running(console, home, state, ours=ours)
    raise typer.Exit(0 if ok else 1)


async def _play_all(around: Surroundings, wrapper: str, console: Console) -> list[dict[str, Any]]:
    def narrate(who: str, what: str) -> None:
        console.print(f"  [{_COLOURS[who]}]{who:>8}[/]  {what}")

    played: list[dict[str, Any]] = []
    with signed_in_adviser(around) as adviser:
        for script in SCRIPTS.values() if wrapper == "all" else [SCRIPTS[wrapper]]:
            console.print(f"\n[bold]{script.name}[/]")
            played.append(await play(around, adviser, script, narrate))
    return played


@contextmanager
def _running(home: Path, console: Console) -> Iterator[tuple[State, bool]]:
    """Yield what runs already, or start it and stop it again at the end."""
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


def _show(console: Console, journeys: list[dict[str, Any]], *, ok: bool) -> None:
    table = Table("journey", "Plannr: application", "plan", "platform: client", "account", "e-mails", "s", "events")
    for seen in journeys:
        table.add_row(
            seen["wrapper"].upper(),
            str(seen["plannr"]["application"]),
            str(seen["plannr"]["plan"]),
            str(seen["platform"]["client"]),
            str(seen["platform"]["account"]),
            str(len(seen["emails"])),
            f"{seen['seconds']:.1f}",
            str(seen["history_events"]),
        )
    console.print()
    console.print(table)
    verdict = "as the rules say" if ok else "NOT as the rules say: compare with docs/process.md, P10 to P15"
    console.print(f"Read back from both systems and the inbox: {verdict}.", style="green" if ok else "red")


def _leave_running(console: Console, home: Path, state: State, *, ours: bool) -> None:
    console.print(panel(Stack(home).home, state))
    if not ours:
        console.print("Everything was running before and goes on running.")
        return
    console.print("Everything goes on running here. Ctrl-C stops it; journeys go on at the next start.")
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
