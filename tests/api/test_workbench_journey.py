"""The page of a journey: where it stands, in both systems too, who did what with each document, and every e-mail."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from zipfile import is_zipfile

import httpx
import pytest

from connectors.errors import ConnectorUnavailable
from connectors.mail.port import MailRefused
from domain.journey import CheckStatus
from models.tables import EmailState
from storage.emails import EmailRepository, NewEmail
from tests.api.office import PUBLIC_URL, STRANGER, Office
from tests.api.portal.visits import do, see
from tests.api.test_adviser_commands import Case
from tests.api.test_adviser_reading import report
from tests.api.workbench_client import client_of
from tests.api.workbench_desk import Desk, desk_of, waiting_for_client
from tests.api.workbench_reading import links, words
from tests.conftest import Eventually


def page_of(journey: str, part: str = "") -> str:
    """Return the address of a journey's page, or of one below it."""
    return f"/workbench/journeys/{journey}{part}"


@pytest.fixture
async def case(busy_office: Office, eventually: Eventually) -> Case:
    """Return a journey that waits for its client."""
    return await waiting_for_client(busy_office, eventually)


@pytest.fixture
async def desk(busy_office: Office) -> AsyncIterator[Desk]:
    """Yield the workbench of the journey's adviser."""
    async with desk_of(busy_office) as desk:
        yield desk


@pytest.mark.rule("P12", "P15")
async def test_page_says_where_the_journey_stands(case: Case, desk: Desk) -> None:
    """Who is awaited and why, what happens next by itself and when, and every condition stand on the page."""
    page = await desk.see(page_of(case.journey))
    status, conditions = words(page, "status"), words(page, "conditions")

    assert "Eleanor: stocks and shares ISA" in page
    assert "Awaiting client" in status
    assert "Waiting on Client , since" in status
    assert "Platform terms (to open: " in status
    assert re.search(r"Reminder 1 to the client, \d+ \w+ \d{4} at \d+:00 am", status)
    assert "Platform terms Eleanor Awaited To open: " in conditions
    assert "Identity check Eleanor Met Passed Platform" in conditions


async def test_page_offers_what_can_be_done_now(case: Case, desk: Desk) -> None:
    """The buttons are the commands that make sense at this stage; who may only look has none."""
    shown = links(await desk.see(page_of(case.journey)), "status")
    async with desk_of(case.office, scope="journeys:read") as reading:
        page = await reading.see(page_of(case.journey))

    assert shown == {
        "Send a fresh invitation": page_of(case.journey, "/resend-invitation"),
        "Correct an e-mail address": page_of(case.journey, "/change-email"),
        "Amend details or account": page_of(case.journey, "/amend"),
        "Put on hold": page_of(case.journey, "/hold"),
        "Withdraw": page_of(case.journey, "/withdraw"),
    }
    assert links(page, "status") == {}
    assert "Operator’s page" not in links(page)  # noqa: RUF001 - as the page has it


@pytest.mark.rule("P11")
async def test_first_form_is_the_next_step_of_a_fresh_journey(
    busy_office: Office, desk: Desk, eventually: Eventually
) -> None:
    """Before the details are submitted the page leads to that form first, and names the client all the same."""
    account = busy_office.client()
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)
    await case.settled(eventually)
    page = await desk.see(page_of(case.journey))

    assert next(iter(links(page, "status").items())) == (
        "Update platform client",
        page_of(case.journey, "/details"),
    )
    assert "Eleanor: stocks and shares ISA" in page
    assert "Not invited yet" in words(page, "people")


@pytest.mark.rule("P12", "P50")
async def test_both_systems_are_asked(case: Case, desk: Desk) -> None:
    """The states of the records in both systems come from the systems themselves."""
    systems = words(await desk.see(page_of(case.journey)), "systems")
    (account,) = case.office.platform.accounts.values()
    account.status = "suspended"
    later = words(await desk.see(page_of(case.journey)), "systems")

    assert "Record of Eleanor Linked and tagged" in systems
    assert "Application Pending" in systems
    assert "Plan Proposed" in systems
    assert "Eleanor as a client Pending" in systems
    assert "Account Pending" in systems
    assert "Account Suspended" in later


