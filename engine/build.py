"""Builds the official Temporal server and Web UI from their pinned Go modules, once per machine."""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import EngineUnavailable
from engine.pins import GoModule, engine_home, go_module
from engine.process import guarded
from engine.toolchain import find_go

SERVER = "temporal-server"
UI = "temporal-ui-server"


def build(report: Callable[[str], None]) -> Path:
    """Build both programs into the cache and return their folder; a build already running elsewhere is waited for.

    Raises:
        EngineUnavailable: no compiler, no module proxy, or the compiler failed.
    """
    home = engine_home()
    with only_one(home.parent, report):
        if home.exists():
            return home
        # Whoever held the lock before and was killed left its workshop behind.
        for left in home.parent.glob("building-*"):
            _remove(left)
        workshop = Path(tempfile.mkdtemp(prefix="building-", dir=home.parent))
        try:
            _build_into(workshop, home, report)
        finally:
            report("Removing the build's caches")
            _remove(workshop)
    return home


@contextmanager
def only_one(folder: Path, report: Callable[[str], None]) -> Iterator[None]:
    """Let one process at a time work in this folder; the kernel frees the lock when its holder ends in any way."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("Waiting for another start that is obtaining the engine")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_into(workshop: Path, home: Path, report: Callable[[str], None]) -> None:
    server, ui = go_module("server"), go_module("ui")
    go = find_go(max(server.oldest_go, ui.oldest_go), workshop, report)
    ready = workshop / "ready"
    report(f"Building the Temporal server {server.version} from its Go modules (about 3 minutes on 2 cores, once)")
    _compile(go, server, ready / SERVER, workshop)
    report(f"Building the Temporal Web UI {ui.version} from its Go modules (under a minute)")
    _compile(go, ui, ready / UI, workshop)
    ready.rename(home)


def _compile(go: Path, module: GoModule, target: Path, workshop: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name not in {"GOROOT", "GOOS", "GOARCH"}},
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOPATH": str(workshop / "modules"),
        "GOMODCACHE": str(workshop / "modules" / "pkg" / "mod"),
        "GOCACHE": str(workshop / "compiled"),
        "GOTMPDIR": str(workshop),
        # Nothing in these programs needs a C compiler, and a newcomer may have none.
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false -trimpath",
    }
    command = guarded([go, "build", "-ldflags=-s -w", "-o", target, module.package])
    started = time.monotonic()
    done = subprocess.run(command, check=False, cwd=module.directory, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise EngineUnavailable(
            f"Building {module.package} {module.version} failed after {time.monotonic() - started:.0f} s:\n"
            f"{done.stderr.strip()[-1500:]}\n"
            "Check the connection to the Go module proxy and the space on the disk (3 GB are needed for a while), or "
            "put the `temporal` command on the PATH, or set TEMPORAL_ADDRESS to a running cluster.",
        )


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
