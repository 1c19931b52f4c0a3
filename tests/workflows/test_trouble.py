"""Checks that do not pass, terms that change, and clients who ask (P41, P28, P27, P21)."""

import pytest

from connectors.errors import Conflict
from domain.journey import CheckStatus, DocumentKind, GateKind, Party, Stage, Wrapper
from models.commands import RetryNow
from models.facts import (
    BankDetailsSubmitted,
    ClientDetailsConfirmed,
    DocumentView,
    FieldCorrection,
    HelpRequested,
    TermsSuperseded,
)
from models.people import KnownDetails
from tests.journey_parties import SPOUSE
from tests.journey_world import ACTOR, Journey, World, references
from tests.sample_client import BANK, KNOWN
from workflows.onboarding import OnboardingJourney

CLIENT, SPOUSE_EMAIL, ADVISER = str(KNOWN.email), str(SPOUSE.email), "adviser@harbour.example.com"
BEGUN = ["client_setup_started", "account_created"]


async def with_check(world: World, check: str, status: CheckStatus, reason: str) -> tuple[Journey, str]:
    """Return a journey that waits, with one check that did not pass, and the platform client."""
    journey = await world.begin()
    await journey.at(Stage.ILLUSTRATED)
    client = next(iter(world.platform.clients))
    world.platform.set_check(client, "identity" if check == "identity" else "bank", status, reason)
    await journey.await_client()
    return journey, client


@pytest.mark.rule("P41")
@pytest.mark.parametrize("status", [CheckStatus.REFERRED, CheckStatus.FAILED])
async def test_an_identity_check_that_does_not_pass_is_shown_and_told_once(world: World, status: CheckStatus) -> None:
    """The adviser hears of it once with the reason; other gates go on counting; when it clears the account opens."""
    journey, client = await with_check(world, "identity", status, "a passport is needed")
    seen = await journey.until(lambda seen: seen.needs_attention)
    assert "a passport is needed" in seen.attention[0]
    for _ in range(3):
        await journey.report_checks(world.platform, client)
    await journey.accept_everything()
    await journey.until(lambda seen: seen.waiting_on is Party.PLATFORM)
    await world.until_told("adviser_needs_attention", address=ADVISER)
    assert "a passport is needed" in next(mail.text for mail in world.mail.sent if mail.to_address == ADVISER)

    world.platform.set_check(client, "identity", CheckStatus.PASSED)
    await journey.report_checks(world.platform, client)
    assert (await journey.result()).stage is Stage.ACTIVE
    assert world.told(ADVISER) == ["adviser_needs_attention", "adviser_plan_active"]


@pytest.mark.rule("P41")
async def test_a_bank_mismatch_is_corrected_by_the_adviser(world: World) -> None:
    """The details form is open again while attention is needed; correct bank details pass and nothing else is lost."""
    journey, client = await with_check(world, "bank", CheckStatus.FAILED, "the name differs")
    await journey.accept_everything()
    await journey.until(lambda seen: seen.needs_attention and seen.waiting_on is Party.PLATFORM)
    world.platform.set_check(client, "bank", CheckStatus.PASSED)

    corrected = BANK.model_copy(update={"account_number": "11110349"})
    await journey.submit_details(bank=corrected)
    assert (await journey.result()).stage is Stage.ACTIVE
    assert world.platform.clients[client].bank_details == corrected
    assert world.plannr.banks[journey.start.holders[0].plannr_account] == [BANK, corrected]
    assert world.told(CLIENT) == BEGUN


@pytest.mark.rule("P41", "P22")
async def test_a_bank_mismatch_is_corrected_by_the_client(world: World) -> None:
    """After a failed verification the portal's bank details count once more; while it is fine they do not."""
    journey, client = await with_check(world, "bank", CheckStatus.FAILED, "the name differs")
    await journey.until(lambda seen: seen.needs_attention)
    world.platform.set_check(client, "bank", CheckStatus.PASSED)
    corrected = BANK.model_copy(update={"account_holder": "Eleanor Marsh"})
    await journey.signal_fact(OnboardingJourney.bank_details_submitted, BankDetailsSubmitted, bank_details=corrected)
    await journey.until(lambda seen: not seen.needs_attention)
    other = BANK.model_copy(update={"account_holder": "Somebody Else"})
    await journey.signal_fact(OnboardingJourney.bank_details_submitted, BankDetailsSubmitted, bank_details=other)
    await journey.accept_everything()

    assert (await journey.result()).stage is Stage.ACTIVE
    assert world.platform.clients[client].bank_details == corrected


@pytest.mark.rule("P41")
async def test_an_event_about_a_check_that_is_lost_is_made_up_for(world: World) -> None:
    """Asking for another attempt reads the checks at once, without waiting for the next poll."""
    journey, client = await with_check(world, "identity", CheckStatus.REFERRED, "")
    await journey.accept_everything()
    await journey.until(lambda seen: seen.waiting_on is Party.PLATFORM)
    world.platform.set_check(client, "identity", CheckStatus.PASSED)
    await journey.handle.execute_update(OnboardingJourney.retry_now, RetryNow(actor=ACTOR))

    assert (await journey.result()).stage is Stage.ACTIVE


async def publish(world: World, journey: Journey, document_id: str) -> None:
    """Let the platform publish a document and the journey hear of it, twice and an old version too."""
    published = world.platform.library.publish(document_id)
    view = DocumentView.model_validate(published.model_dump())
    for version in (view.version, view.version, view.version - 1):
        fact = TermsSuperseded(document=view.model_copy(update={"version": version}), published_at=await journey.now())
        await journey.handle.signal(OnboardingJourney.terms_superseded, fact)


