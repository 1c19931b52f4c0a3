"""What stands in an evidence pack: records, documents and certificate, and which acceptances count (P24, P28, P44)."""

import hashlib
import html
import io
import json
import logging
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api import evidence_pack
from api.evidence_pack import SealingKey, build
from api.evidence_pack.standing import acceptances
from api.problems import Problem
from models.tables import EvidenceKind
from tests.api.evidence_scene import (
    ADDRESS,
    ELEANOR,
    FACTS,
    GIA,
    MANDATE,
    PLATFORM,
    PRODUCT,
    TERMS,
    TOBIAS,
    Story,
    minute,
    straight,
)

KEY = SealingKey(Ed25519PrivateKey.from_private_bytes(b"the installation's own key ....."))

FONTS = Path(evidence_pack.__file__).parent / "vendor" / "fonts"


def made_of(story: Story, **changes: Any) -> dict[str, bytes]:
    """Return the files of a story's pack."""
    with zipfile.ZipFile(io.BytesIO(build(story.dossier(**changes), KEY))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def standings(story: Story, **changes: Any) -> list[tuple[str, str]]:
    """Return kind and standing of every acceptance."""
    judged = acceptances(story.progress(**changes), story.rows)
    return [(one.row.kind.value, one.standing.value) for one in judged]


def words(page: bytes) -> str:
    """Return the text of a page as a reader sees it."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page.decode())).split())


def test_pack_holds_every_record_once() -> None:
    """Each act, note, e-mail and command is a line, in the order of time, with the state of the journey at the end."""
    files = made_of(straight())
    lines = [json.loads(line) for line in files["timeline.jsonl"].splitlines()]
    kinds = [line["type"] for line in lines]

    assert [kinds.count(kind) for kind in ("evidence", "journey", "email", "command", "state")] == [10, 2, 1, 1, 1]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert lines[-1]["type"] == "state"
    assert lines[-1]["entry"]["stage"] == "active"
    command = next(line["entry"] for line in lines if line["type"] == "command")
    assert command == {
        "actor_kind": "adviser",
        "actor_id": "harbour-priya",
        "action": "submit_application",
        "reason": "agreed in the meeting",
    }


def test_pack_is_the_same_for_the_same_records() -> None:
    """Two packs of the same records at the same moment are the same file."""
    assert build(straight().dossier(), KEY) == build(straight().dossier(), KEY)


def test_pack_holds_no_address_and_nothing_the_client_wrote() -> None:
    """No e-mail address, no corrected detail and no payload of an act is in any file."""
    for name, content in made_of(straight()).items():
        assert ADDRESS.encode() not in content, name
        assert b"personal" not in content or name.endswith((".py", ".html")), name
        assert b"e@example.com" not in content, name


@pytest.mark.rule("P24", "P25", "P30")
def test_acceptances_tell_who_agreed_to_what_when_and_how() -> None:
    """Each holder's acceptance has their capacity, sentence, sign-in, and each document with its opening and hash."""
    files = made_of(straight())
    told = json.loads(files["acceptances.json"])

    assert [person["name"] for person in told["people"]] == ["Mrs Eleanor Marsh", "Mr Łukasz Śliwiński"]
    assert [(one["person_id"], one["kind"], one["standing"]) for one in told["acceptances"]] == [
        (ELEANOR, PLATFORM, "counts"),
        (ELEANOR, PRODUCT, "counts"),
        (TOBIAS, PLATFORM, "counts"),
        (TOBIAS, PRODUCT, "counts"),
    ]
    first = told["acceptances"][0]
    assert first["capacity"] == "joint"
    assert first["authentication"].startswith("password at ")
    assert first["statement"] == straight().rows[2].statement
    assert {shown["document_id"] for shown in first["documents"]} == {FACTS, TERMS}
    for shown in first["documents"]:
        assert shown["opened_at"] == "2026-11-23T08:10:00.000000+00:00"
        assert shown["title"].encode() in files[shown["file"]]


@pytest.mark.rule("P28")
def test_superseded_documents_and_acceptances_are_kept_with_the_new_ones() -> None:
    """Both versions are in the pack; the old acceptance is void and says why, the new one counts."""
    story = Story()
    story.accept(PRODUCT, ELEANOR, 10)
    story.library.publish(GIA)
    story.note(12, "terms changed", f"{GIA} version 2", by="platform")
    story.accept(PRODUCT, ELEANOR, 15)
    files = made_of(story)
    old, new = json.loads(files["acceptances.json"])["acceptances"]

    assert (old["standing"], new["standing"]) == ("void", "counts")
    assert "published again as version 2" in old["reason"]
    assert old["void_since"] == "2026-11-23T08:12:00.000000+00:00"
    assert b"Version 1," in files[old["documents"][0]["file"]]
    assert b"Version 2," in files[new["documents"][0]["file"]]


@pytest.mark.rule("P28")
def test_terms_that_changed_before_the_second_acceptance_leave_none_that_counts() -> None:
    """While the changed document is not accepted, the gate is open and the old acceptance is void."""
    story = Story()
    story.accept(PRODUCT, ELEANOR, 10)
    story.library.publish(GIA)
    story.gates.clear()
    story.note(12, "terms changed", f"{GIA} version 2", by="platform")

    assert standings(story, stage="awaiting_client") == [(PRODUCT, "void")]
    assert "Product terms: not given by Mrs Eleanor Marsh" in words(
        made_of(story, stage="awaiting_client")["certificate.html"]
    )


@pytest.mark.rule("P44")
def test_amended_acceptances_are_kept_with_the_reason() -> None:
    """An amendment voids the acceptances it touches, in words; those it does not touch go on counting."""
    story = straight()
    story.note(40, "amended", f"charges, {TOBIAS}.last_name, {ELEANOR}.mobile", by="adviser")
    story.accept(PRODUCT, ELEANOR, 50)
    judged = acceptances(story.progress(), story.rows)
    seen = {(one.row.person_id, one.row.kind, one.row.position): one for one in judged}
    void = seen[ELEANOR, PRODUCT, 5]

    assert void.standing == "void"
    assert void.reason == (
        "The adviser amended afterwards: charges, which changes the illustration that the client read before accepting."
    )
    assert seen[ELEANOR, PLATFORM, 3].standing == "counts"
    assert seen[ELEANOR, PRODUCT, 12].standing == "counts"


@pytest.mark.rule("P44")
def test_a_persons_own_amendment_voids_their_own_acceptance() -> None:
    """A changed name voids the terms of the person it names, and of nobody else."""
    story = straight()
    story.note(40, "amended", f"{TOBIAS}.last_name", by="adviser")
    for kind in ("platform_terms", "product_terms"):
        del story.gates[kind, TOBIAS]

    assert standings(story, stage="awaiting_client") == [
        (PLATFORM, "counts"),
        (PRODUCT, "counts"),
        (PLATFORM, "void"),
        (PRODUCT, "void"),
    ]


@pytest.mark.rule("P47")
def test_failed_mandate_is_kept_beside_the_fresh_one() -> None:
    """The answer to a mandate that failed is void since then; the answer to the fresh one counts."""
    story = straight()
    story.act(MANDATE, ELEANOR, 25)
    story.note(100, "direct debit mandate failed", "reason code 1", by="platform")
    waiting = standings(story, mandate_failed=True)[-1]
    story.act(MANDATE, ELEANOR, 120)

    assert waiting == (MANDATE, "void")
    assert standings(story, mandate_route="online")[-2:] == [(MANDATE, "void"), (MANDATE, "counts")]
    judged = acceptances(story.progress(mandate_route="online"), story.rows)
    assert judged[-2].reason == "The mandate failed at the bank (reason code 1)."


def test_what_the_journey_has_not_heard_of_is_only_recorded() -> None:
    """An acceptance whose signal has not arrived counts for nothing yet, and the certificate says so."""
    story = Story()
    story.open(ELEANOR, 10, GIA)
    story.act(PRODUCT, ELEANOR, 11, GIA).signalled_at = None

    assert standings(story, stage="awaiting_client", stage_since=minute(1)) == [(PRODUCT, "pending")]


@pytest.mark.rule("P24")
def test_no_pack_is_made_that_would_not_pass() -> None:
    """An acceptance that counts without its openings is refused instead of sealed."""
    story = Story()
    story.act(PRODUCT, ELEANOR, 11, GIA)
    story.counts("product_terms", ELEANOR, 11)
    with pytest.raises(Problem) as refusal:
        build(story.dossier(), KEY)

    assert refusal.value.problem_type.slug == "evidence-unsound"
    assert "lacks an opening" in refusal.value.detail


@pytest.mark.rule("P24", "P25")
def test_certificate_says_everything_in_words() -> None:
    """Names, capacities, sentences, times to the second with their zone, documents, hashes and the sealing key."""
    story = straight()
    read = words(made_of(story)["certificate.html"])

    for said in (
        "Certificate of acceptance",
        "Harbour Wealth",
        "General investment account held jointly",
        "Mr Łukasz Śliwiński , joint holder, on 23 November 2026, 08:20:00 GMT",
        "signed in with their password, 23 November 2026, 08:00:30 GMT",
        "Platform terms of business , version 1, opened 23 November 2026, 08:10:00 GMT",
        story.rows[2].statement or "",
        story.rows[-1].record_hash,
        story.rows[0].sha256 or "",
        KEY.fingerprint,
    ):
        assert said in read, said


def test_certificate_of_a_journey_under_way_is_a_record() -> None:
    """Before the account is open it is called a record, and says what has not been given."""
    read = words(made_of(Story(), stage="awaiting_client")["certificate.html"])

    assert "Record of acceptance" in read
    assert "Nothing that counts had been accepted" in read
    assert "Platform terms: not given by Mrs Eleanor Marsh" in read


@pytest.mark.rule("P15")
def test_terms_of_an_earlier_journey_are_pointed_to() -> None:
    """Platform terms that were accepted before are not claimed; the certificate says where the evidence is."""
    story = straight()
    gates = [gate.model_dump() for gate in story.progress().gates]
    gates[0] |= {"detail": "accepted on an earlier journey"}
    story.rows = []
    read = words(made_of(story, gates=gates)["certificate.html"])

    assert "Mrs Eleanor Marsh accepted them on an earlier journey" in read


def test_certificate_needs_nothing_beside_itself() -> None:
    """The page asks for no script and no other file, and what people wrote is text in it."""
    story = Story()
    story.open(ELEANOR, 10, GIA)
    story.act(PRODUCT, ELEANOR, 11, GIA, statement="<script>alert(1)</script>")
    page = made_of(story)["certificate.html"].decode()

    assert "<script" not in page
    assert "<script>alert(1)</script>" in html.unescape(page)
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert not re.search(r'url\("(?!data:)', page)


def test_certificate_is_a_pdf_that_can_write_every_name(caplog: pytest.LogCaptureFixture) -> None:
    """The PDF has its pages and no letter is missing in its typefaces."""
    with caplog.at_level(logging.WARNING):
        page = made_of(straight())["certificate.pdf"]

    assert page.startswith(b"%PDF-")
    assert page.rstrip().endswith(b"%%EOF")
    assert b"/Lang (en-GB)" in page
    assert [record.getMessage() for record in caplog.records] == []


def test_typefaces_are_what_was_published() -> None:
    """Each bundled typeface has the recorded hash, and none is there without one."""
    manifest = json.loads((FONTS / "manifest.json").read_text())
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FONTS.iterdir()}
    del files["manifest.json"]

    assert manifest["licence"] == "OFL-1.1"
    assert manifest["files"] == files


def test_openings_alone_are_evidence_too() -> None:
    """A document that was opened and never accepted is in the pack."""
    story = Story()
    story.act(EvidenceKind.DOCUMENT_OPENED, ELEANOR, 3, GIA)

    assert f"documents/{GIA}-v1.html" in made_of(story, stage="awaiting_client")
