"""A platform sandbox per test, in process, with checks that take no time unless a test says otherwise."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.platform.sandbox.config import SandboxConfig
from tests.connectors.platform_sandbox.platform_calls import CREDENTIAL, Platform, Receiver, running


@pytest.fixture
def receiver() -> Receiver:
    """Return the receiver of this test's webhooks."""
    return Receiver()


@pytest.fixture
def config(tmp_path: Path, receiver: Receiver) -> SandboxConfig:
    """Return the settings of this test's sandbox."""
    return SandboxConfig(
        database=tmp_path / "platform.sqlite3",
        client_id=CREDENTIAL["client_id"],
        client_secret=CREDENTIAL["client_secret"],
        verification_delay_seconds=0,
        mandate_delay_seconds=0,
        webhook_transport=receiver,
    )


@pytest.fixture
async def platform(config: SandboxConfig) -> AsyncIterator[Platform]:
    """Run this test's sandbox."""
    async with running(config) as caller:
        yield caller
