"""Documents: what is in force, its bytes, its next version, and acceptances of it."""

import hashlib
from html.parser import HTMLParser

import pytest

from connectors.platform.sandbox.library import TITLES
from tests.connectors.platform_sandbox.platform_calls import Platform, account, refusal

IDS = [title.id for title in TITLES]


class Outline(HTMLParser):
    """Collects what a reader and a screen reader need of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.language: str | None = None
        self.headings: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.add(tag)
        if tag == "html":
            self.language = dict(attrs)["lang"]
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize(
    ("wrapper", "product"),
    [
        ("isa", ["isa-terms-and-key-features"]),
        ("gia", ["gia-terms-and-key-features"]),
        ("jisa", ["jisa-terms-and-key-features"]),
        ("sipp", ["sipp-terms", "sipp-key-features"]),
        ("trust", []),
    ],
)
async def test_wrapper_has_the_platform_terms_and_its_own(platform: Platform, wrapper: str, product: list[str]) -> None:
    """A wrapper's documents are the two of the platform and its product terms; a straight ISA has three."""
    everything = await platform.get(f"/documents?wrapper={wrapper}")

    assert [item["id"] for item in everything] == [
        "platform-terms-of-business",
        "key-facts-charges-privacy",
        *product,
    ]
    assert [item["id"] for item in await platform.get(f"/documents?wrapper={wrapper}&kind=product_terms")] == product


@pytest.mark.parametrize("document_id", IDS)
async def test_content_is_exactly_what_the_record_says(platform: Platform, document_id: str) -> None:
    """Size and hash are those of the bytes served, which are a readable, self-contained, marked sample in English."""
    document = await platform.get(f"/documents/{document_id}")
    answer = await platform.http.get(f"/documents/{document_id}/versions/{document['version']}/content")
    outline = Outline()
    outline.feed(answer.content.decode())

    assert (len(answer.content), hashlib.sha256(answer.content).hexdigest()) == (document["bytes"], document["sha256"])
    assert answer.headers["content-type"] == document["media_type"]
    assert answer.headers["ETag"] == f'"{document["sha256"]}"'
    assert (outline.language, outline.links) == ("en-GB", [])
    assert outline.headings[0] == "h1"
    assert outline.headings.count("h1") == 1
    assert outline.headings.count("h2") >= 2
    assert not outline.tags & {"script", "link", "img", "iframe", "form"}
    assert "not legal advice" in answer.text
    assert f"<title>{document['title']}</title>" in answer.text.replace("&amp;", "&")
    assert 3 <= document["reading_minutes"] <= 8


@pytest.mark.rule("P28")
async def test_published_version_has_other_bytes_and_keeps_the_old(platform: Platform) -> None:
    """A publication puts other bytes in force; the version before can still be read; the terms version grows."""
    before = (await platform.http.get("/documents?wrapper=isa")).json()
    old = await platform.get("/documents/platform-terms-of-business")
    old_path = "/documents/platform-terms-of-business/versions/1"
    old_bytes = (await platform.http.get(f"{old_path}/content")).content
    published = await platform.control("documents/platform-terms-of-business/publish", {"note": "Fees <down>."})
    await platform.control("documents/isa-terms-and-key-features/publish")
    after = (await platform.http.get("/documents?wrapper=isa")).json()
    new = await platform.http.get("/documents/platform-terms-of-business/versions/2/content")

    assert await platform.get("/documents/platform-terms-of-business") == published
    assert (published["version"], hashlib.sha256(new.content).hexdigest()) == ("2", published["sha256"])
    assert "What changed: Fees &lt;down&gt;." in new.text
    assert await platform.get(old_path) == old
    assert (await platform.http.get(f"{old_path}/content")).content == old_bytes
    assert (before["meta"]["terms_version"], after["meta"]["terms_version"]) == ("1", "2")
    assert [item["version"] for item in after["data"]] == ["2", "1", "2"]


