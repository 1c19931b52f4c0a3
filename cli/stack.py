"""Starts, watches, restarts and stops the parts of a local Onward.

One thread looks at every part many times a second: starts it when what it needs is ready, asks whether it is ready,
starts it again when it ended by itself. Nothing else changes a part's phase, apart from the commands below.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cli.home import Home, State
from cli.local import plan_onward
from cli.parts import Context, Plan, Planner
from cli.unit import Phase, Status, Unit
from engine.process import Process

_PAUSE = 0.05
_SETTLED = 60.0


class StackFailed(Exception):  # noqa: N818 - reads as the state it tells of
    """A part did not come up; the text names it, the cause and its log."""


class Stack:
    """A local Onward, or any other set of parts, from one home.

    Args:
        home: folder that keeps everything; the same folder continues the same journeys.
        planner: says which parts there are.
        prefer_ports: True for a person (well-known ports where free), False for tests (any free ports).
        on_event: called from the watching thread whenever a part enters a phase.
    """

    def __init__(
        self,
        home: Path,
        planner: Planner = plan_onward,
        *,
        prefer_ports: bool = True,
        on_event: Callable[[Status], None] = lambda _: None,
    ) -> None:
        self.home = Home(home)
        self._planner = planner
        self._prefer_ports = prefer_ports
        self._on_event = on_event
        self._units: dict[str, Unit] = {}
        self._plan = Plan([])
        self._ports: dict[str, int] = {}
        self._guard = threading.RLock()
        self._ending = threading.Event()
        self._came_up = False
        self._watcher: threading.Thread | None = None

    def start(self, report: Callable[[str], None] = lambda _: None) -> State:
        """Start everything and return once all of it is ready.

        Args:
            report: takes a sentence at each step before the parts start, such as building the engine.

        Raises:
            HomeInUse: somebody else runs from this home.
            StackFailed: a part ended or stayed silent; everything is stopped again.
            EngineUnavailable: no Temporal server is to be had.
        """
        self.prepare(report)
        return self.run()

    def prepare(self, report: Callable[[str], None] = lambda _: None) -> None:
        """Take the home and make the plan: the first half of `start`, which may take minutes once per machine.

        Raises:
            HomeInUse: somebody else runs from this home.
            EngineUnavailable: no Temporal server is to be had.
        """
        self.home.acquire()
        try:
            before = self.home.read_state()
            remembered = before.ports if before else {}
            context = Context(self.home, self.home.secrets(), report, remembered, self._prefer_ports)
            self._plan = self._planner(context)
            self._ports = context.ports
            self._units = {part.name: Unit(part) for part in self._plan.parts}
            self._write_state()
        except BaseException:
            self.stop()
            raise

    def run(self) -> State:
        """Start the parts of the plan and return once all are ready: the second half of `start`.

        Raises:
            StackFailed: a part ended or stayed silent; everything is stopped again.
        """
        try:
            self._watch()
            self._await_first_start()
        except BaseException:
            self.stop()
            raise
        return self.state()

    def stop(self) -> None:
        """End every part in reverse order, each with its grace period, and give the home free."""
        self._end(Process.stop)

    def kill_all(self) -> None:
        """End every part at once (SIGKILL), as a power cut would, and give the home free."""
        self._end(lambda process, _: process.kill())

    def kill(self, name: str) -> None:
        """End one part at once (SIGKILL); it stays down until `start_process`."""
        with self._guard:
            unit = self._units[name]
            unit.enter(Phase.STOPPED)
            if unit.part.process is not None:
                unit.part.process.kill()
        self._write_state()

    def start_process(self, name: str, patience: float = 60.0) -> None:
        """Start one part that was killed and return once it is ready.

        Raises:
            StackFailed: it is not ready after `patience` seconds.
        """
        with self._guard:
            unit = self._units[name]
            if unit.phase is Phase.STOPPED:
                unit.enter(Phase.WAITING)
        deadline = time.monotonic() + patience
        while unit.phase is not Phase.READY:
            if time.monotonic() > deadline:
                raise StackFailed(unit.explain())
            time.sleep(_PAUSE)

    @property
    def came_up(self) -> bool:
        """Whether everything was ready once since the last start."""
        return self._came_up

    def pid(self, name: str) -> int | None:
        """Return the process id of a part that runs."""
        process = self._units[name].part.process
        return process.pid if process else None

    def statuses(self) -> list[Status]:
        """Return every part as it is now, in the order of starting."""
        return [unit.status() for unit in self._units.values()]

    def state(self) -> State:
        """Return what is written to `state.json`."""
        return State(
            pid=os.getpid(),
            ready=self._came_up and not self._ending.is_set(),
            ports=self._ports,
            urls=self._plan.urls,
            pids={name: pid for name in self._units if (pid := self.pid(name)) is not None},
            people=self._plan.people,
            engine=self._plan.engine,
            running=self.home.running,
        )

    def _watch(self) -> None:
        self._ending.clear()
        self._came_up = False
        self._watcher = threading.Thread(target=self._look_after_all, name="stack", daemon=True)
        self._watcher.start()

    def _await_first_start(self) -> None:
        while True:
            units = list(self._units.values())
            failed = [unit for unit in units if unit.phase is Phase.FAILED]
            if failed:
                raise StackFailed(failed[0].explain())
            if all(unit.phase is Phase.READY for unit in units):
                self._came_up = True
                self._write_state()
                return
            time.sleep(_PAUSE)

    def _look_after_all(self) -> None:
        while not self._ending.is_set():
            for unit in self._units.values():
                before = unit.phase
                self._look_after(unit)
                if unit.phase is not before:
                    self._write_state()
                    self._on_event(unit.status())
            self._ending.wait(_PAUSE)

    def _look_after(self, unit: Unit) -> None:
        # Asked outside the lock: an answer may take a second, and nobody should wait for it to stop a part.
        ready = unit.phase is Phase.STARTING and not unit.ended and unit.part.ready(unit.started_at)
        with self._guard:
            if self._ending.is_set():
                return
            if unit.phase is Phase.WAITING and all(self._units[n].phase is Phase.READY for n in unit.part.needs):
                unit.start()
            elif unit.phase in {Phase.STARTING, Phase.READY} and unit.ended:
                self._record_end(unit)
            elif unit.phase is Phase.STARTING:
                self._record_answer(unit, ready=ready)
            elif unit.phase is Phase.CRASHED and time.monotonic() - unit.since > unit.pause:
                unit.start()

    def _record_answer(self, unit: Unit, *, ready: bool) -> None:
        waited = time.monotonic() - unit.since
        if ready:
            unit.enter(Phase.READY)
        elif not self._came_up and waited > unit.part.patience:
            unit.enter(Phase.FAILED, f"does not answer after {waited:.0f} s")

    def _record_end(self, unit: Unit) -> None:
        process = unit.part.process
        code = process.exit_code if process else None
        cause = f"ended with code {code}" if code is None or code >= 0 else f"was ended by signal {-code}"
        if unit.phase is Phase.READY and time.monotonic() - unit.since > _SETTLED:
            unit.crashes = 0
        unit.crashes += 1
        first_start = not self._came_up and unit.phase is Phase.STARTING
        unit.enter(Phase.FAILED if first_start else Phase.CRASHED, cause)

    def _end(self, end: Callable[[Process, float], None]) -> None:
        self._ending.set()
        with self._guard:
            units = list(reversed(self._units.values()))
        for unit in units:
            if unit.part.process is not None:
                end(unit.part.process, unit.part.grace)
            # A failure stays on show until the next start.
            if unit.phase is not Phase.FAILED:
                unit.enter(Phase.STOPPED)
            self._on_event(unit.status())
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
            self._write_state()
        self.home.release()

    def _write_state(self) -> None:
        with self._guard:
            self.home.write_state(self.state())
