"""Journeys that end without an active account: both systems closed, whatever was under way (P43)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from connectors.errors import Conflict, ConnectorUnavailable
from connectors.mail.port import MailUnavailable
from domain.journey import CheckStatus, Stage, Wrapper
from models.facts import JourneyDeclined
from models.refusals import Refusal
from tests.journey_world import Journey, World
from tests.sample_client import KNOWN
from workflows.onboarding import OnboardingJourney

CLIENT, ADVISER = str(KNOWN.email), "adviser@harbour.example.com"
DOWN = timedelta(milliseconds=10).total_seconds()


async def illustrated(journey: Journey) -> None:
    """Nobody has been written to."""
    await journey.at(Stage.ILLUSTRATED)


async def drafted(journey: Journey) -> None:
    """The details are saved."""
    await journey.submit_details()


async def saved(journey: Journey) -> None:
    """The account form is saved and not sent."""
    await drafted(journey)
    await journey.submit_application(send=False)


async def awaiting(journey: Journey) -> None:
    """The client is awaited, with a mandate."""
    await journey.await_client(direct_debit=True)


async def accepted(journey: Journey) -> None:
    """The client has accepted, and the platform knows, but checks the client still."""
    await awaiting(journey)
    await journey.accept_everything()
    await journey.until(lambda seen: all(gate.met for gate in seen.gates if gate.awaited_from == "client"))


async def withdrawn(journey: Journey) -> None:
    """The adviser withdraws and hears that it is done."""
    assert (await journey.withdraw()).stage is Stage.WITHDRAWN


async def cancelled(journey: Journey) -> None:
    """An operator cancels the workflow."""
    await journey.handle.cancel()


async def declined(journey: Journey) -> None:
    """The client declines."""
    await journey.signal_fact(OnboardingJourney.journey_declined, JourneyDeclined)


STAGES = [illustrated, drafted, saved, awaiting, accepted]
ENDINGS = [withdrawn, cancelled, declined]
Act = Callable[[Journey], Awaitable[None]]


def assert_closed(world: World, journey: Journey, stage: Act, reason: str) -> None:
    """Check that nothing of the journey is open in either system."""
    identifier = journey.start.journey_id
    assert {account.status for account in world.platform.accounts.values()} <= {"cancelled"}
    assert {mandate.status for mandate in world.platform.mandates.values()} <= {"cancelled"}
    assert set(world.plannr.closed_applications.items()) == (
        {(identifier, reason)} if identifier in world.plannr.applications else set()
    )
    assert world.plannr.closed_plans.keys() == world.plannr.plans.keys()
    kept = "pending" if stage is accepted else "registered"
    assert [client.status for client in world.platform.clients.values()] == [kept]


class refused_by_the_end:  # noqa: N801 - read as words where it is used
    """Gives commands in the background, and checks that each is answered in the end, if only by a refusal."""

    def __init__(self, commands: list[Callable[[], Awaitable[object]]]) -> None:
        self._commands = commands

    async def __aenter__(self) -> None:
        self._tasks = [asyncio.ensure_future(command()) for command in self._commands]

    async def __aexit__(self, *_: object) -> None:
        async with asyncio.timeout(20):
            for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
                assert not isinstance(outcome, BaseException) or isinstance(outcome, WorkflowUpdateFailedError)


@pytest.mark.rule("P43")
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("stage", STAGES)
async def test_an_ending_at_every_stage_closes_both_systems(world: World, stage: Act, ending: Act) -> None:
    """A result and no failure; the client is told only after having been written to; who accepted stays a client."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.at(Stage.ILLUSTRATED)
    world.platform.set_check(next(iter(world.platform.clients)), "identity", CheckStatus.PENDING)
    await stage(journey)
    if stage is accepted:
        await journey.eventually(lambda: next(iter(world.platform.clients.values())).terms)
    told_before = world.told(CLIENT)
    await ending(journey)

    result = await journey.result()
    reason = "declined" if ending is declined else "withdrawn"
    assert (result.stage, result.reason) == (Stage(reason), reason)
    assert_closed(world, journey, stage, reason)
    client_told = [f"journey_{reason}"] if told_before else []
    assert world.told(CLIENT) == told_before + client_told
    assert world.told(ADVISER) == [f"adviser_journey_{reason}"]