async def test_unknown_versions_are_not_found(platform: Platform) -> None:
    """A version that was never published has neither record nor bytes."""
    for version in ("0", "2", "x", "9" * 30):
        for tail in ("", "/content"):
            answer = await platform.http.get(f"/documents/sipp-terms/versions/{version}{tail}")
            assert refusal(answer)[:2] == (404, "not_found")
    assert (await platform.http.post("/_sandbox/documents/none/publish")).status_code == 404


@pytest.mark.rule("P24", "P28")
async def test_acceptance_covers_each_platform_document_as_it_is(platform: Platform) -> None:
    """Missing, foreign, stale and altered documents are each refused by name; the right ones are recorded once."""
    client = await platform.submitted()
    path = f"/clients/{client['id']}/terms-acceptances"
    good = await platform.platform_terms()
    first, second = good["documents"]
    sample = (await platform.documents("kind=product_terms&wrapper=isa"))[0]
    named = f"documents.{first['document_id']}"

    for changes, fields in (
        ({"documents": [second]}, {named: "missing_document"}),
        ({"documents": [first, second, sample]}, {"documents.isa-terms-and-key-features": "unknown_document"}),
        ({"documents": [first | {"version": "7"}, second]}, {named: "stale_version"}),
        ({"documents": [first | {"sha256": "0" * 64}, second]}, {named: "sha256_mismatch"}),
        ({"terms_version": "7"}, {"terms_version": "stale_version"}),
        ({"accepted_at": "2026-11-23T10:00:00"}, {"accepted_at": "invalid"}),
    ):
        assert refusal(await platform.post(path, good | changes)) == (422, "validation_failed", fields)

    accepted = await platform.act(path, good)
    assert accepted["terms_accepted"] == {
        "version": "1",
        "accepted_at": good["accepted_at"],
        "documents": good["documents"],
        "evidence_reference": "evidence-1",
    }
    await platform.control(f"documents/{first['document_id']}/publish")
    same_evidence = await platform.act(path, good)
    stale = await platform.post(path, good | {"evidence_reference": "evidence-9"})
    renewed = await platform.act(path, await platform.platform_terms("evidence-9"))

    accepted_anew = renewed["terms_accepted"]
    assert same_evidence["terms_accepted"] == accepted["terms_accepted"]
    assert refusal(stale)[2] == {"terms_version": "stale_version"}
    assert (accepted_anew["version"], accepted_anew["evidence_reference"]) == (
        "2",
        "evidence-9",
    )


async def test_terms_of_a_registered_client_are_refused(platform: Platform) -> None:
    """Terms come after submission."""
    client = await platform.client()
    answer = await platform.post(f"/clients/{client['id']}/terms-acceptances", await platform.platform_terms())

    assert refusal(answer)[:2] == (409, "invalid_state")


@pytest.mark.rule("P25")
async def test_product_terms_are_the_wrappers_own_with_the_declaration(platform: Platform) -> None:
    """Product terms are accepted apart from the platform's, with the declaration, and replaced by newer evidence."""
    client = await platform.submitted()
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    path = f"/accounts/{opened['id']}/product-terms-acceptances"
    good = await platform.product_terms(client["id"], "isa")
    foreign = await platform.product_terms(client["id"], "gia")

    assert refusal(await platform.post(path, good | {"declaration_accepted": False}))[2] == {
        "declaration_accepted": "required"
    }
    assert refusal(await platform.post(path, foreign))[2] == {
        "documents.isa-terms-and-key-features": "missing_document",
        "documents.gia-terms-and-key-features": "unknown_document",
    }
    first = await platform.act(path, good)
    again = await platform.act(path, good)
    renewed = await platform.act(path, good | {"evidence_reference": "evidence-9"})

    assert again == first
    assert [item["evidence_reference"] for item in renewed["product_terms"]] == ["evidence-9"]
