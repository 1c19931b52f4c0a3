"""`./onward reconcile` on what runs: both real sandboxes, the API, the worker, and its own pace."""

import json

import pytest
from typer.testing import CliRunner

from cli.demonstration.population import load
from cli.main import build_app
from tests.e2e.world import World

pytestmark = [pytest.mark.timeout(240), pytest.mark.rule("P54")]
CLIENTS = 20


def test_the_command_compares_what_runs(fragile: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with 0 and one document: everything was compared, nothing differs, no client of ours was missed."""
    urls = fragile.around.urls
    load(urls["platform"], urls["plannr"], CLIENTS)
    monkeypatch.setenv("ONWARD_HOME", str(fragile.stack.home.path))

    answer = CliRunner().invoke(build_app(), ["reconcile", "--json"])

    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert (told["phase"], told["percent"], told["finished"]) == ("done", 100, True)
    assert (told["found"], told["open"]["total"]) == (0, 0)
