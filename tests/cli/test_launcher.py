"""`./onward` on a machine that has sh, a Python and nothing else."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen, run
from typing import Any

import pytest

CLONE = Path(__file__).parents[2]
TOOLS = ("sh", "dirname", "cksum", "cut", "tr", "cat", "date", "mkdir", "rm", "mv", "uname")

Start = Callable[..., "Popen[str]"]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return a folder with a clone, and a `bin` with a few tools and a python3 that is too old."""
    shutil.copytree(
        CLONE,
        tmp_path / "clone",
        ignore=shutil.ignore_patterns(".venv", ".git", ".onward", "__pycache__", ".*_cache", "tests", "docs"),
    )
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    return tmp_path


@pytest.fixture
def start(machine: Path) -> Start:
    """Return a function that starts `onward` there, with nothing of our environment but the way to the network."""
    network = {k: v for k, v in os.environ.items() if k.upper().endswith(("_PROXY", "CERT", "CERT_FILE", "CERT_DIR"))}
    environment = {
        **network,
        "PATH": str(machine / "bin"),
        "HOME": str(machine / "home"),
        "XDG_CACHE_HOME": str(machine / "cache"),
    }

    def start_onward(*arguments: str) -> "Popen[str]":
        command = [str(machine / "bin" / "sh"), str(machine / "clone" / "onward"), *arguments]
        return Popen(
            command, env=environment, cwd=machine, text=True, stdout=PIPE, stderr=STDOUT, start_new_session=True
        )

    return start_onward


def give_python(machine: Path) -> None:
    """Put a new enough Python beside the old one."""
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    (machine / "bin" / base.name).symlink_to(base)


def finish(started: "Popen[str]") -> str:
    """Return all that a start printed; fails unless it ended well."""
    with started:
        output, _ = started.communicate(timeout=240)
    assert started.returncode == 0, output
    return output


def test_without_a_new_enough_python_it_says_so(start: Start) -> None:
    """An old python3 alone leads to a sentence that says what to install, not to a traceback."""
    with start("--help") as started:
        output, _ = started.communicate(timeout=30)

    assert started.returncode == 1
    assert "Python 3.11 or newer is needed" in output


@pytest.mark.timeout(300)
async def test_first_starts_at_once_after_a_killed_one(machine: Path, start: Start, eventually: Any) -> None:
    """A start killed half way leaves no lock; two at once share one installation; the next needs no network."""
    give_python(machine)
    killed = start("--help")
    with killed:
        await eventually((machine / "clone" / ".venv").exists, what="a .venv", within=120)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.communicate()

    outputs = [finish(started) for started in [start("--help"), start("--help")]]
    began = time.monotonic()
    third = finish(start("--help"))

    assert all("Usage: onward" in output for output in outputs)
    assert sum("Installing the packages" in output for output in outputs) == 1
    assert "Installing" not in third
    assert time.monotonic() - began < 10
    assert (machine / "cache" / "onward" / "uv" / "0.13.9" / "bin" / "uv").exists()


def test_the_launcher_is_plain_sh() -> None:
    """The launcher parses under sh and is executable."""
    assert run(["sh", "-n", str(CLONE / "onward")], check=False).returncode == 0
    assert os.access(CLONE / "onward", os.X_OK)
