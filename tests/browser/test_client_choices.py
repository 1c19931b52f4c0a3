"""What a client may decide on the way, in a browser: not to accept yet, to correct, to ask, to decline."""

import asyncio
from http import HTTPStatus

import pytest
from playwright.async_api import Page, expect

from cli.demonstration.actors import eventually
from tests.browser.client import Client
from tests.browser.measures import assert_fit
from tests.browser.visits import Visitors
from tests.browser.waiting import awaiting, in_portal
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)
KEY_FACTS = "key-facts-charges-privacy"


async def _nothing(page: Page, state: str) -> None:
    """Leave the pages on the way to the tests that are about them."""


async def _at(world: World, visitors: Visitors, place: str, wrapper: str = "isa") -> Client:
    play = await awaiting(world, wrapper)
    client = await in_portal(visitors, play, play.cast.people[0], arrived=_nothing)
    await client.do_everything(until=place)
    return client


@pytest.mark.rule("P24")
async def test_c8_the_box_opens_with_the_last_document_and_says_so(world: World, visitors: Visitors) -> None:
    """Until then it cannot be ticked, ordinary text names what is missing, and a direct request is refused."""
    client = await _at(world, visitors, "platform-terms")
    page, box = client.page, client.page.locator("#accept-form input[name=accepted]")
    await expect(box).to_be_disabled()
    await expect(page.locator("#still-to-open")).to_have_text(
        "Open 2 more documents to continue: Platform terms of business, Key facts, charges and privacy notice."
    )
    covered = await page.locator("#accept-form input[name=document]").get_attribute("value")
    refused = await page.request.post(page.url, form={"accepted": "yes", "document": str(covered)})
    assert refused.status == HTTPStatus.CONFLICT
    assert 'data-refused="documents-not-opened"' in await refused.text()
    direct = await page.request.post(
        page.url.replace("/portal/", "/portal/api/", 1),
        data={
            "documents": [
                {"document_id": name, "version": int(version)}
                for name, version in (one.split(":") for one in str(covered).split(","))
            ],
            "accepted": True,
        },
    )
    assert direct.status == HTTPStatus.CONFLICT
    assert (await direct.json())["type"].endswith("/documents-not-opened")

    # The last documents are opened in another tab; this one notices, enables the box and speaks.
    other = Client(await page.context.new_page())
    await other.goes(page.url)
    await other.do_this_page()
    await other.do_this_page()
    await expect(other.page.locator("#announcement")).to_contain_text("You have opened every document")
    await page.evaluate("window.dispatchEvent(new Event('focus'))")

    await expect(box).to_be_enabled()
    await expect(page.locator("#announcement")).to_contain_text("You have opened every document")
    assert await page.locator("#announcement").get_attribute("role") == "status"
    await expect(box).not_to_be_checked()
    await client.press(page.locator("#accept-button"), "not ticked")
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    await assert_fit(page, "not ticked")


@pytest.mark.rule("P24", "P28")
async def test_c10_a_reissued_document_resets_only_itself(world: World, visitors: Visitors) -> None:
    """Both were opened, one appears anew: the page says which and why, and only that one has to be opened again."""
    play = await awaiting(world, "isa")
    client = await in_portal(visitors, play, play.cast.people[0], arrived=_nothing)
    await client.do_everything(until=f"documents/{KEY_FACTS}")
    version = int(world.control("platform", "POST", f"documents/{KEY_FACTS}/publish")["version"])

    def in_force() -> bool:
        documents = play.journey()["documents"]
        return any(one["document_id"] == KEY_FACTS and one["version"] == version for one in documents)

    await asyncio.to_thread(eventually, in_force, "the newer document")
    # The box of the old page is still there to be ticked; it is refused, and nothing is accepted.
    await client.ticks()
    await client.press(client.page.locator("#accept-button"))

    page = client.page
    assert client.place == "platform-terms"
    await expect(page.locator(".govuk-error-summary")).to_contain_text(f"Open version {version}, then accept")
    await expect(page.locator("#document-platform-terms-of-business")).to_contain_text("Opened on")
    await expect(page.locator(f"#document-{KEY_FACTS}")).to_contain_text("Changed, not opened")
    await assert_fit(page, "re-issued")
    await client.do_everything()


