"""Small real programs for the supervisor to run, and a view on which processes live."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.parts import Context, Part, Plan, Planner
from cli.probes import answers
from cli.stack import Stack
from engine.process import Process

SERVER = """
import http.server, os, pathlib, sys
port, starts = int(sys.argv[1]), pathlib.Path(sys.argv[2])
with starts.open("a") as log:
    log.write(f"{os.getpid()}\\n")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    time.sleep(60)
"""


def plan_two_servers(context: Context) -> Plan:
    """Plan a first server, a second that needs it, and a program that ignores SIGTERM."""

    def server(name: str, *needs: str) -> Part:
        port = context.port(name, 0)
        command = [sys.executable, "-c", SERVER, str(port), str(context.home.path / f"{name}.starts")]
        process = Process(name, command, log=context.home.log(name))
        return Part(name, name.title(), process, lambda _: answers(f"http://127.0.0.1:{port}/"), needs=needs, grace=2.0)

    stubborn = Process("stubborn", [sys.executable, "-c", STUBBORN], log=context.home.log("stubborn"))
    parts = [
        server("first"),
        server("second", "first"),
        Part("stubborn", "Stubborn", stubborn, lambda _: True, grace=0.3),
    ]
    return Plan(parts, {name: f"http://127.0.0.1:{context.ports[name]}" for name in ("first", "second")})


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and was not collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def is_alive() -> Callable[[int], bool]:
    """Return the test for a living process."""
    return alive


@pytest.fixture
def planner() -> Planner:
    """Return a plan of small real programs."""
    return plan_two_servers


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Yield a stack of small real programs, not yet started; whatever it runs is ended after the test."""
    stack = Stack(tmp_path / "home", plan_two_servers, prefer_ports=False)
    yield stack
    stack.kill_all()


@pytest.fixture
def clone_environment() -> dict[str, str]:
    """Return the environment for a process of the project's own."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
