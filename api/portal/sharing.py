"""Platform terms once a person: what was opened and accepted on one journey counts on the others (P15, P49).

Each journey gets evidence of its own, which says when and how the person really did it. It is written when they do
something, and when they come back, for accounts that have asked for the same terms only since then.
"""

from collections.abc import Iterable
from datetime import datetime

from pydantic import JsonValue

from api.portal.evidence import tell
from api.portal.loading import load_all
from api.portal.person_journey import UNDER_WAY, PersonJourney
from api.portal.sessions import Visit
from domain.journey import DocumentKind, Stage
from models.facts import DocumentView
from models.tables import EvidenceKind, EvidenceRow
from runtime.services import Services
from storage.evidence import DocumentShown, EvidenceRepository, NewEvidence

_TERMS = DocumentKind.PLATFORM_TERMS


async def share(services: Services, visit: Visit, now: datetime) -> list[PersonJourney]:
    """Let what the person did about the platform terms count on all of their journeys, and return these."""
    journeys = await load_all(services, visit)
    shared: list[PersonJourney] = []
    for journey in journeys:
        others = [other for other in journeys if other is not journey and other.stage in UNDER_WAY]
        shared.append(await _catch_up(services, journey, others, now) if _waits_for_terms(journey) else journey)
    return shared


def _waits_for_terms(journey: PersonJourney) -> bool:
    settled = journey.holder.platform_terms_accepted_before or journey.accepted(_TERMS)
    return journey.stage is Stage.AWAITING_CLIENT and not settled


async def _catch_up(
    services: Services, journey: PersonJourney, others: Iterable[PersonJourney], now: datetime
) -> PersonJourney:
    news = [act for other in others for act in taken_over(journey, other)]
    if not news:
        return journey
    async with services.database.transaction() as database:
        repository = EvidenceRepository(database)
        rows = [(await repository.append(act))[0] for act in news]
    await tell(services, rows, now)
    for row in rows:
        journey = journey.with_act(row)
    return journey


def taken_over(journey: PersonJourney, other: PersonJourney) -> list[NewEvidence]:
    """Return what the person did on another journey that this one still waits for: the same versions and bytes."""
    opened, opened_there = journey.opened(), other.opened()
    in_force = [document for document in journey.progress.documents if document.kind is _TERMS]
    openings = [
        _copied(journey, opened_there[key])
        for document in in_force
        if (key := (document.document_id, document.version)) not in opened
        and key in opened_there
        and opened_there[key].sha256 == document.sha256
    ]
    accepted = other.acceptance(_TERMS) if in_force else None
    if accepted is None or not _covers(accepted, in_force) or _is_void(journey, accepted):
        return openings
    return [*openings, _copied(journey, accepted)]


def _covers(accepted: EvidenceRow, documents: Iterable[DocumentView]) -> bool:
    given = {(document["document_id"], document["version"], document["sha256"]) for document in accepted.documents}
    return {(document.document_id, document.version, document.sha256) for document in documents} <= given


def _is_void(journey: PersonJourney, accepted: EvidenceRow) -> bool:
    """Whether an amendment of this journey asks for an acceptance that is newer than this one (P44)."""
    return bool(journey.lapsed_acceptances(_TERMS)) and accepted.occurred_at <= journey.reported_at


def _copied(journey: PersonJourney, row: EvidenceRow) -> NewEvidence:
    shown = tuple(
        DocumentShown(
            document_id=str(document["document_id"]),
            version=int(str(document["version"])),
            sha256=str(document["sha256"]),
        )
        for document in row.documents
    )
    references: list[JsonValue] = [{"document_id": one.document_id, "version": one.version} for one in shown]
    opening = row.kind is EvidenceKind.DOCUMENT_OPENED
    lapsed = journey.lapsed_acceptances(_TERMS)
    return NewEvidence(
        journey_id=journey.progress.journey_id,
        person_id=row.person_id,
        kind=row.kind,
        occurred_at=row.occurred_at,
        documents=shown,
        payload={"document": references[0]} if opening else {"documents": references},
        statement=row.statement,
        replaces=lapsed[-1].evidence_id if lapsed and not opening else None,
        capacity=journey.capacity,
        session_ref=row.session_ref,
        ip=row.ip,
        user_agent=row.user_agent,
        authentication=row.authentication,
    )
