"""Exporting an evidence pack: whole or not at all, for one's own journeys alone, and noted in the audit."""

import hashlib
import io
import json
import zipfile
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.evidence_pack import verify
from connectors.errors import ConnectorUnavailable
from connectors.platform.port import PlatformDocument
from domain.journey import Wrapper
from models.tables import EvidenceKind
from storage.evidence import DocumentShown, EvidenceRepository, NewEvidence
from tests.api.evidence_scene import GIA, PRODUCT, minute
from tests.api.office import JOURNEYS, PRIYA, STRANGER, Office, expect_problem, known
from tests.api.test_adviser_reading import report

PACK = f"{JOURNEYS}/done/evidence/pack"
PERSON = "person-1"


async def act(office: Office, kind: EvidenceKind, shown: PlatformDocument, at: int) -> None:
    """Record what the client did about a document, as the portal does."""
    document = DocumentShown(document_id=shown.document_id, version=shown.version, sha256=shown.sha256)
    async with office.services.database.transaction() as session:
        await EvidenceRepository(session).append(
            NewEvidence(
                journey_id="done",
                person_id=PERSON,
                kind=kind,
                occurred_at=minute(at),
                documents=(document,),
                statement=f"I accept {shown.title}.",
                authentication="password at 2026-11-23T08:00:30+00:00",
            )
        )


async def accepted(office: Office) -> None:
    """Put a journey in place whose client opened and accepted the terms of a general investment account."""
    registered = await office.platform.register_client("account-1", known(), PRIYA.id)
    document = next(one for one in await office.platform.documents(Wrapper.GIA) if one.document_id == GIA)
    holder = {
        "person_id": PERSON,
        "plannr_account": "account-1",
        "platform_client": registered.client,
        "details_confirmed_at": None,
        "platform_terms_accepted_before": False,
        "bank_details_given": True,
        "identity_check": "passed",
        "bank_verification": "passed",
    }
    gate = {"kind": "product_terms", "person_id": PERSON, "met": True, "since": minute(11), "awaited_from": "client"}
    await report(
        office,
        "done",
        stage="active",
        wrapper="gia",
        holders=[holder],
        gates=[{**gate, "detail": "accepted"}],
        documents=[document.model_dump(include={"document_id", "version", "kind", "title", "sha256"})],
        timeline=[{"at": minute(30), "by": "system", "event": "account active"}],
    )
    await act(office, EvidenceKind.DOCUMENT_OPENED, document, 10)
    await act(office, PRODUCT, document, 11)


async def export(office: Office) -> httpx.Response:
    """Ask for the pack, which must be a success."""
    answer = await office.http.get(PACK)
    assert answer.status_code == 200, answer.text
    return answer


def read(content: bytes, name: str) -> Any:
    """Return a JSON file of a pack."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read(name))


@pytest.mark.rule("P24", "P25")
async def test_pack_is_exported_with_the_bytes_that_were_shown(office: Office) -> None:
    """The answer is a ZIP file to be stored that passes its check and holds the document byte for byte."""
    await accepted(office)
    answer = await export(office)

    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="evidence-done-')
    assert answer.headers["Cache-Control"] == "no-store"
    verify.check_archive(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read(f"documents/{GIA}-v1.html") == await office.platform.document_content(GIA, 1)
    (acceptance,) = read(answer.content, verify.ACCEPTANCES)["acceptances"]
    assert acceptance["standing"] == "counts"
    (person,) = read(answer.content, verify.ACCEPTANCES)["people"]
    assert person["name"] == "Mrs Eleanor Marsh"


@pytest.mark.rule("P28")
async def test_superseded_version_is_in_the_pack(office: Office) -> None:
    """A version that is no longer in force is fetched and kept all the same."""
    await accepted(office)
    newer = office.platform.library.publish(GIA)
    await act(office, EvidenceKind.DOCUMENT_OPENED, newer, 40)
    manifest = read((await export(office)).content, verify.MANIFEST)

    assert [one["version"] for one in manifest["documents"]] == [1, 2]


async def test_export_is_in_the_audit_and_in_the_next_pack(office: Office) -> None:
    """Who exported which file is noted with its digest; the next pack tells of the one before."""
    await accepted(office)
    first = (await export(office)).content
    (note,) = [row for row in await office.audit("done") if row.action == "evidence_exported"]
    second = (await export(office)).content
    with zipfile.ZipFile(io.BytesIO(second)) as archive:
        lines = [json.loads(line) for line in archive.read(verify.TIMELINE).splitlines()]

    assert (note.actor_kind, note.actor_id, note.firm) == ("adviser", PRIYA.id, "harbour")
    assert note.details == {"sha256": hashlib.sha256(first).hexdigest(), "acts": 2}
    assert [line["entry"]["action"] for line in lines if line["type"] == "command"] == ["evidence_exported"]


async def test_a12_pack_of_another_firm_does_not_exist(office: Office) -> None:
    """Another firm's adviser gets 404, somebody without a token 401, and neither is noted as an export."""
    await accepted(office)
    stranger = await office.http.get(PACK, headers=office.as_user(STRANGER))
    nobody = await office.http.get(PACK, headers={"Authorization": ""})

    expect_problem(stranger, "journey-not-found", 404)
    expect_problem(nobody, "sign-in-required", 401)
    expect_problem(await office.http.get(f"{JOURNEYS}/nothing/evidence/pack"), "journey-not-found", 404)
    assert await office.audit("done") == []


