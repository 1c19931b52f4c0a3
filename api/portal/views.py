"""What the client is shown, made from their journey."""

from datetime import datetime

from api.portal import acts
from api.portal.payments import WHAT_HAPPENS_NEXT, mandate_view, masked_account, selected_direct_debit
from api.portal.person_journey import PersonJourney
from api.portal.sessions import firm_name
from api.portal.statements import statement_view
from connectors.errors import ConnectorError
from connectors.platform.port import PlatformClient
from domain.declarations import acceptance_statement
from domain.journey import DocumentKind, MandateRoute, Stage
from domain.portal_tasks import STAGE_WORDS
from domain.wrappers import wrapper_words
from models.facts import DocumentView
from models.schemas.portal_journeys import (
    ActAnswer,
    ActFollowed,
    MandateAnswered,
    MandateView,
    NextTask,
    OpenedDocument,
    PortalDocument,
    PortalJourney,
    PortalJourneyDetail,
    PortalJourneys,
    ProgressView,
    TaskView,
    TermsView,
)
from models.tables import EvidenceRow
from runtime.services import Services
from runtime.settings import Settings


def journey_view(settings: Settings, journey: PersonJourney) -> PortalJourney:
    """Return a journey with its tasks (P26)."""
    progress, tasks = journey.progress, journey.tasks()
    return PortalJourney(
        journey_id=progress.journey_id,
        wrapper=progress.wrapper,
        wrapper_label=wrapper_words(progress.wrapper),
        firm_name=firm_name(settings, progress.firm),
        stage=journey.stage,
        status=_status(journey.stage, has_task=tasks.next_task is not None),
        tasks=[TaskView(key=task.key, state=task.state, reason=task.reason) for task in tasks.tasks],
        next_task=tasks.next_task,
        progress=ProgressView(done=tasks.done, total=len(tasks.tasks), words=tasks.progress),
    )


def _status(stage: Stage, *, has_task: bool) -> str:
    if stage is Stage.ACTIVE and has_task:
        return "Your account is open, but there is something for you to do."
    if stage is not Stage.AWAITING_CLIENT:
        return STAGE_WORDS[stage]
    if has_task:
        return "There is something for you to do."
    return "Everything needed from you is here. The remaining checks are under way; we will e-mail you."


def journeys_view(settings: Settings, journeys: list[PersonJourney]) -> PortalJourneys:
    """Return every journey, and the task to go to (P26)."""
    views = [journey_view(settings, journey) for journey in journeys]
    following = (
        NextTask(journey_id=view.journey_id, task=view.next_task) for view in views if view.next_task is not None
    )
    return PortalJourneys(journeys=views, next=next(following, None))


async def journey_detail(services: Services, journey: PersonJourney, now: datetime) -> PortalJourneyDetail:
    """Return a journey with its documents, its terms, and the client's details as the platform holds them."""
    held = await held_if_reachable(services, journey)
    return PortalJourneyDetail(
        **dict(journey_view(services.settings, journey)),
        documents=[document_view(journey, document) for document in journey.progress.documents],
        terms=[terms_view(journey, kind, now) for kind in DocumentKind if journey.required(kind)],
        personal_details=held.details if held is not None else None,
        bank_account=masked_account(held) if held is not None else None,
        statement=statement_view(journey, now),
    )


def act_answer(settings: Settings, journey: PersonJourney, row: EvidenceRow) -> ActAnswer:
    """Return that an act is recorded, and where the journey stands with it."""
    return ActAnswer(
        evidence_id=row.evidence_id,
        recorded_at=row.occurred_at,
        journey=journey_view(settings, journey.with_act(row)),
    )


def act_followed(settings: Settings, journey: PersonJourney, row: EvidenceRow, what_happens_next: str) -> ActFollowed:
    """Return that an act is recorded, and what happens now."""
    return ActFollowed(**dict(act_answer(settings, journey, row)), what_happens_next=what_happens_next)


def mandate_answered(
    settings: Settings, journey: PersonJourney, row: EvidenceRow, *, sole_signatory: bool
) -> MandateAnswered:
    """Return that the mandate is answered, and how it goes on (P23)."""
    route = MandateRoute.ONLINE if sole_signatory else MandateRoute.PAPER_REQUESTED
    return MandateAnswered.model_validate(
        {
            **dict(act_answer(settings, journey, row)),
            "route": route.value,
            "what_happens_next": WHAT_HAPPENS_NEXT[route],
        }
    )


def opened_document(settings: Settings, journey: PersonJourney, document: DocumentView) -> OpenedDocument:
    """Return where the content of an opened document is."""
    return OpenedDocument(
        document_id=document.document_id,
        version=document.version,
        sha256=document.sha256,
        content_url=_content_url(journey, document),
        journey=journey_view(settings, journey),
    )


async def held_client(services: Services, journey: PersonJourney) -> PlatformClient | None:
    """Return this person as the platform holds them; None before they are registered there."""
    if journey.holder.platform_client is None:
        return None
    return await services.platform.read_client(journey.holder.platform_client)


async def mandate_shown(services: Services, journey: PersonJourney) -> MandateView:
    """Return what the client is asked to authorise, as the platform holds it (P23).

    Raises:
        Problem: `mandate-not-selected`.
        ConnectorUnavailable: the platform can't be reached.
    """
    selected_direct_debit(journey)
    mandate = journey.progress.records.platform_mandate
    return mandate_view(
        journey,
        await services.platform.guarantee(),
        await held_client(services, journey),
        await services.platform.read_mandate(mandate) if mandate is not None else None,
    )


async def held_if_reachable(services: Services, journey: PersonJourney) -> PlatformClient | None:
    """Return this person as the platform holds them; None before they are registered, and while it is away."""
    # The tasks must not disappear because the platform is away for a moment.
    try:
        return await held_client(services, journey)
    except ConnectorError:
        return None


def document_view(journey: PersonJourney, document: DocumentView) -> PortalDocument:
    """Return a document in force as this person has it (P24, P28)."""
    opened = journey.opened().get((document.document_id, document.version))
    return PortalDocument(
        document_id=document.document_id,
        version=document.version,
        kind=document.kind,
        title=document.title,
        sha256=document.sha256,
        opened_at=opened.occurred_at if opened is not None else None,
        reason=_changed(journey, document),
        content_url=_content_url(journey, document) if opened is not None else None,
    )


def _changed(journey: PersonJourney, document: DocumentView) -> str:
    earlier = journey.changed().get(document.document_id)
    if earlier is None or journey.accepted(document.kind):
        return ""
    return f"This document has changed since you opened version {earlier}. Please open the new version."


def terms_view(journey: PersonJourney, kind: DocumentKind, now: datetime) -> TermsView:
    """Return what is ticked to accept these terms, and what is still in the way (P24, P25)."""
    accepted = journey.acceptance(kind)
    declared = acts.declaration_today(journey, kind, now)
    return TermsView(
        kind=kind,
        statement=acceptance_statement(kind, journey.progress.wrapper, journey.required(kind)),
        declaration=list(declared.statements) if declared is not None else [],
        declaration_version=declared.version if declared is not None else None,
        missing=[document.title for document in journey.unopened(kind)],
        accepted_at=accepted.occurred_at if accepted is not None else None,
    )


def _content_url(journey: PersonJourney, document: DocumentView) -> str:
    base = f"/portal/api/journeys/{journey.progress.journey_id}/documents/{document.document_id}/content"
    return f"{base}?version={document.version}"