@pytest.mark.rule("P43", "P42")
@pytest.mark.parametrize("operation", ["register_client", "submit_client", "open_account", "create_mandate"])
@pytest.mark.parametrize("ending", [withdrawn, cancelled])
async def test_a_journey_is_withdrawn_during_an_outage(world: World, operation: str, ending: Act) -> None:
    """The platform writes and never answers; the write is given up, found by its reference, and undone."""
    answer = ConnectorUnavailable("platform", operation, "no answer", retry_after=60)
    world.platform.fail_next(operation, answer, after_write=True)
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    commands: list[Callable[[], Awaitable[object]]] = []
    if operation != "register_client":
        commands.append(journey.submit_details)
    if operation in {"open_account", "create_mandate"}:
        await commands.pop()()
        commands.append(lambda: journey.submit_application(direct_debit=True))
    async with refused_by_the_end(commands):
        await journey.eventually(lambda: operation in world.platform.writes)
        await journey.until(lambda seen: seen.waiting_for == "records are being written")
        await ending(journey)
        assert (await journey.result()).stage is Stage.WITHDRAWN
    assert_closed(world, journey, drafted, "withdrawn")
    assert world.platform.writes.count(operation) == 1


@pytest.mark.rule("P43", "P42")
async def test_compensation_waits_out_an_outage_and_a_refusal(world: World) -> None:
    """Each system is away and then refuses once; the compensation repeats what is needed and nothing twice."""
    journey = await world.begin(world.request(timings={"retry_refused": timedelta(seconds=1)}))
    await journey.await_client()
    refusal = Conflict("platform", "POST /accounts/{id}/cancellation", "locked", code="locked")
    away = ConnectorUnavailable("platform", "POST", "away", retry_after=DOWN)
    world.platform.fail_next("cancel_account", away, refusal)
    world.platform.fail_next("revert_client", away, after_write=True)
    world.plannr.fail_next("close_plan", ConnectorUnavailable("plannr", "PUT", "away", retry_after=DOWN))
    world.plannr.lose_answer("close_application")
    await withdrawn(journey)

    assert (await journey.result()).stage is Stage.WITHDRAWN
    assert_closed(world, journey, awaiting, "withdrawn")
    assert world.platform.writes.count("cancel_account") == world.platform.writes.count("revert_client") == 1


@pytest.mark.rule("P43")
@pytest.mark.parametrize("first", ENDINGS)
async def test_a_second_cancellation_leaves_nothing_half_closed(world: World, first: Act) -> None:
    """While compensation waits for the platform the workflow is cancelled twice more; it is finished all the same."""
    journey = await world.begin()
    await journey.await_client()
    world.platform.fail_next("find_account", *[ConnectorUnavailable("platform", "GET", "away", retry_after=0.3)] * 3)
    async with refused_by_the_end([journey.withdraw] if first is withdrawn else []):
        if first is not withdrawn:
            await first(journey)
        await journey.until(lambda seen: seen.waiting_for == "records are being written")
        for _ in range(2):
            await journey.handle.cancel()
        result = await journey.result()
    assert result.stage is (Stage.DECLINED if first is declined else Stage.WITHDRAWN)
    assert_closed(world, journey, awaiting, result.reason)


@pytest.mark.rule("P43", "P48")
async def test_a_withdrawal_does_not_wait_for_the_mail_server(world: World) -> None:
    """The mail server is away from the invitation on: both systems are closed at once, the words follow later."""
    journey = await world.begin()
    await journey.submit_details()
    world.mail.fail_next(*[MailUnavailable("mail", "DATA", "away", retry_after=0.2) for _ in range(1000)])
    async with refused_by_the_end([journey.submit_application]):
        await journey.at(Stage.AWAITING_CLIENT)
        await withdrawn(journey)
    assert_closed(world, journey, awaiting, "withdrawn")
    assert world.told() == ["client_setup_started"]
    world.mail.recover()

    assert (await journey.result()).stage is Stage.WITHDRAWN
    assert world.told() == ["client_setup_started", "adviser_journey_withdrawn", "journey_withdrawn"]


