"""The paths whose histories are kept: each plays one journey to its end, or to where it waits."""

from collections.abc import Awaitable, Callable

from connectors.errors import Conflict, ConnectorUnavailable
from domain.journey import DocumentKind, Stage, Wrapper
from models.facts import BankDetailsSubmitted, ClientDetailsConfirmed, FieldCorrection
from models.messages import ResendInvitation, RetryNow
from tests.journey_world import ACTOR, Journey, World, references
from tests.sample_client import BANK
from workflows.onboarding import OnboardingJourney

Scenario = Callable[[World], Awaitable[Journey]]


async def straight_isa(world: World) -> Journey:
    """An ISA without a hitch."""
    journey = await world.begin()
    await journey.submit_details()
    await journey.submit_application()
    await journey.accept_everything()
    await journey.handle.result()
    return journey


async def gia_with_mandate(world: World) -> Journey:
    """A GIA with a direct debit, saved as a draft first."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.submit_details()
    await journey.submit_application(send=False, direct_debit=True)
    await journey.submit_application(direct_debit=True)
    await journey.accept_everything()
    await journey.handle.result()
    return journey


async def waiting_for_the_client(world: World) -> Journey:
    """A journey that waits, after a correction, bank details from the client and a second invitation."""
    journey = await world.begin(world.request(bank_details_policy="client_or_adviser"))
    await journey.submit_details(bank=None)
    await journey.submit_application()
    await journey.until(lambda seen: seen.stage is Stage.AWAITING_CLIENT)
    await journey.signal_fact(OnboardingJourney.bank_details_submitted, BankDetailsSubmitted, bank_details=BANK)
    correction = FieldCorrection(field="mobile", old="+447400123456", new="+447400654321")
    await journey.signal_fact(
        OnboardingJourney.client_details_confirmed, ClientDetailsConfirmed, corrections=[correction]
    )
    await journey.handle.execute_update(
        OnboardingJourney.resend_invitation, ResendInvitation(actor=ACTOR, person_id=journey.person)
    )
    await journey.submit_details()
    platform_terms = references(await journey.progress(), DocumentKind.PLATFORM_TERMS)
    await journey.open_documents(platform_terms)
    await journey.accept(DocumentKind.PLATFORM_TERMS, platform_terms)
    await journey.until(lambda seen: not seen.change_requests)
    return journey


async def outage_and_refusal(world: World) -> Journey:
    """A platform that is down, then refuses, until somebody asks for another attempt."""
    world.platform.fail_next(
        "register_client",
        ConnectorUnavailable("platform", "POST /clients", "down", retry_after=0.01),
        Conflict("platform", "POST /clients", "e-mail address in use", code="email_in_use"),
    )
    journey = await world.begin()
    await journey.until(lambda seen: seen.needs_attention)
    await journey.handle.execute_update(OnboardingJourney.retry_now, RetryNow(actor=ACTOR))
    await journey.submit_details()
    await journey.submit_application()
    await journey.accept_everything()
    await journey.handle.result()
    return journey


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (straight_isa, gia_with_mandate, waiting_for_the_client, outage_and_refusal)
}
