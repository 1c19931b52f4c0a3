"""Tells journeys of evidence whose signal was not taken: the engine was away, or this process ended in between."""

import asyncio
from datetime import UTC, datetime
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError, RPCStatusCode

from api.portal.signals import send_signal
from models.messages import Actor
from models.tables import EvidenceRow
from runtime.services import Services
from storage.audit import AuditRepository
from storage.evidence import EvidenceRepository
from storage.journeys import JourneyRepository

_AT_ONCE: Final = 100
_log = structlog.get_logger(__name__)


async def run_sweeper(services: Services) -> None:
    """Sweep every `settings.sweep_interval` until cancelled; nothing that fails ends it."""
    interval = services.settings.sweep_interval
    while True:
        await asyncio.sleep(interval.total_seconds())
        try:
            await sweep(services, datetime.now(UTC) - interval)
        except SQLAlchemyError as error:
            _log.warning("sweep_failed", error=type(error).__name__)


async def sweep(services: Services, before: datetime) -> int:
    """Send the signals of acts from before a moment that no journey has taken, the oldest first.

    A journey that is closed takes no more signals; its acts are marked with a note in the audit.

    Returns:
        How many acts were settled.
    """
    async with services.database.reading() as database:
        rows = await EvidenceRepository(database).unsignalled(before, _AT_ONCE)
    settled = 0
    for row in rows:
        try:
            if not await _settle(services, row):
                break
        except ValidationError as error:
            # The row stays for a person to look at; the others must not wait for it. Its text may be personal.
            _log.error("evidence_not_readable", evidence=row.evidence_id, faults=error.error_count())
            continue
        settled += 1
    return settled


async def _settle(services: Services, row: EvidenceRow) -> bool:
    """Send one signal; False when the engine is away, so that the others can wait too."""
    note = None
    try:
        await send_signal(services.temporal, row)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            _log.warning("signal_not_taken", evidence=row.evidence_id, kind=row.kind.value, error=error.status.name)
            return False
        note = "the journey is closed and takes no more signals"
    now = datetime.now(UTC)
    async with services.database.transaction() as database:
        await EvidenceRepository(database).mark_signalled(row.evidence_id, now)
        if note is not None:
            journey = await JourneyRepository(database).get(row.journey_id)
            await AuditRepository(database).record(
                firm=journey.firm if journey is not None else "",
                actor=Actor(kind="system", id="sweeper"),
                action="signal_given_up",
                at=now,
                journey_id=row.journey_id,
                reason=note,
                details={"evidence_id": row.evidence_id, "kind": row.kind.value},
            )
    return True
