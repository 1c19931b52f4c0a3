"""The pages of the terms: the box, what is in its way, and what a direct request gets (P24, P25, P28, P49)."""

from itertools import combinations

import pytest

from domain.declarations import declaration
from domain.journey import DocumentKind, GateKind, Stage, Wrapper
from domain.key_risks import key_risks
from domain.rules import load_rules
from models.tables import EvidenceKind
from tests.api.portal.conftest import NOW, Portal
from tests.api.portal.scenes import ISA, KEY_FACTS, TERMS, another, gate, show
from tests.api.portal.terms_pages import (
    PLATFORM,
    PRODUCT,
    TermsPage,
    accept_platform,
    at,
    confirm_details,
    look,
    open_on_page,
    send,
)

TITLES = {TERMS: "Platform terms of business", KEY_FACTS: "Key facts, charges and privacy notice"}
SUBSETS = [set(chosen) for size in range(3) for chosen in combinations(TITLES, size)]


async def _kinds(portal: Portal) -> list[EvidenceKind]:
    return [row.kind for row in await portal.evidence()]


@pytest.mark.rule("P24")
@pytest.mark.parametrize("opened", SUBSETS, ids=lambda chosen: "+".join(sorted(chosen)) or "none")
async def test_c8_the_box_is_disabled_until_every_document_is_opened(portal: Portal, opened: set[str]) -> None:
    """Whatever was opened so far: the box is open exactly when nothing is missing, and ordinary text says what is."""
    await portal.sign_in()
    for document in opened:
        await open_on_page(portal, document)
    page = await look(portal, "platform-terms")
    missing = [title for document, title in TITLES.items() if document not in opened]

    assert page.missing == str(len(missing))
    assert page.boxes == dict.fromkeys(("accepted", "accept-button"), "disabled" if missing else "open")
    if missing:
        noun = "documents" if len(missing) > 1 else "document"
        assert f"Open {len(missing)} more {noun} to continue: {', '.join(missing)}." in page.words
        assert "still-to-open" in page.ids
    else:
        assert "You have opened every document. You can tick the box now." in page.words


@pytest.mark.rule("P24")
@pytest.mark.parametrize("opened", SUBSETS[:-1], ids=lambda chosen: "+".join(sorted(chosen)) or "none")
async def test_c8_a_direct_post_is_refused_on_the_same_page_and_names_what_is_missing(
    portal: Portal, opened: set[str]
) -> None:
    """409 `documents-not-opened` on the page of the terms; no acceptance is recorded and the journey hears of none."""
    await portal.sign_in()
    for document in opened:
        await open_on_page(portal, document)
    answer = await send(portal, "platform-terms", **PLATFORM)
    page = TermsPage(answer)

    assert (answer.status_code, page.refused) == (409, "documents-not-opened")
    assert page.heading == "Platform terms"
    assert all(title in page.words for document, title in TITLES.items() if document not in opened)
    assert "Nothing has been accepted yet." in page.words
    assert page.boxes["accepted"] == "disabled"
    assert await _kinds(portal) == [EvidenceKind.DOCUMENT_OPENED] * len(opened)
    assert {one.signal for one in await portal.heard()} <= {"document_opened"}


@pytest.mark.rule("P24", "P26")
async def test_accepting_leads_to_the_next_task(portal: Portal) -> None:
    """With everything opened the tick is recorded word for word, and the next open task follows at once."""
    await portal.sign_in()
    await confirm_details(portal)
    for document in TITLES:
        await open_on_page(portal, document)
    page = await look(portal, "platform-terms")
    answer = await send(portal, "platform-terms", **page.form("Accept and continue").fields, accepted="yes")
    row = (await portal.evidence())[-1]
    again = await send(portal, "platform-terms", **PLATFORM)
    later = await look(portal, "platform-terms")

    assert (answer.status_code, answer.headers["location"]) == (303, at(portal, "product-terms"))
    assert row.kind is EvidenceKind.PLATFORM_TERMS_ACCEPTED
    assert str(row.statement) in page.words
    assert again.status_code == 303
    assert (await _kinds(portal)).count(EvidenceKind.PLATFORM_TERMS_ACCEPTED) == 1
    assert "You have accepted these terms" in later.words
    assert later.boxes == {}


