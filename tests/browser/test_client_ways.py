"""The same ISA by other ways than a mouse and a screen: keys alone, no JavaScript on a small phone, forced colours."""

import pytest
from playwright.async_api import Page

from tests.browser.client import Client
from tests.browser.keyboard import Keyboard
from tests.browser.measures import small_targets
from tests.browser.visits import NARROW, Visitors, assert_accessible
from tests.browser.waiting import awaiting, link_of, until
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)
_UNBORDERED = """() => [...document.querySelectorAll(
  ".govuk-button, .govuk-input, .govuk-tag, .onward-card, .onward-acceptance, progress"
)].filter(e => e.checkVisibility() && parseFloat(getComputedStyle(e).borderTopWidth) === 0)
  .map(e => e.className + " " + e.innerText.slice(0, 30))"""


async def test_c16_a_whole_isa_by_keyboard_alone(world: World, visitors: Visitors) -> None:
    """Tab, Enter, Space and letters do everything; wherever the focus stops it is seen, in sight and uncovered."""
    play = await awaiting(world, "isa")
    page = await visitors.window()
    keys = Keyboard(page)
    client = Client(page, keys)

    await client.sign_up(await link_of(play, play.cast.people[0]))
    await client.do_everything()

    await until(play, "active")
    assert keys.amiss == []
    assert keys.stops.count("Skip to main content") >= 9
    assert {"Start", "These are right", "Accept and finish"} <= set(keys.stops)


async def test_c16_the_skip_link_leads_past_the_header(world: World, visitors: Visitors) -> None:
    """The first thing that the keyboard reaches is the way past everything that stands on each page."""
    page = await visitors.window()
    await page.goto("/portal/sign-in")

    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")

    assert await page.evaluate("document.activeElement.id") == "email"


@pytest.mark.rule("P24", "P25")
async def test_c16_a_whole_isa_without_javascript_on_a_narrow_phone(world: World, visitors: Visitors) -> None:
    """Every task is plain links and forms; at 320 px nothing is cut off or needs to be scrolled sideways."""
    play = await awaiting(world, "isa")
    page = await visitors.window(viewport=NARROW, java_script_enabled=False)

    async def arrived(page: Page, _: str) -> None:
        needed = await page.evaluate("document.documentElement.scrollWidth")
        assert needed <= NARROW["width"], f"{page.url} is {needed} px wide"
        assert await small_targets(page) == [], page.url

    client = Client(page, arrived=arrived)
    await client.sign_up(await link_of(play, play.cast.people[0]))
    await client.do_everything()

    await until(play, "active")
    await page.reload()
    assert await page.get_by_role("heading", level=1).inner_text() == "Your account is open"


async def test_c16_forced_colours_leave_every_edge_to_be_seen(world: World, visitors: Visitors) -> None:
    """Where the system decides on all colours, a button, a field and a box are still told apart by their borders."""
    play = await awaiting(world, "isa")

    async def arrived(page: Page, state: str) -> None:
        assert await page.evaluate(_UNBORDERED) == [], page.url
        await assert_accessible(page, state)

    client = Client(await visitors.window(forced_colors="active", bypass_csp=True), arrived=arrived)
    await client.sign_up(await link_of(play, play.cast.people[0]))
    await client.do_everything()

    assert client.place == "confirmation"
