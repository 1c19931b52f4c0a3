"""Imports modules one after another and tells what each did besides; a program of its own, run without environment.

`python -I -B import_probe.py ROOT MODULE…` prints a JSON list of `[module, effect]`.
"""

import asyncio
import importlib
import json
import logging
import os
import sys
import threading

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_EVENTS = {
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.exec",
    "os.system",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.symlink",
    "os.link",
    "os.truncate",
    "os.putenv",
    "subprocess.Popen",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "sqlite3.connect",
}


class Probe:
    """Notes what the module under import does to the world outside it."""

    def __init__(self) -> None:
        """Begin with nothing noted."""
        self.effects: list[tuple[str, str]] = []
        self._module = ""

    def note(self, effect: str) -> None:
        """Blame the module that is being imported."""
        if self._module:
            self.effects.append((self._module, effect))

    def heard(self, event: str, arguments: tuple[object, ...]) -> None:
        """Take an audit event of the interpreter."""
        if event in _EVENTS:
            self.note(f"{event} {arguments[:1]!r}")
        elif event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING and str(path) != os.devnull:
                self.note(f"opened for writing: {path}")

    def listen(self, owner: type, method: str, effect: str) -> None:
        """Note each call of a method, and let it happen."""
        original = getattr(owner, method)

        def noted(*arguments: object, **options: object) -> object:
            self.note(effect)
            return original(*arguments, **options)

        setattr(owner, method, noted)

    def visit(self, module: str) -> None:
        """Import one module and compare the process before and after."""
        before = self._process()
        self._module = module
        try:
            importlib.import_module(module)
        except BaseException as error:  # noqa: BLE001 - even an exit while importing must be told, not obeyed
            self.note(f"does not import: {type(error).__name__}: {error}")
        for name, earlier, now in zip(("threads", "log handlers", "environment"), before, self._process(), strict=True):
            if earlier != now:
                self.note(f"changed the process's {name}: {earlier!r} became {now!r}")
        self._module = ""

    @staticmethod
    def _process() -> tuple[object, ...]:
        handlers = [repr(handler) for handler in logging.getLogger().handlers]
        return threading.active_count(), handlers, dict(os.environ)


def main(root: str, modules: list[str]) -> None:
    """Visit every module."""
    probe = Probe()
    # The interpreter has no audit events for these two.
    probe.listen(asyncio.BaseEventLoop, "__init__", "made an event loop")
    probe.listen(threading.Thread, "start", "started a thread")
    sys.addaudithook(probe.heard)
    sys.path.insert(0, root)
    for module in modules:
        probe.visit(module)
    json.dump(probe.effects, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
