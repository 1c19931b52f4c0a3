"""Follows the logs of all parts on the terminal."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_red", "bright_cyan")


class LogFollower:
    """Prints what is added to the log files after it was made, each line with its part's name in a colour."""

    def __init__(self, console: Console, logs: dict[str, Path]) -> None:
        self._console = console
        self._logs = logs
        self._read = {name: path.stat().st_size if path.exists() else 0 for name, path in logs.items()}
        self._width = max(map(len, logs), default=0)

    def show_new(self) -> None:
        """Print the whole lines that were added since the last call."""
        for index, (name, path) in enumerate(self._logs.items()):
            for line in self._new_lines(name, path):
                prefix = (f"{name:<{self._width}} ", _COLOURS[index % len(_COLOURS)])
                self._console.print(Text.assemble(prefix, line), soft_wrap=True)

    def _new_lines(self, name: str, path: Path) -> list[str]:
        if not path.exists():
            return []
        if path.stat().st_size < self._read[name]:
            self._read[name] = 0
        with path.open("rb") as log:
            log.seek(self._read[name])
            added = log.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._read[name] += len(whole)
        return whole.decode(errors="replace").splitlines()
