"""What happens while a client is quiet, at the real durations, by letting time pass on the engine (P40)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import WorkflowUpdateFailedError

from connectors.errors import ConnectorRejected
from connectors.mail.port import MailUnavailable
from domain.journey import DocumentKind, MandateRoute, Party, Stage, Wrapper
from models.commands import Hold, Resume
from tests.journey_world import ACTOR, Journey, World, references
from tests.sample_client import KNOWN
from workflows.onboarding import OnboardingJourney

LONDON = ZoneInfo("Europe/London")
CLIENT, ADVISER = str(KNOWN.email), "adviser@harbour.example.com"
BEGUN = ["client_setup_started", "account_created"]


async def waiting(world: World) -> Journey:
    """Return a journey that waits for its client."""
    journey = await world.begin()
    await journey.await_client()
    return journey


async def hold(journey: Journey) -> None:
    """Put a journey on hold."""
    await journey.handle.execute_update(OnboardingJourney.hold, Hold(actor=ACTOR, reason="client is abroad"))


async def resume(journey: Journey) -> None:
    """Let a journey go on."""
    await journey.handle.execute_update(OnboardingJourney.resume, Resume(actor=ACTOR))


def quiet_days(begun: datetime, moments: list[tuple[datetime, str]]) -> list[int]:
    """Return after how many London days each of these happened."""
    return [(at.astimezone(LONDON).date() - begun.astimezone(LONDON).date()).days for at, _ in moments]


@pytest.mark.rule("P40", "P43")
async def test_the_whole_ladder_and_then_the_end(world: World) -> None:
    """Four reminders on working days at ten, the adviser told at fourteen, and at thirty everything is closed."""
    journey = await waiting(world)
    begun = (await journey.progress()).stage_since
    await journey.pass_time(timedelta(days=32))

    assert (await journey.result()).stage is Stage.EXPIRED
    holidays = set(journey.start.bank_holidays)
    reminded = await journey.events("reminder")
    for at, _ in reminded:
        local = at.astimezone(LONDON)
        assert (local.hour, local.minute) == (10, 0)
        assert local.weekday() < 5
        assert local.date() not in holidays
    days = quiet_days(begun, reminded)
    for day, wanted in zip(days, (3, 7, 14, 21), strict=True):
        assert wanted <= day < wanted + 5
    told = quiet_days(begun, await journey.events("adviser told"))
    assert told == [days[2]]
    assert quiet_days(begun, await journey.events("expired")) == [31]
    assert world.told(CLIENT) == [*BEGUN, *["reminder"] * 4, "journey_expired"]
    assert world.told(ADVISER) == ["adviser_client_quiet", "adviser_journey_expired"]

    identifier = journey.start.journey_id
    assert world.plannr.closed_plans == {identifier: "expired"}
    assert world.plannr.closed_applications == {identifier: "expired"}
    assert [account.status for account in world.platform.accounts.values()] == ["cancelled"]
    assert [client.status for client in world.platform.clients.values()] == ["registered"]


@pytest.mark.rule("P40")
async def test_e2_an_act_stops_the_reminders_at_once_and_starts_the_clock_anew(world: World) -> None:
    """Whoever opens a document on day six is reminded three days later and not the day after."""
    journey = await waiting(world)
    documents = references(await journey.progress())
    await journey.pass_time(timedelta(days=6))
    assert world.told(CLIENT) == [*BEGUN, "reminder"]
    await journey.open_documents(documents[:1])
    acted_at = await journey.now()
    await journey.pass_time(timedelta(days=2))
    assert world.told(CLIENT) == [*BEGUN, "reminder"]

    await journey.pass_time(timedelta(days=5))
    reminded = await journey.events("reminder")
    assert 3 <= quiet_days(acted_at, reminded[1:])[0] < 7


@pytest.mark.rule("P40")
async def test_e2_nobody_who_has_done_everything_is_reminded(world: World) -> None:
    """While only the signed paper mandate is awaited, from the adviser, nobody is reminded and nothing expires."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.await_client(direct_debit=True)
    await journey.answer_mandate(MandateRoute.PAPER_REQUESTED)
    await journey.accept_terms()
    await journey.until(lambda seen: seen.waiting_on is Party.ADVISER)
    await journey.pass_time(timedelta(days=90))

    assert (await journey.progress()).stage is Stage.AWAITING_CLIENT
    assert world.told() == BEGUN


