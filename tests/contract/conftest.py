"""The systems behind each port that the contract suites run on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.platform_rigs import Case, FakeRig, PlatformRig, SandboxRig, sandbox_rig


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
