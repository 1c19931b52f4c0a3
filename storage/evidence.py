"""The evidence of what clients did."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue
from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import EvidenceKind, EvidenceRow
from storage.canonical import digest
from storage.evidence_chain import chain_holds, record_hash
from storage.identifiers import derived_id

_ABOUT_DOCUMENTS: Final = frozenset(
    {
        EvidenceKind.DOCUMENT_OPENED,
        EvidenceKind.PLATFORM_TERMS_ACCEPTED,
        EvidenceKind.PRODUCT_TERMS_ACCEPTED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentShown:
    """A document in the version and bytes that a person was served."""

    document_id: str
    version: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvidence:
    """An act of a client that is to be kept.

    Attributes:
        documents: The one document that was opened, or every document that an acceptance covers.
        payload: The fields of the signal beyond `person_id`, `evidence_id` and `occurred_at`, in their JSON form;
            kept until the signal was taken.
        said: What tells this act from another of its kind, the payload when left out; the row keeps its hash for ever,
            so where the payload could be guessed this is a keyed hash of it.
        statement: The sentence the person ticked, word for word.
        replaces: The id of an act of the same kind that no longer counts, so that doing the same again is a new act.
        capacity: In which capacity the person acted: `self`, `joint` or `registered_contact`.
        authentication: How and when the person proved who they are.
    """

    journey_id: str
    person_id: str
    kind: EvidenceKind
    occurred_at: datetime
    documents: tuple[DocumentShown, ...] = ()
    payload: dict[str, JsonValue] = field(default_factory=dict, repr=False)
    said: str | None = None
    statement: str | None = None
    replaces: str | None = None
    capacity: str = "self"
    session_ref: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    authentication: str | None = None


class EvidenceRepository:
    """An append-only record per journey, every row chained to the one before."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def append(self, act: NewEvidence) -> tuple[EvidenceRow, bool]:
        """Store an act; False with the row of before when it was recorded already.

        Opening a document and accepting documents are the same act as before when they concern the same versions.
        Any other act is when it says what the person's last act of its kind said: an answer given, changed and
        given again is three acts. An act that replaces one which no longer counts is never the same as that one.

        Raises:
            TypeError: The act is told apart by its payload, and that holds a float, which has no single JSON form.
        """
        await self._lock_chain(act.journey_id)
        documents = _documents(act)
        content = _content(act, documents)
        last, before = await self._earlier(act, content)
        if last is not None and last.dedupe == _following(before, content):
            return last, False
        dedupe = _following(last, content)
        row = await self._next_row(act, documents, dedupe)
        self._session.add(row)
        await self._session.flush()
        return row, True

    async def _lock_chain(self, journey_id: str) -> None:
        # On SQLite the transaction holds the only write lock already.
        if self._session.get_bind().dialect.name == "postgresql":
            await self._session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:chain, 0))"), {"chain": f"evidence/{journey_id}"}
            )

    async def _earlier(self, act: NewEvidence, content: str) -> tuple[EvidenceRow | None, EvidenceRow | None]:
        """Return the person's last act of this kind and the one before it."""
        query = select(EvidenceRow).where(
            col(EvidenceRow.journey_id) == act.journey_id,
            col(EvidenceRow.person_id) == act.person_id,
            col(EvidenceRow.kind) == act.kind,
        )
        if act.kind in _ABOUT_DOCUMENTS:
            query = query.where(col(EvidenceRow.dedupe) == content)
        rows = list(await self._session.scalars(query.order_by(col(EvidenceRow.position).desc()).limit(2)))
        return rows[0] if rows else None, rows[1] if len(rows) > 1 else None

    async def _next_row(self, act: NewEvidence, documents: list[dict[str, JsonValue]], dedupe: str) -> EvidenceRow:
        end = select(EvidenceRow).where(col(EvidenceRow.journey_id) == act.journey_id)
        last = (await self._session.scalars(end.order_by(col(EvidenceRow.position).desc()).limit(1))).first()
        only = act.documents[0] if len(act.documents) == 1 else None
        row = EvidenceRow(
            evidence_id=derived_id("evidence", act.journey_id, act.person_id, act.kind, dedupe),
            journey_id=act.journey_id,
            position=1 if last is None else last.position + 1,
            person_id=act.person_id,
            capacity=act.capacity,
            kind=act.kind,
            document_id=None if only is None else only.document_id,
            version=None if only is None else only.version,
            sha256=None if only is None else only.sha256,
            documents=documents,
            statement=act.statement,
            payload=act.payload,
            dedupe=dedupe,
            occurred_at=act.occurred_at.astimezone(UTC),
            session_ref=act.session_ref,
            ip=act.ip,
            user_agent=act.user_agent,
            authentication=act.authentication,
            previous_hash="" if last is None else last.record_hash,
            record_hash="",
        )
        row.record_hash = record_hash(row)
        return row

    async def opened(self, journey_id: str, person_id: str) -> dict[tuple[str, int], EvidenceRow]:
        """Return which documents a person opened on a journey, by document id and version (P24)."""
        rows = await self._rows(
            col(EvidenceRow.journey_id) == journey_id,
            col(EvidenceRow.person_id) == person_id,
            col(EvidenceRow.kind) == EvidenceKind.DOCUMENT_OPENED,
        )
        return {(row.document_id, row.version): row for row in rows if row.document_id and row.version is not None}

    async def of_journey(self, journey_id: str) -> list[EvidenceRow]:
        """Return a journey's whole chain, the first act first."""
        return await self._rows(col(EvidenceRow.journey_id) == journey_id)

    async def of_person(self, journey_id: str, person_id: str) -> list[EvidenceRow]:
        """Return what one person did on a journey, the first act first."""
        return await self._rows(col(EvidenceRow.journey_id) == journey_id, col(EvidenceRow.person_id) == person_id)

    async def _rows(self, *conditions: ColumnElement[bool]) -> list[EvidenceRow]:
        query = select(EvidenceRow).where(*conditions).order_by(col(EvidenceRow.position))
        return list(await self._session.scalars(query))

    async def unsignalled(self, before: datetime, limit: int) -> list[EvidenceRow]:
        """Return acts from before a moment whose signal is not known to have arrived, in the order to send them."""
        query = (
            select(EvidenceRow)
            .where(col(EvidenceRow.signalled_at).is_(None), col(EvidenceRow.occurred_at) < before)
            .order_by(col(EvidenceRow.occurred_at), col(EvidenceRow.journey_id), col(EvidenceRow.position))
            .limit(limit)
        )
        return list(await self._session.scalars(query))

    async def mark_signalled(self, evidence_id: str, now: datetime) -> None:
        """Note that the workflow took the signal, and forget what it said; the first time counts."""
        await self._session.execute(
            update(EvidenceRow)
            .where(col(EvidenceRow.evidence_id) == evidence_id, col(EvidenceRow.signalled_at).is_(None))
            .values(signalled_at=now, payload=None)
        )

    async def verify_chain(self, journey_id: str) -> bool:
        """Return whether a journey's evidence is unchanged since it was stored."""
        return chain_holds(await self.of_journey(journey_id))


def signal_fact(row: EvidenceRow) -> dict[str, JsonValue]:
    """Return the JSON form of the signal that tells the workflow of this act (a `models.messages.Fact`)."""
    return {
        **(row.payload or {}),
        "person_id": row.person_id,
        "evidence_id": row.evidence_id,
        "occurred_at": row.occurred_at.isoformat(),
    }


def _documents(act: NewEvidence) -> list[dict[str, JsonValue]]:
    documents = sorted(act.documents, key=lambda document: (document.document_id, document.version))
    return [{"document_id": one.document_id, "version": one.version, "sha256": one.sha256} for one in documents]


def _content(act: NewEvidence, documents: list[dict[str, JsonValue]]) -> str:
    versions: list[JsonValue] = [[document["document_id"], document["version"]] for document in documents]
    said = None if act.kind in _ABOUT_DOCUMENTS else act.said or act.payload
    return digest([versions, said] if act.replaces is None else [versions, said, act.replaces])


def _following(earlier: EvidenceRow | None, content: str) -> str:
    """Return how an act is told apart that was done after another of its kind."""
    return content if earlier is None else digest([content, earlier.evidence_id])
