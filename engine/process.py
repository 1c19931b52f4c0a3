"""A child process with a log file that ends with the process that started it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

_GUARD = Path(__file__).parent / "guard.py"
_LARGEST_LOG = 5_000_000


class Process:
    """One program: start it, see whether it runs, end it.

    Args:
        name: what a person calls it; also the name of the log.
        command: program and arguments.
        environment: variables on top of our own; None as a value removes one.
        directory: where it runs.
        log: file that takes what it prints.
        prepare: called before every start, for example to write its configuration.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str | None] | None = None,
        directory: Path | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._environment = dict(environment or {})
        self._directory = directory
        self._prepare = prepare
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it has one that is not yet collected."""
        return self._popen.pid if self._popen and self._popen.poll() is None else None

    @property
    def running(self) -> bool:
        """Whether the program runs now."""
        return self.pid is not None

    @property
    def exit_code(self) -> int | None:
        """The last exit code (negative: the signal that ended it), None while it runs or before its first start."""
        return self._popen.poll() if self._popen else None

    def start(self) -> None:
        """Start the program unless it runs."""
        if self.running:
            return
        if self._prepare is not None:
            self._prepare()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        self._popen = _spawner().submit(self._spawn).result()

    def stop(self, grace: float = 5.0) -> None:
        """Ask the program to end and make it end after `grace` seconds."""
        self.terminate()
        self.join(grace)

    def terminate(self) -> None:
        """Ask the program to end; does not wait."""
        if self._popen is not None and self.running:
            self._popen.terminate()

    def join(self, grace: float) -> None:
        """Wait `grace` seconds for the program's end, then make it end."""
        if self._popen is None:
            return
        try:
            self._popen.wait(max(grace, 0))
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the program and all it started at once (SIGKILL), and collect it."""
        if self._popen is None or not self.running:
            return
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            self._popen.kill()
        self._popen.wait()

    def last_lines(self, count: int = 5) -> str:
        """Return the end of the log, for a message about a failed start."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **{k: v for k, v in self._environment.items() if v is not None}}
        for name in (k for k, v in self._environment.items() if v is None):
            environment.pop(name, None)
        with self.log.open("ab") as log:
            # A session of its own keeps a Ctrl-C on the terminal from reaching it before we end it in order.
            return subprocess.Popen(
                guarded(self._command),
                cwd=self._directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def guarded(command: Sequence[str | Path]) -> list[str]:
    """Return a command that ends, however this process ends, once the thread that starts it has ended."""
    return [sys.executable, "-I", "-S", str(_GUARD), str(os.getpid()), *map(str, command)]


@cache
def _spawner() -> ThreadPoolExecutor:
    # Linux ties "end with the parent" to the thread that started the child: this one lives as long as we do.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


def wait_until(holds: Callable[[], bool], patience: float, *, pause: float = 0.05) -> bool:
    """Poll until the condition holds; False when it did not within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
