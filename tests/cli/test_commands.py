"""`test` and `doctor` as commands of their own."""

import os
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT, CompletedProcess, run

import pytest

from cli.doctor import examine
from cli.home import Home
from engine.obtain import obtain
from engine.ports import free_ports


def onward(*arguments: str, environment: dict[str, str], **variables: str) -> "CompletedProcess[str]":
    """Run a command of the project to its end."""
    command = [sys.executable, "-m", "cli.main", *arguments]
    return run(command, check=False, env={**environment, **variables}, stdout=PIPE, stderr=STDOUT, text=True)


def test_test_with_arguments_is_pytest_with_them(clone_environment: dict[str, str], tmp_path: Path) -> None:
    """Chosen tests run alone, and pytest's closing line is the last one."""
    chosen = tmp_path / "test_one.py"
    chosen.write_text("def test_one():\n    assert True\n")

    done = onward("test", "-q", "-p", "no:cacheprovider", str(chosen), environment=clone_environment)

    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 passed")
    assert "ruff" not in done.stdout


@pytest.mark.parametrize("body", ["assert False", "import pytest; pytest.skip('not here')"])
def test_a_failed_or_skipped_test_fails_the_command(body: str, clone_environment: dict[str, str]) -> None:
    """A failure gives a code other than 0; on CI so does a skip, since what is not run is not known to work."""
    folder = Path(__file__).parent
    chosen = folder / f"test_made_{os.getpid()}.py"
    chosen.write_text(f"def test_one():\n    {body}\n")
    try:
        arguments = ("-q", "-p", "no:cacheprovider", str(chosen))
        done = onward("test", *arguments, environment=clone_environment, CI="true")
    finally:
        chosen.unlink()

    assert done.returncode == 1, done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 failed")


def test_doctor_finds_a_machine_with_everything_well(clone_environment: dict[str, str], tmp_path: Path) -> None:
    """With engine and packages in place the doctor says so and ends with 0."""
    obtain(print)

    done = onward("doctor", environment=clone_environment, ONWARD_HOME=str(tmp_path))

    assert done.returncode == 0, done.stdout
    assert "All is well." in done.stdout


def test_doctor_says_when_a_named_cluster_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A TEMPORAL_ADDRESS where nobody serves is found before a start waits for it."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_ports(1)[0]}")

    ill = {finding.what: finding.mend for finding in examine(tmp_path) if not finding.well}

    assert "TEMPORAL_ADDRESS" in ill["Temporal engine"]


def test_n2_doctor_names_the_command_that_mends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets that others can read and a missing engine are each found, with what to type."""
    Home(tmp_path).secrets()
    (tmp_path / "secrets.json").chmod(0o644)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)

    ill = {finding.what: finding.mend for finding in examine(tmp_path) if not finding.well}

    assert ill["Secrets"] == f"chmod 600 {tmp_path / 'secrets.json'}"
    assert ill["Temporal engine"] == "./onward up"
