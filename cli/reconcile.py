"""`onward reconcile`: compares both systems now, as an adviser through the API, and shows how far it is."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any, Final
from uuid import uuid4

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from cli.demonstration.actors import AdviserActor, signed_in_adviser
from cli.demonstration.surroundings import DemonstrationFailed, Surroundings, patiently
from cli.home import default_home
from cli.running import running

_LOOK_AGAIN_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 24 * 3600.0
_PHASES: Final = {
    "clients": "Comparing clients",
    "accounts": "Comparing accounts and plans",
    "plannr": "Looking through the links in Plannr",
    "repairs": "Repairing what may be",
    "tasks": "Asking advisers about the rest",
    "closing": "Closing what is gone",
    "done": "Compared",
}


def reconcile(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Compare Plannr and the platform now, repair what may be, and ask advisers about the rest."""
    console = Console(stderr=True, highlight=False)
    home = default_home()
    with running(home, console) as (state, _), signed_in_adviser(Surroundings.of(home, state)) as adviser:
        began = time.monotonic()
        with _bar(console) as show:
            found = compare(adviser, show)
        found["seconds"] = round(time.monotonic() - began, 1)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        _print(Console(highlight=False), found)
    if found["phase"] != "done":
        console.print("It ended before it was complete. The workflow `reconciliation` in the Temporal Web UI says why.")
        raise typer.Exit(1)


def compare(
    adviser: AdviserActor, show: Callable[[dict[str, Any]], None], patience: float = _PATIENCE_SECONDS
) -> dict[str, Any]:
    """Start a comparison, or join the one that runs, and return it as it is at its end.

    Raises:
        DemonstrationFailed: It did not end within the patience, or the API refused.
    """
    key = {"Idempotency-Key": str(uuid4())}
    run: dict[str, Any] = patiently(lambda: adviser.http.post("/api/v1/reconciliations", headers=key))
    deadline = time.monotonic() + patience
    while True:
        show(run)
        if run["finished"]:
            return run
        if time.monotonic() > deadline:
            raise DemonstrationFailed(f"The comparison is at {run['percent']} % after {patience:.0f} s. It goes on.")
        time.sleep(_LOOK_AGAIN_SECONDS)
        run = patiently(partial(adviser.http.get, run["link"]))


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[dict[str, Any]], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(_PHASES["clients"], total=100)

        def show(run: dict[str, Any]) -> None:
            progress.update(task, description=_PHASES.get(run["phase"], run["phase"]), completed=run["percent"])

        yield show


def _print(console: Console, found: dict[str, Any]) -> None:
    table = Table(Column("discrepancies of the firm", no_wrap=True), Column("", justify="right"))
    rows = (
        ("found", found["found"]),
        ("of them new", found["new"]),
        ("repaired", found["repaired"]),
        ("left for a person", found["open"]["for_a_person"]),
        ("still to be repaired", found["open"]["repairable"]),
    )
    for words, number in rows:
        table.add_row(words, str(number))
    console.print(table)
    console.print(f"Compared in {found['seconds']:.1f} s.")
