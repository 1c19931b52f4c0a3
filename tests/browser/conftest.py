"""A real Chromium in front of a real Onward; every page is watched for foreign origins and for errors."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Browser, async_playwright

from cli.demonstration.browser import FLAGS
from cli.demonstration.browser import chromium as chromium_here
from cli.stack import Stack
from tests.browser.visits import Visitors
from tests.e2e.conftest import running
from tests.e2e.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield the Onward that all browser tests share."""
    with running(Stack(tmp_path_factory.mktemp("browser"), prefer_ports=False)) as world:
        yield world


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Yield the browser; it is started once."""
    path = chromium_here()
    assert path is not None, "No Chromium is here. Type: apt-get install chromium (or name another in ONWARD_CHROMIUM)"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture
async def visitors(chromium: Browser, world: World) -> AsyncIterator[Visitors]:
    """Yield who opens windows; at the end none of them may have met an error or a foreign origin."""
    async with AsyncExitStack() as stack:
        visitors = Visitors(chromium, world, stack)
        yield visitors
        assert visitors.noticed == []
