"""Evidence is stored once, in one unbroken chain per journey, and cannot be changed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.facts import DirectDebitMandateAnswered, DocumentOpened, DocumentRef
from models.tables import EvidenceKind, EvidenceRow
from storage.database import Database
from storage.evidence import DocumentShown, EvidenceRepository, NewEvidence, signal_fact
from storage.evidence_chain import chain_holds, record_hash

Opening = Callable[..., NewEvidence]


async def _append(database: Database, act: NewEvidence) -> tuple[EvidenceRow, bool]:
    async with database.transaction() as session:
        return await EvidenceRepository(session).append(act)


async def _chain(database: Database, journey_id: str = "j-1") -> list[EvidenceRow]:
    async with database.reading() as session:
        return await EvidenceRepository(session).of_journey(journey_id)


@pytest.mark.rule("P24")
async def test_an_opening_is_kept_with_its_version_and_bytes(database: Database, opening: Opening) -> None:
    """An opening is found by document and version, and turns into the signal the workflow knows."""
    act = opening("doc-1", 2)
    row, new = await _append(database, act)
    async with database.reading() as session:
        evidence = EvidenceRepository(session)
        found = await evidence.opened("j-1", "p-1")
        assert await evidence.opened("j-1", "p-2") == {}
    assert new
    assert list(found) == [("doc-1", 2)]
    stored = found["doc-1", 2]
    assert (stored.sha256, stored.ip, stored.user_agent) == ("ab" * 32, "192.0.2.7", "Mozilla/5.0 “x”")
    assert DocumentOpened.model_validate(signal_fact(stored)) == DocumentOpened(
        person_id="p-1",
        evidence_id=row.evidence_id,
        occurred_at=act.occurred_at,
        document=DocumentRef(document_id="doc-1", version=2),
    )


async def test_a_double_click_is_one_record(database: Database, opening: Opening) -> None:
    """The same act at the same moment from six requests is one row, and all six get it."""
    answers = await asyncio.gather(*(_append(database, opening(minutes=number)) for number in range(6)))
    assert [new for _, new in answers].count(True) == 1
    assert len({row.evidence_id for row, _ in answers}) == 1
    assert len(await _chain(database)) == 1


@pytest.mark.rule("P24")
async def test_a_new_version_must_be_opened_and_accepted_anew(database: Database, opening: Opening) -> None:
    """An acceptance of the same documents in a new version is another act; the order of the documents is not."""
    shown = [DocumentShown(document_id=name, version=1, sha256="00" * 32) for name in ("a", "b")]
    accepted = replace(opening(), kind=EvidenceKind.PLATFORM_TERMS_ACCEPTED, documents=tuple(shown), statement="I do")
    _, first = await _append(database, accepted)
    _, reordered = await _append(database, replace(accepted, documents=tuple(reversed(shown))))
    newer = replace(accepted, documents=(shown[0], replace(shown[1], version=2)))
    row, renewed = await _append(database, newer)
    assert (first, reordered, renewed) == (True, False, True)
    assert [document["version"] for document in row.documents] == [1, 2]
    assert row.statement == "I do"


async def test_an_answer_changed_and_changed_back_is_three_acts(
    database: Database, opening: Opening, now: datetime
) -> None:
    """A repeated answer is the act of before, a changed one is new, and so is the first answer given again."""

    def answer(route: str) -> NewEvidence:
        return NewEvidence(
            journey_id="j-1",
            person_id="p-1",
            kind=EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED,
            occurred_at=now,
            payload={"route": route},
        )

    routes = ["online", "online", "paper_requested", "paper_requested", "online", "online"]
    answers = [await _append(database, answer(route)) for route in routes]
    assert [new for _, new in answers] == [True, False, True, False, True, False]
    facts = [DirectDebitMandateAnswered.model_validate(signal_fact(row)) for row in await _chain(database)]
    assert [fact.route.value for fact in facts] == ["online", "paper_requested", "online"]


@pytest.mark.parametrize("kind", [EvidenceKind.PLATFORM_TERMS_ACCEPTED, EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED])
async def test_doing_the_same_again_after_it_lapsed_is_an_act_of_its_own(
    database: Database, opening: Opening, kind: EvidenceKind
) -> None:
    """What replaces an act that no longer counts is a new record, once, and the chain holds."""
    act = replace(opening("doc-1"), kind=kind, payload={})
    first, _ = await _append(database, act)
    again, is_new = await _append(database, replace(act, replaces=first.evidence_id))
    double, is_new_too = await _append(database, replace(act, replaces=first.evidence_id))
    third, is_newest = await _append(database, replace(act, replaces=again.evidence_id))

    assert (is_new, is_new_too, is_newest) == (True, False, True)
    assert double.evidence_id == again.evidence_id
    assert len({first.evidence_id, again.evidence_id, third.evidence_id}) == 3
    assert chain_holds(await _chain(database))


async def test_concurrent_acts_make_one_unforked_chain(database: Database, opening: Opening) -> None:
    """Sixteen documents opened at the same moment, on two journeys, are two chains without gap or fork."""
    acts = [opening(f"doc-{number}", journey_id=journey) for number in range(8) for journey in ("j-1", "j-2")]
    await asyncio.gather(*(_append(database, act) for act in acts))
    for journey in ("j-1", "j-2"):
        chain = await _chain(database, journey)
        assert [row.position for row in chain] == list(range(1, 9))
        assert [row.previous_hash for row in chain] == ["", *(row.record_hash for row in chain[:-1])]
        async with database.reading() as session:
            assert await EvidenceRepository(session).verify_chain(journey)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("statement", "I did not"),
        ("occurred_at", datetime.fromisoformat("2026-11-24T00:00:00+00:00")),
        ("dedupe", "another answer"),
        ("documents", []),
        ("sha256", "cd" * 32),
        ("person_id", "p-2"),
        ("previous_hash", "00" * 32),
        ("record_hash", "00" * 32),
        ("position", 7),
    ],
)
async def test_a_changed_record_breaks_the_chain(
    database: Database, opening: Opening, column: str, value: object
) -> None:
    """Whatever is changed in the middle of a chain shows; the signal's time and words are free to change."""
    for number in range(3):
        await _append(database, opening(f"doc-{number}"))
    chain = await _chain(database)
    chain[1].signalled_at, chain[1].payload = chain[1].occurred_at, None
    assert chain_holds(chain)
    setattr(chain[1], column, value)
    assert not chain_holds(chain)


