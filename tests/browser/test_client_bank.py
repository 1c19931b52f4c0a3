"""The bank account where a firm lets its clients give it: checked kindly while it is typed, in a real browser."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Browser, expect

from cli.demonstration.journey import Play, details_form, person_ids
from cli.demonstration.scripts import SCRIPTS
from cli.stack import Stack
from tests.browser.visits import Visitors
from tests.browser.waiting import in_portal, until
from tests.e2e.conftest import running
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield an Onward whose clients give their bank accounts themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONWARD_BANK_DETAILS", "client_or_adviser")
        with running(Stack(tmp_path_factory.mktemp("asking"), prefer_ports=False)) as world:
            yield world


@pytest.fixture
async def clients(chromium: Browser, asking: World) -> AsyncIterator[Visitors]:
    """Yield who opens windows there; at the end none of them may have met an error or a foreign origin."""
    async with AsyncExitStack() as stack:
        visitors = Visitors(chromium, asking, stack)
        yield visitors
        assert visitors.noticed == []


def _asked(world: World) -> Play:
    play = Play(world.around, world.adviser, SCRIPTS["isa"], lambda _, __: None)
    play.illustrate()
    form = details_form(play.script, play.cast, person_ids(play.adviser, play.journey_id))
    for holder in form["holders"]:
        del holder["bank_details"]
    play.command("client-details", form)
    play.until("the draft application", lambda seen: seen["details_submitted"] and seen["stage"] == "application_draft")
    play.send_application()
    return play


@pytest.mark.rule("P22", "P41")
async def test_c12_the_bank_account_is_checked_as_it_is_typed(asking: World, clients: Visitors) -> None:
    """A number that cannot be right is said at once, keeps the focus where it is, and is then put right."""
    play = await asyncio.to_thread(_asked, asking)
    client = await in_portal(clients, play, play.cast.people[0])
    page, said = client.page, client.page.locator("#bank-details-said")
    await client.do_everything(until="bank-details")
    assert await page.locator("#account_holder").input_value() == play.cast.people[0].name

    await client.hand.type(page.locator("#sort_code"), "20 00 00")
    await client.hand.type(page.locator("#account_number"), "5577 9912")
    await expect(said).to_contain_text("does not belong to this sort code")
    await expect(page.locator("#account_number")).to_be_focused()
    await client.press(page.locator("#save-bank-details"), "refused")
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert await page.locator("#account_number").input_value() == "5577 9912"
    await client.hand.type(page.locator("#account_number"), "5577 9911")
    await expect(said).not_to_contain_text("does not belong")
    await client.press(page.locator("#save-bank-details"))

    assert client.place == "platform-terms"
    await client.goes(page.url.replace(client.place, "bank-details"))
    assert "55779911" not in await page.content()
    await client.goes("/portal")
    await client.do_everything()
    await until(play, "active")
