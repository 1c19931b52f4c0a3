"""What the adviser amends after the client accepted (P44)."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from connectors.errors import Conflict, Invalid
from domain.journey import CheckStatus, DocumentKind, GateKind, Party, Stage, Wrapper
from models.commands import Amend
from models.facts import DirectDebitMandateAnswered, TermsAccepted
from models.people import KnownDetails
from models.refusals import Refusal
from tests.journey_acts import DEBIT, account_form
from tests.journey_parties import SPOUSE
from tests.journey_world import ACTOR, Journey, World, references
from tests.sample_client import BANK, KNOWN
from workflows.onboarding import OnboardingJourney

CLIENT, SPOUSE_EMAIL = str(KNOWN.email), str(SPOUSE.email)
BEGUN = ["client_setup_started", "account_created"]
STRATEGY = account_form(direct_debit=True, investment_strategy="Adventurous")


async def accepted(world: World, *, joint: bool = False) -> Journey:
    """Return a journey whose client has accepted everything, a mandate too, while the platform checks them still."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, joint=joint))
    await journey.at(Stage.ILLUSTRATED)
    world.platform.set_check(next(iter(world.platform.clients)), "identity", CheckStatus.PENDING)
    await journey.await_client(direct_debit=True)
    await journey.accept_everything(journey.person)
    await journey.eventually(lambda: has_nothing_to_do(journey))
    return journey


async def has_nothing_to_do(journey: Journey) -> bool:
    """Tell whether the first client has done everything."""
    return not await unmet(journey)


async def recorded(world: World) -> Journey:
    """Return a journey whose acceptances the platform knows of."""
    journey = await accepted(world)
    await journey.eventually(lambda: next(iter(world.platform.mandates.values())).evidence_id)
    await journey.until(lambda seen: seen.waiting_for != "records are being written")
    return journey


async def unmet(journey: Journey) -> set[GateKind]:
    """Return the gates that the first client has to open, the mandate included."""
    return {
        gate.kind
        for gate in (await journey.progress()).gates
        if not gate.met and gate.awaited_from is Party.CLIENT and gate.person_id in {journey.person, None}
    }


async def check_passes(world: World, journey: Journey) -> None:
    """The identity check passes."""
    client = next(iter(world.platform.clients))
    world.platform.set_check(client, "identity", CheckStatus.PASSED)
    await journey.report_checks(world.platform, client)


AMENDMENTS: list[tuple[dict[str, Any], set[GateKind]]] = [
    ({"account": account_form(direct_debit=True, name="Rainy day")}, set()),
    ({"holders": [{"details": {"mobile": "07400 654321"}}]}, set()),
    ({"holders": [{"details": {"mobile": KNOWN.mobile}}]}, set()),
    ({"account": STRATEGY}, {GateKind.PRODUCT_TERMS}),
    ({"holders": [{"details": {"last_name": "Hart"}}]}, {GateKind.PLATFORM_TERMS, GateKind.PRODUCT_TERMS}),
    ({"holders": [{"bank_details": BANK.model_copy(update={"sort_code": "200052"})}]}, {GateKind.DIRECT_DEBIT_MANDATE}),
    (
        {"account": STRATEGY, "holders": [{"details": {"date_of_birth": "1978-04-13"}, "bank_details": BANK}]},
        {GateKind.PRODUCT_TERMS},
    ),
    ({"account": account_form()}, set()),
]


