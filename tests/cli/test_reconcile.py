"""`reconcile` follows a comparison to its end, and says in words when it cannot; `bench` takes only what it can run."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli import reconcile
from cli.bench_reconciling import show
from cli.demonstration.actors import AdviserActor
from cli.demonstration.surroundings import DemonstrationFailed, Surroundings
from cli.home import State
from cli.main import build_app

LINK = "/api/v1/reconciliations/run-1"


def run(phase: str, percent: int) -> dict[str, Any]:
    """Return a comparison as the API tells of it."""
    return {
        "run_id": "run-1",
        "phase": phase,
        "percent": percent,
        "finished": phase == "done",
        "found": 3,
        "new": 2,
        "repaired": 1,
        "open": {"total": 2, "repairable": 0, "for_a_person": 2},
        "link": LINK,
    }


@contextmanager
def api(*answers: dict[str, Any], status: int = 202) -> Iterator[AdviserActor]:
    """Yield an adviser whose API answers the start, then each look, with these; the last one again and again."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        body = left.pop(0) if len(left) > 1 else left[0]
        started = request.method == "POST"
        assert request.url.path == ("/api/v1/reconciliations" if started else LINK)
        assert not started or request.headers["Idempotency-Key"]
        return httpx.Response(status if started else 200, json=body)

    with httpx.Client(base_url="http://api", transport=httpx.MockTransport(answer)) as http:
        yield AdviserActor(http)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again without a pause."""
    monkeypatch.setattr(reconcile, "_LOOK_AGAIN_SECONDS", 0.0)


def test_a_comparison_is_followed_to_its_end(at_once: None) -> None:
    """Every look is shown, and the end is what is returned."""
    shown: list[tuple[str, int]] = []
    looks = [run("clients", 0), run("accounts", 60), run("done", 100)]
    with api(*looks) as adviser:
        found = reconcile.compare(adviser, lambda each: shown.append((each["phase"], each["percent"])))

    assert shown == [("clients", 0), ("accounts", 60), ("done", 100)]
    assert found == looks[-1]


def test_what_does_not_end_or_is_refused_is_said_in_words(at_once: None) -> None:
    """A comparison that takes too long goes on without us; a refusal is told as it was answered."""
    with api(run("clients", 40)) as adviser, pytest.raises(DemonstrationFailed, match="at 40 %"):
        reconcile.compare(adviser, lambda _: None, patience=0.0)
    with api({"title": "no"}, status=403) as adviser, pytest.raises(DemonstrationFailed, match="403"):
        reconcile.compare(adviser, lambda _: None)


@pytest.fixture
def something_runs(monkeypatch: pytest.MonkeyPatch, at_once: None) -> Callable[[], None]:
    """Let the command find a running Onward whose comparison is done at the second look."""

    @contextmanager
    def running(*_: object) -> Iterator[tuple[State, bool]]:
        yield State(pid=1, ready=True), False

    @contextmanager
    def signed_in(*_: object) -> Iterator[AdviserActor]:
        with api(run("clients", 0), run("done", 100)) as adviser:
            yield adviser

    monkeypatch.setattr(reconcile, "running", running)
    monkeypatch.setattr(reconcile, "signed_in_adviser", signed_in)
    monkeypatch.setattr(Surroundings, "of", lambda *_: None)
    return lambda: None


def test_the_command_prints_a_table_or_one_document(something_runs: Callable[[], None]) -> None:
    """People get a table; programs get one JSON document on standard output and nothing else there."""
    table = CliRunner().invoke(build_app(), ["reconcile"])
    document = CliRunner().invoke(build_app(), ["reconcile", "--json"])

    assert (table.exit_code, document.exit_code) == (0, 0), table.output + document.output
    for words in ("left for a person", "repaired", "Compared in"):
        assert words in table.stdout
    told = json.loads(document.stdout)
    assert (told["finished"], told["found"], told["open"]["for_a_person"]) == (True, 3, 2)
    assert told["seconds"] >= 0


@pytest.mark.parametrize("arguments", [[], ["--pages", "--reconcile"], ["--reconcile", "--clients", "many"]])
def test_bench_takes_only_what_it_can_measure(arguments: list[str], tmp_path: Path) -> None:
    """One thing at a time, and numbers of clients that are numbers; nothing is started otherwise."""
    answer = CliRunner().invoke(build_app(), ["bench", *arguments], env={"ONWARD_HOME": str(tmp_path / "home")})

    assert answer.exit_code == 2
    assert not (tmp_path / "home").exists()


def test_costs_are_shown_with_the_time_that_published_limits_need() -> None:
    """Each size has its line, with the calls of each system and the minutes they would need."""
    console = Console(record=True, width=200)
    show(
        console,
        [
            {
                "clients": 1000,
                "run": "first",
                "seconds": 4.8,
                "ms_per_client": 4.8,
                "cpu_ms_per_client": 1.5,
                "peak_rss_mib": 179.7,
                "calls": {"plannr": 34, "platform": 11},
                "seconds_at_published_limits": 4.1,
            }
        ],
    )
    text = console.export_text()
    for word in ("1,000", "first", "1.50", "180", "34", "0.1 min"):
        assert word in text
