"""`onward bench`: how long pages take, how soon an adviser sees a client's act, what a reconciliation costs."""

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

import httpx
import typer
from rich.console import Console
from rich.table import Column, Table

from cli.bench_reconciling import SIZES, bench_reconciling
from cli.bench_reconciling import show as show_costs
from cli.demonstration.actors import PASSWORD, ClientActor, signed_in_adviser
from cli.demonstration.journey import Play
from cli.demonstration.pages import DOOR, PORTAL, WORKBENCH, signed_in
from cli.demonstration.scripts import SCRIPTS
from cli.demonstration.surroundings import DemonstrationFailed, Surroundings
from cli.home import default_home
from cli.running import running

_ROUNDS: Final = 30
_WARM: Final = 3
_PATIENCE: Final = 30.0


def bench(
    *,
    pages: Annotated[bool, typer.Option("--pages", help="Every page, and the adviser's live timeline.")] = False,
    reconciling: Annotated[
        bool, typer.Option("--reconcile", help="A reconciliation, with sandboxes of its own, at several sizes.")
    ] = False,
    clients: Annotated[str, typer.Option(help="With --reconcile: how many clients, smallest first.")] = ",".join(
        map(str, SIZES)
    ),
    rounds: Annotated[int, typer.Option(min=1, help="How often each page is asked for.")] = _ROUNDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Measure a running Onward; start it if nothing runs."""
    if pages == reconciling:
        raise typer.BadParameter("say what to measure: ./onward bench --pages, or ./onward bench --reconcile")
    console = Console(stderr=True, highlight=False)
    if reconciling:
        costs = bench_reconciling(console, _sizes(clients))
        if as_json:
            print(json.dumps({"reconciliations": costs}, indent=2))
        else:
            show_costs(Console(highlight=False), costs)
        return
    home = default_home()
    with running(home, console) as (state, _):
        found = measure(Surroundings.of(home, state), rounds)
    if as_json:
        print(json.dumps(found, indent=2))
        return
    show(Console(highlight=False), found)


def _sizes(clients: str) -> list[int]:
    try:
        sizes = [int(size) for size in clients.split(",")]
    except ValueError:
        raise typer.BadParameter("give numbers of clients, such as --clients 1000,10000") from None
    if min(sizes) < 1:
        raise typer.BadParameter("a reconciliation of nobody costs nothing; give 1 or more")
    return sizes


def measure(around: Surroundings, rounds: int) -> dict[str, Any]:
    """Return the medians of every page in milliseconds, and how soon a client's act is on the adviser's timeline."""
    with signed_in_adviser(around) as adviser:
        play = Play(around, adviser, SCRIPTS["gia"], lambda _, __: None)
        play.up_to_the_client()
        # Of what happens by itself nothing may be left, so that the next event is the client's.
        play.until(
            "the checks", lambda seen: all(one["met"] for one in seen["gates"] if one["awaited_from"] == "platform")
        )
    client = play.cast.people[0]
    play.in_portal(client, lambda _: None)
    with (
        httpx.Client(base_url=around.urls["api"], timeout=30) as stranger,
        signed_in(around, PORTAL, client.email, PASSWORD) as portal,
        signed_in(around, WORKBENCH, around.adviser_email, around.adviser_password) as workbench,
    ):
        medians = {
            name: _median(http, path, rounds)
            for site, http in ((DOOR, stranger), (PORTAL, portal), (WORKBENCH, workbench))
            for name, path in site.paths(play.journey_id).items()
        }
        delay = _delay(workbench, ClientActor(portal), play.journey_id)
    return {"rounds": rounds, "median_ms": medians, "client_act_to_timeline_s": delay}


def _median(http: httpx.Client, path: str, rounds: int) -> float:
    times = []
    for number in range(_WARM + rounds):
        began = time.perf_counter()
        answer = http.get(path)
        took = time.perf_counter() - began
        # What leads elsewhere is no page, and a page that failed is soon made.
        if answer.is_redirect or answer.is_server_error:
            raise DemonstrationFailed(f"{path} was answered {answer.status_code}")
        if number >= _WARM:
            times.append(took)
    return round(statistics.median(times) * 1000, 1)


def _delay(workbench: httpx.Client, client: ClientActor, journey_id: str) -> float:
    """Return the seconds from the moment a client confirms their details until the open timeline says so."""
    with _timeline(workbench, journey_id) as (opened, told):
        if not opened.wait(_PATIENCE):
            raise DemonstrationFailed("the timeline's stream did not open")
        began = time.perf_counter()
        client.do("details", journey_id)
        if not told.wait(_PATIENCE):
            raise DemonstrationFailed(f"the timeline did not tell of the client's act within {_PATIENCE:.0f} s")
        return round(time.perf_counter() - began, 2)


@contextmanager
def _timeline(workbench: httpx.Client, journey_id: str) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Watch a journey's timeline; the events say that the stream is open, and that it told of something new."""
    opened, told = threading.Event(), threading.Event()
    known = len(workbench.get(f"/workbench/journeys/{journey_id}").text.split('id="event-')) - 1

    def watch() -> None:
        address = f"/workbench/journeys/{journey_id}/events"
        with workbench.stream("GET", address, params={"known": known}) as answer:
            answer.raise_for_status()
            opened.set()
            for line in answer.iter_lines():
                if line == "event: timeline":
                    told.set()
                    return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    yield opened, told
    watcher.join(_PATIENCE)


def show(console: Console, found: dict[str, Any]) -> None:
    """Print the measurements as a table."""
    table = Table(Column("page", no_wrap=True), Column("median, ms", justify="right"))
    for name, median in found["median_ms"].items():
        table.add_row(name, f"{median:.1f}")
    console.print(table)
    console.print(f"Each page was asked for {found['rounds']} times, warm, by one person after the other.")
    console.print(f"From a client's act to the adviser's open timeline: {found['client_act_to_timeline_s']:.2f} s.")
