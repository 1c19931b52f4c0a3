"""News of a client's checks: read from the platform and told to the client's journeys."""

import hashlib

from api.webhooks.deliveries import Delivery
from api.webhooks.telling import Heard, resource_id, tell
from connectors.errors import NotFound
from connectors.platform.port import Check
from domain.journey import CheckStatus
from models.facts import CheckState, VerificationUpdated
from runtime.services import Services
from storage.journeys import JourneyRepository
from workflows.onboarding import OnboardingJourney


async def tell_of_checks(services: Services, delivery: Delivery, heard: Heard) -> bool:
    """Tell every journey of this client, a child's too; False while no journey is known to have the client."""
    platform_client = resource_id(delivery)
    if platform_client is None:
        return True
    async with services.database.reading() as session:
        if not await JourneyRepository(session).knows_platform_client(platform_client):
            return False
    try:
        checks = await services.platform.read_checks(platform_client)
    except NotFound:
        return True
    news = VerificationUpdated(
        platform_client=platform_client, identity=_state(checks.identity), bank=_state(checks.bank)
    )
    if not _is_settled(news):
        return True
    digest = hashlib.sha256(news.model_dump_json().encode()).hexdigest()
    async with services.database.reading() as session:
        journeys = await JourneyRepository(session).running_of_platform_client(platform_client)
    for journey_id in journeys:
        async with services.database.transaction() as session:
            is_news = await JourneyRepository(session).claim_news(journey_id, platform_client, digest)
        # A delivery that is looked at again may have been claimed by an attempt that then failed: tell it in any case.
        if is_news or heard.again:
            await tell(services, journey_id, OnboardingJourney.verification_updated, news)
    return True


def _is_settled(news: VerificationUpdated) -> bool:
    """Whether a journey needs to hear of it: something needs a person, or nothing is under way any more.

    While one check has passed and the other is still running, nobody can act on it and another event follows.
    """
    checks = (news.identity.status, news.bank.status)
    return any(status.needs_attention for status in checks) or CheckStatus.PENDING not in checks


def _state(check: Check) -> CheckState:
    return CheckState(status=check.status, reason=check.reason, updated_at=check.updated_at)
