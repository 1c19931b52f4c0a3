"""Whole journeys of clients in their browsers, one for each wrapper; every page is held against WCAG on the way."""

import pytest

from tests.browser.client import Client
from tests.browser.measures import assert_fit
from tests.browser.visits import Visitors
from tests.browser.waiting import awaiting, beyond_the_platform, in_portal, link_of, until
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)
PLATFORM_PAGES = [
    "platform-terms",
    "documents/platform-terms-of-business",
    "documents/key-facts-charges-privacy",
]
MANDATE_PAGES = ["direct-debit", "direct-debit/authorise", "direct-debit"]
LAST_PAGES = ["check", "confirmation"]


@pytest.mark.rule("P20", "P21", "P24", "P25", "P26")
async def test_c16_an_isa_is_opened_on_pages_that_everybody_can_use(world: World, visitors: Visitors) -> None:
    """From the e-mail to the open account by clicking; no page breaks a rule of accessibility."""
    play = await awaiting(world, "isa")
    client = await in_portal(visitors, play, play.cast.people[0])

    await client.do_everything()

    product = ["product-terms", "documents/isa-terms-and-key-features"]
    assert client.visited == ["details", *PLATFORM_PAGES, *product, *LAST_PAGES]
    await until(play, "active")
    await client.page.reload()
    await client.page.get_by_role("heading", level=1, name="Your account is open").wait_for()
    await assert_fit(client.page, "open")


@pytest.mark.rule("P23")
async def test_c16_a_general_account_with_a_direct_debit(world: World, visitors: Visitors) -> None:
    """The question, the Guarantee and what was agreed are three states of the mandate; all can be used by everybody."""
    play = await awaiting(world, "gia")
    client = await in_portal(visitors, play, play.cast.people[0], beyond_the_platform)

    await client.do_everything()

    product = ["product-terms", "documents/gia-terms-and-key-features"]
    assert client.visited == ["details", *MANDATE_PAGES, *PLATFORM_PAGES, *product, *LAST_PAGES]
    await until(play, "active")


@pytest.mark.rule("P30")
async def test_c16_a_joint_account_in_two_windows(world: World, visitors: Visitors) -> None:
    """Each holder does their own part: the first alone is asked for the mandate, and is told who is still awaited."""
    play = await awaiting(world, "joint-gia")
    first, second = [await in_portal(visitors, play, person, beyond_the_platform) for person in play.cast.acting]

    await first.do_everything()
    told = await first.page.locator("#confirmation, #what-happens-next").all_inner_texts()
    await second.do_everything()
    await until(play, "active")

    assert "other holder" in " ".join(told)
    product = ["product-terms", "documents/gia-terms-and-key-features"]
    assert first.visited == ["details", *MANDATE_PAGES, *PLATFORM_PAGES, *product, *LAST_PAGES]
    assert second.visited == ["details", *PLATFORM_PAGES, *product, *LAST_PAGES]


@pytest.mark.rule("P31")
async def test_c16_a_registered_contact_acts_for_a_child(world: World, visitors: Visitors) -> None:
    """The contact sees for whom they act, and does everything; the child has no login."""
    play = await awaiting(world, "jisa")
    contact = play.cast.contact
    assert contact is not None
    client = await in_portal(visitors, play, contact, beyond_the_platform)
    await client.starts()
    words = await client.page.locator("main").inner_text()

    await client.do_everything()

    assert "You are the registered contact" in words
    assert "The child you act for" in words
    await until(play, "active")


@pytest.mark.rule("P32")
async def test_c16_a_pension_with_its_statement(world: World, visitors: Visitors) -> None:
    """Once the pension is open the hub leads to its statement, in which something can be said to be wrong."""
    play = await awaiting(world, "sipp")
    client = await in_portal(visitors, play, play.cast.people[0], beyond_the_platform)
    await client.do_everything()
    await until(play, "active")

    await client.goes("/portal")
    await client.press(client.page.get_by_role("link", name="Read the statement of your pension"))
    shown = client.page.frame_locator("#statement").locator("body")
    await shown.wait_for()
    assert "67" in await shown.inner_text()
    await client.press(client.page.locator("#statement-correct"))
    await client.hand.type(client.page.locator("#retirement_age"), "12")
    await client.press(client.page.locator("#look-over"), "refused")
    await client.hand.type(client.page.locator("#retirement_age"), "68")
    await client.press(client.page.locator("#look-over"))

    assert "68" in await client.page.get_by_role("table").inner_text()


@pytest.mark.rule("P26")
async def test_c15_a_standard_isa_takes_few_pages_and_actions(
    world: World, visitors: Visitors, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most 9 pages and 25 clicks or groups of keystrokes after signing in; a real client's figures are printed."""
    play = await awaiting(world, "isa")
    client = Client(await visitors.window())
    await client.sign_up(await link_of(play, play.cast.people[0]))
    at_the_door, done_there = len(client.visited) - 1, client.hand.actions

    await client.do_everything()

    pages, actions = client.visited[at_the_door:], client.hand.actions - done_there
    with capsys.disabled():
        print(f"\nA standard ISA after signing in: {len(pages)} pages, {actions} actions: {', '.join(pages)}")  # noqa: T201
    assert len(pages) <= 9
    assert actions <= 25
