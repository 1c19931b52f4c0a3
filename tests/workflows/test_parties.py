"""Journeys of several people, and of those who don't act themselves (P30, P31, P32)."""

from datetime import timedelta

import pytest

from domain.journey import GateKind, Party, Stage, Wrapper
from models.facts import FieldCorrection, JourneyDeclined, StatementCorrected
from tests.journey_parties import CHILD, MEMBER, SPOUSE
from tests.journey_world import AtStage, World
from tests.sample_client import KNOWN
from workflows.onboarding import OnboardingJourney

ELEANOR, THOMAS, ADVISER = str(KNOWN.email), str(SPOUSE.email), "adviser@harbour.example.com"


@pytest.mark.rule("P30")
async def test_a_joint_account_waits_for_both_holders(world: World, at_stage: AtStage) -> None:
    """Each holder has their own client, invitation and gates; the account is active only when both have accepted."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, joint=True))
    progress = await journey.await_client()
    first, second = journey.people
    assert len(world.platform.clients) == 2
    assert [person.link_tagged for person in world.plannr.people.values()] == [True, True]
    assert world.told(ELEANOR) == world.told(THOMAS) == ["client_setup_started", "account_created"]
    invitations = [message.text for message in world.mail.sent if message.template == "account_created"]
    assert invitations[0] != invitations[1]
    assert {gate.person_id for gate in progress.gates if gate.kind is GateKind.PRODUCT_TERMS} == {first, second}

    await journey.accept_everything(second)
    waiting = await journey.progress()
    assert (waiting.stage, waiting.waiting_on) == (Stage.AWAITING_CLIENT, Party.CLIENT)
    assert {gate.person_id for gate in waiting.gates if not gate.met} == {first}

    await journey.accept_everything(first)
    assert (await journey.result()).stage is Stage.ACTIVE
    account = next(iter(world.platform.accounts.values()))
    assert set(account.product_terms) == set(world.platform.clients)
    assert len(world.plannr.plans[journey.start.journey_id].accounts) == 2
    assert world.told(ADVISER) == ["adviser_plan_active"]


@pytest.mark.rule("P30", "P27", "P43")
async def test_one_holder_who_declines_ends_it_for_all(world: World) -> None:
    """The other holder has accepted already and hears that it is over; both systems are closed."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, joint=True))
    await journey.await_client()
    first, second = journey.people
    await journey.accept_everything(first)
    await journey.signal_fact(OnboardingJourney.journey_declined, JourneyDeclined, second)

    result = await journey.result()
    assert (result.stage, result.reason, result.next_step) == (Stage.DECLINED, "declined", "")
    assert [account.status for account in world.platform.accounts.values()] == ["cancelled"]
    assert world.plannr.closed_plans == {journey.start.journey_id: "declined"}
    assert world.plannr.closed_applications == {journey.start.journey_id: "declined"}
    before = ["client_setup_started", "account_created"]
    assert world.told(ELEANOR) == [*before, "journey_ended"]
    assert world.told(THOMAS) == [*before, "journey_declined"]
    assert world.told(ADVISER) == ["adviser_journey_declined"]


@pytest.mark.rule("P30", "P40", "P43")
async def test_one_holder_who_stays_quiet_lets_it_expire_for_all(world: World) -> None:
    """Only the quiet holder is reminded; in the end both hear that the journey has expired."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA, joint=True))
    await journey.await_client()
    first, _ = journey.people
    await journey.accept_everything(first)
    await journey.pass_time(timedelta(days=32))

    assert (await journey.result()).stage is Stage.EXPIRED
    before = ["client_setup_started", "account_created"]
    assert world.told(ELEANOR) == [*before, "journey_expired"]
    assert world.told(THOMAS) == [*before, *["reminder"] * 4, "journey_expired"]
    assert world.told(ADVISER) == ["adviser_client_quiet", "adviser_journey_expired"]
    # Eleanor accepted the platform terms, so she stays a client; Thomas is as before the journey.
    clients = [world.platform.clients[f"client-{holder.plannr_account}"] for holder in journey.start.holders]
    assert [client.status for client in clients] == ["active", "registered"]


@pytest.mark.rule("P31")
async def test_the_registered_contact_acts_for_the_child(world: World, at_stage: AtStage) -> None:
    """The child is a client under its guardian and owns the plan, and only the contact is written to and accepts."""
    journey = await world.begin(world.request(wrapper=Wrapper.JISA))
    progress = await journey.await_client()
    child, contact = journey.start.holders
    assert [client.guardian for client in world.platform.clients.values()] == [
        None,
        f"client-{contact.plannr_account}",
    ]
    accepting = {gate.person_id for gate in progress.gates if gate.awaited_from is Party.CLIENT}
    assert accepting == {contact.person_id}
    assert {gate.person_id for gate in progress.gates if gate.kind is GateKind.IDENTITY_CHECK} == {
        child.person_id,
        contact.person_id,
    }

    await journey.accept_everything()
    assert (await journey.result()).stage is Stage.ACTIVE
    assert world.plannr.plans[journey.start.journey_id].accounts == [child.plannr_account]
    assert world.plannr.illustrations[journey.start.journey_id].accounts == [child.plannr_account]
    assert {client.status for client in world.platform.clients.values()} == {"active"}
    assert {message.to_address for message in world.mail.sent} == {ELEANOR, ADVISER}
    assert not [message for message in world.mail.sent if str(CHILD.first_name) in message.text + message.subject]


@pytest.mark.rule("P32", "P15")
async def test_a_pension_asks_more_and_sends_its_statement(world: World, at_stage: AtStage) -> None:
    """Marital status, employment and retirement age are asked for; the new documents are told of without a mandate."""
    start = world.request(wrapper=Wrapper.SIPP)
    known = MEMBER.model_copy(update={"retirement_age": None, "marital_status": None})
    holder = start.holders[0].model_copy(update={"known_details": known})
    journey = await world.begin(start.model_copy(update={"holders": [holder]}))
    await at_stage(journey, Stage.ILLUSTRATED)
    asked = await journey.handle.query(OnboardingJourney.client_details)
    assert asked[0].missing == ["marital_status", "retirement_age"]

    await journey.submit_details(details=MEMBER)
    await journey.submit_application()
    await journey.accept_everything()
    await at_stage(journey, Stage.ACTIVE)
    await world.until_told("client_setup_started", "account_created", "adviser_plan_active", "new_documentation")
    account = next(iter(world.platform.accounts))
    assert [document.kind for document in await world.platform.account_documents(account)] == ["statement"]


@pytest.mark.rule("P32", "P21")
async def test_a_pension_statement_can_be_corrected_for_thirty_days(world: World, at_stage: AtStage) -> None:
    """A correction within the window reaches the adviser; after it the journey is over."""
    journey = await world.begin(world.request(wrapper=Wrapper.SIPP))
    await journey.await_client()
    await journey.accept_everything()
    await at_stage(journey, Stage.ACTIVE)
    await journey.pass_time(timedelta(days=29))
    correction = FieldCorrection(field="retirement_age", old="67", new="65")
    await journey.signal_fact(OnboardingJourney.statement_corrected, StatementCorrected, corrections=[correction])
    asked = await journey.until(lambda seen: seen.needs_attention)
    assert asked.change_requests[0].corrections == [correction]
    assert asked.stage is Stage.ACTIVE
    told = ["client_setup_started", "account_created", "adviser_plan_active", "new_documentation"]
    await world.until_told(*told, "adviser_correction_requested")

    await journey.pass_time(timedelta(days=1, hours=1))
    assert (await journey.result()).stage is Stage.ACTIVE
