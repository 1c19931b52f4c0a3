"""A new journey by clicking: three pages for each account, each page held against WCAG on the way."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from cli.demonstration.people import new_cast
from cli.demonstration.scripts import SCRIPTS
from tests.browser.adviser import at_the_workbench
from tests.browser.measures import assert_fit
from tests.browser.visits import Visitors
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)
DIRECT_DEBIT = {
    "direct_debit": "Yes",
    "direct_debit__amount": "250",
    "direct_debit__frequency": "Every month",
    "direct_debit__collection_day": "7th",
}
CHILD = {
    "child_trust_fund_held": "No",
    "parental_responsibility": "Yes",
    "already_holds_jisa": "No",
    "contributions__0__amount": "3,000",
}


async def seen(world: World, journey_id: str) -> dict[str, Any]:
    """Read a journey as its adviser's API has it."""
    return await asyncio.to_thread(world.adviser.journey, journey_id)


@pytest.mark.rule("P10", "P11", "P12", "P23", "P30", "P31", "P32")
@pytest.mark.parametrize(
    ("script", "kind", "own"),
    [
        ("isa", "isa", {}),
        ("sipp", "sipp", {"relevant_earnings": "60,000"}),
        ("gia", "gia", DIRECT_DEBIT),
        ("joint-gia", "joint-gia", {}),
        ("jisa", "jisa", CHILD),
    ],
)
async def test_a1_three_pages_start_each_account(
    world: World, visitors: Visitors, script: str, kind: str, own: dict[str, str]
) -> None:
    """From the list to the invited client by clicking: three pages and a confirmation, all fit for everybody."""
    cast = await asyncio.to_thread(new_cast, world.around, SCRIPTS[script].roles)
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)

    journey_id = await adviser.whole(cast.people, kind, **own)

    journey = await seen(world, journey_id)
    assert adviser.headings == ["Journeys", "New journey", "The details", "Check and submit", "Submitted"]
    assert (journey["stage"], journey["wrapper"]) == ("awaiting_client", SCRIPTS[script].wrapper)
    assert [holder["plannr_account"] for holder in journey["holders"]] == [one.plannr_account for one in cast.people]
    await expect(adviser.page.locator(".onward-next li").first).to_be_visible()


async def test_a1_unsaved_input_survives_a_refresh(world: World, visitors: Visitors) -> None:
    """Texts, choices and boxes of both forms stand again after a refresh, and are gone once they were sent."""
    cast = await asyncio.to_thread(new_cast, world.around, SCRIPTS["gia"].roles)
    adviser = await at_the_workbench(visitors)
    await adviser.goes("/workbench/new")
    await adviser.answers("client.find", cast.people[0].plannr_account)
    await adviser.hand.press(adviser.page.locator("input[name=accounts][value=gia]"))
    await adviser.answers("external_reference", "OURS-17")

    await adviser.reload()
    await expect(adviser.named("client.find")).to_have_value(cast.people[0].plannr_account)
    await expect(adviser.page.locator("input[name=accounts][value=gia]")).to_be_checked()
    await expect(adviser.named("external_reference")).to_have_value("OURS-17")

    await adviser.press(adviser.button("Continue"))
    await adviser.answers("accounts.gia.investment_strategy", "Cautious Income")
    await adviser.answers("accounts.gia.contributions.0.frequency", "Every month")
    await adviser.answers("accounts.gia.direct_debit", "Yes")
    await adviser.reload()
    await expect(adviser.named("accounts.gia.investment_strategy")).to_have_value("Cautious Income")
    await expect(adviser.named("accounts.gia.contributions.0.frequency")).to_have_value("monthly")
    await expect(adviser.named("accounts.gia.direct_debit").first).to_be_checked()
    await expect(adviser.named("accounts.gia.direct_debit.amount")).to_be_visible()

    await adviser.goes("/workbench/new")
    await expect(adviser.named("client.find")).to_have_value("")


