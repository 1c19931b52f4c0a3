"""Opening documents and accepting terms."""

import hashlib
import json

import httpx
import pytest

from connectors.errors import ConnectorUnavailable
from domain.journey import DocumentKind, Stage, Wrapper
from models.tables import EvidenceKind
from tests.api.portal.conftest import Portal, expect_problem

TERMS = "platform-terms-of-business"
KEY_FACTS = "key-facts-charges-privacy"
ISA = "isa-terms-and-key-features"
TITLES = ["Platform terms of business", "Key facts, charges and privacy notice"]


def _terms(*documents: str, version: int = 1, **more: object) -> dict[str, object]:
    listed = [{"document_id": document, "version": version} for document in documents]
    return {"documents": listed, "accepted": True, **more}


async def _accept_platform_terms(portal: Portal) -> httpx.Response:
    return await portal.http.post(f"{portal.path}/platform-terms", json=_terms(TERMS, KEY_FACTS))


@pytest.mark.rule("P24")
async def test_opening_a_document_records_the_bytes_that_are_served(portal: Portal) -> None:
    """Version, hash, person, time and session are evidence; the content behind the link has exactly that hash."""
    await portal.sign_in()
    answer = await portal.open(TERMS)
    served = await portal.http.get(answer.json()["content_url"])
    (row,) = await portal.evidence()
    (heard,) = await portal.heard()

    assert answer.status_code == 200
    assert hashlib.sha256(served.content).hexdigest() == answer.json()["sha256"] == row.sha256
    assert (row.kind, row.document_id, row.version) == (EvidenceKind.DOCUMENT_OPENED, TERMS, 1)
    assert row.statement == "Opened: Platform terms of business (version 1)."
    assert (heard.signal, heard.evidence_id) == ("document_opened", row.evidence_id)
    assert json.loads(heard.fact)["document"] == {"document_id": TERMS, "version": 1}


async def test_a_document_can_do_nothing_but_be_read(portal: Portal) -> None:
    """No script, nothing loaded, no foreign frame, no download prompt."""
    await portal.sign_in()
    served = await portal.http.get((await portal.open(TERMS)).json()["content_url"])
    policy = served.headers["content-security-policy"]

    assert served.headers["content-type"] == "text/html; charset=utf-8"
    assert served.headers["content-disposition"] == "inline"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy


@pytest.mark.rule("P24")
async def test_a_document_is_read_only_after_it_was_opened(portal: Portal) -> None:
    """A GET never counts as opening, so it shows nothing that was not opened."""
    await portal.sign_in()
    answer = await portal.http.get(f"{portal.path}/documents/{TERMS}/content?version=1")

    expect_problem(answer, "documents-not-opened", 409)
    assert await portal.evidence() == []


@pytest.mark.rule("P24", "P46")
async def test_opening_twice_is_one_opening(portal: Portal) -> None:
    """Both answers are the same; there is one piece of evidence."""
    await portal.sign_in()
    first, second = await portal.open(TERMS), await portal.open(TERMS)

    assert first.json() == second.json()
    assert len(await portal.evidence()) == 1


@pytest.mark.rule("P24")
async def test_the_journey_lists_what_is_opened_and_what_is_not(portal: Portal) -> None:
    """The page can say which documents are missing, by name."""
    await portal.sign_in()
    await portal.open(TERMS)
    detail = (await portal.http.get(portal.path)).json()
    opened = {document["document_id"]: document["opened_at"] for document in detail["documents"]}
    reasons = {task["key"]: task["reason"] for task in detail["tasks"]}

    assert opened == {TERMS: "2026-11-23T09:30:00Z", KEY_FACTS: None, ISA: None}
    assert reasons["platform_terms"] == f"Open 1 more document to continue: {TITLES[1]}."
    assert detail["terms"][0]["missing"] == [TITLES[1]]


async def test_a_document_of_another_journey_is_unknown(portal: Portal) -> None:
    """Only what the journey lists can be opened."""
    await portal.sign_in()

    expect_problem(await portal.open("gia-terms-and-key-features"), "document-unknown", 404)


@pytest.mark.rule("P24")
async def test_another_version_cannot_be_opened(portal: Portal) -> None:
    """A page loaded before a new version was published is told so."""
    await portal.sign_in()
    body = expect_problem(await portal.open(TERMS, version=2), "document-superseded", 409)

    assert body["version"] == 1
    assert await portal.evidence() == []


