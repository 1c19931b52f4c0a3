"""The paths whose histories are kept: each plays one journey to its end, or to where it waits."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from connectors.errors import Conflict, ConnectorUnavailable
from connectors.mail.port import MailRefused
from domain.journey import CheckStatus, DocumentKind, Party, Stage, Wrapper
from models.commands import Hold, ResendInvitation, Resume, RetryNow, SettleCorrection
from models.facts import (
    BankDetailsSubmitted,
    ClientDetailsConfirmed,
    DocumentView,
    FieldCorrection,
    HelpRequested,
    JourneyDeclined,
    MandateFailed,
    StatementCorrected,
    TermsSuperseded,
)
from tests.journey_acts import DEBIT, account_form
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
    await journey.result()
    return journey


async def gia_with_mandate(world: World) -> Journey:
    """A GIA with a direct debit, saved as a draft first, and looked after to the end."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.submit_details()
    await journey.submit_application(send=False, direct_debit=True)
    await journey.submit_application(direct_debit=True)
    await journey.accept_everything()
    await journey.at(Stage.ACTIVE)
    await journey.pass_time(timedelta(days=61))
    await journey.result()
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


async def corrections_settled(world: World) -> Journey:
    """Two holders ask for corrections: one is made by an amendment that names it, the other closed without one."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, joint=True))
    await journey.await_client()
    correction = FieldCorrection(field="title", old="Mrs", new="Dr")
    for person in journey.people:
        await journey.signal_fact(
            OnboardingJourney.client_details_confirmed, ClientDetailsConfirmed, person, corrections=[correction]
        )
    first, second = (await journey.until(lambda seen: len(seen.change_requests) == 2)).change_requests
    holders = [{"person_id": first.person_id, "details": {"title": "Dr"}}]
    await journey.amend(holders=holders, settles=[first.evidence_id])
    command = SettleCorrection(actor=ACTOR, evidence_id=second.evidence_id)
    await journey.handle.execute_update(OnboardingJourney.settle_correction, command)
    await journey.until(lambda seen: not seen.needs_attention)
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
    await journey.result()
    return journey


async def joint_gia(world: World) -> Journey:
    """Two holders, the second one first."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, joint=True))
    await journey.await_client()
    for person in reversed(journey.people):
        await journey.accept_everything(person)
    await journey.result()
    return journey


async def junior_isa(world: World) -> Journey:
    """A child and its registered contact."""
    journey = await world.begin(world.request(wrapper=Wrapper.JISA))
    await journey.await_client()
    await journey.accept_everything()
    await journey.result()
    return journey


async def pension(world: World) -> Journey:
    """A SIPP whose statement is corrected within its window."""
    journey = await world.begin(world.request(wrapper=Wrapper.SIPP))
    await journey.await_client()
    await journey.accept_everything()
    await journey.at(Stage.ACTIVE)
    correction = FieldCorrection(field="retirement_age", old="67", new="65")
    await journey.signal_fact(OnboardingJourney.statement_corrected, StatementCorrected, corrections=[correction])
    await journey.until(lambda seen: bool(seen.change_requests))
    await journey.pass_time(timedelta(days=31))
    await journey.result()
    return journey


async def withdrawn(world: World) -> Journey:
    """Withdrawn while the platform does not answer."""
    journey = await world.begin()
    await journey.submit_details()
    world.platform.fail_next(
        "open_account", ConnectorUnavailable("platform", "POST", "", retry_after=9), after_write=True
    )
    sending = asyncio.ensure_future(journey.submit_application())
    await journey.eventually(lambda: world.platform.accounts)
    await journey.withdraw()
    await asyncio.gather(sending, return_exceptions=True)
    await journey.result()
    return journey


async def cancelled_by_an_operator(world: World) -> Journey:
    """The workflow is cancelled while the client is awaited, and once more while it is undone."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.await_client(direct_debit=True)
    world.platform.fail_next("find_account", *[ConnectorUnavailable("platform", "GET", "", retry_after=0.3)] * 2)
    await journey.handle.cancel()
    await journey.until(lambda seen: seen.waiting_for == "records are being written")
    await journey.handle.cancel()
    await journey.result()
    return journey


async def declined(world: World) -> Journey:
    """One of two holders declines."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, joint=True))
    await journey.await_client()
    await journey.accept_everything()
    await journey.signal_fact(OnboardingJourney.help_requested, HelpRequested, journey.people[1])
    await journey.signal_fact(OnboardingJourney.journey_declined, JourneyDeclined, journey.people[1])
    await journey.result()
    return journey


