"""A journey from illustration to active, on the real engine."""

from datetime import timedelta

import pytest

from domain.journey import CheckStatus, DocumentKind, GateKind, MandateRoute, Party, Stage, Wrapper
from models.facts import BankDetailsSubmitted, CheckState, VerificationUpdated
from tests.journey_world import AtStage, World, references
from tests.sample_client import BANK
from workflows.onboarding import OnboardingJourney


@pytest.mark.rule("P10", "P11", "P12", "P15", "P16")
@pytest.mark.parametrize(("wrapper", "direct_debit"), [(Wrapper.ISA, False), (Wrapper.GIA, True)])
async def test_a_journey_ends_active_in_both_systems(
    world: World, at_stage: AtStage, wrapper: Wrapper, direct_debit: bool
) -> None:
    """Illustration, details, application and acceptances lead to active records and to the e-mails of the rules."""
    journey = await world.begin(world.request(wrapper=wrapper))
    await at_stage(journey, Stage.ILLUSTRATED)
    assert world.mail.sent == []

    await journey.submit_details()
    assert world.mail.templates == ["client_setup_started"]

    await journey.submit_application(direct_debit=direct_debit)
    assert world.mail.templates == ["client_setup_started", "account_created"]

    await journey.accept_everything()
    progress = await journey.at(Stage.ACTIVE)

    identifier = journey.start.journey_id
    assert world.plannr.applications[identifier].status == "complete"
    assert world.plannr.plans[identifier].status == "active"
    assert world.plannr.plans[identifier].policy_number == progress.records.platform_account
    assert [account.status for account in world.platform.accounts.values()] == ["active"]
    assert [client.status for client in world.platform.clients.values()] == ["active"]
    expected = ["client_setup_started", "account_created", "adviser_plan_active"]
    await world.until_told(*expected, *(["new_documentation"] if direct_debit else []))
    # A mandate is looked after for two months before the journey is over (P47).
    if direct_debit:
        await journey.pass_time(timedelta(days=60, hours=1))
    result = await journey.result()
    assert (result.stage, result.records) == (Stage.ACTIVE, progress.records)
    assert "transfers" in result.next_step


@pytest.mark.rule("P10", "P5")
async def test_an_illustration_registers_and_links_the_client_and_tells_nobody(world: World, at_stage: AtStage) -> None:
    """After the illustration the client is registered, linked and tagged, and has not been written to."""
    journey = await world.begin()
    progress = await at_stage(journey, Stage.ILLUSTRATED)

    person = next(iter(world.plannr.people.values()))
    client = next(iter(world.platform.clients.values()))
    assert (person.platform_client, person.link_tagged) == (client.client, True)
    assert client.status == "registered"
    assert world.plannr.illustrations.keys() == {journey.start.journey_id}
    assert (progress.waiting_on, world.mail.sent) == (Party.ADVISER, [])


@pytest.mark.rule("P11", "P7")
async def test_details_open_a_draft_application_filled_from_the_illustration(world: World, at_stage: AtStage) -> None:
    """The draft carries strategy, contributions and charges of the illustration; the client is pending."""
    journey = await world.begin()
    await at_stage(journey, Stage.ILLUSTRATED)
    await journey.submit_details()
    progress = await at_stage(journey, Stage.APPLICATION_DRAFT)

    application = world.plannr.applications[journey.start.journey_id]
    assert application.status == "draft"
    assert application.account_details is not None
    assert application.account_details.investment_strategy == "Balanced Growth"
    assert next(iter(world.platform.clients.values())).status in {"pending", "active"}
    assert progress.holders[0].identity_check is not CheckStatus.NOT_STARTED


@pytest.mark.rule("P12")
async def test_sending_to_the_platform_makes_everything_pending(world: World, at_stage: AtStage) -> None:
    """With *send to platform* the application is pending, a plan proposed and the account pending."""
    journey = await world.begin()
    await journey.submit_details()
    await journey.submit_application()
    progress = await at_stage(journey, Stage.AWAITING_CLIENT)

    assert world.plannr.applications[journey.start.journey_id].status == "pending"
    assert world.plannr.plans[journey.start.journey_id].status == "proposed"
    assert [account.status for account in world.platform.accounts.values()] == ["pending"]
    assert progress.waiting_on is Party.CLIENT


@pytest.mark.rule("P13")
async def test_saving_without_sending_creates_nothing_and_waits(world: World, at_stage: AtStage) -> None:
    """Without *send to platform* there is no plan, no account and no e-mail; sending later goes on."""
    journey = await world.begin()
    await journey.submit_details()
    await journey.submit_application(send=False)
    progress = await at_stage(journey, Stage.APPLICATION_DRAFT)

    assert world.plannr.applications[journey.start.journey_id].status == "draft"
    assert (world.plannr.plans, world.platform.accounts) == ({}, {})
    assert world.mail.templates == ["client_setup_started"]
    assert progress.waiting_on is Party.ADVISER

    await journey.submit_application(send=True)
    assert (await at_stage(journey, Stage.AWAITING_CLIENT)).waiting_on is Party.CLIENT


