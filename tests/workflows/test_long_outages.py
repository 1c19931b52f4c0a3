"""A system that is away for days is waited out, and the journey says which one it waits for (P42)."""

import asyncio
from datetime import timedelta

import pytest

from connectors.errors import ConnectorError, ConnectorUnavailable
from connectors.mail.port import MailUnavailable
from domain.journey import Party, Stage, Wrapper
from tests.journey_world import Journey, World

DAY = 86_400.0


def away(system: str, days: int) -> list[ConnectorError]:
    """Return what a system answers while it is away for some days, asked once a day."""
    return [ConnectorUnavailable(system, "any", "away", retry_after=DAY) for _ in range(days)]


async def waits_for(journey: Journey, party: Party) -> None:
    """Check that the journey shows which system it waits for, without asking anybody for attention."""
    seen = await journey.until(lambda seen: seen.waiting_on is party)
    assert (seen.waiting_for, seen.needs_attention) == ("records are being written", False)
    assert "until the system answers" in seen.next_action


@pytest.mark.rule("P42")
async def test_each_system_is_away_for_days_at_each_step(world: World) -> None:
    """Three days at each write of both systems: the journey ends as ever, with one record of each kind."""
    for operation in ("record_illustration", "update_person", "save_plan"):
        world.plannr.fail_next(operation, *away("plannr", 3))
    for operation in ("open_account", "activate_account"):
        world.platform.fail_next(operation, *away("platform", 3))
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await waits_for(journey, Party.PLATFORM)
    await journey.pass_time(timedelta(days=4))
    await journey.at(Stage.ILLUSTRATED)

    saving = asyncio.ensure_future(journey.submit_details())
    await waits_for(journey, Party.PLANNR)
    await journey.pass_time(timedelta(days=4))
    await saving

    sending = asyncio.ensure_future(journey.submit_application())
    await journey.until(lambda seen: seen.waiting_for == "records are being written")
    await journey.pass_time(timedelta(days=4))
    await sending

    await journey.accept_everything()
    await journey.until(lambda seen: seen.stage is Stage.ACTIVATING)
    await waits_for(journey, Party.PLATFORM)
    await journey.pass_time(timedelta(days=4))
    assert (await journey.result()).stage is Stage.ACTIVE
    assert (len(world.platform.clients), len(world.platform.accounts), len(world.plannr.plans)) == (1, 1, 1)
    assert world.told() == ["client_setup_started", "account_created", "adviser_plan_active"]


@pytest.mark.rule("P42", "P43")
async def test_a_compensation_waits_for_days(world: World) -> None:
    """The platform is away when the journey is withdrawn: what it holds is closed once it is back."""
    journey = await world.begin()
    await journey.await_client()
    world.platform.fail_next("find_account", *away("platform", 3))
    withdrawing = asyncio.ensure_future(journey.withdraw())
    await waits_for(journey, Party.PLATFORM)
    await journey.pass_time(timedelta(days=4))

    assert (await withdrawing).stage is Stage.WITHDRAWN
    assert [account.status for account in world.platform.accounts.values()] == ["cancelled"]


@pytest.mark.rule("P42", "P46")
async def test_a_mail_server_that_is_away_for_days_delays_the_words_alone(world: World) -> None:
    """The e-mail about the active account follows days later, once; the account has been active all the time."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA))
    await journey.await_client(direct_debit=True)
    world.mail.fail_next(*[MailUnavailable("mail", "DATA", "away", retry_after=DAY) for _ in range(3)])
    await journey.accept_everything()
    assert (await journey.at(Stage.ACTIVE)).waiting_on is Party.NOBODY
    await journey.pass_time(timedelta(days=4))

    await world.until_told("client_setup_started", "account_created", "adviser_plan_active", "new_documentation")
