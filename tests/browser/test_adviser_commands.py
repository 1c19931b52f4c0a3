"""What an adviser does about a journey: each command through a page that says first what it leads to."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from cli.demonstration.journey import Play
from cli.demonstration.scripts import SCRIPTS, application_form
from tests.browser.adviser import Adviser, at_the_workbench
from tests.browser.measures import assert_fit
from tests.browser.visits import Visitors
from tests.browser.waiting import awaiting
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)


async def standing(world: World, visitors: Visitors) -> tuple[Play, Adviser]:
    """Return a journey that waits for its client, and its adviser on its page."""
    play = await awaiting(world, "isa")
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    await adviser.goes(f"/workbench/journeys/{play.journey_id}")
    return play, adviser


async def journey(play: Play) -> dict[str, Any]:
    """Read the journey as its API has it."""
    return await asyncio.to_thread(play.journey)


async def asks(adviser: Adviser, words: str, *effects: str) -> None:
    """Follow a button of the journey's page; the page it leads to says what would happen."""
    await adviser.press(adviser.page.locator("#status").get_by_role("button", name=words, exact=True))
    said = await adviser.page.locator("main").inner_text()
    for effect in effects:
        assert effect in said


async def does(adviser: Adviser, button: str, outcome: str) -> None:
    """Confirm; back on the journey's page a banner says what was done."""
    await adviser.press(adviser.button(button), "after a command")
    await expect(adviser.page.locator(".govuk-notification-banner")).to_contain_text(outcome)


@pytest.mark.rule("P20", "P40")
async def test_a9_hold_resume_and_a_fresh_invitation(world: World, visitors: Visitors) -> None:
    """Each is asked for first with its effect, told of afterwards, and stands on the timeline as the adviser's."""
    play, adviser = await standing(world, visitors)

    await asks(adviser, "Put on hold", "reminder")
    await adviser.press(adviser.page.get_by_role("link", name="Cancel and change nothing"))
    assert (await journey(play))["on_hold"] is False
    await asks(adviser, "Put on hold", "What happens")
    await adviser.answers("reason", "Away until June")
    await does(adviser, "Put on hold", "The journey is on hold")
    assert (await journey(play))["on_hold"] is True
    await expect(adviser.page.locator("#status")).to_contain_text("On hold")

    await asks(adviser, "Resume", "What happens")
    await does(adviser, "Resume", "The journey goes on")
    assert (await journey(play))["on_hold"] is False

    await asks(adviser, "Send a fresh invitation", play.cast.people[0].email, "What happens")
    await does(adviser, "Send the invitation", "The invitation is on its way")
    mine = adviser.page.locator("#timeline .onward-event--adviser")
    assert await mine.count() >= 5


@pytest.mark.rule("P44")
async def test_a9_an_amendment_shows_old_and_new_first(world: World, visitors: Visitors) -> None:
    """What is typed is shown beside what it replaces; going back keeps it; saved, it is on the journey's page."""
    play, adviser = await standing(world, visitors)

    await asks(adviser, "Amend details or account")
    await adviser.answers("account.charges.ongoing", "half")
    await adviser.press(adviser.button("See what this changes"), "with errors")
    await expect(adviser.page.locator(".govuk-error-summary")).to_be_focused()
    assert list(await adviser.errors()) == ["account.charges.ongoing"]
    await adviser.answers("account.charges.ongoing", "0.75")
    await adviser.press(adviser.button("See what this changes"))
    await expect(adviser.page.locator("del")).to_contain_text("0.5% ongoing")
    await expect(adviser.page.locator("ins")).to_contain_text("0.75% ongoing")
    await adviser.press(adviser.button("Go back and change"), "again")
    await expect(adviser.named("account.charges.ongoing")).to_have_value("0.75")
    await adviser.press(adviser.button("See what this changes"))
    await does(adviser, "Save the changes", "The changes are saved")

    account = (await journey(play))["timeline"]
    assert any("amend" in entry["event"] for entry in account)


@pytest.mark.rule("P44")
async def test_a9_an_address_is_corrected(world: World, visitors: Visitors) -> None:
    """The same address is refused with its reason, the right one is saved."""
    play, adviser = await standing(world, visitors)
    email = play.cast.people[0].email

    await asks(adviser, "Correct an e-mail address", "Plannr and the platform both get the new address.")
    await adviser.answers("email", email)
    await adviser.press(adviser.button("Save the address"), "with errors")
    assert "already" in (await adviser.errors())["email"]
    await adviser.answers("email", f"right.{email}")
    await does(adviser, "Save the address", "The e-mail address is corrected")


@pytest.mark.rule("P27")
async def test_a9_a_withdrawal_warns_and_ends_the_journey(world: World, visitors: Visitors) -> None:
    """The page says that it can't be undone and what ends where; afterwards nothing is left to do."""
    play, adviser = await standing(world, visitors)

    await asks(adviser, "Withdraw", "This can't be undone.", "Plannr")
    await does(adviser, "Withdraw the journey", "The journey is withdrawn")

    await asyncio.to_thread(play.until_stage, "withdrawn")
    await adviser.reload()
    await expect(adviser.page.locator("#status")).to_contain_text("Withdrawn")
    await expect(adviser.page.locator("#status .onward-actions")).to_have_count(0)
    await adviser.goes(f"{adviser.page.url.partition('?')[0]}/hold")
    await expect(adviser.page.locator("main").get_by_role("button", name="Put on hold")).to_have_count(0)


@pytest.mark.rule("P11", "P12")
async def test_a9_the_two_forms_of_a_journey_that_only_began(world: World, visitors: Visitors) -> None:
    """A journey with no more than its illustration is led on by its two forms, one after the other."""
    script = SCRIPTS["isa"]
    play = Play(world.around, world.adviser, script, lambda _, __: None)
    await asyncio.to_thread(play.illustrate)
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    await adviser.goes(f"/workbench/journeys/{play.journey_id}")

    await adviser.press(adviser.button("Update platform client"))
    for name, answer in {
        "details.tax_residences.0.country": "United Kingdom",
        "details.us_person": "No",
        "bank_details.account_holder": play.cast.people[0].name,
        "bank_details.sort_code": "20-00-00",
        "bank_details.account_number": "55779911",
    }.items():
        await adviser.answers(f"holders.0.{name}", answer)
    await adviser.press(adviser.button("Save the details"))
    await asyncio.to_thread(play.until, "the details", lambda seen: seen["stage"] == "application_draft")

    await adviser.goes(f"/workbench/journeys/{play.journey_id}")
    await adviser.press(adviser.button("Update and proceed"))
    strategy = application_form(script)["account"]["investment_strategy"]
    await expect(adviser.page.locator('[name$="investment_strategy"]')).to_have_value(strategy)
    await adviser.answers("account.direct_debit", "No")
    await adviser.sends()
    await adviser.press(adviser.button("Submit"))
    await asyncio.to_thread(play.until_stage, "awaiting_client")
