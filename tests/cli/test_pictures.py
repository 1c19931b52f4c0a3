"""What the pictures and the measurements of pages need, before anything is started for them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.demonstration.browser import browser
from cli.demonstration.pages import DOOR, PORTAL, PORTAL_DONE, WORKBENCH
from cli.demonstration.surroundings import DemonstrationFailed
from cli.main import build_app


def test_without_a_chromium_the_command_to_type_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No browser is no traceback: the sentence names what to install and the setting that names another."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ONWARD_CHROMIUM", raising=False)

    with pytest.raises(DemonstrationFailed, match=r"apt-get install chromium.*ONWARD_CHROMIUM"), browser():
        pass


def test_the_bench_says_what_it_can_measure() -> None:
    """Nothing is started for a bench that was not told what to measure."""
    done = CliRunner().invoke(build_app(), ["bench"], terminal_width=200)

    assert done.exit_code == 2
    assert "./onward bench --pages" in done.output


def test_each_page_is_named_once_and_holds_its_journey() -> None:
    """No picture overwrites another's, and no address keeps the place where a journey's id belongs."""
    sites = (DOOR, PORTAL, PORTAL_DONE, WORKBENCH)
    names = [name for site in sites for name in site.addresses]

    assert len(names) == len(set(names))
    for site in sites:
        assert not [path for path in site.paths("j7").values() if "JOURNEY" in path or not path.startswith("/")]