async def test_c9_the_ways_out_are_as_plain_as_the_way_on(world: World, visitors: Visitors) -> None:
    """Asking and declining stand beside accepting, as large and in the same letters; nothing is ticked beforehand."""
    client = await _at(world, visitors, "platform-terms")
    page = client.page
    sizes = {}
    for name in ("accept-button", "ask-adviser", "decline"):
        button = page.locator(f"#{name}")
        box = await button.bounding_box()
        assert box is not None
        sizes[name] = (
            round(box["height"]),
            await button.evaluate("e => [getComputedStyle(e).fontSize, getComputedStyle(e).fontFamily].join()"),
        )
    assert len({letters for _, letters in sizes.values()}) == 1, sizes
    assert min(sizes["ask-adviser"][0], sizes["decline"][0]) >= 44
    assert await page.locator("input:checked").count() == 0


@pytest.mark.rule("P27", "P30")
async def test_c9_asking_and_declining_are_pages_that_everybody_can_use(world: World, visitors: Visitors) -> None:
    """The adviser is told with one click; declining wants one tick, says what it does, and ends the journey."""
    play = await awaiting(world, "isa")
    client = await in_portal(visitors, play, play.cast.people[0])
    page = client.page
    await client.press(page.get_by_role("button", name="Ask my adviser"))
    await client.press(page.locator("#ask-adviser"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your adviser has been told")
    await client.goes("/portal")
    await client.press(page.get_by_role("button", name="Decline"))
    await client.press(page.locator("#confirm-decline"), "not confirmed")
    await expect(page.get_by_role("link", name="Tick the box if you want to decline.")).to_be_visible()
    await client.hand.press(page.locator("#confirm"))
    await client.press(page.locator("#confirm-decline"))

    await expect(page.get_by_role("heading", level=1)).to_have_text("This application has ended")
    await client.goes("/portal")
    await asyncio.to_thread(play.until_stage, "declined")


@pytest.mark.rule("P21")
async def test_c6_a_correction_is_looked_over_and_shown_old_and_new(world: World, visitors: Visitors) -> None:
    """Everything is filled in; a wrong value is kept and explained, a right one is shown beside what it replaces."""
    play = await awaiting(world, "isa")
    client = await in_portal(visitors, play, play.cast.people[0])
    page = client.page
    await client.do_everything(until="details")
    await client.press(page.locator("#details-correct"))
    assert await page.locator("#last_name").input_value() != ""
    postcode = page.locator("[id='address.postcode']")
    old = await postcode.input_value()
    await client.hand.type(postcode, "nowhere")
    await client.press(page.locator("#look-over"), "refused")
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert await postcode.input_value() == "nowhere"
    await client.hand.type(postcode, "CT5 1AB")
    await client.press(page.locator("#look-over"))
    await expect(page.get_by_role("row").filter(has_text="Postcode")).to_contain_text(old)
    await client.press(page.locator("#send-corrections"))

    await client.goes(page.url.replace(client.place, "details"))
    await expect(page.get_by_role("table")).to_contain_text("CT5 1AB")


@pytest.mark.rule("P23")
async def test_c12_needing_other_signatures_leads_to_paper_and_on(world: World, visitors: Visitors) -> None:
    """No answer is explained; "No" is no dead end: the paper form is asked for and the other tasks go on."""
    play = await awaiting(world, "gia")
    client = await in_portal(visitors, play, play.cast.people[0])
    page = client.page
    await client.do_everything(until="direct-debit")
    await client.press(page.locator("#continue"), "no answer")
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    await client.hand.press(page.get_by_role("radio", name="No, someone else has to sign too"))
    await client.press(page.locator("#continue"))
    await client.press(page.locator("#ask-paper"))

    await expect(page.get_by_role("heading", level=1)).to_have_text("A paper form is on its way")
    await client.press(page.locator("#continue"))
    assert client.place == "platform-terms"
