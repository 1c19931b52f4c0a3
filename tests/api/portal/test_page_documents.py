"""The pages of one document: opening it by a click, reading it framed, keeping it as a PDF (P24, P28)."""

import hashlib

import pytest

from connectors.errors import ConnectorUnavailable
from domain.journey import Stage
from models.tables import EvidenceKind
from tests.api.portal.conftest import Portal
from tests.api.portal.scenes import ISA, KEY_FACTS, TERMS
from tests.api.portal.terms_pages import TermsPage, at, look, open_on_page, pdf_text, send

GIA = "gia-terms-and-key-features"


def _content(portal: Portal, document_id: str, version: int = 1) -> str:
    return at(portal, f"documents/{document_id}/content?version={version}")


@pytest.mark.rule("P24")
async def test_c7_opening_is_a_click_recorded_with_version_hash_and_time(portal: Portal) -> None:
    """The form's POST records exactly the bytes that the document's page then frames; it survives a log-out."""
    await portal.sign_in()
    answer = await open_on_page(portal, TERMS)
    page = TermsPage(await portal.http.get(answer.headers["location"]))
    served = await portal.http.get(_content(portal, TERMS))
    (row,) = await portal.evidence()
    await portal.sign_in()
    later = await look(portal, "platform-terms")

    assert (answer.status_code, answer.headers["location"]) == (303, at(portal, f"documents/{TERMS}?version=1"))
    assert page.heading == "Platform terms of business"
    assert (row.kind, row.document_id, row.version) == (EvidenceKind.DOCUMENT_OPENED, TERMS, 1)
    assert hashlib.sha256(served.content).hexdigest() == row.sha256
    assert "Opened on 23 November 2026 at 9:30 am" in later.words


@pytest.mark.rule("P24")
async def test_c7_looking_never_counts_as_opening(portal: Portal) -> None:
    """A GET of the page, the frame or the PDF of an unopened document shows nothing of it and records nothing."""
    await portal.sign_in()
    page = await portal.http.get(at(portal, f"documents/{TERMS}"))
    frame = await portal.http.get(_content(portal, TERMS))
    pdf = await portal.http.get(at(portal, f"documents/{TERMS}/pdf?version=1"))

    assert (page.status_code, page.headers["location"]) == (303, at(portal, f"platform-terms#document-{TERMS}"))
    assert (pdf.status_code, pdf.headers["location"]) == (303, at(portal, f"platform-terms#document-{TERMS}"))
    assert frame.status_code == 404
    assert await portal.evidence() == []


async def test_c7_each_document_says_what_it_is_how_long_and_in_which_forms(portal: Portal) -> None:
    """Type, title, forms, version, reading time, size and status stand in the list."""
    await portal.sign_in()
    page = await look(portal, "platform-terms")

    assert page.words.count("Platform document") == 2
    assert page.words.count("Web page or PDF · , version 1 · , About 1 minute to read · , 1 KB Not opened") == 2
    assert page.words.count("Download PDF") == 2


async def test_the_list_stands_while_the_platform_is_away(portal: Portal) -> None:
    """Only the reading time is missing then; and it is there the next time."""
    await portal.sign_in()
    portal.platform.fail_next("document_content", ConnectorUnavailable("platform", "GET /documents", "down"))
    away = await look(portal, "product-terms")
    back = await look(portal, "product-terms")

    assert "Reading time not known at the moment" in away.words
    assert "About 1 minute to read" in back.words


async def test_the_frame_can_be_measured_and_does_nothing_else(portal: Portal) -> None:
    """Framed by the portal alone: no script, no form, nothing loaded, no way out of its frame."""
    await portal.sign_in()
    await open_on_page(portal, TERMS)
    served = await portal.http.get(_content(portal, TERMS))
    page = await portal.http.get(at(portal, f"documents/{TERMS}"))
    policy = served.headers["content-security-policy"]

    assert policy.startswith("sandbox allow-same-origin; default-src 'none'")
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "form-action 'none'" in policy
    assert 'sandbox="allow-same-origin"' in page.text
    assert 'title="Platform terms of business, version 1"' in page.text


