"""Finds the Chromium of this machine, and installs Debian's where there is none and we may."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

from cli.demonstration.browser import chromium

_INSTALLING: Final = 600


class NoChromiumError(Exception):
    """There is no browser here, and none can be installed; the text says what to type."""


@cache
def executable() -> str:
    """Return the path of a Chromium; raises NoChromiumError."""
    found = chromium()
    if found is None:
        _install()
        found = shutil.which("chromium")
    if found is None or not Path(found).exists():
        raise NoChromiumError("No Chromium is here. Install one (apt-get install chromium), or set ONWARD_CHROMIUM.")
    return found


def _install() -> None:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", "-q", *command], check=True, env=environment, timeout=_INSTALLING)