@pytest.mark.rule("P44")
@pytest.mark.parametrize(("changes", "voids"), AMENDMENTS, ids=range(len(AMENDMENTS)))
@pytest.mark.parametrize("told_platform", [False, True], ids=["unrecorded", "recorded"])
async def test_an_amendment_voids_what_its_preview_says_and_tells_why(
    world: World, changes: dict[str, Any], voids: set[GateKind], told_platform: bool
) -> None:
    """Exactly the acceptances that rest on the field are void; the client hears of it if any is, and goes on."""
    journey = await (recorded(world) if told_platform else accepted(world, joint=True))
    holders = [{"person_id": journey.person} | form for form in changes.get("holders", [])]
    command = Amend.model_validate({"actor": ACTOR} | changes | {"holders": holders})
    preview = await journey.handle.query(OnboardingJourney.amendment_effect, command)
    assert preview.material is bool(preview.voids)
    assert await unmet(journey) == set()

    await journey.handle.execute_update(OnboardingJourney.amend, command)

    assert await unmet(journey) == voids
    # Leaving the direct debit out is material, but what it voids is not asked for again.
    assert preview.material is (bool(voids) or changes == {"account": account_form()})
    application = world.plannr.applications[journey.start.journey_id]
    assert application.status == "pending"
    if "account" in changes:
        assert application.account_details == changes["account"]
        assert next(iter(world.platform.accounts.values())).order.details == changes["account"]
    if voids:
        await world.until_told(*BEGUN, "acceptance_void", address=CLIENT)

    await journey.accept_everything()
    if not told_platform:
        await journey.accept_everything(journey.people[1])
    await check_passes(world, journey)
    await journey.at(Stage.ACTIVE)
    open_mandates = [mandate.status for mandate in world.platform.mandates.values() if mandate.is_open]
    assert open_mandates == ([] if changes == {"account": account_form()} else ["pending_submission"])


@pytest.mark.rule("P44", "P30")
async def test_what_one_holder_changes_concerns_the_other_only_where_it_is_theirs_too(world: World) -> None:
    """A holder's name voids that holder's terms; the account's strategy voids the product terms of both."""
    journey = await accepted(world, joint=True)
    first, second = journey.people
    await journey.accept_everything(second)
    await journey.amend(holders=[{"person_id": second, "details": KnownDetails(first_name="Tom")}])
    gates = {(gate.kind, gate.person_id): gate.met for gate in (await journey.progress()).gates}
    assert (gates[GateKind.PRODUCT_TERMS, first], gates[GateKind.PRODUCT_TERMS, second]) == (True, False)
    await world.until_told(*BEGUN, address=CLIENT)
    await world.until_told(*BEGUN, "acceptance_void", address=SPOUSE_EMAIL)

    other_bank = BANK.model_copy(update={"account_number": "11110349"})
    await journey.amend(holders=[{"person_id": second, "bank_details": other_bank}])
    assert (await journey.progress()).mandate_route is not None

    await journey.amend(account=STRATEGY)
    gates = {(gate.kind, gate.person_id): gate.met for gate in (await journey.progress()).gates}
    assert (gates[GateKind.PRODUCT_TERMS, first], gates[GateKind.PLATFORM_TERMS, first]) == (False, True)
    await world.until_told(*BEGUN, "acceptance_void", address=CLIENT)


