"""The pages of the sync in a browser, on both real systems: a difference is found, decided, and written."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from cli.demonstration.sync_pictures import make_differing
from tests.browser.adviser import Adviser, at_the_workbench
from tests.browser.measures import assert_fit
from tests.browser.visits import Visitors
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(300)
_PATIENCE = 90


async def until_said(adviser: Adviser, words: str) -> None:
    """Refresh the page until it says this."""
    said = adviser.page.locator("main").get_by_text(words)
    for _ in range(_PATIENCE):
        if await said.count():
            return
        await adviser.page.wait_for_timeout(1000)
        await adviser.page.reload()
    await expect(said).to_be_visible()


@pytest.mark.rule("P54")
async def test_differences_are_found_decided_and_written(world: World, visitors: Visitors) -> None:
    """From the list to what a choice writes, to both systems saying the same; every page is accessible and fits."""
    differing = await asyncio.to_thread(make_differing, world.around, world.adviser)
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    page = adviser.page
    await adviser.press(page.get_by_role("link", name="Sync", exact=True))
    await expect(page.locator(f"#difference-{differing.name}")).to_contain_text("Last name")
    for address in differing.addresses().values():
        await adviser.goes(address)

    await adviser.goes(f"/workbench/discrepancies/{differing.link}")
    await adviser.hand.press(page.get_by_role("radio").first)
    await adviser.press(adviser.button("Continue"))
    await adviser.press(adviser.button("Link the two records"))
    await until_said(adviser, "Repaired")
    await adviser.press(page.get_by_role("link", name="Sync of this client"))
    await expect(page.get_by_text("Linked", exact=True)).to_be_visible()

    await adviser.goes(f"/workbench/discrepancies/{differing.name}")
    await adviser.hand.press(page.get_by_role("radio", name=re.compile("The platform's")))
    await adviser.press(adviser.button("Continue"))
    await adviser.press(adviser.button("Take the platform's value"))
    await until_said(adviser, "Repaired")
