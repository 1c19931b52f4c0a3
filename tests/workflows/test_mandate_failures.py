"""A Direct Debit mandate that fails, mostly after its account is active (P47)."""

from datetime import timedelta

import pytest

from connectors.errors import ConnectorUnavailable
from domain.direct_debit import effect
from domain.journey import CheckStatus, GateKind, MandateRoute, Party, Stage, Wrapper
from models.facts import MandateFailed
from tests.journey_world import Journey, World
from tests.sample_client import KNOWN
from workflows.onboarding import OnboardingJourney

CLIENT, ADVISER = str(KNOWN.email), "adviser@harbour.example.com"
BEGUN = ["client_setup_started", "account_created"]


async def active(world: World) -> Journey:
    """Return a journey whose account is active, with its mandate."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.await_client(direct_debit=True)
    await journey.accept_everything()
    await journey.at(Stage.ACTIVE)
    await world.until_told(*BEGUN, "new_documentation", address=CLIENT)
    return journey


async def fail(world: World, journey: Journey, code: str, event: str = "event-1") -> None:
    """The bank reports on the mandate in place; the event arrives twice."""
    mandate = (await journey.progress()).records.platform_mandate
    assert mandate is not None
    world.platform.fail_mandate(mandate, code)
    meaning = effect("AUDDIS", code)
    fact = MandateFailed(
        platform_mandate=mandate,
        event_id=event,
        occurred_at=await journey.now(),
        reason_code=code,
        needs_new_mandate=meaning.needs_new_mandate,
        stop_mail=meaning.stop_mail,
        sentence_client=meaning.sentence_client,
        sentence_adviser=meaning.sentence_adviser,
    )
    for _ in range(2):
        await journey.handle.signal(OnboardingJourney.mandate_failed, fact)


@pytest.mark.rule("P47")
async def test_a_failed_mandate_is_told_and_replaced_while_the_plan_stays_active(world: World) -> None:
    """Client and adviser get an e-mail and a task; a fresh mandate is authorised and nothing else changes."""
    journey = await active(world)
    await fail(world, journey, "5")
    flagged = await journey.until(lambda seen: seen.mandate_failed and seen.waiting_on is Party.CLIENT)
    assert (flagged.stage, flagged.needs_attention) == (Stage.ACTIVE, True)
    assert "no account" in flagged.attention[-1]
    await world.until_told(*BEGUN, "new_documentation", "mandate_failed", address=CLIENT)
    await world.until_told("adviser_plan_active", "adviser_mandate_failed", address=ADVISER)
    (task,) = world.plannr.tasks.values()
    assert (task.assignee, task.account) == ("emp-1", journey.start.holders[0].plannr_account)
    failed, fresh = world.platform.mandates.values()
    assert (failed.status, fresh.status, fresh.order.number) == ("failed", "pending_customer_approval", 2)
    assert world.plannr.plans[journey.start.journey_id].status == "active"

    await journey.answer_mandate()
    done = await journey.until(lambda seen: not seen.mandate_failed)
    assert (done.stage, done.needs_attention) == (Stage.ACTIVE, False)
    assert fresh.status == "pending_submission"
    await journey.pass_time(timedelta(days=61))
    assert (await journey.result()).stage is Stage.ACTIVE


@pytest.mark.rule("P47", "P46")
async def test_a_second_failure_is_dealt_with_like_the_first_and_late_answers_do_not_count(world: World) -> None:
    """The authorisation of the first mandate, delivered again, opens nothing; the second mandate fails in turn."""
    journey = await active(world)
    await fail(world, journey, "1")
    await journey.until(lambda seen: seen.mandate_failed)
    await journey.eventually(lambda: len(world.platform.mandates) == 2)
    await journey.answer_mandate(MandateRoute.PAPER_RECEIVED)
    await journey.until(lambda seen: not seen.mandate_failed)
    await fail(world, journey, "6", event="event-2")
    await world.until_told(*BEGUN, "new_documentation", *["mandate_failed"] * 2, address=CLIENT)
    await journey.answer_mandate()
    await journey.until(lambda seen: not seen.mandate_failed)

    assert [mandate.status for mandate in world.platform.mandates.values()] == [
        "failed",
        "failed",
        "pending_submission",
    ]
    assert [mandate.channel for mandate in world.platform.mandates.values()] == ["online", "paper", "online"]
    assert len(world.plannr.tasks) == 2


@pytest.mark.rule("P47")
async def test_nothing_is_written_to_a_client_whose_bank_reports_their_death(world: World) -> None:
    """The adviser alone is told and gets the task; no fresh mandate is set up and the client gets no e-mail."""
    journey = await active(world)
    await fail(world, journey, "2")
    await world.until_told("adviser_plan_active", "adviser_mandate_failed", address=ADVISER)
    flagged = await journey.progress()
    assert (flagged.stage, flagged.waiting_on) == (Stage.ACTIVE, Party.ADVISER)
    await journey.pass_time(timedelta(days=61))

    assert (await journey.result()).stage is Stage.ACTIVE
    assert world.told(CLIENT) == [*BEGUN, "new_documentation"]
    assert len(world.platform.mandates) == 1


@pytest.mark.rule("P47", "P42")
async def test_an_outage_while_the_mandate_is_replaced_is_waited_out(world: World) -> None:
    """Each write is done without an answer once; there is one task, one fresh mandate and one e-mail."""
    journey = await active(world)
    world.plannr.lose_answer("create_task")
    away = ConnectorUnavailable("platform", "POST /mandates", "no answer", retry_after=0.01)
    world.platform.fail_next("create_mandate", away, after_write=True)
    await fail(world, journey, "B")
    await world.until_told(*BEGUN, "new_documentation", "mandate_failed", address=CLIENT)

    assert (len(world.plannr.tasks), len(world.platform.mandates)) == (1, 2)


@pytest.mark.rule("P47")
async def test_a_mandate_that_fails_before_the_account_is_active_is_authorised_again(world: World) -> None:
    """While the check of the client is under way the gate opens again, and the fresh mandate closes it."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.at(Stage.ILLUSTRATED)
    client = next(iter(world.platform.clients))
    world.platform.set_check(client, "identity", CheckStatus.PENDING)
    await journey.await_client(direct_debit=True)
    await journey.accept_everything()
    await journey.eventually(lambda: next(iter(world.platform.mandates.values())).evidence_id)
    await fail(world, journey, "5")
    await world.until_told(*BEGUN, "mandate_failed", address=CLIENT)
    gates = {gate.kind: gate.met for gate in (await journey.progress()).gates}
    assert (gates[GateKind.DIRECT_DEBIT_MANDATE], gates[GateKind.PRODUCT_TERMS]) == (False, True)
    await journey.answer_mandate()
    world.platform.set_check(client, "identity", CheckStatus.PASSED)
    await journey.report_checks(world.platform, client)

    assert not (await journey.at(Stage.ACTIVE)).mandate_failed
    assert [mandate.status for mandate in world.platform.mandates.values()] == ["failed", "pending_submission"]