async def test_a2_errors_take_the_focus_and_lead_to_their_fields(world: World, visitors: Visitors) -> None:
    """The summary has the focus, each link leads into its field, and what was typed is kept, on both forms."""
    cast = await asyncio.to_thread(new_cast, world.around, SCRIPTS["isa"].roles)
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    page = adviser.page
    await adviser.goes("/workbench/new")
    await adviser.answers("external_reference", "HW 1")
    await adviser.press(adviser.button("Continue"), "with errors")

    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert list(await adviser.errors()) == ["client.find", "accounts", "external_reference"]
    for name in ("client.find", "external_reference"):
        await page.locator(f'.govuk-error-summary a[href="#{name}"]').click()
        await expect(adviser.named(name)).to_be_focused()
    await expect(adviser.named("external_reference")).to_have_value("HW 1")
    assert (await page.title()).startswith("Error: New journey")

    await adviser.begins(cast.people, "isa")
    await adviser.answers("holders.0.bank_details.sort_code", "20-00")
    await adviser.answers("accounts.isa.investment_strategy", "Balanced Growth")
    await adviser.press(adviser.button("Continue"), "with errors")

    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    errors = await adviser.errors()
    for name in errors:
        await page.locator(f'.govuk-error-summary a[href="#{name}"]').click()
        await expect(page.locator(f'[id="{name}"]')).to_be_focused()
    assert {"holders.0.bank_details.sort_code", "holders.0.details.us_person"} <= errors.keys()
    await expect(adviser.named("holders.0.bank_details.sort_code")).to_have_value("20-00")
    await expect(adviser.named("accounts.isa.investment_strategy")).to_have_value("Balanced Growth")


async def test_a3_each_answer_is_changed_from_the_check_page(world: World, visitors: Visitors) -> None:
    """Change leads to the answer's own field, with everything else kept, and from there back to the check page."""
    cast = await asyncio.to_thread(new_cast, world.around, SCRIPTS["isa"].roles)
    adviser = await at_the_workbench(visitors)
    await adviser.begins(cast.people, "isa")
    await adviser.details(cast.people, "isa")
    rows = adviser.page.locator(".govuk-summary-list__row")
    assert await rows.count() == await adviser.page.locator("button.onward-change").count()

    await adviser.press(adviser.page.get_by_role("button", name="Change investment strategy"))
    assert adviser.page.url.endswith("#accounts.isa.investment_strategy")
    await expect(adviser.named("accounts.isa.contributions.0.amount")).to_have_value("12,000")
    await adviser.answers("accounts.isa.investment_strategy", "Cautious Income")
    await adviser.press(adviser.button("Continue"))
    assert await adviser.heading() == "Check and submit"
    await expect(rows.filter(has_text="Investment strategy")).to_contain_text("Cautious Income")

    await adviser.press(adviser.page.get_by_role("button", name="Change your reference"))
    await adviser.answers("external_reference", "CHANGED-3")
    await adviser.press(adviser.button("Continue"))
    assert await adviser.heading() == "Check and submit"
    await expect(rows.filter(has_text="CHANGED-3")).to_be_visible()
    await expect(rows.filter(has_text="Investment strategy")).to_contain_text("Cautious Income")


async def test_a4_neither_double_click_nor_refresh_starts_a_second_journey(world: World, visitors: Visitors) -> None:
    """Without a script to hold it back the form is sent twice; one journey comes of it, and its reference is copied."""
    cast = await asyncio.to_thread(new_cast, world.around, SCRIPTS["isa"].roles)
    plain = await at_the_workbench(visitors, java_script_enabled=False)
    await plain.begins(cast.people, "isa")
    await plain.details(cast.people, "isa")
    await plain.sends()
    await plain.button("Submit").dblclick()
    await plain.page.wait_for_url("**/workbench/new/done/*")
    journey_id = await plain.journey()
    await plain.reload()
    assert await plain.heading() == "Submitted"

    reference = (await seen(world, journey_id))["external_reference"]
    listed = await asyncio.to_thread(lambda: world.adviser.http.get("/api/v1/journeys").json()["journeys"])
    assert [one["journey_id"] for one in listed if one["external_reference"] == reference] == [journey_id]

    adviser = await at_the_workbench(visitors, permissions=["clipboard-read", "clipboard-write"])
    await adviser.goes(plain.page.url)
    await adviser.button("Copy the reference").click()
    await expect(adviser.page.locator("#copied")).to_have_text("Copied")
    assert await adviser.page.evaluate("navigator.clipboard.readText()") == reference
    await adviser.press(adviser.page.get_by_role("link", name="See the journey of"))
    assert adviser.page.url.endswith(f"/workbench/journeys/{journey_id}")


async def test_a5_a_second_journey_of_the_same_account_is_found_before_it_is_submitted(
    world: World, visitors: Visitors
) -> None:
    """The check page says that there is one already and links it; the adviser decides."""
    cast = await asyncio.to_thread(new_cast, world.around, SCRIPTS["isa"].roles)
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    journey_id = await adviser.whole(cast.people, "isa")

    await adviser.begins(cast.people, "isa")
    await adviser.details(cast.people, "isa")

    existing = adviser.page.locator(".onward-notice").get_by_role("link")
    assert await existing.get_attribute("href") == f"/workbench/journeys/{journey_id}"
