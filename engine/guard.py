"""Runs one program so that it never outlives the process that started it, however that one ends.

`python guard.py PARENT_PID [--watch] PROGRAM ARGUMENT…`. Started on its own, without the project on the path.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Become the program (Linux) or stay beside it (elsewhere, `--watch`); returns its exit code."""
    parent, command = int(arguments[0]), arguments[1:]
    if command[0] == "--watch":
        return _watch(parent, command[1:])
    if not sys.platform.startswith("linux"):
        return _watch(parent, command)
    # The kernel ends us when the parent's starting thread ends; a parent that ended before this call is seen after it.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:
        os.execvp(command[0], command)  # noqa: S606 - replacing this process without a shell is the purpose
    return 1


def _watch(parent: int, command: list[str]) -> int:
    child = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while child.poll() is None:
        if os.getppid() != parent:
            child.kill()
        time.sleep(0.2)
    return child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
