"""The systems behind each port that the contract suites run on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.plannr_scenes import Scene, fake_scene, sandbox_scene
from tests.contract.platform_case import Case, FurtherCase
from tests.contract.platform_rigs import FakeRig, PlatformRig, SandboxRig, sandbox_rig


@pytest.fixture(params=["fake", "sandbox"])
async def platform_rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PlatformRig]:
    """Yield a platform: in memory, or the HTTP adapter on the sandbox server."""
    if request.param == "fake":
        yield FakeRig()
    else:
        async with sandbox_rig(tmp_path) as rig:
            yield rig


@pytest.fixture
async def platform_sandbox(tmp_path: Path) -> AsyncIterator[SandboxRig]:
    """Yield the HTTP adapter on the sandbox server."""
    async with sandbox_rig(tmp_path) as rig:
        yield rig


@pytest.fixture
def case(platform_rig: PlatformRig) -> Case:
    """Return one client's way through the platform under test."""
    return Case(platform_rig)


@pytest.fixture
def further_case(platform_rig: PlatformRig) -> FurtherCase:
    """Return one client's way through the platform under test, with the steps beside it."""
    return FurtherCase(platform_rig)


@pytest.fixture(params=["fake", "sandbox"])
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """Yield a Plannr: in memory, then the adapter on a sandbox."""
    if request.param == "fake":
        yield fake_scene()
        return
    async with sandbox_scene(tmp_path) as running:
        yield running
