"""The figures of a firm and its imports in a browser: every chart with its table, every file with its bad rows."""

import asyncio
import csv
import io
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import FilePayload, Locator, expect

from cli.demonstration.people import new_cast
from cli.demonstration.scripts import SCRIPTS
from tests.browser.adviser import at_the_workbench
from tests.browser.measures import assert_fit
from tests.browser.visits import Visitors
from tests.browser.waiting import awaiting
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)
_PATIENCE = 60_000


async def table_of(figure: Locator) -> list[list[str]]:
    """Return the rows of the table that stands beside a chart."""
    rows = await figure.locator("table tr").all()
    return [await row.locator("th, td").all_inner_texts() for row in rows]


async def test_a11_each_chart_has_its_table_and_its_file(world: World, visitors: Visitors) -> None:
    """A reader of tables gets the numbers of every chart, and a spreadsheet gets them as a file of its own."""
    await awaiting(world, "isa")
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    page = adviser.page
    await adviser.press(page.get_by_role("link", name="Figures"))
    figures = await page.locator(".onward-figure").all()
    assert len(figures) >= 3
    for figure in figures:
        told = await table_of(figure)
        assert len(told) > 1
        await expect(figure.get_by_role("img")).to_be_visible()
        async with page.expect_download() as waiting:
            await figure.get_by_role("link", name="Download as CSV").click()
        download = await waiting.value
        text = await asyncio.to_thread((await download.path()).read_text, "utf-8-sig")
        kept = list(csv.reader(io.StringIO(text)))
        assert download.suggested_filename.endswith(".csv")
        assert [row[0] for row in kept[1:]] == [row[0] for row in told[1:]]

    await adviser.answers("days", "The last 30 days")
    await adviser.press(adviser.button("Show"))
    assert parse_qs(urlsplit(page.url).query)["days"] == ["30"]
    await expect(page.locator("#days")).to_have_value("30")
    await expect(page.locator(".onward-headlines")).to_contain_text("median time to active")


async def test_an_import_is_checked_started_and_not_started_again(world: World, visitors: Visitors) -> None:
    """The check names row and column of what is wrong; the button starts the good row; the file again has none left."""
    cast = await asyncio.to_thread(new_cast, world.around, SCRIPTS["isa"].roles)
    account = cast.people[0].plannr_account
    line = f"{account},Illustration,Balanced Growth,500000,once"
    head = "external_reference,wrapper,plannr_account,illustration_name,investment_strategy,contribution_pence"
    rows = [f"BROWSER-1,isa,{line}", f"BROWSER-2,tpsipp,{line}", f"BROWSER-3,isa,{line.replace(account, 'nobody')}"]
    text = "\n".join([f"{head},contribution_frequency", *rows])
    file: FilePayload = {"name": "clients.csv", "mimeType": "text/csv", "buffer": text.encode()}
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    page = adviser.page
    await adviser.press(page.get_by_role("link", name="Import"))
    await adviser.press(adviser.button("Check the file"), "with errors")
    await expect(page.locator(".govuk-error-summary")).to_be_focused()

    await page.locator("#file").set_input_files(files=file)
    await adviser.press(adviser.button("Check the file"))
    finished = page.locator("[data-said][data-finished]")
    await finished.wait_for(timeout=_PATIENCE)
    problems = page.locator("table", has_text="Problem").locator("tbody tr")
    assert [await row.locator("th, code").all_inner_texts() for row in await problems.all()] == [
        ["3", "wrapper"],
        ["4", "plannr_account"],
    ]
    await expect(page.locator("#import-said")).to_contain_text("1 can be started, 2 cannot be started")
    await assert_fit(page, "checked")

    await adviser.press(adviser.button("Start the 1 good row"))
    await finished.wait_for(timeout=_PATIENCE)
    await expect(finished).to_contain_text("1 started")
    await assert_fit(page, "started")
    await adviser.press(page.get_by_role("link", name="BROWSER-1"))
    assert "/workbench/journeys/" in page.url

    await adviser.press(page.get_by_role("link", name="Import"))
    await page.locator("#file").set_input_files(files=file)
    await adviser.press(adviser.button("Check the file"))
    await finished.wait_for(timeout=_PATIENCE)
    await expect(finished).to_contain_text("1 had a journey already")
    await expect(page.locator("main").get_by_role("button", name="Start")).to_have_count(0)