@pytest.mark.rule("P28")
async def test_terms_that_change_void_what_is_not_complete(world: World) -> None:
    """Who accepted but waits for the other holder opens the changed document alone and accepts again."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, joint=True))
    before = await journey.await_client()
    first, second = journey.people
    await journey.accept_everything(first)
    await publish(world, journey, "platform-terms-of-business")

    changed = await journey.until(lambda seen: seen.documents != before.documents)
    gates = {(gate.kind, gate.person_id): gate for gate in changed.gates}
    assert gates[GateKind.PLATFORM_TERMS, first].detail == "to open: Platform terms of business"
    assert gates[GateKind.PRODUCT_TERMS, first].met
    await world.until_told(*BEGUN, "terms_changed", address=CLIENT)
    await world.until_told(*BEGUN, "terms_changed", address=SPOUSE_EMAIL)

    await journey.open_documents([references(changed, DocumentKind.PLATFORM_TERMS)[0]], first)
    await journey.accept(DocumentKind.PLATFORM_TERMS, references(changed, DocumentKind.PLATFORM_TERMS), person=first)
    await journey.accept_everything(second)
    assert (await journey.result()).stage is Stage.ACTIVE
    assert {client.terms and client.terms.version for client in world.platform.clients.values()} == {"2"}


@pytest.mark.rule("P28")
async def test_terms_that_change_leave_a_complete_acceptance_standing(world: World) -> None:
    """The platform holds the acceptance already while it checks the client: nothing has to be opened again."""
    journey, client = await with_check(world, "identity", CheckStatus.REFERRED, "")
    await journey.accept_everything()
    await journey.until(lambda seen: seen.waiting_on is Party.PLATFORM)
    await journey.eventually(lambda: world.platform.clients[client].terms is not None)
    await journey.eventually(lambda: next(iter(world.platform.accounts.values())).product_terms)
    await publish(world, journey, "isa-terms-and-key-features")
    world.platform.set_check(client, "identity", CheckStatus.PASSED)
    await journey.report_checks(world.platform, client)

    assert (await journey.result()).stage is Stage.ACTIVE
    assert "terms_changed" not in world.told()


@pytest.mark.rule("P28")
async def test_a_publication_nobody_heard_of_is_found_when_the_platform_refuses(world: World) -> None:
    """The acceptance of the old version is refused; the documents are read again and the client is told."""
    journey = await world.begin()
    before = await journey.await_client()
    world.platform.library.publish("isa-terms-and-key-features")
    await journey.accept_everything()
    await journey.until(lambda seen: seen.needs_attention)
    await journey.handle.execute_update(OnboardingJourney.retry_now, RetryNow(actor=ACTOR))
    changed = await journey.until(lambda seen: seen.documents != before.documents)
    await world.until_told(*BEGUN, "terms_changed", address=CLIENT)
    products = references(changed, DocumentKind.PRODUCT_TERMS)
    await journey.open_documents(products)
    await journey.accept(DocumentKind.PRODUCT_TERMS, products)

    assert (await journey.result()).stage is Stage.ACTIVE


@pytest.mark.rule("P27")
async def test_asking_for_help_tells_the_adviser_once_and_changes_nothing(world: World) -> None:
    """The same request delivered twice is one e-mail; the client goes on when they want."""
    journey = await world.begin()
    await journey.await_client()
    for _ in range(2):
        await journey.signal_fact(OnboardingJourney.help_requested, HelpRequested, evidence_id="help-1")
    await world.until_told("adviser_help_requested", address=ADVISER)
    await journey.accept_everything()

    assert (await journey.result()).stage is Stage.ACTIVE
    assert world.told(ADVISER) == ["adviser_help_requested", "adviser_plan_active"]


@pytest.mark.rule("P21", "P44")
async def test_a_correction_is_told_and_settled_by_an_amendment(world: World) -> None:
    """The adviser hears of the correction; amending the detail settles it and, not being material, voids nothing."""
    journey = await world.begin()
    await journey.await_client()
    correction = FieldCorrection(field="mobile", old="+447400123456", new="+447400654321")
    await journey.signal_fact(
        OnboardingJourney.client_details_confirmed, ClientDetailsConfirmed, corrections=[correction]
    )
    await world.until_told("adviser_correction_requested", address=ADVISER)
    form = {"person_id": journey.person, "details": KnownDetails(mobile="07400 654321")}
    await journey.amend(holders=[form])

    assert not (await journey.progress()).change_requests
    person = next(iter(world.plannr.people.values()))
    assert person.known_details.mobile == "+447400654321"
    assert world.plannr.applications[journey.start.journey_id].status == "pending"
    assert world.told(CLIENT) == BEGUN


@pytest.mark.rule("P41", "P44")
async def test_an_amendment_is_carried_out_while_a_refusal_waits(world: World) -> None:
    """The platform refuses an acceptance for a while; the adviser's amendment does not have to wait for that."""
    journey = await world.begin()
    await journey.await_client()
    refusals = [Conflict("platform", "POST", "locked", code="locked") for _ in range(2)]
    world.platform.fail_next("activate_account", *refusals)
    await journey.accept_everything()
    await journey.until(lambda seen: "locked" in str(seen.attention))
    await journey.amend(holders=[{"person_id": journey.person, "details": KnownDetails(mobile="07400 654321")}])
    await journey.until(lambda seen: "locked" in str(seen.attention))
    await journey.handle.execute_update(OnboardingJourney.retry_now, RetryNow(actor=ACTOR))

    assert (await journey.result()).stage is Stage.ACTIVE
    assert next(iter(world.plannr.people.values())).known_details.mobile == "+447400654321"
