"""Evidence before the signal: what a client did is committed first, then the journey is told (P46).

Where the telling fails the client is not bothered: `api.sweeper` repeats it.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from pydantic import JsonValue
from temporalio.service import RPCError

from api.portal.person_journey import UNDER_WAY, PersonJourney
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
        lapsed: acts of this kind that no longer count, so that they are not in the way of another.
        again: whether this repeats the last of those, as an act of its own even where it says the same.
    """

    kind: EvidenceKind
    statement: str
    documents: tuple[DocumentShown, ...] = ()
    payload: dict[str, JsonValue] = field(default_factory=dict, repr=False)
    said: str | None = None
    only_once: ProblemType | None = None
    lapsed: tuple[str, ...] = ()
    again: bool = False

    @property
    def replaces(self) -> str | None:
        """The act that this one takes the place of."""
        return self.lapsed[-1] if self.again and self.lapsed else None


def keyed_hash(settings: Settings, value: JsonValue) -> str:
    """Return a hash of personal data that nobody can find by trying, without the secret key."""
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"evidence:{canonical_json(value)}".encode(), hashlib.sha256).hexdigest()


async def record(services: Services, visit: Visit, journey: PersonJourney, act: Act, now: datetime) -> EvidenceRow:
    """Store the evidence of an act once, then tell the journey; a double click finds the evidence of the first.

    Raises:
        Problem: `wrong-stage` or `journey-over` for something new out of turn, or `act.only_once`.
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
                replaces=act.replaces,
                capacity=journey.capacity,
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
    await tell(services, [row], now)
    return row


async def tell(services: Services, rows: Iterable[EvidenceRow], now: datetime) -> None:
    """Tell journeys of acts that they have not heard of; those of one journey in their order."""
    journeys: dict[str, list[EvidenceRow]] = {}
    for row in rows:
        if row.signalled_at is None:
            journeys.setdefault(row.journey_id, []).append(row)
    await asyncio.gather(*(_tell(services, news, now) for news in journeys.values()))


def _refuse_out_of_turn(journey: PersonJourney, act: Act) -> None:
    match act.kind:
        case EvidenceKind.DOCUMENT_OPENED:
            allowed = journey.stage in UNDER_WAY
        case EvidenceKind.STATEMENT_CORRECTED:
            allowed = journey.stage is Stage.ACTIVE
        case EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED | EvidenceKind.HELP_REQUESTED:
            allowed = journey.stage is Stage.AWAITING_CLIENT or journey.mandate_wanted_again
        case _:
            allowed = journey.stage is Stage.AWAITING_CLIENT
    if not allowed:
        raise journey.out_of_turn()


def _refuse_second(act: Act, row: EvidenceRow, acts: list[EvidenceRow]) -> None:
    if act.only_once is None:
        return
    counting = {other.evidence_id for other in acts if other.kind is act.kind} - {row.evidence_id, *act.lapsed}
    if counting:
        raise Problem(act.only_once)


async def _tell(services: Services, rows: list[EvidenceRow], now: datetime) -> None:
    for row in rows:
        try:
            await send_signal(services.temporal, row)
        except RPCError as error:
            _log.warning("signal_not_taken", evidence=row.evidence_id, kind=row.kind.value, error=error.status.name)
            return
        async with services.database.transaction() as database:
            await EvidenceRepository(database).mark_signalled(row.evidence_id, now)