@pytest.mark.rule("P24", "P26")
async def test_a_document_leads_to_the_next_and_the_last_one_to_the_box(portal: Portal) -> None:
    """After the first document the next one is a click away; after the last the box stands below it, open."""
    await portal.sign_in()
    first = TermsPage(await portal.http.get((await open_on_page(portal, TERMS)).headers["location"]))
    following = first.form("Open the next document")
    answer = await portal.http.post(following.action, data={**following.fields, "format": "page"})
    last = TermsPage(await portal.http.get(answer.headers["location"]))

    assert following.action == at(portal, f"documents/{KEY_FACTS}/open")
    assert first.boxes == {}
    assert last.boxes == {"accepted": "open", "accept-button": "open"}
    assert last.form("Accept and continue").action == at(portal, "platform-terms")
    assert first.links["Back to the platform terms"] == at(portal, "platform-terms")


@pytest.mark.rule("P28")
async def test_c10_opening_a_version_that_was_replaced_says_so_in_the_list(portal: Portal) -> None:
    """409 on the page of the terms, which has the new version to open; nothing is recorded."""
    await portal.sign_in()
    portal.platform.library.publish(TERMS)
    await portal.show(await portal.progress())
    answer = await open_on_page(portal, TERMS)
    page = TermsPage(answer)

    assert (answer.status_code, page.refused) == (409, "document-superseded")
    assert "Its version 2 is in the list now: open that one." in page.words
    assert await portal.evidence() == []


@pytest.mark.rule("P28")
async def test_c10_an_earlier_version_stays_readable_and_leads_to_the_new_one(portal: Portal) -> None:
    """What was once opened can be read for good; its page says that another version is in force."""
    await portal.sign_in()
    await open_on_page(portal, TERMS)
    portal.platform.library.publish(TERMS)
    await portal.show(await portal.progress())
    page = await look(portal, f"documents/{TERMS}?version=1")
    frame = await portal.http.get(_content(portal, TERMS))
    newest = await portal.http.get(at(portal, f"documents/{TERMS}"))

    assert "This is an earlier version. Version 2 is in force now." in page.words
    assert page.form("Open version 2").fields == {"version": "2"}
    assert b"Version 1, a sample." in frame.content
    assert newest.status_code == 303


@pytest.mark.rule("P24")
async def test_c7_a_download_opens_the_document_and_names_what_it_was_made_from(portal: Portal) -> None:
    """Downloading is opening; the PDF has the words, the version and the hash of the page that it was made from."""
    await portal.sign_in()
    answer = await open_on_page(portal, TERMS, ending="pdf")
    made = await portal.http.get(answer.headers["location"])
    again = await portal.http.get(answer.headers["location"])
    (row,) = await portal.evidence()
    text = pdf_text(made.content)

    assert answer.headers["location"] == at(portal, f"documents/{TERMS}/pdf?version=1")
    assert made.headers["content-type"] == "application/pdf"
    assert made.headers["content-disposition"] == 'attachment; filename="platform-terms-of-business-v1.pdf"'
    assert "Platform terms of business Version 1, a sample." in text
    assert f"version 1, SHA-256 {row.sha256}" in text
    assert made.content == again.content


@pytest.mark.parametrize("document_id", [GIA, "no-such-document"])
async def test_only_documents_of_the_journey_have_pages(portal: Portal, document_id: str) -> None:
    """Anything else is said to be unknown, as a page."""
    await portal.sign_in()
    opened = await open_on_page(portal, document_id)
    page = await portal.http.get(at(portal, f"documents/{document_id}"))

    assert opened.status_code == page.status_code == 404
    assert "This document does not belong to the journey" in TermsPage(page).words


@pytest.mark.parametrize("version", ["", "0", "-1", "2", "one", "9" * 5000])
async def test_a_version_that_is_not_in_force_cannot_be_opened(portal: Portal, version: str) -> None:
    """Whatever a form says, only the version in force is opened."""
    await portal.sign_in()
    answer = await send(portal, f"documents/{ISA}/open", version=version)

    assert answer.status_code == 409
    assert await portal.evidence() == []


async def test_documents_are_read_after_the_account_is_open(portal: Portal) -> None:
    """The page is there for good, without a box."""
    await portal.sign_in()
    await open_on_page(portal, ISA)
    await portal.show(await portal.progress(stage=Stage.ACTIVE))
    page = await look(portal, f"documents/{ISA}")

    assert page.heading == "Stocks and shares ISA: terms and key features"
    assert page.boxes == {}