async def test_bytes_other_than_announced_are_not_shown(portal: Portal) -> None:
    """When the platform serves something else than the journey announced, nothing counts as opened."""
    progress = await portal.progress()
    documents = [document.model_copy(update={"sha256": "0" * 64}) for document in progress.documents]
    await portal.show(progress.model_copy(update={"documents": documents}))
    await portal.sign_in()

    expect_problem(await portal.open(TERMS), "system-unavailable", 503)
    assert await portal.evidence() == []


async def test_opening_waits_for_the_platform(portal: Portal) -> None:
    """With the platform away the client is told to try again; nothing is recorded."""
    await portal.sign_in()
    portal.platform.fail_next("document_content", ConnectorUnavailable("platform", "GET /documents", "down"))
    answer = await portal.open(TERMS)

    expect_problem(answer, "system-unavailable", 503)
    assert "retry-after" in answer.headers
    assert await portal.evidence() == []


@pytest.mark.rule("P24")
async def test_terms_cannot_be_accepted_before_every_document_was_opened(portal: Portal) -> None:
    """The refusal names what is missing; nothing is recorded and the journey hears nothing."""
    await portal.sign_in()
    none_opened = expect_problem(await _accept_platform_terms(portal), "documents-not-opened", 409)
    await portal.open(TERMS)
    one_opened = expect_problem(await _accept_platform_terms(portal), "documents-not-opened", 409)

    assert [error["detail"] for error in none_opened["errors"]] == TITLES
    assert one_opened["detail"] == f"Open 1 more document to continue: {TITLES[1]}."
    assert [heard.signal for heard in await portal.heard()] == ["document_opened"]


@pytest.mark.rule("P24")
async def test_accepting_the_platform_terms(portal: Portal) -> None:
    """The evidence holds the sentence that was ticked and every document with its version and hash."""
    await portal.sign_in()
    await portal.open(TERMS)
    await portal.open(KEY_FACTS)
    shown = (await portal.http.get(portal.path)).json()
    answer = await _accept_platform_terms(portal)
    row = (await portal.evidence())[-1]

    assert answer.status_code == 200
    assert answer.json()["evidence_id"] == row.evidence_id
    assert row.statement == shown["terms"][0]["statement"]
    assert TITLES[0] in str(row.statement)
    assert row.documents == [
        {"document_id": document["document_id"], "version": 1, "sha256": document["sha256"]}
        for document in sorted(shown["documents"][:2], key=lambda document: str(document["document_id"]))
    ]
    assert (await portal.heard())[-1].signal == "platform_terms_accepted"
    assert await portal.chain_holds()


@pytest.mark.rule("P24", "P46")
async def test_a_double_click_accepts_once(portal: Portal) -> None:
    """Both answers are the same, also once the journey has moved on."""
    await portal.sign_in()
    await portal.open(TERMS)
    await portal.open(KEY_FACTS)
    first, second = await _accept_platform_terms(portal), await _accept_platform_terms(portal)
    await portal.show(await portal.progress(stage=Stage.ACTIVATING))
    late = await _accept_platform_terms(portal)

    assert (first.status_code, second.status_code, late.status_code) == (200, 200, 200)
    assert first.json()["evidence_id"] == second.json()["evidence_id"] == late.json()["evidence_id"]
    assert len(await portal.evidence()) == 3


@pytest.mark.rule("P24")
async def test_a_stale_version_is_not_accepted(portal: Portal) -> None:
    """An acceptance of a version that is no longer in force is refused, and the new one must be opened first."""
    await portal.sign_in()
    await portal.open(TERMS)
    await portal.open(KEY_FACTS)
    portal.platform.library.publish(TERMS)
    await portal.show(await portal.progress())

    stale = expect_problem(await _accept_platform_terms(portal), "document-superseded", 409)
    newest = {"documents": [{"document_id": TERMS, "version": 2}, {"document_id": KEY_FACTS, "version": 1}]}
    unread = await portal.http.post(f"{portal.path}/platform-terms", json={**newest, "accepted": True})

    assert stale["version"] == 2
    assert [error["detail"] for error in expect_problem(unread, "documents-not-opened", 409)["errors"]] == [TITLES[0]]
    assert {row.kind for row in await portal.evidence()} == {EvidenceKind.DOCUMENT_OPENED}