@pytest.mark.rule("P43", "P15")
@pytest.mark.parametrize("ending", [cancelled, declined])
async def test_an_activation_is_not_interrupted(world: World, ending: Act) -> None:
    """What ends a journey while its account is being activated is too late; a withdrawal is refused."""
    journey = await world.begin()
    await journey.await_client()
    world.platform.fail_next("activate_account", *[ConnectorUnavailable("platform", "POST", "", retry_after=0.5)] * 2)
    await journey.accept_everything()
    await journey.until(lambda seen: seen.stage is Stage.ACTIVATING)
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await journey.withdraw()
    assert isinstance(raised.value.cause, ApplicationError)
    assert raised.value.cause.type == Refusal.WRONG_STAGE
    await ending(journey)

    result = await journey.result()
    assert (result.stage, result.reason) == (Stage.ACTIVE, "")
    assert world.plannr.applications[journey.start.journey_id].status == "complete"
    assert world.told(ADVISER) == ["adviser_plan_active"]


@pytest.mark.rule("P43", "P27")
@pytest.mark.parametrize("ending", [cancelled, declined])
async def test_what_came_during_an_activation_that_fails_counts_then(world: World, ending: Act) -> None:
    """The platform refuses to activate: the client's decline, which came meanwhile, is not lost."""
    journey = await world.begin()
    await journey.await_client()
    refusal = Conflict("platform", "POST", "not ready", code="not_ready")
    away = ConnectorUnavailable("platform", "POST", "away", retry_after=0.5)
    world.platform.fail_next("activate_account", away, away, refusal)
    await journey.accept_everything()
    await journey.until(lambda seen: seen.stage is Stage.ACTIVATING)
    await ending(journey)

    assert (await journey.result()).stage is (Stage.DECLINED if ending is declined else Stage.WITHDRAWN)
    assert [account.status for account in world.platform.accounts.values()] == ["cancelled"]


@pytest.mark.rule("P43", "P47")
async def test_cancelling_what_looks_after_an_active_account_leaves_it_active(world: World) -> None:
    """An operator who cancels a journey whose account is active only ends the watch over its mandate."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.await_client(direct_debit=True)
    await journey.accept_everything()
    await journey.at(Stage.ACTIVE)
    await world.until_told("client_setup_started", "account_created", "adviser_plan_active", "new_documentation")
    await cancelled(journey)

    assert (await journey.result()).stage is Stage.ACTIVE
    assert [account.status for account in world.platform.accounts.values()] == ["active"]


@pytest.mark.rule("P43")
async def test_a_client_of_another_journey_keeps_their_standing(world: World) -> None:
    """Withdrawing one of two journeys of a new client leaves the other's account and client untouched."""
    kept = await world.begin(world.request(external_reference="KEPT"))
    await kept.await_client()
    other = await world.begin(world.request(external_reference="OTHER", wrapper=Wrapper.GIA))
    await other.await_client()
    await withdrawn(other)
    assert [client.status for client in world.platform.clients.values()] == ["pending"]
    await kept.accept_everything()

    assert (await kept.result()).stage is Stage.ACTIVE
    assert sorted(account.status for account in world.platform.accounts.values()) == ["active", "cancelled"]


@pytest.mark.rule("P43", "P12")
async def test_a_client_taken_back_by_another_journey_is_submitted_again(world: World) -> None:
    """One journey is withdrawn while the other is a draft, so the client is Registered; it goes on all the same."""
    draft = await world.begin(world.request(external_reference="DRAFT"))
    await draft.submit_details()
    other = await world.begin(world.request(external_reference="OTHER", wrapper=Wrapper.GIA))
    await other.await_client()
    await withdrawn(other)
    assert [client.status for client in world.platform.clients.values()] == ["registered"]
    await draft.submit_application()
    await draft.accept_everything()

    assert (await draft.result()).stage is Stage.ACTIVE
