"""Evidence before the signal: what a client did is committed first, then the journey is told (P46).

Where the telling fails the client is not bothered: `api.sweeper` repeats it.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from pydantic import JsonValue
from temporalio.service import RPCError

from api.portal.person_journey import PersonJourney, wrong_stage
from api.portal.sessions import Visit
from api.portal.signals import send_signal
from api.problem_types import ProblemType
from api.problems import Problem
from domain.journey import Stage
from models.tables import EvidenceKind, EvidenceRow
from runtime.services import Services
from runtime.settings import Settings
from storage.canonical import canonical_json
from storage.evidence import DocumentShown, EvidenceRepository, NewEvidence

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a client does.

    Attributes:
        statement: what they agree to, word for word, without personal data.
        documents: the documents it covers, with the hash of the bytes they were served.
        payload: what the signal says beyond who and when.
        said: a keyed hash that tells this act from another of its kind, where the payload is personal.
        only_once: the problem of a second, different act of this kind.
    """

    kind: EvidenceKind
    statement: str
    documents: tuple[DocumentShown, ...] = ()
    payload: dict[str, JsonValue] = field(default_factory=dict, repr=False)
    said: str | None = None
    only_once: ProblemType | None = None


def keyed_hash(settings: Settings, value: JsonValue) -> str:
    """Return a hash of personal data that nobody can find by trying, without the secret key."""
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"evidence:{canonical_json(value)}".encode(), hashlib.sha256).hexdigest()


async def record(services: Services, visit: Visit, journey: PersonJourney, act: Act, now: datetime) -> EvidenceRow:
    """Store the evidence of an act once, then tell the journey; a double click finds the evidence of the first.

    Raises:
        Problem: `wrong-stage` for something new when it is not the client's turn, or `act.only_once`.
    """
    async with services.database.transaction() as database:
        repository = EvidenceRepository(database)
        row, is_new = await repository.append(
            NewEvidence(
                journey_id=journey.progress.journey_id,
                person_id=visit.person.person_id,
                kind=act.kind,
                occurred_at=now,
                documents=act.documents,
                payload=act.payload,
                said=act.said,
                statement=act.statement,
                session_ref=visit.session_ref,
                ip=visit.ip,
                user_agent=visit.user_agent,
                authentication=visit.authentication,
            )
        )
        if is_new:
            # Refusing inside the transaction takes the row back, and sees what a concurrent request stored.
            _refuse_out_of_turn(journey, act)
            _refuse_second(act, row, await repository.of_person(row.journey_id, row.person_id))
    if row.signalled_at is None:
        await _tell(services, row, now)
    return row


def _refuse_out_of_turn(journey: PersonJourney, act: Act) -> None:
    stage = journey.progress.stage
    if stage is not Stage.AWAITING_CLIENT and act.kind is not EvidenceKind.DOCUMENT_OPENED:
        raise wrong_stage(stage)


def _refuse_second(act: Act, row: EvidenceRow, acts: list[EvidenceRow]) -> None:
    if act.only_once is None:
        return
    if any(other.kind is act.kind and other.evidence_id != row.evidence_id for other in acts):
        raise Problem(act.only_once)


async def _tell(services: Services, row: EvidenceRow, now: datetime) -> None:
    try:
        await send_signal(services.temporal, row)
    except RPCError as error:
        _log.warning("signal_not_taken", evidence=row.evidence_id, kind=row.kind.value, error=error.status.name)
        return
    async with services.database.transaction() as database:
        await EvidenceRepository(database).mark_signalled(row.evidence_id, now)