@pytest.mark.rule("P42")
async def test_system_that_is_away_does_not_hold_up_the_page(case: Case, desk: Desk) -> None:
    """A system that cannot be asked says so, and the other one is shown."""
    case.office.plannr.fail_next("find_application", ConnectorUnavailable("plannr", "GET", "away"))
    systems = words(await desk.see(page_of(case.journey)), "systems")

    assert "Plannr could not be asked just now." in systems
    assert "Account Pending" in systems


@pytest.mark.rule("P24")
async def test_a8_each_document_shows_who_opened_it_and_its_fingerprint(case: Case, desk: Desk) -> None:
    """A document is unopened, then opened, then accepted, with the moments and the hash of its version."""
    before = words(await desk.see(page_of(case.journey)), "documents")
    async with client_of(case) as browser:
        portal = f"/portal/api/journeys/{case.journey}"
        document = (await see(browser, portal))["documents"][0]
        path = f"{portal}/documents/{document['document_id']}/open"
        opened = await browser.post(path, json={"version": document["version"]})
        half = await desk.see(page_of(case.journey))
        await do(browser, portal, "platform_terms")
        page = await desk.see(page_of(case.journey))
    part = f"document-{document['document_id']}"
    listed = (await case.office.get(f"{case.path}/documents"))["documents"]
    (sha256,) = [one["sha256"] for one in listed if one["document_id"] == document["document_id"]]

    assert opened.status_code == 200, opened.text
    assert before.count("Eleanor : not opened yet; not accepted yet") == before.count("Fingerprint") == 3
    assert re.search(r"Eleanor : opened \d+ \w+ \d{4} at [\d:]+ [ap]m; not accepted yet", words(half, part))
    assert re.search(r"Eleanor : opened .* [ap]m; accepted \d+ \w+ \d{4} at [\d:]+ [ap]m", words(page, part))
    assert f"version {document['version']}" in words(page, part)
    assert f"SHA-256 of exactly what is shown: {sha256}" in words(page, part)
    assert "Client: opened a document Platform" in words(page, "timeline")
    assert "Client: accepted the platform terms" in words(page, "timeline")
    assert "Has a login" in words(page, "people")


async def test_a8_each_email_shows_its_state_and_what_it_said(case: Case, desk: Desk) -> None:
    """An e-mail's page has the words that were sent, and the recipient's own link nowhere."""
    sent = case.office.mail.sent[-1]
    page = await desk.see(page_of(case.journey))
    address = links(page, "emails")["The account, and the invitation to the portal"]
    preview = await desk.see(address)
    content = await desk.http.get(f"{address}/content")
    (link,) = set(re.findall(rf"{PUBLIC_URL}/portal/invitations/\S+", sent.text))

    assert "Eleanor Sent" in words(page, "emails")
    assert sent.subject in words(preview)
    told, shown = (
        words(sent.html).partition(" Yours sincerely")[0],
        words(content.text).partition(" Yours sincerely")[0],
    )
    assert told.replace(link, "https://link-left-out.invalid/") == shown
    assert link not in preview + content.text
    assert "sandbox" in content.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in content.headers["content-security-policy"]


async def test_email_of_before_its_words_were_kept_says_so(office: Office) -> None:
    """Of an e-mail whose words were not kept the page shows what is known, and claims no more."""
    await report(office, "done", stage="active")
    old = NewEmail(
        message_id="<old@onward.example>",
        journey_id="done",
        event="account_created",
        template="account_created",
        recipient_role="client",
        subject="Your ISA: please review the terms",
        created_at=datetime.now(UTC),
    )
    async with office.services.database.transaction() as session:
        await EmailRepository(session).reserve(old)
    async with desk_of(office) as desk:
        said = words(await desk.see(page_of("done", "/emails/old")))
        missing = await desk.http.get(page_of("done", "/emails/old/content"))
        unknown = await desk.http.get(page_of("done", "/emails/another"))

    assert "was not kept" in said
    assert "Your ISA: please review the terms" in said
    assert (missing.status_code, unknown.status_code) == (404, 404)


