"""News of a document: every journey that has it in force learns of the version that the platform has now (P28)."""

from collections.abc import AsyncIterator
from typing import Final

from api.webhooks.deliveries import Delivery
from api.webhooks.telling import Heard, occurred_at, resource_id, tell
from connectors.platform.port import PlatformDocument
from domain.journey import Wrapper
from models.facts import DocumentView, TermsSuperseded
from models.messages import Progress
from runtime.services import Services
from storage.journeys import JourneyRepository
from workflows.onboarding import OnboardingJourney

_AT_ONCE: Final = 200


async def tell_of_publication(services: Services, delivery: Delivery, heard: Heard) -> bool:
    """Tell every running journey that has an older version in force.

    Always False: a journey may be reading the documents at this very moment and report the older version only later.
    """
    document_id = resource_id(delivery)
    if document_id is None:
        return True
    published_at = occurred_at(delivery, heard)
    in_force: dict[Wrapper, PlatformDocument | None] = {}
    async for progress in _running(services):
        held = next((document for document in progress.documents if document.document_id == document_id), None)
        if held is None:
            continue
        if progress.wrapper not in in_force:
            in_force[progress.wrapper] = await _read(services, progress.wrapper, document_id)
        current = in_force[progress.wrapper]
        if current is not None and current.version > held.version:
            news = TermsSuperseded(
                document=DocumentView.model_validate(current.model_dump()), published_at=published_at
            )
            await tell(services, progress.journey_id, OnboardingJourney.terms_superseded, news)
    return False


async def _read(services: Services, wrapper: Wrapper, document_id: str) -> PlatformDocument | None:
    documents = await services.platform.documents(wrapper)
    return next((document for document in documents if document.document_id == document_id), None)


async def _running(services: Services) -> AsyncIterator[Progress]:
    after = ""
    while True:
        async with services.database.reading() as session:
            rows = await JourneyRepository(session).running(after=after, limit=_AT_ONCE)
        for row in rows:
            yield Progress.model_validate(row.progress)
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].journey_id
