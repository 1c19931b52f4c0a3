"""The hub: who invited the client, why, how long it takes, what to have ready, and every task of every account."""

import html
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest

from domain.journey import BankDetailsPolicy, DocumentKind, PartyRole, Stage, Wrapper
from models.messages import Progress
from models.people import DirectDebit
from models.tables import EvidenceKind
from storage.evidence import EvidenceRepository, NewEvidence
from tests.api.portal.conftest import NOW, PERSON, STRANGER, Portal
from tests.api.portal.scenes import TERMS, accept, another, noted, open_gates, party, show

MANDATE = DirectDebit(amount_pence=25_000, frequency="monthly", collection_day=7)


@dataclass(frozen=True)
class Line:
    """A line of a task list as a reader sees it."""

    title: str
    state: str
    hint: str
    href: str


def _words(fragment: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", fragment))).strip()


def _lines(page: str) -> list[Line]:
    lines = []
    for item in re.findall(r'<li class="govuk-task-list__item.*?</li>', page, re.DOTALL):
        link = re.search(r'href="([^"]+)"', item)
        hint = re.search(r'<div id="[^"]*-hint"[^>]*>(.*?)</div>', item, re.DOTALL)
        title = re.search(r"<(?:a|div)[^>]*>([^<]*)</(?:a|div)>", item)
        status = re.search(r'__status" id="[^"]*">(.*?)</div>', item, re.DOTALL)
        assert title is not None
        assert status is not None
        lines.append(
            Line(_words(title[1]), _words(status[1]), _words(hint[1]) if hint else "", link[1] if link else "")
        )
    return lines


async def _hub(portal: Portal) -> str:
    answer = await portal.http.get("/portal")
    assert answer.status_code == 200, answer.text
    return answer.text


def _page(portal: Portal, name: str) -> str:
    return f"/portal/journeys/{portal.journey_id}/{name}"


@pytest.mark.rule("P26")
async def test_c4_the_hub_says_who_why_and_what_to_do(portal: Portal) -> None:
    """The firm, the account, the first step, and every task with its state and its link."""
    await portal.sign_in()
    page = await _hub(portal)
    lines = _lines(page)

    assert "Welcome, Eleanor" in page
    assert "Harbour Wealth has invited you to open a stocks and shares ISA." in page
    assert [(line.title, line.state, line.href) for line in lines] == [
        ("Choose your password", "Completed", ""),
        ("Check your details", "Not started", _page(portal, "details")),
        ("Read and accept the platform terms", "Not started", _page(portal, "platform-terms")),
        ("Read and accept the terms of your stocks and shares ISA", "Not started", _page(portal, "product-terms")),
    ]
    assert f'href="{_page(portal, "details")}" role="button"' in page
    assert "1 of 4 tasks done" in page
    assert page.count("<h1") == 1


@pytest.mark.rule("P23", "P26")
async def test_c4_what_cannot_start_yet_says_why(portal: Portal) -> None:
    """No link and the reason beside it; once the bank details are there the link is too."""
    await portal.sign_in()
    policy = BankDetailsPolicy.CLIENT_OR_ADVISER
    await portal.show(await portal.progress(policy=policy, bank_details_given=False, direct_debit=MANDATE))
    blocked = next(line for line in _lines(await _hub(portal)) if line.title == "Set up your direct debit")
    await portal.show(await portal.progress(policy=policy, bank_details_given=True, direct_debit=MANDATE))
    free = next(line for line in _lines(await _hub(portal)) if line.title == "Set up your direct debit")

    assert blocked == Line("Set up your direct debit", "Cannot start yet", "Bank details have to be given first.", "")
    assert (free.state, free.href) == ("Not started", _page(portal, "direct-debit"))


async def test_c4_what_to_have_ready_is_what_the_open_tasks_need(portal: Portal) -> None:
    """Bank details only where a task asks for them; what is done is not asked for any more."""
    await portal.sign_in()
    plain = await _hub(portal)
    await portal.show(await portal.progress(direct_debit=MANDATE))
    with_mandate = await _hub(portal)
    await portal.http.post(f"{portal.path}/details", json={})
    checked = await _hub(portal)

    assert "National Insurance number" in plain
    assert "sort code" not in plain
    assert "time to read 3 documents" in plain
    assert "the sort code and account number" in with_mandate
    assert "National Insurance number" not in checked


async def _past(portal: Portal, journey_id: str, minutes: int, **changes: object) -> None:
    past = await portal.progress(stage=Stage.ACTIVE, person=STRANGER, journey_id=journey_id)
    await portal.project(past.model_copy(update=changes))
    async with portal.services.database.transaction() as database:
        evidence = EvidenceRepository(database)
        for kind, after in ((EvidenceKind.DETAILS_CONFIRMED, 0), (EvidenceKind.PRODUCT_TERMS_ACCEPTED, minutes)):
            at = NOW - timedelta(days=9) + timedelta(minutes=after)
            await evidence.append(NewEvidence(journey_id=journey_id, person_id=STRANGER, kind=kind, occurred_at=at))


async def test_c4_how_long_comes_from_what_past_clients_of_the_firm_took(portal: Portal) -> None:
    """The median of finished journeys of this firm; with fewer than five the page says that it does not know."""
    await portal.sign_in()
    for number, minutes in enumerate((6, 8, 11, 28)):
        await _past(portal, f"{portal.journey_id}-past-{number}", minutes)
    await _past(portal, f"{portal.journey_id}-other-firm", 1, firm="another firm")
    await _past(portal, f"{portal.journey_id}-not-finished", 1, stage=Stage.WITHDRAWN)
    unknown = await _hub(portal)
    await _past(portal, f"{portal.journey_id}-past-5", 9)
    known = await _hub(portal)

    assert "Too few clients of Harbour Wealth have been through this" in unknown
    assert "About 9 minutes for each account" in known


@pytest.mark.rule("P26")
async def test_c5_the_hub_and_the_landing_follow_what_was_done(portal: Portal) -> None:
    """A new client starts at the hub; one who comes back lands on the next open task."""
    await portal.sign_in()
    first = (await portal.http.get("/portal/next")).headers["Location"]
    await portal.http.post(f"{portal.path}/details", json={})
    page = await _hub(portal)
    then = (await portal.http.get("/portal/next")).headers["Location"]

    assert first == "/portal"
    assert then == _page(portal, "platform-terms")
    assert "2 of 4 tasks done" in page
    assert next(line for line in _lines(page) if line.title == "Check your details").state == "Completed"


@pytest.mark.rule("P26")
async def test_everything_done_leads_to_the_hub_that_says_so(portal: Portal) -> None:
    """No next step; what happens now, and the way to what was agreed."""
    await portal.sign_in()
    await portal.http.post(f"{portal.path}/details", json={})
    for kind in DocumentKind:
        assert (await accept(portal, kind)).status_code == 200
    page = await _hub(portal)

    assert (await portal.http.get("/portal/next")).headers["Location"] == "/portal"
    assert 'id="continue"' not in page
    assert "Everything needed from you is here." in page
    assert {line.state for line in _lines(page)} == {"Completed"}
    assert _page(portal, "confirmation") in page


@pytest.mark.rule("P27")
async def test_c9_asking_and_declining_are_on_the_hub(portal: Portal) -> None:
    """Both are buttons of their own, beside the tasks, as long as they can be used."""
    await portal.sign_in()
    page = await _hub(portal)
    await portal.show(await portal.progress(stage=Stage.WITHDRAWN))
    ended = await _hub(portal)

    for name in ("help", "decline"):
        assert re.search(rf'class="govuk-button govuk-button--secondary"[^>]*href="{_page(portal, name)}"', page)
        assert _page(portal, name) not in ended
    assert "This application was withdrawn." in ended


@pytest.mark.rule("P47")
async def test_c14_a_failed_mandate_is_at_the_top_with_its_reason(portal: Portal) -> None:
    """The account is open; the banner comes before everything else and leads to a fresh mandate."""
    await portal.sign_in()
    progress = await portal.progress(direct_debit=MANDATE)
    await portal.show(progress)
    shown = (await portal.http.get(f"{portal.path}/direct-debit-mandate")).json()
    body = {"sole_signatory": True, "guarantee_version": shown["guarantee"]["version"]}
    assert (await portal.http.post(f"{portal.path}/direct-debit-mandate", json=body)).status_code == 200
    failed = await portal.progress(stage=Stage.ACTIVE, direct_debit=MANDATE)
    later = NOW + timedelta(days=40)
    gates = open_gates(platform_terms=NOW, product_terms=NOW)
    await show(portal, failed, mandate_failed=True, gates=gates, timeline=noted(later))
    portal.now = later + timedelta(hours=1)
    await portal.sign_in()
    page = await _hub(portal)
    top = page[page.index('id="news"') : page.index("<h1")]

    assert _page(portal, "direct-debit") in top
    assert "Your direct debit failed or was cancelled at your bank" in top
    assert "Please set the direct debit up again." in top
    assert "Your account is open." in page
    assert (await portal.http.get("/portal/next")).headers["Location"] == "/portal"


@pytest.mark.rule("P28")
async def test_c14_terms_that_changed_are_at_the_top_with_their_reason(portal: Portal) -> None:
    """Accepted, then published again: the task is back, in front, and says which document changed."""
    await portal.sign_in()
    assert (await accept(portal, DocumentKind.PLATFORM_TERMS)).status_code == 200
    assert 'id="news"' not in await _hub(portal)
    later = NOW + timedelta(days=3)
    again = await portal.progress()
    documents = [
        document.model_copy(update={"version": 2, "sha256": "0" * 64}) if document.document_id == TERMS else document
        for document in again.documents
    ]
    await show(portal, again, documents=documents, gates=open_gates(), timeline=noted(later))
    page = await _hub(portal)
    top = page[page.index('id="news"') : page.index("<h1")]

    assert "What you accepted has changed since, so please accept it once more." in top
    assert "(changed since you opened it)" in top
    assert _page(portal, "platform-terms") in top


@pytest.mark.rule("P49")
async def test_several_accounts_in_one_visit_with_the_platform_terms_once(portal: Portal) -> None:
    """Both accounts are named, each has its own tasks, and what is shared stands once and counts once."""
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=f"{portal.journey_id}-gia")
    async with another(portal, gia):
        await portal.sign_in()
        page = await _hub(portal)
        titles = [line.title for line in _lines(page)]

        assert "Once, for all your accounts" in page
        assert titles.count("Read and accept the platform terms") == 1
        assert titles.count("Choose your password") == 1
        assert titles.count("Check your details") == 2
        assert "Read and accept the terms of your general investment account" in titles
        assert "1 of 6 tasks done" in page
        assert "general investment account and a stocks and shares ISA" in page or (
            "stocks and shares ISA and a general investment account" in page
        )

        await accept(portal, DocumentKind.PLATFORM_TERMS)
        (terms,) = (line for line in _lines(await _hub(portal)) if line.title == "Read and accept the platform terms")
        assert terms.state == "Completed"


