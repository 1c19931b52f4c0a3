"""The supervisor: order, crashes, ends of every kind, ports."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from typing import Any

import pytest

from cli.home import HomeInUse, read_state
from cli.parts import Context, Part, Plan, Planner
from cli.probes import answers
from cli.stack import Stack, StackFailed
from cli.unit import Phase
from engine.process import Process

Alive = Callable[[int], bool]

OTHER_SUPERVISOR = """
import sys, pathlib, runpy
from cli.up import run_up
planner = runpy.run_path(sys.argv[2])["plan_two_servers"]
sys.exit(run_up(pathlib.Path(sys.argv[1]), planner))
"""


def starts(home: Path, name: str) -> list[int]:
    """Return the process ids of every start of a server."""
    return [int(line) for line in (home / f"{name}.starts").read_text().splitlines()]


def run_python(*arguments: str, **options: Any) -> Popen[str]:
    """Start a Python program of its own."""
    return Popen([sys.executable, *arguments], text=True, **options)


def phases(stack: Stack) -> dict[str, Phase]:
    """Return each part's phase."""
    return {status.name: status.phase for status in stack.statuses()}


def test_a_start_brings_everything_up_and_a_stop_leaves_nothing(stack: Stack, is_alive: Alive) -> None:
    """Every part answers after the start; after the stop no process lives, not even one that ignores SIGTERM."""
    state = stack.start()
    pids = dict(state.pids)

    assert set(pids) == {"first", "second", "stubborn"}
    assert all(answers(url) for url in state.urls.values())
    stack.stop()
    assert not [name for name, pid in pids.items() if is_alive(pid)]
    assert set(phases(stack).values()) == {Phase.STOPPED}


async def test_a_crashed_process_is_started_again(stack: Stack, eventually: Any) -> None:
    """A process that ends by itself is reported and comes back under a new id at the same address."""
    seen: list[tuple[str, Phase]] = []
    stack._on_event = lambda status: seen.append((status.name, status.phase))
    state = stack.start()
    os.kill(state.pids["first"], signal.SIGKILL)

    await eventually(lambda: len(starts(stack.home.path, "first")) == 2)
    await eventually(lambda: answers(state.urls["first"]))
    await eventually(lambda: (read := read_state(stack.home.path)) and read.pids["first"] != state.pids["first"])
    assert ("first", Phase.CRASHED) in seen
    assert len(starts(stack.home.path, "second")) == 1


def test_a_killed_process_stays_down_until_it_is_started(stack: Stack, is_alive: Alive) -> None:
    """`kill` and `start_process` let a test take one part away and give it back."""
    state = stack.start()
    stack.kill("second")

    assert not is_alive(state.pids["second"])
    assert phases(stack)["second"] is Phase.STOPPED
    stack.start_process("second")
    assert answers(state.urls["second"])


