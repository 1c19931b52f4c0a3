"""The portal's door in a browser: passwords, links that no longer work, sessions that end, other devices."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from cli.demonstration.actors import PASSWORD
from tests.browser.client import Client
from tests.browser.measures import assert_fit
from tests.browser.visits import PHONE, Visitors
from tests.browser.waiting import awaiting, idle, in_portal, link_of
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)


async def focused(page: Page) -> str | None:
    """Return the class or id of what has the focus."""
    return str(await page.evaluate("document.activeElement.className || document.activeElement.id"))


@pytest.mark.rule("P20")
async def test_c16_c3_the_door_says_what_is_wrong_in_every_state(world: World, visitors: Visitors) -> None:
    """A short password, a wrong one, an empty form and a used link: each page says what to do and can be used."""
    play = await awaiting(world, "isa")
    person = play.cast.people[0]
    link = await link_of(play, person)
    client = Client(await visitors.window(bypass_csp=True), arrived=assert_fit)
    page = client.page
    save = page.get_by_role("button", name="Save and go on")

    await client.goes(link)
    await client.hand.type(page.locator("#password"), "lantern")
    await expect(page.locator("#password-strength")).to_have_text("Too short so far: 8 more characters needed.")
    await client.press(save, "too short")
    assert await focused(page) == "govuk-error-summary"
    await expect(page.get_by_role("link", name="This is too short. Add at least 8 more characters.")).to_be_visible()

    await client.hand.type(page.locator("#password"), PASSWORD)
    await page.get_by_role("button", name="Show").click()
    assert await page.locator("#password").get_attribute("type") == "text"
    await expect(page.locator("#password-strength")).to_contain_text("Strong")
    await client.press(save)
    await client.sign_out()
    await expect(page.get_by_role("status")).to_have_text(
        "You are signed out. What you sent is saved; you can go on from any device."
    )

    await client.press(page.get_by_role("button", name="Sign in", exact=True), "empty")
    assert await focused(page) == "govuk-error-summary"
    await client.sign_in(person.email, "not the password that was chosen")
    assert await page.locator("#email").input_value() == person.email
    await expect(page.locator(".govuk-error-summary")).to_contain_text("do not belong together")

    await client.goes(link)
    await expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    await client.press(page.get_by_role("button", name="Send me a new link"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Look in your e-mails")


@pytest.mark.rule("P26")
async def test_c5_another_device_lands_on_the_next_task_with_everything_kept(world: World, visitors: Visitors) -> None:
    """Details confirmed and one document opened on a desk; the phone goes on with the terms, that document opened."""
    play = await awaiting(world, "isa")
    desk = Client(await visitors.window())
    await desk.sign_up(await link_of(play, play.cast.people[0]))
    await desk.do_everything(until="documents/platform-terms-of-business")
    await expect(desk.page.locator("#progress-words")).to_contain_text("2 of 4 tasks done")
    await desk.sign_out()

    phone = Client(await visitors.window(viewport=PHONE, has_touch=True, is_mobile=True))
    await phone.goes("/portal/sign-in")
    await phone.sign_in(play.cast.people[0].email)

    assert phone.place == "platform-terms"
    await expect(phone.page.locator("#progress-words")).to_contain_text("2 of 4 tasks done")
    await expect(phone.page.locator("#document-platform-terms-of-business")).to_contain_text("Opened on")
    await expect(phone.page.locator("#still-to-open")).to_contain_text("Open 1 more document to continue")
    await desk.goes("/portal")
    assert desk.place == "portal/sign-in"


@pytest.mark.rule("P26")
async def test_c17_two_minutes_before_the_end_one_button_keeps_the_session(world: World, visitors: Visitors) -> None:
    """The dialog comes at least two minutes early, has the focus, can be used by everybody, and staying works."""
    play = await awaiting(world, "isa")
    client = await in_portal(visitors, play, play.cast.people[0], arrived=_nothing)
    page = client.page
    await page.clock.install()
    await client.goes("/portal")
    dialog = page.locator("#session-warning")
    await page.clock.run_for("01:00")
    await expect(dialog).to_be_hidden()

    await idle(world, page, 27)
    await page.clock.run_for("26:10")
    await expect(dialog).to_be_visible()
    await expect(page.locator("#session-warning-words")).to_contain_text("we will sign you out in about 3 minutes")
    await expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    await assert_fit(page, "session warning")
    await page.get_by_role("button", name="Stay signed in").press("Enter")

    await expect(dialog).to_be_hidden()
    left = await page.request.get("/portal/session")
    assert (await left.json())["seconds_left"] > 29 * 60


@pytest.mark.rule("P26")
async def test_c17_what_was_typed_outlives_the_session(world: World, visitors: Visitors) -> None:
    """The end is said on the page; sending asks to sign in, and then one button sends what was typed."""
    play = await awaiting(world, "isa")
    person = play.cast.people[0]
    client = await in_portal(visitors, play, person, arrived=_nothing)
    page = client.page
    await page.clock.install()
    await client.do_everything(until="details")
    await client.press(page.locator("#details-correct"))
    await client.hand.type(page.locator("#first_name"), "Eleonora")
    await idle(world, page, 31)
    await page.clock.run_for("31:00")
    await expect(page.get_by_role("heading", name="You have been signed out")).to_be_visible()
    await assert_fit(page, "signed out")
    await page.get_by_role("button", name="Back to the page").click()
    assert await page.locator("#first_name").input_value() == "Eleonora"

    await client.press(page.locator("#look-over"))
    await expect(page.get_by_role("status")).to_contain_text("What you typed is kept")
    await assert_fit(page, "asked to sign in")
    await client.sign_in(person.email)
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are signed in again")
    await assert_fit(page, "signed in again")
    await client.press(page.get_by_role("button", name="Send my answers and go on"))

    assert client.place == "details/correct"
    await expect(page.get_by_role("table")).to_contain_text("Eleonora")


@pytest.mark.rule("P28", "P44")
async def test_c14_changed_terms_come_by_email_and_stand_first_on_the_hub(world: World, visitors: Visitors) -> None:
    """Terms that were accepted and then changed: an e-mail says so, and its link leads to the task above all others."""
    play = await awaiting(world, "isa")
    person = play.cast.people[0]
    client = await in_portal(visitors, play, person, arrived=_nothing)
    await client.do_everything(until="product-terms")
    world.control("platform", "POST", "documents/key-facts-charges-privacy/publish")

    email = await asyncio.to_thread(play.email, person, "terms_changed")
    news = client.page.locator("#news")
    await client.returns(str(email["links"][0]), until=news)
    await expect(news.get_by_role("link", name="Read and accept the platform terms")).to_be_visible()
    first = await client.page.locator("main h1, main h2").first.inner_text()
    assert first == "Something new for you"
    await assert_fit(client.page, "something new")
    await client.press(news.get_by_role("link"))
    await expect(client.page.locator("#again")).to_be_visible()
    await assert_fit(client.page, "again")
    await client.do_everything()


async def _nothing(page: Page, state: str) -> None:
    """Leave the pages on the way to the tests that are about them."""