async def test_c9_nothing_is_ticked_hurried_or_hidden(portal: Portal) -> None:
    """No box comes ticked; asking the adviser and declining stand there as buttons, whether or not the box is open."""
    await portal.sign_in()
    closed = await look(portal, "product-terms")
    await open_on_page(portal, ISA)
    ready = await look(portal, "product-terms")

    for page in (closed, ready):
        assert "ticked" not in page.boxes.values()
        assert page.form("Ask my adviser").action == at(portal, "help")
        assert page.links["Decline this account"] == at(portal, "decline")


@pytest.mark.rule("P25")
@pytest.mark.parametrize("wrapper", Wrapper)
async def test_c11_key_risks_come_first_then_the_declaration_then_the_box(portal: Portal, wrapper: Wrapper) -> None:
    """Each wrapper's own risks stand before its documents, and its declaration, if it has one, before the box."""
    await portal.show(await portal.progress(wrapper=wrapper))
    await portal.sign_in()
    page = await look(portal, "product-terms")
    risks = key_risks(wrapper, NOW.date(), load_rules())
    declared = declaration(wrapper, NOW.date())
    places = [page.words.index(words) for words in (risks[0].title, "The full terms", "Not opened", "to continue:")]

    assert all(risk.meaning in page.words for risk in risks)
    assert places == sorted(places)
    assert ("declaration_accepted" in page.boxes) == (declared is not None)
    assert all(sentence in page.words for sentence in (declared.statements if declared else ()))
    assert set(page.boxes.values()) == {"disabled"}


@pytest.mark.rule("P25")
@pytest.mark.parametrize("left_out", ["accepted", "declaration_accepted"])
async def test_each_box_is_asked_for_where_it_stands(portal: Portal, left_out: str) -> None:
    """422 with a sentence beside the box that was left out; the other one stays ticked."""
    await portal.sign_in()
    await open_on_page(portal, ISA)
    answer = await send(portal, "product-terms", **{name: text for name, text in PRODUCT.items() if name != left_out})
    page = TermsPage(answer)
    (other,) = {"accepted", "declaration_accepted"} - {left_out}

    assert answer.status_code == 422
    assert f"{left_out}-error" in page.ids
    assert f"{other}-error" not in page.ids
    assert (page.boxes[left_out], page.boxes[other]) == ("open", "ticked")
    assert EvidenceKind.PRODUCT_TERMS_ACCEPTED not in await _kinds(portal)


async def _reissued(portal: Portal) -> TermsPage:
    await portal.sign_in()
    for document in TITLES:
        await open_on_page(portal, document)
    portal.platform.library.publish(KEY_FACTS)
    await portal.show(await portal.progress())
    return await look(portal, "platform-terms")


@pytest.mark.rule("P28")
async def test_c10_a_reissued_document_resets_only_itself_and_says_so(portal: Portal) -> None:
    """The changed document is to be opened again and says why; the other one stays opened."""
    page = await _reissued(portal)

    assert page.missing == "1"
    assert "This document has changed since you opened version 1. Please open the new version." in page.words
    assert f"Open 1 more document to continue: {TITLES[KEY_FACTS]} (changed since you opened it)." in page.words
    assert page.words.count("Opened on 23 November 2026 at 9:30 am") == 1
    assert page.words.count("Changed, not opened") == 1
    assert page.boxes["accepted"] == "disabled"


