"""From stored rows and workflow answers to what advisers are shown; pure."""

from collections import Counter
from collections.abc import Iterable

from activities.starting import Started
from domain.identity import workflow_id
from models.facts import DocumentView
from models.messages import Progress
from models.schemas.eligibility import EligibilityNotice
from models.schemas.imports import ImportCounts, ImportProblem, ImportProgress, ImportRowResult
from models.schemas.journeys import (
    DocumentOfHolder,
    DocumentShownView,
    EvidenceView,
    JourneyDetail,
    JourneyDocument,
    JourneyEmail,
    JourneyLinks,
    JourneySummary,
)
from models.schemas.starting import JourneyStarted
from models.tables import (
    EmailRow,
    EvidenceKind,
    EvidenceRow,
    ImportedRow,
    ImportRowState,
    JourneyImportRow,
    JourneyRow,
)
from runtime.settings import Settings

_ACCEPTANCES = frozenset({EvidenceKind.PLATFORM_TERMS_ACCEPTED, EvidenceKind.PRODUCT_TERMS_ACCEPTED})


def journey_path(journey_id: str) -> str:
    """Return a journey's address on this origin."""
    return f"/api/v1/journeys/{journey_id}"


def etag(version: int) -> str:
    """Return the entity tag of a journey in this version."""
    return f'"{version}"'


def links(settings: Settings, journey_id: str) -> JourneyLinks:
    """Return where to go on from a journey."""
    path = journey_path(journey_id)
    operator = None
    if settings.temporal_ui_url is not None:
        ui = settings.temporal_ui_url.rstrip("/")
        operator = f"{ui}/namespaces/{settings.temporal_namespace}/workflows/{workflow_id(journey_id)}"
    parts = [name for name in JourneyLinks.model_fields if name not in {"self", "operator"}]
    addresses = {part: f"{path}/{part.replace('_', '-')}" for part in parts}
    return JourneyLinks(self=path, operator=operator, **addresses)


def started(settings: Settings, outcome: Started, external_reference: str) -> JourneyStarted:
    """Return a journey that was started, or met."""
    return JourneyStarted(
        journey_id=outcome.journey_id,
        workflow_id=workflow_id(outcome.journey_id),
        external_reference=external_reference,
        wrapper=outcome.wrapper,
        created=outcome.created,
        warnings=outcome.warnings,
        links=links(settings, outcome.journey_id),
    )


def detail(settings: Settings, progress: Progress, warnings: list[EligibilityNotice]) -> JourneyDetail:
    """Return a journey with its warnings and links."""
    fields = {name: getattr(progress, name) for name in Progress.model_fields}
    return JourneyDetail.model_construct(**fields, warnings=warnings, links=links(settings, progress.journey_id))


def summary(row: JourneyRow) -> JourneySummary:
    """Return a journey as it stands in a list."""
    progress = Progress.model_validate(row.progress)
    fields = {name: getattr(progress, name) for name in JourneySummary.model_fields if hasattr(progress, name)}
    return JourneySummary(**fields, updated_at=row.updated_at, link=journey_path(row.journey_id))


def document(shown: DocumentView, people: Iterable[str], evidence: list[EvidenceRow]) -> JourneyDocument:
    """Return a document with what each holder did with it."""
    return JourneyDocument(
        document_id=shown.document_id,
        version=shown.version,
        kind=shown.kind.value,
        title=shown.title,
        sha256=shown.sha256,
        holders=[_of_holder(shown, person, evidence) for person in people],
    )


def _of_holder(shown: DocumentView, person: str, evidence: list[EvidenceRow]) -> DocumentOfHolder:
    about = [
        row
        for row in evidence
        if row.person_id == person
        and any((one["document_id"], one["version"]) == (shown.document_id, shown.version) for one in row.documents)
    ]
    opened = [row.occurred_at for row in about if row.kind == EvidenceKind.DOCUMENT_OPENED]
    accepted = [row.occurred_at for row in about if row.kind in _ACCEPTANCES]
    return DocumentOfHolder(
        person_id=person, opened_at=min(opened, default=None), accepted_at=min(accepted, default=None)
    )


def email(row: EmailRow) -> JourneyEmail:
    """Return an e-mail as the ledger knows it."""
    return JourneyEmail(
        message_id=row.message_id,
        event=row.event,
        template=row.template,
        recipient_role=row.recipient_role,
        person_id=row.person_id or None,
        subject=row.subject,
        state=row.state.value,
        reply=row.reply,
        created_at=row.created_at,
        sent_at=row.sent_at,
    )


def evidence_record(row: EvidenceRow) -> EvidenceView:
    """Return an act as it was stored."""
    return EvidenceView(
        evidence_id=row.evidence_id,
        position=row.position,
        person_id=row.person_id,
        capacity=row.capacity,
        kind=row.kind.value,
        documents=[DocumentShownView.model_validate(one) for one in row.documents],
        statement=row.statement,
        occurred_at=row.occurred_at,
        authentication=row.authentication,
        ip=row.ip,
        user_agent=row.user_agent,
        previous_hash=row.previous_hash,
        record_hash=row.record_hash,
        signalled_at=row.signalled_at,
    )


def import_progress(imported: JourneyImportRow, rows: list[ImportedRow]) -> ImportProgress:
    """Return an import with what became of each row."""
    states = Counter(row.state for row in rows)
    counts = {state.value: states[state] for state in ImportRowState}
    return ImportProgress(
        import_id=imported.import_id,
        dry_run=imported.dry_run,
        created_at=imported.created_at,
        finished=not states[ImportRowState.WAITING],
        counts=ImportCounts(rows=len(rows), **counts),
        rows=[_import_row(row) for row in rows],
        link=f"/api/v1/journeys/imports/{imported.import_id}",
    )


def _import_row(row: ImportedRow) -> ImportRowResult:
    there = row.state in {ImportRowState.STARTED, ImportRowState.MET}
    return ImportRowResult(
        row=row.row,
        external_reference=row.external_reference,
        state=row.state.value,
        journey_id=row.journey_id,
        link=journey_path(row.journey_id) if row.journey_id and there else None,
        problems=[ImportProblem.model_validate(problem) for problem in row.problems],
    )
