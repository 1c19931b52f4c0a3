"""What somebody who starts Onward for the first time can do: follow every link, the demonstration's and the inbox's."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT

import pytest
from playwright.async_api import expect

from cli.bench import measure
from cli.demonstration.pages import DOOR, PORTAL, WORKBENCH
from tests.browser.adviser import Adviser
from tests.browser.client import Client
from tests.browser.visits import Visitors, assert_accessible
from tests.browser.waiting import awaiting, link_of
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)


def leaving_the_inbox_is_fine(visitors: Visitors) -> None:
    """Take out of what was noticed that the inbox, an origin of its own, was opened; nothing else."""
    inbox = visitors.world.around.urls["inbox"]
    visitors.noticed[:] = [said for said in visitors.noticed if not said.startswith(f"left the origin: {inbox}")]


async def test_n3_the_demonstration_narrates_a_whole_journey_and_links_to_it(world: World) -> None:
    """From the client in Plannr to the active account, every step is a line, with links, a verdict and the time."""
    command = [sys.executable, "-m", "cli.main", "demo", "--wrapper", "isa"]
    environment = {
        **os.environ,
        "ONWARD_HOME": str(world.stack.home.path),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "COLUMNS": "200",
    }
    playing = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=STDOUT)
    output, _ = await playing.communicate()
    told = output.decode()

    assert playing.returncode == 0, told
    lines = [
        "new client",
        "illustration recorded",
        "client details submitted",
        "application sent",
        "followed the e-mail, chose a password",
        "platform terms",
        "product terms",
        "journey active",
        "as the rules say",
    ]
    places = [told.find(line) for line in lines]
    assert -1 not in places
    assert places == sorted(places)
    for site in ("workbench", "portal"):
        assert re.search(rf"{re.escape(world.around.urls[site])}/journeys/\S+", told), site
    assert re.search(r"│ ISA .* │ +\d+\.\d │", told), told


async def test_the_bench_measures_every_page_and_the_way_to_the_timeline(world: World) -> None:
    """Each page has a median above nothing, and the adviser's open timeline told of what a client did."""
    found = await asyncio.to_thread(measure, world.around, 1)

    wanted = {name for site in (DOOR, PORTAL, WORKBENCH) for name in site.addresses}
    assert set(found["median_ms"]) == wanted
    assert min(found["median_ms"].values()) > 0
    assert found["client_act_to_timeline_s"] > 0


async def test_n4_every_page_renders_without_leaving_its_origin(world: World, visitors: Visitors) -> None:
    """Portal, workbench and API documentation: each answers, and nothing is asked of anybody else."""
    play = await awaiting(world, "gia")
    client = Client(await visitors.window())
    await client.sign_up(await link_of(play, play.cast.people[0]))
    adviser = Adviser(await visitors.window())
    await adviser.sign_in(world.around)
    for page, site in ((client.page, PORTAL), (adviser.page, WORKBENCH), (client.page, DOOR)):
        for name, path in site.paths(play.journey_id).items():
            answer = await page.goto(path)
            assert answer is not None, name
            assert answer.status == (410 if name == "portal-dead-link" else 200), name
            await expect(page.locator("h1, .swagger-ui h1, .swagger-ui h2").first).to_be_visible()


async def test_n4_the_inbox_renders_without_leaving_its_origin(world: World, visitors: Visitors) -> None:
    """The list of e-mails and each kind of e-mail stay within the inbox, and can be read by everybody."""
    await awaiting(world, "isa")
    inbox = world.around.urls["inbox"]
    page = await visitors.window(bypass_csp=True)
    await page.goto(inbox)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("message")
    await page.get_by_role("link", name="Stop that").click()
    await expect(page.get_by_role("link", name="Show new e-mails by itself")).to_be_visible()
    await assert_accessible(page, "inbox")
    await page.get_by_role("row").nth(1).get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Text part")).to_be_visible()
    await assert_accessible(page, "message")
    leaving_the_inbox_is_fine(visitors)


async def test_e3_an_email_appears_by_itself_and_its_link_goes_on_with_the_journey(
    world: World, visitors: Visitors
) -> None:
    """With the inbox open, the invitation comes without anybody reloading it; its link leads to the client's tasks."""
    page = await visitors.window()
    await page.goto(world.around.urls["inbox"])
    play = await awaiting(world, "isa")
    row = page.get_by_role("row").filter(has_text=play.cast.people[0].email).filter(has_text="account_created")
    await expect(row).to_be_visible(timeout=4_000)

    await row.get_by_role("link").click()
    await page.locator('.links a[href*="/portal/invitations/"]').click()
    client = Client(page)
    await page.locator("#password").fill("lantern orchid pebble quilt")
    await client.press(page.get_by_role("button", name="Save and go on"))
    await client.do_everything(until="details")
    leaving_the_inbox_is_fine(visitors)