async def _alone(portal: Portal, **changes: object) -> str:
    progress: Progress = await portal.progress()
    await show(portal, progress, **changes)
    return await _hub(portal)


@pytest.mark.rule("P30", "P31")
async def test_the_hub_says_for_whom_one_acts(portal: Portal) -> None:
    """A joint holder sees their own part; the contact of a child acts for the child."""
    await portal.sign_in()
    joint = await _alone(portal, wrapper=Wrapper.GIA, holders=[party(PERSON), party(STRANGER)])
    contact = await _alone(
        portal,
        wrapper=Wrapper.JISA,
        holders=[party("a child", PartyRole.CHILD), party(PERSON, PartyRole.REGISTERED_CONTACT)],
    )

    assert "This is a joint account." in joint
    assert "for a child, as their registered contact" in contact
    assert "National Insurance number" not in contact


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage.APPLICATION_DRAFT, "Your adviser is still preparing your account."),
        (Stage.ACTIVATING, "Your account is being opened."),
        (Stage.ACTIVE, "Your account is open."),
        (Stage.DECLINED, "This application was declined."),
        (Stage.EXPIRED, "This application has run out of time."),
    ],
)
async def test_every_stage_says_what_happens_now(portal: Portal, stage: Stage, words: str) -> None:
    """There is always a sentence, and no task that cannot be done is linked."""
    await portal.sign_in()
    gates = open_gates(platform_terms=NOW, product_terms=NOW, direct_debit_mandate=NOW)
    page = await _alone(portal, stage=stage, gates=gates)

    assert words in page
    assert 'id="continue"' not in page
    assert [line.href for line in _lines(page) if line.href] == []
    assert (_page(portal, "confirmation") in page) is (stage in {Stage.ACTIVE, Stage.ACTIVATING})


@pytest.mark.rule("P32")
async def test_an_open_pension_links_its_statement(portal: Portal) -> None:
    """A pension has a statement, an ISA has none."""
    await portal.sign_in()
    gates = open_gates(platform_terms=NOW, product_terms=NOW)
    pension = await _alone(portal, stage=Stage.ACTIVE, wrapper=Wrapper.SIPP, gates=gates)
    isa = await _alone(portal, stage=Stage.ACTIVE, wrapper=Wrapper.ISA, gates=gates)

    assert _page(portal, "statement") in pension
    assert _page(portal, "statement") not in isa


async def test_someone_without_an_account_is_told_so(portal: Portal) -> None:
    """A person whose journey is not theirs any more sees a calm page, and nobody else's account."""
    await portal.sign_in(STRANGER)
    page = await _hub(portal)

    assert "There is nothing for you to do here at the moment." in page
    assert portal.journey_id not in page


async def test_the_hub_needs_a_session_and_keeps_its_address_short(portal: Portal) -> None:
    """Signed out, the hub leads to signing in; nothing about the person is in any address."""
    answer = await portal.http.get("/portal")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/sign-in")
