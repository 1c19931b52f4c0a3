"""`onward doctor`: what is there, what is missing, and the command that mends it."""

import importlib.metadata
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from cli.home import CLONE, Home, State, default_home
from cli.probes import answers, serves
from engine.obtain import EngineBinaries, available
from engine.pins import cache_home

_OLDEST_PYTHON = (3, 11)
_SPACE_FOR_BUILD = 4_000_000_000
_OWNER_ONLY = 0o600
_SPACE_TO_RUN = 500_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `mend` is the command that makes it well."""

    what: str
    well: bool
    found: str
    mend: str = ""


def doctor() -> None:
    """Say what is there, what is missing, and the command that mends it."""
    console = Console(highlight=False)
    findings = list(examine(default_home()))
    for finding in findings:
        sign, style = ("✓", "green") if finding.well else ("✗", "red")
        console.print(f"[{style}]{sign}[/] {finding.what}: ", end="")
        console.print(finding.found, markup=False)
        if not finding.well and finding.mend:
            console.print(f"    → {finding.mend}", style="bold", markup=False)
    ill = sum(not finding.well for finding in findings)
    console.print("All is well." if not ill else f"{ill} of {len(findings)} need mending.")
    raise typer.Exit(int(bool(ill)))


def examine(home: Path) -> Iterator[Finding]:
    """Yield what is found on this machine, in this clone and in this home; obtains and changes nothing."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= _OLDEST_PYTHON, version, "install Python 3.11 or newer")
    yield _packages(CLONE / "requirements.lock")
    engine = available(lambda _: None)
    yield _engine(engine)
    yield _space(cache_home(), _SPACE_FOR_BUILD if engine is None else _SPACE_TO_RUN)
    yield _secrets(home)
    yield from _running(Home(home))


def _engine(engine: EngineBinaries | None) -> Finding:
    if engine is None:
        return Finding("Temporal engine", well=False, found="none yet", mend="./onward up")
    if engine.address is None or serves(engine.address):
        return Finding("Temporal engine", well=True, found=engine.source)
    found = f"{engine.source} does not answer"
    return Finding("Temporal engine", well=False, found=found, mend="unset TEMPORAL_ADDRESS, or start that cluster")


def _packages(lock: Path) -> Finding:
    if not lock.exists():
        return Finding("Packages", well=True, found="installed without a clone's lock")
    # A line with a marker may be for another system, so only the others have to be there.
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==(\S+) \\$", lock.read_text(), re.MULTILINE)
    wrong = [name for name, version in pinned if _installed(name) != version]
    if not wrong:
        return Finding("Packages", well=True, found=f"{len(pinned)} as in requirements.lock")
    listed = ", ".join(wrong[:5])
    return Finding(
        "Packages", well=False, found=f"not as in requirements.lock: {listed}", mend="rm -rf .venv && ./onward doctor"
    )


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _space(folder: Path, needed: int) -> Finding:
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed"
    return Finding("Disk", free > needed, found, "free space, or set XDG_CACHE_HOME to a folder on another disk")


def _secrets(home: Path) -> Finding:
    path = home / "secrets.json"
    if not path.exists():
        return Finding("Secrets", well=True, found="made at the first ./onward up")
    mode = path.stat().st_mode & 0o777
    return Finding("Secrets", mode == _OWNER_ONLY, f"readable as {mode:03o}", f"chmod 600 {path}")


def _running(home: Home) -> Iterator[Finding]:
    state = home.read_state()
    if state is None or not state.running:
        yield Finding("Onward", well=True, found="not running; ./onward up starts it")
        return
    if not state.ready:
        yield Finding("Onward", well=True, found=f"being started by process {state.pid}")
        return
    for name, url in _health_urls(state).items():
        well = answers(url)
        found = f"answers at {url}" if well else f"does not answer at {url}"
        yield Finding(f"Running: {name}", well, found, f"tail -n 30 {home.log(name)}")


def _health_urls(state: State) -> dict[str, str]:
    bases = {"api": "api", "plannr": "plannr-sandbox", "platform": "platform-sandbox", "inbox": "inbox"}
    checked = {
        part: f"http://127.0.0.1:{state.ports[name]}/health/live" for name, part in bases.items() if name in state.ports
    }
    if "api" in checked:
        # Ready only with its database and with Temporal.
        checked["api"] = checked["api"].replace("/live", "/ready")
    return checked
