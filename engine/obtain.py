"""Obtains a Temporal server for this machine, by the cheapest way that works here."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.build import SERVER, UI, build, only_one
from engine.pins import OLDEST_USABLE_SERVER, TEMPORAL_CLI_VERSION, cache_home, engine_home, version_of

_DOWNLOAD_PATIENCE = 20.0

Report = Callable[[str], None]


@dataclass(frozen=True)
class EngineBinaries:
    """The programs (or the running cluster) that serve as engine.

    Attributes:
        source: which way was taken, for a person.
        server: the official server, with `ui`; or
        cli: Temporal's command line, which holds both; or
        address: a cluster that runs already, `ui_url` its Web UI if known.
    """

    source: str
    server: Path | None = None
    ui: Path | None = None
    cli: Path | None = None
    address: str | None = None
    ui_url: str | None = None


def obtain(report: Report) -> EngineBinaries:
    """Return the engine: `TEMPORAL_ADDRESS`, the build in the cache, `temporal`, the SDK's download, or a new build.

    Args:
        report: takes a sentence at each step; may be called minutes apart.

    Raises:
        EngineUnavailable: none of the ways works; the text says what to do.
    """
    found = available(report)
    if found is None:
        found = _downloaded(report)
    if found is None:
        build(report)
        found = _built("built now from the official Go modules")
    if found is None:
        raise AssertionError("a finished build left no programs")
    report(f"Engine: {found.source}")
    return found


def available(report: Report) -> EngineBinaries | None:
    """Return the engine that is to be had without downloading or building anything."""
    address = os.environ.get("TEMPORAL_ADDRESS")
    if address:
        ui_url = os.environ.get("ONWARD_TEMPORAL_UI_URL")
        return EngineBinaries(f"the cluster of TEMPORAL_ADDRESS ({address})", address=address, ui_url=ui_url)
    return _built("the build in the cache") or _on_path(report) or _kept_download()


def _built(source: str) -> EngineBinaries | None:
    home = engine_home()
    if not home.exists():
        return None
    return EngineBinaries(f"{source} ({home.name})", server=home / SERVER, ui=home / UI)


def _on_path(report: Report) -> EngineBinaries | None:
    found = shutil.which("temporal")
    if found is None:
        return None
    version = _server_version(Path(found))
    if version < OLDEST_USABLE_SERVER:
        report(f"`temporal` on the PATH is not used: its server is older than {_dotted(OLDEST_USABLE_SERVER)}")
        return None
    return EngineBinaries(f"`temporal` on the PATH (server {_dotted(version)})", cli=Path(found))


def _download_folder() -> Path:
    return cache_home() / "engine" / f"temporal-cli-{TEMPORAL_CLI_VERSION}"


def _kept_download() -> EngineBinaries | None:
    for program in sorted(_download_folder().glob("temporal*")):
        return EngineBinaries("the SDK's download in the cache", cli=program)
    return None


def _downloaded(report: Report) -> EngineBinaries | None:
    report(f"Asking the Temporal SDK to download the engine (at most {_DOWNLOAD_PATIENCE:.0f} s)")
    home = _download_folder()
    with only_one(home.parent, report), TemporaryDirectory(dir=home.parent) as folder:
        if home.exists():
            return _kept_download()
        command = [sys.executable, "-m", "engine.sdk_download", folder, TEMPORAL_CLI_VERSION]
        project = Path(__file__).parent.parent
        try:
            subprocess.run(command, check=True, cwd=project, capture_output=True, timeout=_DOWNLOAD_PATIENCE)
        except (subprocess.SubprocessError, OSError):
            report("That download is not to be had here")
            return None
        programs = [each for each in Path(folder).glob("temporal*") if _server_version(each) >= OLDEST_USABLE_SERVER]
        if not programs:
            return None
        home.mkdir()
        programs[0].rename(home / "temporal")
    return _kept_download()


def _server_version(cli: Path) -> tuple[int, ...]:
    # It answers: temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)
    answer = subprocess.run([cli, "--version"], check=False, capture_output=True, text=True, timeout=10)
    return version_of(answer.stdout.partition("Server")[2])


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