@pytest.mark.rule("P24")
@pytest.mark.parametrize("served", [b"other terms", None])
async def test_document_that_is_not_as_it_was_shown_makes_no_pack(
    office: Office, monkeypatch: pytest.MonkeyPatch, served: bytes | None
) -> None:
    """Bytes that differ, or that are gone, are named; nothing is half made, and nothing is noted."""
    await accepted(office)
    monkeypatch.setattr(office.platform.library, "content", lambda *_: served)
    body = expect_problem(await office.http.get(PACK), "evidence-unsound", 502)

    assert GIA in body["detail"]
    assert (body["document_id"], body["version"]) == (GIA, 1)
    assert await office.audit("done") == []


async def test_platform_that_is_away_says_when_to_try_again(office: Office) -> None:
    """An outage of the platform is a reason to wait, not a broken record."""
    await accepted(office)
    office.platform.fail_next(
        "document_content", ConnectorUnavailable("platform", "GET /documents/{id}", "no answer", retry_after=7)
    )
    answer = await office.http.get(PACK)

    expect_problem(answer, "system-unavailable", 503)
    assert answer.headers["Retry-After"] == "7"


@pytest.mark.rule("P24")
async def test_altered_evidence_makes_no_pack(office: Office) -> None:
    """A row that somebody changed in the database is never sealed."""
    await accepted(office)
    async with office.services.database.transaction() as session:
        for (trigger,) in await session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
            await session.execute(text(f'DROP TRIGGER "{trigger}"'))
        await session.execute(text("UPDATE evidence SET statement = 'something else' WHERE position = 2"))
    body = expect_problem(await office.http.get(PACK), "evidence-unsound", 502)

    assert "chain is broken" in body["detail"]


async def test_person_whom_the_platform_no_longer_has_is_named_by_id(office: Office) -> None:
    """The pack of a journey whose client is gone from the platform is made all the same."""
    await accepted(office)
    office.platform.clients.clear()
    (person,) = read((await export(office)).content, verify.ACCEPTANCES)["people"]

    assert (person["person_id"], person["name"]) == (PERSON, "")


async def test_sealing_key_is_told_to_advisers(office: Office) -> None:
    """The key that the API tells is the one that sealed the pack; without a token it is not told."""
    await accepted(office)
    key = await office.get("/api/v1/evidence-key")
    found = dict(verify.check_archive((await export(office)).content, key["key_sha256"]))

    assert found["sealed by key"] == key["key_sha256"]
    assert key["key_sha256"] == hashlib.sha256(bytes.fromhex(key["public_key"])).hexdigest()
    nobody = await office.http.get("/api/v1/evidence-key", headers={"Authorization": ""})
    expect_problem(nobody, "sign-in-required", 401)
