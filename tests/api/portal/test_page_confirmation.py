"""The confirmation and its receipt: what was agreed, what happens next and when, and whom to ask (C13)."""

from datetime import timedelta
from typing import Any

import pytest

from domain.journey import CheckStatus, GateKind, PartyRole, Stage, Wrapper
from models.people import DirectDebit
from tests.api.portal.conftest import NOW, PERSON, STRANGER, Portal
from tests.api.portal.scenes import KEY_FACTS, TERMS, gate, party, show
from tests.api.portal.terms_pages import TermsPage, at, look, pdf_text, ready_to_finish, send


async def _finish(portal: Portal) -> None:
    form = TermsPage(await portal.http.get(await ready_to_finish(portal))).form("Accept and finish").fields
    answer = await send(portal, "check", **form)
    assert answer.headers["location"] == at(portal, "confirmation"), answer.text


async def test_c13_the_confirmation_says_what_was_agreed_and_what_happens_next(portal: Portal) -> None:
    """Reference, documents with their times, the last day to change one's mind, and whom to ask."""
    await portal.sign_in()
    await _finish(portal)
    page = await look(portal, "confirmation")

    assert page.heading == "Your part is done"
    assert "Your reference ref-1" in page.words
    for title in ("Platform terms of business", "Key facts, charges and privacy notice", "terms and key features"):
        assert f"{title} Version 1, opened on 23 November 2026 at 9:30 am" in page.words
    assert page.words.count("Accepted on 23 November 2026 at 9:30 am.") == 2
    assert "You can cancel until at least 7 December 2026." in page.words
    assert "Your adviser at Harbour Wealth" in page.words
    assert page.links["Download your receipt as a PDF"] == at(portal, "confirmation/receipt.pdf")


async def test_c13_the_confirmation_is_there_on_later_visits(portal: Portal) -> None:
    """Weeks later, with the account open, it says so; the time to change one's mind is over."""
    await portal.sign_in()
    await _finish(portal)
    portal.now = NOW + timedelta(days=30)
    await show(portal, await portal.progress(stage=Stage.ACTIVE), stage_since=NOW + timedelta(days=2))
    await portal.sign_in()
    page = await look(portal, "confirmation")

    assert page.heading == "Your account is open"
    assert "It opened on 25 November 2026." in page.words
    assert "change your mind" not in page.words
    assert "Platform terms of business" in page.words


@pytest.mark.rule("P26")
async def test_the_confirmation_waits_until_there_is_something_to_confirm(portal: Portal) -> None:
    """Before the acceptance the way leads to what is left to do, for the receipt as well."""
    await portal.sign_in()
    await ready_to_finish(portal)
    answers = [
        await portal.http.get(at(portal, page))
        for page in ("confirmation", "confirmation/receipt", "confirmation/receipt.pdf")
    ]

    assert {answer.headers["location"] for answer in answers} == {at(portal, "product-terms")}


async def test_c13_the_receipt_holds_every_word_and_fingerprint(portal: Portal) -> None:
    """As a page and as a PDF: each sentence, document, version, time and hash, and the record it can be checked by."""
    await portal.sign_in()
    await _finish(portal)
    web = await portal.http.get(at(portal, "confirmation/receipt"))
    pdf = await portal.http.get(at(portal, "confirmation/receipt.pdf"))
    again = await portal.http.get(at(portal, "confirmation/receipt.pdf"))
    rows = [row for row in await portal.evidence() if row.kind.value.endswith("terms_accepted")]
    words = TermsPage(web).words
    printed = pdf_text(pdf.content)

    assert web.headers["content-disposition"] == 'attachment; filename="receipt-ref-1.html"'
    assert pdf.headers["content-disposition"] == 'attachment; filename="receipt-ref-1.pdf"'
    assert len(rows) == 2
    for row in rows:
        assert all(sentence in words for sentence in str(row.statement).splitlines())
        assert all(str(document["sha256"]) in words for document in row.documents)
        assert row.record_hash in words
        assert row.record_hash in printed
    assert "I have checked my personal details and they are right." in words
    assert "Accepted on 23 November 2026 at 9:30 am" in printed
    assert pdf.content == again.content
    assert not {"marsh", "ab123456c", "55779911"} & set(words.lower().split())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"gates": [gate(GateKind.IDENTITY_CHECK)]},
            "Your identity is checked. The platform does this by itself.",
        ),
        (
            {
                "gates": [gate(GateKind.IDENTITY_CHECK)],
                "holders": [party(PERSON, identity_check=CheckStatus.REFERRED)],
            },
            "Your identity needs another look. The platform could not confirm it",
        ),
        ({"gates": [gate(GateKind.BANK_VERIFICATION)]}, "Your bank account is checked."),
        (
            {
                "gates": [gate(GateKind.PRODUCT_TERMS, person=STRANGER)],
                "holders": [party(PERSON), party(STRANGER)],
            },
            "The other holder does their part.",
        ),
        (
            {
                "gates": [gate(GateKind.IDENTITY_CHECK, person=STRANGER)],
                "holders": [party(PERSON, PartyRole.REGISTERED_CONTACT), party(STRANGER, PartyRole.CHILD)],
            },
            "The child's identity is checked.",
        ),
        ({}, "Your account is being opened."),
    ],
)
async def test_c13_what_is_still_awaited_is_named(portal: Portal, changes: dict[str, Any], expected: str) -> None:
    """Each open gate is said in the client's words; with none left the account is being opened."""
    await portal.sign_in()
    await _finish(portal)
    await show(portal, await portal.progress(), **changes)
    page = await look(portal, "confirmation")

    assert expected in page.words


@pytest.mark.rule("P32")
async def test_c13_a_pension_says_when_its_statement_comes_and_how_long_it_can_be_corrected(portal: Portal) -> None:
    """Before it opens that there will be one; afterwards until when corrections are taken."""
    await portal.show(await portal.progress(wrapper=Wrapper.SIPP))
    await portal.sign_in()
    await portal.http.post(f"{portal.path}/details", json={})
    documents = ("sipp-terms", "sipp-key-features")
    for document in (TERMS, KEY_FACTS, *documents):
        await send(portal, f"documents/{document}/open", version="1")
    await send(portal, "platform-terms", document=f"{TERMS}:1,{KEY_FACTS}:1", accepted="yes")
    ticked = {"document": ",".join(f"{one}:1" for one in documents), "accepted": "yes", "declaration_accepted": "yes"}
    await send(portal, "check", kind="product_terms", **ticked)
    waiting = await look(portal, "confirmation")
    await portal.show(await portal.progress(wrapper=Wrapper.SIPP, stage=Stage.ACTIVE))
    opened = await look(portal, "confirmation")
    terms = await look(portal, "product-terms")

    assert "When your pension opens you get a statement" in waiting.words
    assert "You can cancel until at least 23 December 2026." in waiting.words
    assert "You can ask for corrections until 23 December 2026." in opened.words
    assert terms.links["See the statement of your pension"] == at(portal, "statement")


@pytest.mark.rule("P47")
async def test_c14_a_mandate_that_failed_is_pointed_to(portal: Portal) -> None:
    """The confirmation of an open account leads to the one thing that is to be done again."""
    await portal.sign_in()
    await _finish(portal)
    before = await look(portal, "confirmation")
    progress = await portal.progress(stage=Stage.ACTIVE, direct_debit=DirectDebit(amount_pence=250_00))
    await show(portal, progress, mandate_failed=True)
    after = await look(portal, "confirmation")

    assert "one more thing for you to do" not in before.words
    assert "There is one more thing for you to do on this account." in after.words
    assert after.links["Go to it"] == at(portal, "direct-debit")