@pytest.mark.rule("P40")
async def test_the_cap_holds_however_often_the_client_acts(world: World) -> None:
    """Acting a little now and then gives no more reminders than the cap over the whole journey."""
    journey = await waiting(world)
    documents = references(await journey.progress())
    platform_terms = references(await journey.progress(), DocumentKind.PLATFORM_TERMS)
    for document in documents:
        await journey.pass_time(timedelta(days=12))
        await journey.open_documents([document])
    await journey.accept(DocumentKind.PLATFORM_TERMS, platform_terms)
    await journey.pass_time(timedelta(days=28))

    assert world.told(CLIENT).count("reminder") == journey.start.timings.reminder_cap
    assert (await journey.progress()).stage is Stage.AWAITING_CLIENT


@pytest.mark.rule("P40")
async def test_holding_stops_the_clock_and_resuming_moves_every_date(world: World) -> None:
    """A hold of forty days delays the next reminder and the end by forty days; nothing happens meanwhile."""
    journey = await waiting(world)
    begun = (await journey.progress()).stage_since
    await journey.pass_time(timedelta(days=5))
    await hold(journey)
    with pytest.raises(WorkflowUpdateFailedError):
        await hold(journey)
    held = await journey.until(lambda seen: seen.on_hold)
    assert "on hold" in held.next_action
    await journey.pass_time(timedelta(days=40))
    assert world.told(CLIENT) == [*BEGUN, "reminder"]
    await resume(journey)
    await journey.until(lambda seen: not seen.on_hold and seen.next_action_at is not None)
    await journey.pass_time(timedelta(days=28))

    assert (await journey.result()).stage is Stage.EXPIRED
    assert quiet_days(begun, await journey.events("expired")) == [71]
    assert world.told(CLIENT) == [*BEGUN, *["reminder"] * 4, "journey_expired"]


@pytest.mark.rule("P40")
async def test_a_client_who_does_everything_on_hold_is_not_activated_before_it_goes_on(world: World) -> None:
    """Acts on a held journey count once it is resumed."""
    journey = await waiting(world)
    await hold(journey)
    await journey.accept_everything()
    held = await journey.until(lambda seen: all(gate.met for gate in seen.gates))
    assert held.stage is Stage.AWAITING_CLIENT
    await resume(journey)

    assert (await journey.result()).stage is Stage.ACTIVE


@pytest.mark.rule("P40", "P42")
async def test_e2_a_reminder_that_the_mail_server_does_not_take_is_given_up_when_the_client_acts(world: World) -> None:
    """The reminder waits for a mail server that is away; the client acts, and it is never sent."""
    journey = await waiting(world)
    world.mail.fail_next(*[MailUnavailable("mail", "DATA", "away") for _ in range(20)])
    await journey.until(lambda seen: seen.next_action.startswith("Reminder 1"))
    due = (await journey.progress()).next_action_at
    assert due is not None
    await journey.pass_time(due - await journey.now() + timedelta(seconds=3))
    assert await journey.events("reminder")
    await journey.accept_everything()

    assert (await journey.progress()).stage in {Stage.AWAITING_CLIENT, Stage.ACTIVATING, Stage.ACTIVE}
    world.mail.recover()
    assert (await journey.result()).stage is Stage.ACTIVE
    assert "reminder" not in world.told()


@pytest.mark.rule("P40")
async def test_e2_reminders_that_could_not_be_sent_are_left_out_and_never_doubled(world: World) -> None:
    """The first two reminders come to nothing; the others come on their own days, once each."""
    journey = await waiting(world)
    begun = (await journey.progress()).stage_since
    world.mail.fail_next(*[ConnectorRejected("mail", "DATA", "the message is too large")] * 2)
    await journey.pass_time(timedelta(days=12))
    assert len(await journey.events("an e-mail could not be sent")) == 2
    await journey.pass_time(timedelta(days=12))

    days = quiet_days(begun, await journey.events("reminder"))
    assert len(days) == len(set(days)) == 4
    assert world.told(CLIENT) == [*BEGUN, *["reminder"] * 2]