async def test_a_removed_or_rewritten_record_breaks_the_chain(database: Database, opening: Opening) -> None:
    """A gap shows, and so does a record rewritten with a fitting hash of its own."""
    for number in range(3):
        await _append(database, opening(f"doc-{number}"))
    chain = await _chain(database)
    assert not chain_holds([chain[0], chain[2]])
    assert not chain_holds(chain[1:])
    chain[1].statement = "forged"
    chain[1].record_hash = record_hash(chain[1])
    assert not chain_holds(chain)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence SET ip = '::1'",
        "UPDATE evidence SET record_hash = ''",
        "UPDATE evidence SET payload = '{}'",
        "DELETE FROM evidence",
    ],
)
async def test_the_database_refuses_to_change_evidence(database: Database, opening: Opening, statement: str) -> None:
    """Neither SQL nor a future bug changes or deletes a stored act."""
    await _append(database, opening())

    async def tamper() -> None:
        async with database.transaction() as session:
            await session.execute(text(statement))

    with pytest.raises(DBAPIError, match="append-only"):
        await tamper()
    async with database.reading() as session:
        assert await EvidenceRepository(session).verify_chain("j-1")
    assert len(await _chain(database)) == 1


async def test_unsignalled_acts_are_found_until_marked(database: Database, opening: Opening, now: datetime) -> None:
    """The sweeper gets acts that are old enough, the oldest first, and never again once they are marked."""
    rows = [(await _append(database, opening(f"doc-{minute}", minutes=minute)))[0] for minute in (2, 0, 1, 9)]
    before = now + timedelta(minutes=5)
    async with database.transaction() as session:
        evidence = EvidenceRepository(session)
        found = await evidence.unsignalled(before, 10)
        assert [row.document_id for row in found] == ["doc-0", "doc-1", "doc-2"]
        assert [row.document_id for row in await evidence.unsignalled(before, 1)] == ["doc-0"]
        await evidence.mark_signalled(rows[1].evidence_id, now)
        await evidence.mark_signalled(rows[1].evidence_id, now + timedelta(minutes=1))
    async with database.reading() as session:
        evidence = EvidenceRepository(session)
        assert [row.document_id for row in await evidence.unsignalled(before, 10)] == ["doc-1", "doc-2"]
        marked = {row.document_id: row.signalled_at for row in await evidence.of_person("j-1", "p-1")}
        assert marked == {"doc-0": now, "doc-1": None, "doc-2": None, "doc-9": None}
        assert await evidence.of_person("j-1", "p-2") == []
        assert await evidence.verify_chain("j-1")


async def test_words_are_forgotten_once_the_signal_was_taken(
    database: Database, opening: Opening, now: datetime
) -> None:
    """The payload, which may be personal, goes with the signal; chain and repetition check work without it."""

    def answer(holder: str) -> NewEvidence:
        return replace(
            opening(),
            kind=EvidenceKind.BANK_DETAILS_SUBMITTED,
            documents=(),
            payload={"bank_details": {"account_holder": holder}},
            said=f"keyed-hash-of-{holder}",
        )

    for holder, expected in (("Marsh", True), ("Marsh", False), ("Smith", True), ("Smith", False), ("Marsh", True)):
        row, new = await _append(database, answer(holder))
        assert new is expected
        async with database.transaction() as session:
            await EvidenceRepository(session).mark_signalled(row.evidence_id, now)
    chain = await _chain(database)
    assert [row.payload for row in chain] == [None] * 3
    assert chain_holds(chain)


async def test_a_payload_that_has_no_single_form_is_refused(database: Database, opening: Opening) -> None:
    """A number that one of the databases would write differently cannot tell two acts apart, so it is refused."""
    act = replace(opening(), kind=EvidenceKind.DETAILS_CONFIRMED, payload={"amount": 1.10})
    with pytest.raises(TypeError, match="float"):
        await _append(database, act)
    assert await _chain(database) == []
