"""What an adviser sees of journeys: the list, the page that follows a journey live, its documents and its e-mails."""

import asyncio
import functools
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import expect

from cli.demonstration.actors import eventually
from cli.demonstration.journey import Play
from cli.demonstration.readback import newest_email
from cli.demonstration.scripts import SCRIPTS
from cli.demonstration.unhappy import MISMATCH
from tests.browser.adviser import at_the_workbench
from tests.browser.client import Client
from tests.browser.measures import assert_fit
from tests.browser.visits import Visitors
from tests.browser.waiting import awaiting, link_of
from tests.e2e.world import INBOX, World

pytestmark = pytest.mark.timeout(240)
_HELD = "e => document.activeElement === e && window.scrollY === Number(e.dataset.scrolled)"


def address(play: Play) -> str:
    """Return where a journey's page is."""
    return f"/workbench/journeys/{play.journey_id}"


@pytest.mark.rule("P24", "P26")
async def test_a7_the_timeline_shows_an_act_within_two_seconds(
    world: World, visitors: Visitors, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page that stands open shows and announces what the client does, and leaves focus and place alone."""
    play = await awaiting(world, "isa")
    adviser = await at_the_workbench(visitors)
    await adviser.goes(address(play))
    plain = await at_the_workbench(visitors, java_script_enabled=False)
    await plain.goes(address(play))
    client = Client(await visitors.window())
    answered: list[float] = []
    client.page.on("response", lambda one: answered.append(time.monotonic()) if one.request.method == "POST" else None)
    await client.sign_up(await link_of(play, play.cast.people[0]))
    await client.starts()

    focused = adviser.page.get_by_role("link", name="Download the evidence pack")
    await focused.focus()
    await focused.evaluate("e => { e.dataset.scrolled = window.scrollY }")
    told = adviser.page.locator("#timeline li", has_text="confirmed their details")
    assert await told.count() == 0
    answered.clear()
    acting = asyncio.create_task(client.confirms_details())
    await told.wait_for()
    shown = time.monotonic()
    await acting

    with capsys.disabled():
        print(f"\nThe timeline showed the client's act {max(0, shown - answered[0]):.2f} s after it")  # noqa: T201
    assert shown - answered[0] < 2
    await expect(adviser.page.locator("#timeline-news")).to_contain_text("confirmed their details")
    await expect(adviser.page.get_by_role("status").and_(adviser.page.locator("#timeline-news"))).to_have_attribute(
        "aria-live", "polite"
    )
    await expect(adviser.page.locator("#people")).to_contain_text("Confirmed")
    assert await focused.evaluate(_HELD)

    assert await plain.page.locator("#timeline li", has_text="confirmed their details").count() == 0
    await plain.reload()
    assert await plain.page.locator("#timeline li", has_text="confirmed their details").count() == 1


@pytest.mark.rule("P24", "P25")
async def test_a8_documents_and_emails_tell_what_became_of_them(world: World, visitors: Visitors) -> None:
    """Unopened, opened and accepted, each with its moment and the fingerprint; each e-mail with its words."""
    play = await awaiting(world, "isa")
    link = await link_of(play, play.cast.people[0])
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    page = adviser.page
    await adviser.goes(address(play))
    documents = page.locator(".onward-document")
    count = await documents.count()
    assert count == 3
    await expect(documents.filter(has_text="not opened yet; not accepted yet")).to_have_count(count)

    client = Client(await visitors.window())
    await client.sign_up(link)
    await client.do_everything("documents/key-facts-charges-privacy")
    opened = documents.filter(has_text="Platform terms of business")
    await expect(opened).to_contain_text("opened ")
    await expect(opened).to_contain_text("not accepted yet")
    await client.do_everything()
    await expect(documents.filter(has_text="not accepted yet")).to_have_count(0)

    known = {one["document_id"]: one["sha256"] for one in (await asyncio.to_thread(play.journey))["documents"]}
    for name, fingerprint in known.items():
        told = page.locator(f"#document-{name}")
        await told.locator("summary").click()
        await expect(told.locator(".govuk-details__text")).to_contain_text(fingerprint)
    await assert_fit(page, "with everything accepted")

    emails = page.locator("#emails tbody tr")
    # Two to the client, and the one that tells the adviser of the active plan.
    await expect(emails.filter(has_text="Sent")).to_have_count(3, timeout=20_000)
    await adviser.press(emails.get_by_role("link", name="The account, and the invitation to the portal"))
    said = page.frame_locator("iframe.onward-email").locator("body")
    await expect(said).to_contain_text(play.cast.people[0].name.split()[0])
    token = link.rpartition("/")[2]
    assert token not in await said.inner_html()
    assert token not in await page.content()


@pytest.mark.rule("P41")
async def test_a10_a_failed_check_reads_as_plain_english(world: World, visitors: Visitors) -> None:
    """An account that is somebody else's is told on the list and on the page, with the way to where it is put right."""
    play = Play(world.around, world.adviser, MISMATCH, lambda _, __: None)
    await asyncio.to_thread(play.up_to_the_client)
    await asyncio.to_thread(play.until, "attention", lambda journey: bool(journey["needs_attention"]))
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    await adviser.goes("/workbench?needs_attention=true")
    row = adviser.page.locator(f"#journey-{play.journey_id}")
    await expect(row).to_contain_text("The bank says that the account belongs to somebody else.")

    await adviser.press(row.get_by_role("link"))
    attention = adviser.page.locator("#attention")
    await expect(attention).to_contain_text("as they stand on a bank statement")
    await adviser.press(attention.get_by_role("link", name="Correct the details"))
    assert urlsplit(adviser.page.url).path == f"{address(play)}/amend"


@pytest.mark.rule("P48")
async def test_e4_a_refused_email_leads_to_its_remedy(world: World, visitors: Visitors) -> None:
    """An address that is refused stands on the timeline with the way to fix it; fixed, the new address is used."""
    play = Play(world.around, world.adviser, SCRIPTS["isa"], lambda _, __: None)
    person = play.cast.people[0]
    with world.fault(INBOX, "refuse", times=1, recipient=person.email):
        await asyncio.to_thread(play.up_to_the_client)
        await asyncio.to_thread(play.until, "attention", lambda journey: bool(journey["needs_attention"]))
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    await adviser.goes(address(play))

    await adviser.press(adviser.page.locator("#timeline").get_by_role("link", name="Fix e-mail address"))
    fixed = f"right.{person.email}"
    await adviser.answers("email", fixed)
    await adviser.press(adviser.button("Save the address"))

    await expect(adviser.page.get_by_role("alert")).to_contain_text("The e-mail address is corrected")
    await adviser.press(adviser.button("Send the invitation"))
    await expect(adviser.page.get_by_role("alert")).to_contain_text("The invitation is on its way")
    look = functools.partial(newest_email, world.around, fixed, "account_created", 0)
    assert await asyncio.to_thread(eventually, look, "the invitation at the right address")


async def test_a6_the_list_is_narrowed_and_paged_by_its_address(world: World, visitors: Visitors) -> None:
    """Each choice stands in the address, which keeps it through a refresh, a page further, and the way back."""
    for name in ("isa", "sipp", "gia"):
        await awaiting(world, name)
    adviser = await at_the_workbench(visitors, assert_fit, bypass_csp=True)
    page = adviser.page
    rows = page.locator(".onward-journeys tbody tr")
    await expect(rows.first).to_contain_text("Client")

    await adviser.answers("wrapper", "Self-invested personal pension")
    await adviser.answers("waiting_on", "Client")
    await adviser.press(adviser.button("Show"))
    chosen = parse_qs(urlsplit(page.url).query)
    assert (chosen["wrapper"], chosen["waiting_on"]) == (["sipp"], ["client"])
    assert await rows.count() == await rows.filter(has_text="ension").count() > 0
    await adviser.reload()
    await expect(page.locator("#wrapper")).to_have_value("sipp")
    await expect(page.locator("#waiting_on")).to_have_value("client")

    everything = await asyncio.to_thread(
        lambda: world.adviser.http.get("/api/v1/journeys?waiting_on=client&limit=100").json()["journeys"]
    )
    await adviser.goes("/workbench?waiting_on=client&limit=2")
    read = [await row.get_attribute("id") for row in await rows.all()]
    while await page.get_by_role("link", name="Older journeys").count():
        await adviser.press(page.get_by_role("link", name="Older journeys"))
        assert parse_qs(urlsplit(page.url).query)["waiting_on"] == ["client"]
        read += [await row.get_attribute("id") for row in await rows.all()]
    assert len(read) == len(set(read))
    assert {f"journey-{one['journey_id']}" for one in everything} <= set(read)
    await page.go_back()
    assert "waiting_on=client" in page.url
