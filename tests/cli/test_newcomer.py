"""What a newcomer reads on the way up: each step with its time, what to type when one fails, and the links."""

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from cli.checklist import checklist, panel, progress
from cli.home import Home, Secrets, State
from cli.local import plan_onward
from cli.parts import Context
from cli.unit import Phase, Status


def printed(console: Console) -> str:
    """Return what was printed so far."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture
def console() -> Console:
    """Return a console as wide as a usual terminal, which it is not."""
    return Console(file=io.StringIO(), width=80, highlight=False)


def test_n1_the_panel_has_every_link_whole(tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workbench, portal, inbox, API documentation and Temporal Web UI: each with a title, none folded or cut."""
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path)
    secrets: Secrets = home.secrets()
    plan = plan_onward(Context(home, secrets, lambda _: None, prefer=False))
    wanted = {
        "Adviser workbench": "workbench",
        "Client portal": "portal",
        "E-mails sent": "inbox",
        "API documentation": "docs",
        "Temporal Web UI": "temporal_ui",
    }

    console.print(panel(home, State(pid=os.getpid(), urls=plan.urls, people=plan.people)))

    lines = printed(console).splitlines()
    for title, name in wanted.items():
        assert any(title in line and plan.urls[name] in line.split() for line in lines), title
    assert any(secrets.adviser_password.get_secret_value() in line for line in lines)
    assert all(any(person.email in line for line in lines) for person in plan.people)


def test_n2_every_step_shows_its_time_and_how_it_went(tmp_path: Path, console: Console) -> None:
    """A step that went well has a tick and its seconds; one that failed its cause and the command to type next."""
    log = tmp_path / "worker.log"
    statuses = [
        Status("api", "API and portal", Phase.READY, 2.34),
        Status("worker", "Worker", Phase.FAILED, 5.0, cause="ended with code 1", log=str(log)),
        Status("engine", "Temporal server", Phase.FAILED, 60.0, cause="did not answer"),
        Status("inbox", "Mail inbox", Phase.WAITING, 0.0),
    ]

    with checklist(console, lambda: statuses):
        pass

    assert printed(console).splitlines() == [
        "✓ API and portal 2.3 s",
        f"✗ Worker 5.0 s ended with code 1; look: tail -n 30 {log}",
        "✗ Temporal server 60.0 s did not answer; ask: ./onward doctor",
    ]


def test_n2_a_long_step_before_the_start_is_announced_with_the_time(console: Console) -> None:
    """Obtaining the engine takes minutes the first time: what is being done is said at once."""
    with progress(console) as report:
        report("Building the Temporal server (once a machine)")

    assert printed(console) == "  0:00  Building the Temporal server (once a machine)\n"