@pytest.mark.rule("P28")
async def test_c10_a_page_loaded_before_the_change_is_told_on_the_page(portal: Portal) -> None:
    """409 `document-superseded` naming the document and its version; opening that one is all that is left."""
    await _reissued(portal)
    stale = await send(portal, "platform-terms", **PLATFORM)
    page = TermsPage(stale)
    await open_on_page(portal, KEY_FACTS, version=2)
    fresh = await look(portal, "platform-terms")
    answer = await send(portal, "platform-terms", **fresh.form("Accept and continue").fields, accepted="yes")

    assert (stale.status_code, page.refused) == (409, "document-superseded")
    assert f"{TITLES[KEY_FACTS]} has changed since you saw this page. Open version 2, then accept." in page.words
    assert "What else you opened still counts." in page.words
    assert answer.status_code == 303
    assert (await portal.evidence())[-1].documents[0]["version"] == 2


@pytest.mark.rule("P25")
async def test_a_declaration_of_another_year_is_shown_anew(portal: Portal) -> None:
    """What was shown is not what would be declared today: nothing is recorded, and the page has today's sentences."""
    await portal.sign_in()
    await open_on_page(portal, ISA)
    answer = await send(portal, "product-terms", **{**PRODUCT, "declaration_version": "isa-1-2025-26"})
    page = TermsPage(answer)

    assert (answer.status_code, page.refused) == (409, "document-superseded")
    assert page.form("Accept and continue").fields["declaration_version"] == "isa-1-2026-27"
    assert EvidenceKind.PRODUCT_TERMS_ACCEPTED not in await _kinds(portal)


@pytest.mark.parametrize("sent", ["", "nonsense", f"{TERMS}:1", f"{TERMS}:1,{KEY_FACTS}:9{'9' * 5000}", f"{ISA}:1"])
async def test_an_acceptance_of_other_documents_is_refused_on_the_page(portal: Portal, sent: str) -> None:
    """Whatever a form names instead of the documents in force, nothing is accepted and the page is shown again."""
    await portal.sign_in()
    for document in TITLES:
        await open_on_page(portal, document)
    answer = await send(portal, "platform-terms", document=sent, accepted="yes")

    assert answer.status_code in {404, 409, 422}
    assert TermsPage(answer).heading == "Platform terms"
    assert EvidenceKind.PLATFORM_TERMS_ACCEPTED not in await _kinds(portal)


@pytest.mark.rule("P49")
async def test_what_was_opened_and_accepted_for_one_account_counts_for_the_other(portal: Portal) -> None:
    """The second account's page shows the openings of the first at once, and its acceptance after that."""
    gia = await portal.progress(wrapper=Wrapper.GIA, journey_id=f"{portal.journey_id}-gia")
    other = f"/portal/journeys/{portal.journey_id}-gia/platform-terms"
    async with another(portal, gia):
        await portal.sign_in()
        await open_on_page(portal, TERMS)
        between = TermsPage(await portal.http.get(other))
        await accept_platform(portal)
        after = TermsPage(await portal.http.get(other))

    assert between.missing == "1"
    assert "Opened on 23 November 2026 at 9:30 am" in between.words
    assert "You have accepted these terms" in after.words


async def test_terms_accepted_on_an_earlier_account_ask_for_nothing(portal: Portal) -> None:
    """The page can be read, and has no box."""
    progress = await portal.progress(accepted_before=True)
    await show(portal, progress, gates=[gate(GateKind(DocumentKind.PLATFORM_TERMS), NOW)])
    await portal.sign_in()
    page = await look(portal, "platform-terms")

    assert "You did so for an earlier account" in page.words
    assert page.boxes == {}


async def test_an_open_account_shows_its_terms_without_a_box(portal: Portal) -> None:
    """Nothing can be accepted any more; everything can be read."""
    await portal.show(await portal.progress(stage=Stage.ACTIVE))
    await portal.sign_in()
    page = await look(portal, "product-terms")

    assert page.boxes == {}
    assert "Stocks and shares ISA: terms and key features" in page.words