@pytest.mark.rule("P6", "P15")
async def test_a_linked_client_starts_at_the_application_and_accepts_platform_terms_once(
    world: World, at_stage: AtStage
) -> None:
    """The second journey of a client needs no illustration, no bank details again and no platform terms again."""
    first = await world.begin()
    await first.submit_details()
    await first.submit_application()
    await first.accept_everything()
    await first.result()
    client = next(iter(world.platform.clients))
    holder = first.start.holders[0].model_copy(update={"platform_client": client})

    second = await world.begin(
        world.request(external_reference="CASE-2", wrapper=Wrapper.GIA, illustration=None, holders=[holder])
    )
    await at_stage(second, Stage.APPLICATION_DRAFT)
    await second.submit_details(bank=None)
    await second.submit_application()
    progress = await at_stage(second, Stage.AWAITING_CLIENT)

    met = {gate.kind: gate.met for gate in progress.gates}
    assert (met[GateKind.PLATFORM_TERMS], met[GateKind.PRODUCT_TERMS]) == (True, False)
    products = references(progress, DocumentKind.PRODUCT_TERMS)
    await second.open_documents(products)
    await second.accept(DocumentKind.PRODUCT_TERMS, products)
    assert (await second.result()).stage is Stage.ACTIVE
    assert len(world.platform.clients) == 1
    assert world.mail.templates.count("client_setup_started") == 1


@pytest.mark.rule("P22")
async def test_the_client_may_give_the_bank_details_in_the_portal(world: World, at_stage: AtStage) -> None:
    """With `client_or_adviser` the adviser leaves them out, the client gives them, and they are verified."""
    journey = await world.begin(world.request(bank_details_policy="client_or_adviser", wrapper=Wrapper.GIA))
    await journey.submit_details(bank=None)
    await journey.submit_application(direct_debit=True)
    progress = await at_stage(journey, Stage.AWAITING_CLIENT)
    assert not progress.holders[0].bank_details_given

    await journey.signal_fact(OnboardingJourney.bank_details_submitted, BankDetailsSubmitted, bank_details=BANK)
    await journey.accept_everything()

    await at_stage(journey, Stage.ACTIVE)
    assert next(iter(world.platform.clients.values())).bank_details == BANK


@pytest.mark.rule("P23")
async def test_a_second_signatory_leads_to_the_paper_route(world: World, at_stage: AtStage) -> None:
    """Answering *no* leaves the journey waiting for the signed paper, and its arrival opens the gate."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.submit_details()
    await journey.submit_application(direct_debit=True)
    await at_stage(journey, Stage.AWAITING_CLIENT)
    await journey.answer_mandate(MandateRoute.PAPER_REQUESTED)
    progress = await journey.progress()
    gate = next(gate for gate in progress.gates if gate.kind is GateKind.DIRECT_DEBIT_MANDATE)
    assert (gate.met, gate.awaited_from) == (False, Party.ADVISER)

    await journey.answer_mandate(MandateRoute.PAPER_RECEIVED)
    for kind in DocumentKind:
        await journey.open_documents(references(progress, kind))
        await journey.accept(kind, references(progress, kind))

    await at_stage(journey, Stage.ACTIVE)
    assert [mandate.channel for mandate in world.platform.mandates.values()] == ["paper"]


@pytest.mark.rule("P15")
async def test_the_identity_check_holds_the_account_back_until_it_passes(
    world: World, at_stage: AtStage, eventually: object
) -> None:
    """With everything accepted the journey waits for the platform, and goes on when the check is reported passed."""
    journey = await world.begin()
    await at_stage(journey, Stage.ILLUSTRATED)
    client = next(iter(world.platform.clients))
    world.platform.set_check(client, "identity", CheckStatus.REFERRED)
    await journey.submit_details()
    await journey.submit_application()
    await journey.accept_everything()
    progress = await journey.until(lambda seen: seen.waiting_on is Party.PLATFORM and seen.needs_attention)
    assert progress.stage is Stage.AWAITING_CLIENT

    world.platform.set_check(client, "identity", CheckStatus.PASSED)
    checks = await world.platform.read_checks(client)
    await journey.handle.signal(
        OnboardingJourney.verification_updated,
        VerificationUpdated(
            platform_client=client,
            identity=CheckState.model_validate(checks.identity.model_dump()),
            bank=CheckState.model_validate(checks.bank.model_dump()),
        ),
    )

    assert (await journey.result()).stage is Stage.ACTIVE
