"""A new ISA by other ways than a mouse and a screen: keys alone, no JavaScript on a small phone, forced colours."""

import asyncio

import pytest
from playwright.async_api import Page

from cli.demonstration.people import new_cast
from cli.demonstration.scripts import SCRIPTS
from tests.browser.adviser import Adviser, at_the_workbench
from tests.browser.keyboard import Keyboard
from tests.browser.measures import small_targets
from tests.browser.visits import NARROW, Visitors, assert_accessible
from tests.browser.waiting import awaiting
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)
_UNBORDERED = """() => [...document.querySelectorAll(
  ".govuk-button, .govuk-input, .govuk-select, .govuk-tag, .onward-card, progress"
)].filter(e => e.checkVisibility() && parseFloat(getComputedStyle(e).borderTopWidth) === 0)
  .map(e => e.className + " " + e.innerText.slice(0, 30))"""


async def test_a1_a_new_isa_by_keyboard_alone(world: World, visitors: Visitors) -> None:
    """Tab, arrows, Enter, Space and letters do everything; wherever the focus stops it is seen and uncovered."""
    cast = await asyncio.to_thread(new_cast, world.around, SCRIPTS["isa"].roles)
    page = await visitors.window()
    keys = Keyboard(page)
    adviser = Adviser(page, keys)
    await adviser.sign_in(world.around)

    journey_id = await adviser.whole(cast.people, "isa")

    journey = await asyncio.to_thread(world.adviser.journey, journey_id)
    assert journey["stage"] == "awaiting_client"
    assert keys.amiss == []


async def test_a1_a_new_isa_without_javascript_on_a_narrow_phone(world: World, visitors: Visitors) -> None:
    """Every page is plain links and forms; at 320 px nothing is cut off or needs to be scrolled sideways."""
    cast = await asyncio.to_thread(new_cast, world.around, SCRIPTS["isa"].roles)

    async def arrived(page: Page, _: str) -> None:
        needed = await page.evaluate("document.documentElement.scrollWidth")
        assert needed <= NARROW["width"], f"{page.url} is {needed} px wide"
        assert await small_targets(page) == [], page.url

    adviser = await at_the_workbench(visitors, arrived, viewport=NARROW, java_script_enabled=False)
    journey_id = await adviser.whole(cast.people, "isa")
    await adviser.press(adviser.page.get_by_role("link", name="See the journey of"))

    assert adviser.page.url.endswith(journey_id)


async def test_forced_colours_leave_every_edge_to_be_seen(world: World, visitors: Visitors) -> None:
    """Where the system decides on all colours, a button, a field and a card are still told apart by their borders."""
    cast = await asyncio.to_thread(new_cast, world.around, SCRIPTS["isa"].roles)

    async def arrived(page: Page, state: str) -> None:
        assert await page.evaluate(_UNBORDERED) == [], page.url
        await assert_accessible(page, state)

    adviser = await at_the_workbench(visitors, arrived, forced_colors="active", bypass_csp=True)
    await adviser.whole(cast.people, "isa")
    for path in ("/workbench/figures", "/workbench/imports"):
        await adviser.goes(path)
    await adviser.goes(f"/workbench/journeys/{await _newest(world)}")

    assert await adviser.page.locator("#timeline li").count() > 0


async def test_n4_the_pages_of_a_journey_keep_the_policy_and_their_origin(world: World, visitors: Visitors) -> None:
    """With the policy on, no page of a journey reports a breach of it, fails in a script or asks anybody else."""
    play = await awaiting(world, "isa")
    adviser = await at_the_workbench(visitors)
    at = f"/workbench/journeys/{play.journey_id}"
    await adviser.goes(at)
    offered = adviser.page.locator("#status .onward-actions a, #emails th a")
    paths = [str(await link.get_attribute("href")) for link in await offered.all()]
    assert {f"{at}/{word}" for word in ("resend-invitation", "change-email", "amend", "hold", "withdraw")} < set(paths)

    for path in [*paths, "/workbench/figures", "/workbench/imports"]:
        await adviser.goes(path)

    assert visitors.noticed == []


async def _newest(world: World) -> str:
    listed = await asyncio.to_thread(lambda: world.adviser.http.get("/api/v1/journeys").json()["journeys"])
    return str(listed[0]["journey_id"])
