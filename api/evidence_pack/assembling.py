"""Gathers a journey's records from the database, the engine and the platform, and makes its evidence pack of them."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from api.evidence_pack import verify
from api.evidence_pack.certificate import certificate
from api.evidence_pack.certificate_html import render_html
from api.evidence_pack.certificate_pdf import render_pdf
from api.evidence_pack.dossier import Dossier, KeptDocument, shown_documents
from api.evidence_pack.records import acceptance_records, timeline
from api.evidence_pack.sealing import SealingKey, seal
from api.evidence_pack.standing import title_of
from api.journeys import Journeys
from api.problem_types import EVIDENCE_UNSOUND
from api.problems import Problem
from connectors.errors import NotFound
from connectors.platform.port import PlatformGateway
from models.messages import Actor, Progress
from models.people import KnownDetails
from models.tables import AuditRow, EmailRow, EvidenceRow
from runtime.brand import load_brand
from runtime.services import Services
from storage.audit import AuditRepository
from storage.emails import EmailRepository
from storage.evidence import EvidenceRepository
from storage.evidence_chain import chain_holds

ACTION: Final = "evidence_exported"
"""How the audit names an export."""


@dataclass(frozen=True)
class EvidencePack:
    """A sealed pack: a ZIP file that proves itself, under the name to store it by."""

    filename: str
    content: bytes
    sha256: str


async def for_journey(
    services: Services, firm_id: str, journey_id: str, *, actor: Actor, now: datetime
) -> EvidencePack:
    """Make the evidence pack of a journey, as it stands, and note in the audit who exported it.

    Args:
        services: The database, the platform and the engine.
        firm_id: Whose journey it has to be.
        journey_id: The journey, running or over.
        actor: Who takes the pack away.
        now: The moment that the pack states.

    Raises:
        Problem: `journey-not-found`, also for another firm's; `evidence-unsound` when a document is not to be had as it
            was shown, or the stored evidence was altered; `engine-unavailable`. There is never half a pack.
        ConnectorUnavailable: The platform can't be reached.
    """
    progress = await Journeys(services, firm_id).get(journey_id)
    dossier = await _gather(services, progress, now)
    # Drawing pages and subsetting typefaces takes longer than other requests should wait.
    content = await asyncio.to_thread(build, dossier, SealingKey.of(services.settings))
    pack = EvidencePack(f"evidence-{journey_id}-{now:%Y%m%dT%H%M%SZ}.zip", content, hashlib.sha256(content).hexdigest())
    async with services.database.transaction() as session:
        await AuditRepository(session).record(
            firm=firm_id,
            actor=actor,
            action=ACTION,
            at=now,
            journey_id=journey_id,
            details={"sha256": pack.sha256, "acts": len(dossier.evidence)},
        )
    return pack


def build(dossier: Dossier, key: SealingKey) -> bytes:
    """Return the pack's ZIP file, once it passes its own check; pure.

    Raises:
        Problem: `evidence-unsound`: the pack would not stand up.
    """
    chained = timeline(dossier)
    shown = certificate(dossier, chained, key.fingerprint)
    files = {
        "certificate.html": render_html(shown, dossier.brand),
        "certificate.pdf": render_pdf(shown, dossier.brand, dossier.generated_at),
        verify.ACCEPTANCES: acceptance_records(dossier),
        verify.TIMELINE: chained.text,
        **{one.file: one.content for one in dossier.documents},
    }
    content = seal(dossier, chained, files, key)
    try:
        verify.check_archive(content, key.fingerprint)
    except verify.BrokenPack as broken:
        raise Problem(EVIDENCE_UNSOUND, f"The pack would not pass its own check: {broken}.") from None
    return content


async def _gather(services: Services, progress: Progress, now: datetime) -> Dossier:
    evidence, emails, audit = await _stored(services, progress.journey_id)
    if not chain_holds(evidence):
        raise Problem(EVIDENCE_UNSOUND, "The stored evidence is not what was recorded: its chain is broken.")
    firm = services.settings.firm(progress.firm)
    return Dossier(
        progress=progress,
        firm_name=firm.name if firm is not None else progress.firm,
        brand=load_brand(services.settings.brand),
        names=await _names(services.platform, progress),
        evidence=tuple(evidence),
        emails=tuple(emails),
        audit=tuple(audit),
        documents=await _documents(services.platform, progress, evidence),
        generated_at=now,
    )


async def _stored(services: Services, journey_id: str) -> tuple[list[EvidenceRow], list[EmailRow], list[AuditRow]]:
    async with services.database.reading() as session:
        return (
            await EvidenceRepository(session).of_journey(journey_id),
            await EmailRepository(session).of_journey(journey_id),
            await AuditRepository(session).of_journey(journey_id),
        )


async def _names(platform: PlatformGateway, progress: Progress) -> dict[str, str]:
    names = {}
    for holder in progress.holders:
        if holder.platform_client is None:
            continue
        try:
            details = (await platform.read_client(holder.platform_client)).details
        except NotFound:
            continue
        names[holder.person_id] = _full_name(details)
    return names


def _full_name(details: KnownDetails) -> str:
    return " ".join(filter(None, (details.title, details.first_name, details.last_name)))


async def _documents(
    platform: PlatformGateway, progress: Progress, evidence: list[EvidenceRow]
) -> tuple[KeptDocument, ...]:
    kept = []
    for (document_id, version), sha256 in sorted(shown_documents(evidence).items()):
        try:
            content = await platform.document_content(document_id, version)
        except NotFound:
            raise _unsound(document_id, version, "does not have it any more") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise _unsound(document_id, version, "serves other bytes than the client was shown")
        kept.append(KeptDocument(document_id, version, sha256, title_of(progress, document_id), content))
    return tuple(kept)


def _unsound(document_id: str, version: int, what: str) -> Problem:
    extra: dict[str, JsonValue] = {"system": "platform", "document_id": document_id, "version": version}
    return Problem(EVIDENCE_UNSOUND, f"Document {document_id}, version {version}: the platform {what}.", extra=extra)
