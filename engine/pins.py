"""What the engine is made of, read from the pinned Go modules, and where its parts are kept."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

GO_LOCK = Path(__file__).parent / "go-toolchain.lock"
MODULES = Path(__file__).parent / "modules"

# The first server with per-workflow time skipping, which tests and the demo rely on.
OLDEST_USABLE_SERVER = (1, 32)
# The release of Temporal's command line that carries such a server.
TEMPORAL_CLI_VERSION = "v1.9.1"


@dataclass(frozen=True)
class GoModule:
    """A pinned program: the package to build, its version, and the oldest Go that compiles it."""

    directory: Path
    package: str
    version: str
    oldest_go: tuple[int, ...]


def go_module(name: Literal["server", "ui"]) -> GoModule:
    """Read the pin of one of the engine's programs from its `go.mod`; hashes of all it needs stand in `go.sum`."""
    directory = MODULES / name
    text = (directory / "go.mod").read_text()
    package = _only(r"^tool (\S+)$", text)
    version = _only(rf"^\s*(?:require )?{re.escape(package.split('/cmd/')[0])} v(\S+)", text)
    return GoModule(directory, package, version, version_of(_only(r"^go (\S+)$", text)))


def version_of(text: str) -> tuple[int, ...]:
    """Return the first dotted number in a text as a tuple, `()` when there is none."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def cache_home() -> Path:
    """Return the folder for everything that is obtained once per person and machine."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "onward"


def engine_home() -> Path:
    """Return the folder of the build that these pins lead to; it exists only once the build is complete."""
    pins = f"server-{go_module('server').version}_ui-{go_module('ui').version}"
    return cache_home() / "engine" / f"{pins}_{platform.system()}-{platform.machine()}".lower()


def _only(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise ValueError(f"the engine's go.mod holds no line like {pattern}")
    return found.group(1)