@pytest.mark.rule("P24")
@pytest.mark.parametrize(
    ("body", "slug", "status"),
    [
        (_terms(TERMS), "invalid-request", 422),
        (_terms(), "invalid-request", 422),
        (_terms(TERMS, KEY_FACTS, ISA), "document-unknown", 404),
        ({**_terms(TERMS, KEY_FACTS), "accepted": False}, "statement-not-accepted", 422),
    ],
)
async def test_an_acceptance_covers_exactly_the_documents_in_force(
    portal: Portal, body: dict[str, object], slug: str, status: int
) -> None:
    """Too few, too many or no tick: refused, nothing is recorded."""
    await portal.sign_in()
    await portal.open(TERMS)
    await portal.open(KEY_FACTS)

    expect_problem(await portal.http.post(f"{portal.path}/platform-terms", json=body), slug, status)
    assert {row.kind for row in await portal.evidence()} == {EvidenceKind.DOCUMENT_OPENED}


@pytest.mark.rule("P25")
async def test_the_isa_needs_its_declaration(portal: Portal) -> None:
    """Accepting the terms is not declaring; the declaration's sentences are stored word for word."""
    await portal.sign_in()
    await portal.open(ISA)
    path = f"{portal.path}/product-terms"
    without = await portal.http.post(path, json=_terms(ISA))
    shown = (await portal.http.get(portal.path)).json()["terms"][1]
    with_it = await portal.http.post(
        path, json=_terms(ISA, declaration_accepted=True, declaration_version=shown["declaration_version"])
    )
    row = (await portal.evidence())[-1]

    expect_problem(without, "statement-not-accepted", 422)
    assert with_it.status_code == 200
    assert str(row.statement).splitlines() == [shown["statement"], *shown["declaration"]]
    assert "for the tax year 2026/27" in str(row.statement)
    assert shown["kind"] == DocumentKind.PRODUCT_TERMS


@pytest.mark.rule("P25")
async def test_a_declaration_for_another_tax_year_is_not_taken(portal: Portal) -> None:
    """Shown on 5 April, ticked on 6 April: the client reads the new one first."""
    await portal.sign_in()
    await portal.open(ISA)
    body = _terms(ISA, declaration_accepted=True, declaration_version="isa-1-2025-26")

    expect_problem(await portal.http.post(f"{portal.path}/product-terms", json=body), "document-superseded", 409)


@pytest.mark.rule("P25")
async def test_a_gia_is_accepted_without_a_declaration(portal: Portal) -> None:
    """Nothing is declared where nothing has to be."""
    await portal.show(await portal.progress(wrapper=Wrapper.GIA))
    await portal.sign_in()
    await portal.open("gia-terms-and-key-features")
    answer = await portal.http.post(f"{portal.path}/product-terms", json=_terms("gia-terms-and-key-features"))

    assert answer.status_code == 200
    assert (await portal.heard())[-1].signal == "product_terms_accepted"


@pytest.mark.rule("P24", "P25")
async def test_both_terms_are_separate_acts(portal: Portal) -> None:
    """With everything done nothing is left to do, and the client is told what happens now."""
    await portal.sign_in()
    await portal.http.post(f"{portal.path}/details", json={})
    for document in (TERMS, KEY_FACTS, ISA):
        await portal.open(document)
    await _accept_platform_terms(portal)
    between = (await portal.http.get(portal.path)).json()
    await portal.http.post(f"{portal.path}/product-terms", json=_terms(ISA, declaration_accepted=True))
    finished = (await portal.http.get(portal.path)).json()

    assert between["next_task"] == "product_terms"
    assert finished["next_task"] is None
    assert finished["progress"]["words"] == "4 of 4"
    assert "Everything needed from you is here" in finished["status"]
    assert await portal.chain_holds()


async def test_a_client_reads_their_documents_after_the_account_is_open(portal: Portal) -> None:
    """What was opened stays readable, and can be opened again."""
    await portal.sign_in()
    url = (await portal.open(TERMS)).json()["content_url"]
    await portal.show(await portal.progress(stage=Stage.ACTIVE))

    assert (await portal.http.get(url)).status_code == 200
    assert (await portal.open(KEY_FACTS)).status_code == 200


async def test_nothing_new_is_accepted_once_the_account_is_open(portal: Portal) -> None:
    """An act that the journey would not hear is refused, not swallowed."""
    await portal.show(await portal.progress(stage=Stage.ACTIVE))
    await portal.sign_in()
    await portal.open(TERMS)
    await portal.open(KEY_FACTS)

    expect_problem(await _accept_platform_terms(portal), "wrong-stage", 409)
    assert {row.kind for row in await portal.evidence()} == {EvidenceKind.DOCUMENT_OPENED}