def test_a_start_after_killing_everything_keeps_addresses_and_secrets(stack: Stack, planner: Planner) -> None:
    """A power cut leaves no stale lock, and the next start has the same links and secrets."""
    before, secrets = stack.start(), stack.home.secrets()
    stack.kill_all()

    again = Stack(stack.home.path, planner, prefer_ports=False)
    try:
        after = again.start()
    finally:
        again.kill_all()
    assert after.urls == before.urls
    assert again.home.secrets() == secrets
    assert (stack.home.path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_n2_a_busy_port_is_moved(stack: Stack, planner: Planner) -> None:
    """When somebody else took the port that was used last, the start takes another and says so in its links."""
    before = stack.start()
    stack.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", before.ports["first"]))
        other.listen()
        moved = Stack(stack.home.path, planner, prefer_ports=False)
        try:
            after = moved.start()
        finally:
            moved.kill_all()

    assert after.ports["first"] != before.ports["first"]
    assert after.ports["second"] == before.ports["second"]


def test_a_second_stack_on_the_same_home_is_refused(stack: Stack, planner: Planner) -> None:
    """Two supervisors never share a home, and the refused one leaves the first alone."""
    state = stack.start()
    with pytest.raises(HomeInUse):
        Stack(stack.home.path, planner).start()

    assert all(answers(url) for url in state.urls.values())


def test_n2_a_part_that_cannot_start_is_named_with_its_log(tmp_path: Path, is_alive: Alive) -> None:
    """A failed start says which part, why and what its log says, and leaves nothing running."""
    pids: list[int] = []

    def plan(context: Context) -> Plan:
        good = Process("good", [sys.executable, "-c", "import time; time.sleep(60)"], log=context.home.log("good"))
        bad = Process("bad", [sys.executable, "-c", "raise SystemExit('no such table')"], log=context.home.log("bad"))

        def good_is_up(_: object) -> bool:
            pids.append(good.pid or 0)
            return good.running

        return Plan(
            [
                Part("good", "Good", good, good_is_up),
                Part("bad", "Bad", bad, lambda _: False, needs=("good",)),
            ]
        )

    with pytest.raises(StackFailed, match=r"(?s)Bad ended with code 1.*no such table"):
        Stack(tmp_path, plan).start()

    assert pids
    assert not is_alive(pids[-1])


class TestUp:
    """`onward up` as a process of its own."""

    def _start(self, home: Path, environment: dict[str, str]) -> Popen[str]:
        command = [sys.executable, "-c", OTHER_SUPERVISOR, str(home), str(Path(__file__).parent / "conftest.py")]
        return Popen(command, env=environment, stdout=PIPE, stderr=STDOUT, text=True)

    async def test_a_killed_supervisor_leaves_no_child(
        self, tmp_path: Path, clone_environment: dict[str, str], is_alive: Alive, eventually: Any
    ) -> None:
        """SIGKILL gives the supervisor no chance to stop anything; the kernel ends the children all the same."""
        up = self._start(tmp_path, clone_environment)
        with up:
            state = await eventually(lambda: (read := read_state(tmp_path)) and read.ready and read, within=20)
            up.kill()
        pids = state.pids.values()

        await eventually(lambda: not any(map(is_alive, pids)), what="every child has ended")
        read = read_state(tmp_path)
        assert read is not None
        assert not read.running

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    async def test_an_interrupt_stops_everything(
        self,
        number: signal.Signals,
        tmp_path: Path,
        clone_environment: dict[str, str],
        is_alive: Alive,
        eventually: Any,
    ) -> None:
        """Ctrl-C and SIGTERM stop every part in order; the exit code says it went as wanted."""
        with self._start(tmp_path, clone_environment) as up:
            state = await eventually(lambda: (read := read_state(tmp_path)) and read.ready and read, within=20)
            up.send_signal(number)
            output, _ = up.communicate(timeout=20)

        assert up.returncode == 0
        assert "Everything is stopped." in output
        assert not any(map(is_alive, state.pids.values()))

    async def test_n1_a_second_up_shows_the_first_ones_links(
        self, tmp_path: Path, clone_environment: dict[str, str], eventually: Any
    ) -> None:
        """The second start finds the running one, prints its links and ends well without touching it."""
        with self._start(tmp_path, clone_environment) as up:
            state = await eventually(lambda: (read := read_state(tmp_path)) and read.ready and read, within=20)
            with self._start(tmp_path, clone_environment) as second:
                output, _ = second.communicate(timeout=20)
            still_there = all(answers(url) for url in state.urls.values())
            up.terminate()
            up.communicate(timeout=20)

        assert second.returncode == 0
        assert "already runs" in output
        assert still_there


async def test_a_program_ends_with_its_parent_where_the_kernel_does_not_help(
    tmp_path: Path, is_alive: Alive, eventually: Any
) -> None:
    """The guard's other way, for systems without a parent-death signal: it watches and ends the program itself."""
    guard, noted = Path(__file__).parents[2] / "engine" / "guard.py", tmp_path / "pid"
    program = f"import os, time, pathlib; pathlib.Path({str(noted)!r}).write_text(str(os.getpid())); time.sleep(60)"
    parent_program = f"""import os, subprocess, sys
guarded = [sys.executable, {str(guard)!r}, str(os.getpid()), "--watch", sys.executable, "-c", {program!r}]
subprocess.run(guarded)
"""
    with run_python("-c", parent_program) as parent:
        pid = int(await eventually(lambda: noted.exists() and noted.read_text()))
        was_alive = is_alive(pid)
        parent.kill()

    assert was_alive
    await eventually(lambda: not is_alive(pid))
