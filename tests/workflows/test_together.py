"""Several accounts for the same people in one request: one e-mail per event and person (P49), refused or not (P48)."""

from datetime import timedelta

import pytest

from connectors.mail.port import MailRefused
from domain.journey import DocumentKind, Stage, Wrapper
from tests.journey_world import Journey, World
from tests.sample_client import KNOWN
from workflows.together import group_workflow_id

CLIENT, ADVISER = str(KNOWN.email), "adviser@harbour.example.com"
LONG, SHORT = timedelta(minutes=10), timedelta(seconds=1)


async def two(world: World, *, patience: timedelta = LONG) -> list[Journey]:
    """Start an ISA and a GIA for one person in one request."""
    starts = [world.request(wrapper=wrapper, external_reference="TOGETHER") for wrapper in (Wrapper.ISA, Wrapper.GIA)]
    return await world.begin_together(*starts, patience=patience)


def texts(world: World, template: str) -> list[str]:
    """Return the words of every e-mail of a kind."""
    return [message.text for message in world.mail.sent if message.template == template]


@pytest.mark.rule("P49")
async def test_each_event_is_one_email_that_names_all_accounts(world: World) -> None:
    """Both accounts go their way; the client gets one e-mail for each event, the adviser one for each account."""
    journeys = await two(world)
    for journey in journeys:
        await journey.submit_details()
    await world.until_told("client_setup_started")
    for journey in journeys:
        await journey.submit_application()
    await world.until_told("client_setup_started", "account_created")
    for template in ("client_setup_started", "account_created"):
        (words,) = texts(world, template)
        assert "stocks and shares ISA" in words
        assert "general investment account" in words
    for journey in journeys:
        await journey.accept_everything()
        assert (await journey.result()).stage is Stage.ACTIVE

    assert world.told(ADVISER) == ["adviser_plan_active"] * 2
    assert len(world.platform.clients) == 1
    group = world.temporal.get_workflow_handle(group_workflow_id(f"group-{world.queue}"))
    await group.result()


@pytest.mark.rule("P49")
async def test_an_account_that_gets_as_far_much_later_is_told_of_on_its_own(world: World) -> None:
    """After the group's patience the first account's e-mail goes out alone, and the second's names only the second."""
    first, second = await two(world, patience=SHORT)
    await first.await_client()
    await world.until_told("client_setup_started", "account_created")
    await second.await_client()
    await world.until_told(*["client_setup_started"] * 2, *["account_created"] * 2)

    one, other = texts(world, "account_created")
    assert ("general investment account" in one, "general investment account" in other) == (False, True)
    assert len({message.message_id for message in world.mail.sent}) == 4


@pytest.mark.rule("P49")
async def test_an_account_that_ended_is_not_waited_for(world: World) -> None:
    """One of the two is withdrawn early: the other's e-mails do not wait for it."""
    first, second = await two(world)
    await second.withdraw()
    await first.await_client()
    await world.until_told("adviser_journey_withdrawn", "client_setup_started", "account_created")
    await first.accept_everything()

    assert (await first.result()).stage is Stage.ACTIVE


@pytest.mark.rule("P49", "P40")
async def test_both_accounts_are_reminded_of_together(world: World) -> None:
    """The client is quiet about both: each reminder is one e-mail that names both."""
    journeys = await two(world)
    for journey in journeys:
        await journey.submit_details()
    for journey in journeys:
        await journey.submit_application()
    await world.until_told("client_setup_started", "account_created")
    for journey in journeys:
        await journey.pass_time(timedelta(days=5))

    await world.until_told("client_setup_started", "account_created", "reminder")
    (words,) = texts(world, "reminder")
    assert "stocks and shares ISA" in words
    assert "general investment account" in words


@pytest.mark.rule("P49")
async def test_a_group_that_is_gone_stops_nobody(world: World) -> None:
    """An operator ended the group: each journey sends its e-mails itself."""
    journeys = await two(world)
    await world.temporal.get_workflow_handle(group_workflow_id(f"group-{world.queue}")).terminate()
    for journey in journeys:
        await journey.await_client()
        await journey.accept_everything()
        assert (await journey.result()).stage is Stage.ACTIVE
    assert world.told(CLIENT).count("account_created") == 2


@pytest.mark.rule("P48", "P49")
async def test_a_refused_address_is_shown_on_every_account_and_told_to_the_adviser_once(world: World) -> None:
    """The shared e-mail is refused: both journeys need attention and go on, one e-mail asks for the address."""
    journeys = await two(world)
    world.mail.fail_next(MailRefused("mail", "RCPT", "550 5.1.1"))
    for journey in journeys:
        await journey.submit_details()
    for journey in journeys:
        await journey.until(lambda seen: any("correct the address" in reason for reason in seen.attention))
        await journey.submit_application()
    await world.until_told("adviser_email_refused", "account_created")
    form = {"person_id": journeys[0].person, "details": {"email": "eleanor@example.com"}}
    await journeys[0].amend(holders=[form])
    assert not (await journeys[0].progress()).needs_attention


@pytest.mark.rule("P49", "P15")
async def test_the_platform_terms_are_accepted_once_for_both(world: World) -> None:
    """What the platform holds from the first account's acceptance opens the gate of the second."""
    first, second = await two(world, patience=SHORT)
    await first.await_client()
    await first.accept_everything()
    await first.at(Stage.ACTIVE)
    progress = await second.await_client()

    assert progress.holders[0].platform_terms_accepted_before
    await second.accept_terms(None, DocumentKind.PRODUCT_TERMS)
    assert (await second.result()).stage is Stage.ACTIVE