async def expired(world: World) -> Journey:
    """The full ladder of reminders, a hold of a week in the middle, and the end."""
    journey = await world.begin()
    await journey.await_client()
    await journey.pass_time(timedelta(days=10))
    await journey.handle.execute_update(OnboardingJourney.hold, Hold(actor=ACTOR))
    await journey.until(lambda seen: seen.on_hold and not seen.next_action_at)
    await journey.pass_time(timedelta(days=7))
    await journey.handle.execute_update(OnboardingJourney.resume, Resume(actor=ACTOR))
    await journey.until(lambda seen: seen.next_action_at is not None)
    await journey.pass_time(timedelta(days=30))
    await journey.result()
    return journey


async def amended(world: World) -> Journey:
    """A bank mismatch is corrected, terms change, strategy and direct debit are amended after acceptance."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.at(Stage.ILLUSTRATED)
    client = next(iter(world.platform.clients))
    world.platform.set_check(client, "bank", CheckStatus.FAILED, "the name differs")
    await journey.await_client(direct_debit=True)
    await journey.accept_everything()
    await journey.until(lambda seen: seen.needs_attention and seen.waiting_on is Party.PLATFORM)
    published = world.platform.library.publish("gia-terms-and-key-features")
    view = DocumentView.model_validate(published.model_dump())
    superseded = TermsSuperseded(document=view, published_at=await journey.now())
    await journey.handle.signal(OnboardingJourney.terms_superseded, superseded)
    debit = DEBIT.model_copy(update={"amount_pence": 100_00})
    await journey.amend(account=account_form(direct_debit=debit, investment_strategy="Adventurous"))
    world.platform.set_check(client, "bank", CheckStatus.PASSED)
    await journey.submit_details(bank=BANK.model_copy(update={"account_holder": "Eleanor Marsh"}))
    await journey.accept_everything()
    await journey.at(Stage.ACTIVE)
    await journey.handle.cancel()
    await journey.result()
    return journey


async def mandate_failed(world: World) -> Journey:
    """The mandate fails after activation and a fresh one is authorised."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.await_client(direct_debit=True)
    await journey.accept_everything()
    mandate = (await journey.at(Stage.ACTIVE)).records.platform_mandate
    assert mandate is not None
    world.platform.fail_mandate(mandate, "5")
    failure = MandateFailed(
        platform_mandate=mandate,
        event_id="1",
        occurred_at=await journey.now(),
        reason_code="5",
        sentence_client="Your bank has no account with these details.",
        sentence_adviser="The bank has no account with these details.",
    )
    await journey.handle.signal(OnboardingJourney.mandate_failed, failure)
    await journey.until(lambda seen: seen.waiting_on is Party.CLIENT)
    await journey.answer_mandate()
    await journey.until(lambda seen: not seen.mandate_failed)
    await journey.handle.cancel()
    await journey.result()
    return journey


async def activation_refused(world: World) -> Journey:
    """The platform sees a publication that nobody heard of, and refuses until the client has accepted it."""
    journey = await world.begin()
    await journey.await_client()
    world.platform.library.publish("isa-terms-and-key-features")
    await journey.accept_everything()
    await journey.until(lambda seen: seen.needs_attention)
    await journey.handle.execute_update(OnboardingJourney.retry_now, RetryNow(actor=ACTOR))
    await journey.until(lambda seen: seen.documents[-1].version > 1)
    await journey.accept_terms(None, DocumentKind.PRODUCT_TERMS)
    await journey.result()
    return journey


async def together(world: World) -> Journey:
    """Two accounts in one request; the history is the one of an account whose shared e-mail was refused."""
    starts = [world.request(wrapper=wrapper, external_reference="TOGETHER") for wrapper in (Wrapper.ISA, Wrapper.GIA)]
    journeys = await world.begin_together(*starts, patience=timedelta(minutes=10))
    world.mail.fail_next(MailRefused("mail", "RCPT", "550 5.1.1"))
    for journey in journeys:
        await journey.submit_details()
    for journey in journeys:
        await journey.until(lambda seen: seen.needs_attention)
        await journey.submit_application()
    for journey in journeys:
        await journey.accept_everything()
        await journey.result()
    return min(journeys, key=lambda journey: journey.start.journey_id)


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        straight_isa,
        gia_with_mandate,
        waiting_for_the_client,
        corrections_settled,
        outage_and_refusal,
        joint_gia,
        junior_isa,
        pension,
        withdrawn,
        cancelled_by_an_operator,
        declined,
        expired,
        amended,
        mandate_failed,
        activation_refused,
        together,
    )
}