@pytest.mark.rule("P44", "P46")
async def test_an_acceptance_made_before_the_amendment_does_not_count_however_late_it_arrives(world: World) -> None:
    """The portal took it a moment before the amendment, and the journey hears of it afterwards."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    products = references(await journey.await_client(direct_debit=True), DocumentKind.PRODUCT_TERMS)
    await journey.open_documents(products)
    made_at = await journey.now()
    amount = DEBIT.model_copy(update={"amount_pence": 300_00})
    await journey.amend(account=account_form(direct_debit=amount, investment_strategy="Adventurous"))
    answer = {"person_id": journey.person, "evidence_id": "late-mandate", "occurred_at": made_at, "route": "online"}
    await journey.handle.signal(
        OnboardingJourney.direct_debit_mandate_accepted, DirectDebitMandateAnswered.model_validate(answer)
    )
    late = TermsAccepted(person_id=journey.person, evidence_id="late", occurred_at=made_at, documents=products)
    await journey.handle.signal(OnboardingJourney.product_terms_accepted, late)
    assert {GateKind.PRODUCT_TERMS, GateKind.DIRECT_DEBIT_MANDATE} <= await unmet(journey)

    await journey.accept(DocumentKind.PRODUCT_TERMS, products)
    assert GateKind.PRODUCT_TERMS not in await unmet(journey)


@pytest.mark.rule("P44")
async def test_an_amendment_that_a_system_refused_voids_once_it_goes_through(world: World) -> None:
    """The platform refuses the first attempt; the same amendment again still finds the difference, and voids."""
    journey = await recorded(world)
    world.platform.fail_next("amend_account", Invalid("platform", "PATCH /accounts/{id}", "no", fields=["strategy"]))
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await journey.amend(account=STRATEGY)
    assert isinstance(raised.value.cause, ApplicationError)
    assert raised.value.cause.type == Refusal.REJECTED_BY_SYSTEM
    assert await unmet(journey) == set()
    assert (await journey.progress()).needs_attention

    await journey.amend(account=STRATEGY)
    assert await unmet(journey) == {GateKind.PRODUCT_TERMS}
    assert not (await journey.progress()).needs_attention


@pytest.mark.rule("P44", "P23")
async def test_another_amount_needs_another_mandate(world: World) -> None:
    """The authorised mandate is cancelled, a second one with the new amount set up and authorised."""
    journey = await recorded(world)
    await journey.amend(account=account_form(direct_debit=DEBIT.model_copy(update={"amount_pence": 300_00})))
    assert await unmet(journey) == {GateKind.DIRECT_DEBIT_MANDATE}
    first, second = world.platform.mandates.values()
    assert (first.status, second.order.number) == ("cancelled", 2)
    assert second.order.direct_debit.amount_pence == 300_00
    await journey.answer_mandate()
    await check_passes(world, journey)
    await journey.at(Stage.ACTIVE)
    assert second.status == "pending_submission"


@pytest.mark.rule("P44", "P12")
async def test_a_form_that_is_sent_again_after_one_system_refused_reaches_the_open_account(world: World) -> None:
    """The platform opened the account, Plannr refused; the corrected form then stands in both."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.submit_details()
    world.plannr.fail_next("save_plan", Conflict("plannr", "POST /plans", "name in use", code="duplicate"))
    with pytest.raises(WorkflowUpdateFailedError):
        await journey.submit_application(direct_debit=True)
    await journey.submit_application(direct_debit=False)
    await journey.at(Stage.AWAITING_CLIENT)

    assert next(iter(world.platform.accounts.values())).order.details == account_form()
    assert [mandate.status for mandate in world.platform.mandates.values()] == ["cancelled"]
    await journey.accept_everything()
    assert (await journey.result()).stage is Stage.ACTIVE


@pytest.mark.rule("P44", "P13")
async def test_a_draft_can_be_amended_and_voids_nothing(world: World) -> None:
    """Before anything was sent there is nothing to void; the draft's account form survives a change of details."""
    journey = await world.begin()
    await journey.submit_details()
    await journey.submit_application(send=False)
    await journey.amend(account=account_form(name="Another"))
    await journey.submit_details(details=KnownDetails(last_name="Hart"))

    application = world.plannr.applications[journey.start.journey_id]
    assert (application.status, application.account_details) == ("draft", account_form(name="Another"))
    assert world.platform.accounts == {}
    assert world.told(CLIENT) == ["client_setup_started"]


@pytest.mark.rule("P44", "P40")
async def test_a_voided_acceptance_starts_the_clock_anew(world: World) -> None:
    """Who accepted weeks ago and has to look again is reminded three days after the amendment."""
    journey = await recorded(world)
    await journey.pass_time(timedelta(days=3))
    await journey.amend(account=STRATEGY)
    assert world.told(CLIENT).count("reminder") == 0
    await journey.pass_time(timedelta(days=6))
    assert world.told(CLIENT).count("reminder") == 1


@pytest.mark.rule("P44")
async def test_an_active_account_is_not_amended_here(world: World) -> None:
    """After activation the refusal says so."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.await_client(direct_debit=True)
    await journey.accept_everything()
    await journey.at(Stage.ACTIVE)
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await journey.amend(account=STRATEGY)
    assert isinstance(raised.value.cause, ApplicationError)
    assert raised.value.cause.type == Refusal.WRONG_STAGE
