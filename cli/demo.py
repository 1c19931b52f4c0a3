"""`onward demo`: plays whole journeys through the public surfaces and says what became of them."""

import asyncio
import json
import signal
import sys
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.checklist import panel
from cli.demonstration.actors import signed_in_adviser
from cli.demonstration.journey import is_as_the_rules_say, play
from cli.demonstration.pictures import take_pictures
from cli.demonstration.scripts import SCRIPTS
from cli.demonstration.show import show
from cli.demonstration.surroundings import Surroundings
from cli.demonstration.syncing import play_sync
from cli.demonstration.unhappy import CASES, play_unhappy
from cli.home import State, default_home
from cli.running import running
from cli.stack import Stack

_COLOURS = {"adviser": "cyan", "client": "magenta", "plannr": "yellow", "platform": "blue", "system": "green"}


def demo(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
    wrapper: Annotated[str | None, typer.Option(help=f"{', '.join(SCRIPTS)} or all, to the active account.")] = None,
    unhappy: Annotated[
        str | None, typer.Option(help="all, or one journey that goes another way: " + ", ".join(CASES) + ".")
    ] = None,
    sync: Annotated[
        bool, typer.Option("--sync", help="What is done in one system and seen in the other: clients, accounts, edits.")
    ] = False,
    screenshots: Annotated[
        Path | None, typer.Option(help="Put pictures of every page, desktop and phone, into this folder.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running afterwards, until Ctrl-C.")] = False,
) -> None:
    """Play whole journeys, as adviser and as client; start what is not running."""
    straight = _chosen(wrapper or (None if unhappy or sync else "all"), SCRIPTS, "--wrapper")
    cases = _chosen(unhappy, CASES, "--unhappy")
    console = Console(stderr=True, highlight=False)
    home = default_home()
    with running(home, console) as (state, ours):
        if screenshots is not None:
            _take_pictures(Surroundings.of(home, state), screenshots, console)
            return
        document = asyncio.run(_play_all(Surroundings.of(home, state), straight, cases, console, sync=sync))
        if as_json:
            print(json.dumps(document, indent=2))
            sys.stdout.flush()
        show(console, document)
        if keep:
            _leave_running(console, home, state, ours=ours)
    raise typer.Exit(0 if document["ok"] else 1)


def _chosen(name: str | None, known: Collection[str], option: str) -> list[str]:
    if name is None or name == "all":
        return list(known) if name else []
    if name not in known:
        raise typer.BadParameter(f"choose one of {', '.join(known)} or all", param_hint=option)
    return [name]


def _take_pictures(around: Surroundings, folder: Path, console: Console) -> None:
    taken = take_pictures(around, folder, partial(_narrate, console))
    console.print(f"{len(taken)} pictures in {folder}", soft_wrap=True)


def _narrate(console: Console, who: str, what: str) -> None:
    # A link that is folded could not be followed.
    console.print(f"  [{_COLOURS[who]}]{who:>8}[/]  {what}", soft_wrap=True)


async def _play_all(
    around: Surroundings, straight: list[str], cases: list[str], console: Console, *, sync: bool
) -> dict[str, Any]:
    narrate = partial(_narrate, console)
    document: dict[str, Any] = {}
    with signed_in_adviser(around) as adviser:
        for name in straight:
            console.print(f"\n[bold]{SCRIPTS[name].name}[/]")
            document.setdefault("journeys", []).append(await play(around, adviser, name, SCRIPTS[name], narrate))
        for name in cases:
            console.print(f"\n[bold]{name.replace('-', ' ').capitalize()}[/]")
            document.setdefault("cases", []).append(await play_unhappy(around, adviser, name, narrate))
        if sync:
            console.print("\n[bold]The two systems in step[/]")
            document["sync"] = await play_sync(around, adviser, narrate)
    as_ruled = [is_as_the_rules_say(SCRIPTS[seen["wrapper"]], seen) for seen in document.get("journeys", [])]
    played = [*document.get("cases", []), *document.get("sync", [])]
    return {**document, "ok": all(as_ruled) and all(seen["ok"] for seen in played)}


def _leave_running(console: Console, home: Path, state: State, *, ours: bool) -> None:
    console.print(panel(Stack(home).home, state))
    if not ours:
        console.print("Everything was running before and goes on running.")
        return
    console.print("Everything goes on running here. Ctrl-C stops it; journeys go on at the next start.")
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
