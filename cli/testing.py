"""`onward test`: every check there is, or one's own choice of tests."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

import typer
from rich.console import Console

from cli.checklist import progress
from cli.demonstration.browser import obtain_chromium
from cli.home import CLONE
from engine.obtain import obtain

_CHECKS: tuple[tuple[str, Sequence[str]], ...] = (
    ("ruff check", ("-m", "ruff", "check", ".")),
    ("ruff format", ("-m", "ruff", "format", "--check", ".")),
    # Test folders are no packages, so files of the same name in two of them need their whole path as name.
    ("mypy", ("-m", "mypy", "--explicit-package-bases", ".")),
    ("lint-imports", ("-c", "from importlinter.cli import lint_imports_command as c; c()")),
)


def test(context: typer.Context) -> None:
    """Run all checks and tests; with arguments, only pytest with these."""
    chosen = context.args
    console = Console(highlight=False)
    with progress(console) as report:
        obtain(report)
        if not chosen or any("browser" in argument for argument in chosen):
            # Before any test, whose time limit the installation would overrun.
            obtain_chromium(report)
    failed = [] if chosen else _failed_checks(console)
    if failed:
        console.print(f"Failed: {', '.join(failed)} (details above). The tests follow.", style="red")
    code = _run(["-m", "pytest", *chosen])
    raise typer.Exit(code or int(bool(failed)))


def _failed_checks(console: Console) -> list[str]:
    failed = []
    for name, arguments in _CHECKS:
        began = time.monotonic()
        code = _run(arguments)
        console.print(f"{'✓' if code == 0 else '✗'} {name} {time.monotonic() - began:.1f} s")
        if code:
            failed.append(name)
    return failed


def _run(arguments: Sequence[str]) -> int:
    sys.stdout.flush()
    path = os.pathsep.join(each for each in (str(CLONE), os.environ.get("PYTHONPATH", "")) if each)
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run([sys.executable, *arguments], check=False, cwd=CLONE, env=environment).returncode
