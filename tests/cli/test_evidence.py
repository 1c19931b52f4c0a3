"""`evidence` writes a pack that it has checked, or nothing."""

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from api.evidence_pack import SealingKey, build
from cli import evidence
from cli.main import build_app
from tests.api.evidence_scene import straight
from tests.api.office import settings

NAME = "evidence-journey-1.zip"


def serve(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Let the API answer with these bytes."""
    headers = {"Content-Disposition": f'attachment; filename="{NAME}"'}
    monkeypatch.setattr(evidence, "fetch", lambda *_: httpx.Response(200, content=content, headers=headers))


@pytest.fixture
def pack() -> bytes:
    """Return a pack as the API makes it."""
    return build(straight().dossier(), SealingKey.of(settings()))


def test_pack_goes_under_its_own_name_into_a_folder(
    pack: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a name the pack has its own, here or in the folder that was given; people are told how to check it."""
    serve(monkeypatch, pack)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    here = CliRunner().invoke(build_app(), ["evidence", "journey-1"])
    there = CliRunner().invoke(build_app(), ["evidence", "journey-1", "--out", str(tmp_path / "folder")])

    assert (here.exit_code, there.exit_code) == (0, 0), here.output + there.output
    assert (tmp_path / NAME).read_bytes() == (tmp_path / "folder" / NAME).read_bytes() == pack
    assert "intact" in here.output
    assert f"python3 verify.py {NAME}" in here.output


def test_pack_that_was_changed_on_its_way_is_not_written(
    pack: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A pack with one byte changed ends the command with 1, in words, and leaves no file."""
    changed = bytearray(pack)
    changed[len(changed) // 2] ^= 1
    serve(monkeypatch, bytes(changed))
    done = CliRunner().invoke(build_app(), ["evidence", "journey-1", "--out", str(tmp_path / "no.zip")])

    assert done.exit_code == 1
    assert "No evidence pack" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_runs_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where nothing runs, the command says what to type."""
    monkeypatch.setenv("ONWARD_HOME", str(tmp_path))
    done = CliRunner().invoke(build_app(), ["evidence", "journey-1"])

    assert done.exit_code == 1
    assert "./onward up" in done.stderr
