"""The Chromium of this machine, and how it is started without a word to anybody but the page."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from cli.demonstration.surroundings import DemonstrationFailed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Headless, in a container, and without a word to anybody but the page under test."""


def chromium() -> str | None:
    """Return the path of a Chromium that is named or installed, if there is one."""
    return os.environ.get("ONWARD_CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)


def obtain_chromium(report: Callable[[str], None]) -> str | None:
    """Return the path of a Chromium, Debian's installed first where there is none and this user may."""
    if (found := chromium()) is not None:
        return found
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return None
    report("Chromium: installing Debian's package, once a machine")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(["apt-get", "-q", *command], check=False, env=environment, stdout=subprocess.DEVNULL)
        if done.returncode:
            report(f"Chromium: apt-get {command[0]} ended with code {done.returncode}")
    return chromium()


@contextmanager
def browser() -> Iterator["Browser"]:
    """Start the browser and end it afterwards.

    Raises:
        DemonstrationFailed: Playwright or Chromium is missing; the text says what to type.
    """
    if find_spec("playwright") is None:
        raise DemonstrationFailed("Pictures need Playwright, which is not installed. Type: uv sync --group dev")
    path = chromium()
    if path is None:
        raise DemonstrationFailed(
            "Pictures need a Chromium, and there is none here. Type: apt-get install chromium "
            "(or name another in ONWARD_CHROMIUM)"
        )
    # Known only where the development dependencies are installed.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield started
        finally:
            started.close()