@pytest.mark.rule("P41")
async def test_a10_failed_check_reads_as_plain_english_with_the_next_step(
    busy_office: Office, desk: Desk, eventually: Eventually
) -> None:
    """A bank account that is somebody else's says so, and leads to where its details are corrected."""
    account = busy_office.client()
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)
    await case.settled(eventually)
    (client,) = [record.client for record in busy_office.platform.clients.values()]
    busy_office.platform.set_check(client, "bank", CheckStatus.FAILED)
    await case.save_details()
    await case.send_application()

    async def needs_attention() -> bool:
        return bool((await busy_office.get(case.path))["needs_attention"])

    await eventually(needs_attention)
    page = await desk.see(page_of(case.journey))

    assert "The name on the bank account did not match the client's." in words(page, "attention")
    assert "as they stand on a bank statement" in words(page, "attention")
    assert links(page, "attention") == {"Correct the details": page_of(case.journey, "/amend")}
    assert "failed:" not in words(page)


@pytest.mark.rule("P48")
async def test_e4_refused_email_stands_on_the_timeline_with_the_way_to_fix_it(
    busy_office: Office, desk: Desk, eventually: Eventually
) -> None:
    """An address that is refused shows on the timeline, at the e-mail and as attention, each leading to its remedy."""
    account = busy_office.client()
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)
    await case.settled(eventually)
    busy_office.mail.fail_next(MailRefused("mail", "RCPT", "no such mailbox", code=550, enhanced_status="5.1.1"))
    await case.save_details()

    async def refused() -> bool:
        emails = (await busy_office.get(f"{case.path}/emails"))["emails"]
        return [email["state"] for email in emails][:1] == [EmailState.REFUSED.value]

    await eventually(refused)
    await case.send_application()
    page = await desk.see(page_of(case.journey))
    fix = page_of(case.journey, "/change-email")

    assert "Onward: an e-mail was refused The e-mail about: setting the client up" in words(page, "timeline")
    assert links(page, "timeline") == {"Fix e-mail address": fix}
    assert links(page, "emails")["Fix e-mail address"] == fix
    assert links(page, "attention")["Fix e-mail address"] == fix
    assert "Refused" in words(page, "emails")


@pytest.mark.rule("P16")
async def test_journey_that_is_over_says_what_is_next(office: Office) -> None:
    """Once active, transfers and payments are keyed in the platform, and nothing can be commanded any more."""
    await report(office, "done", stage="active", waiting_on="nobody", waiting_for="nothing", next_action="none")
    async with desk_of(office) as desk:
        page = await desk.see(page_of("done"))

    assert "Your next step: key transfers and expected payments directly in the platform" in words(page, "status")
    assert links(page, "status") == {"in the platform": "https://platform.example.com"}
    assert "data-events" not in page


async def test_evidence_pack_is_downloaded_from_the_page(case: Case, desk: Desk) -> None:
    """The link of the page leads to the sealed pack, as the API gives it, and the audit notes who took it."""
    async with client_of(case) as browser:
        await do(browser, f"/portal/api/journeys/{case.journey}", "platform_terms")
    page = await desk.see(page_of(case.journey))
    answer = await desk.http.get(links(page)["Download the evidence pack"])

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert is_zipfile(BytesIO(answer.content))
    assert "evidence" in (await case.office.audit(case.journey))[-1].action


PARTS = ["", "/events", "/evidence", "/emails/old", "/emails/old/content"]


@pytest.mark.parametrize("part", PARTS)
async def test_a12_journey_of_another_firm_does_not_exist(office: Office, part: str) -> None:
    """Page, stream, export and e-mails of another firm's journey are 404, as if there were none."""
    await report(office, "harbours", stage="active")
    async with desk_of(office, STRANGER) as strangers:
        answer = await strangers.http.get(page_of("harbours", part))
        never = await strangers.http.get(page_of("never-was", part))

    assert (answer.status_code, never.status_code) == (404, 404)
    assert "CASE-harbours" not in answer.text


@pytest.mark.parametrize("part", PARTS)
async def test_nobody_sees_anything_without_signing_in(office: Office, part: str) -> None:
    """Without a session every part leads to the sign-in page."""
    await report(office, "done", stage="active")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(office.app), base_url=PUBLIC_URL) as nobody:
        answer = await nobody.get(page_of("done", part))

    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/workbench/sign-in")
