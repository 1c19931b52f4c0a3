"""Commands that are refused, systems that are down, and systems that say no."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from connectors.errors import Conflict, ConnectorUnavailable, Invalid
from connectors.mail.port import MailRefused, MailUnavailable
from domain.journey import Stage
from models.commands import ResendInvitation, RetryNow, SubmitClientDetails
from models.people import KnownDetails
from models.refusals import Refusal
from tests.journey_world import ACTOR, AtStage, World
from tests.sample_client import KNOWN
from workflows.onboarding import OnboardingJourney


def refusal_of(raised: pytest.ExceptionInfo[WorkflowUpdateFailedError]) -> ApplicationError:
    """Return the failure an update was refused with."""
    cause = raised.value.cause
    assert isinstance(cause, ApplicationError)
    return cause


@pytest.mark.rule("P12")
async def test_an_application_before_the_details_is_refused(world: World) -> None:
    """The account form is refused with the stage it came too early for, and nothing is written."""
    journey = await world.begin()
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await journey.submit_application()

    assert refusal_of(raised).type == Refusal.WRONG_STAGE
    assert world.platform.accounts == {}


@pytest.mark.rule("P7")
async def test_missing_details_are_named(world: World) -> None:
    """Details known to neither Plannr nor the form are refused, naming exactly the missing fields."""
    start = world.request()
    holder = start.holders[0].model_copy(update={"known_details": KNOWN.model_copy(update={"mobile": None})})
    journey = await world.begin(start.model_copy(update={"holders": [holder]}))
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await journey.submit_details()

    assert refusal_of(raised).type == Refusal.DETAILS_INCOMPLETE
    assert list(refusal_of(raised).details) == [f"{journey.person}.mobile"]

    await journey.submit_details(details=KnownDetails(mobile="07400 654321"))
    assert next(iter(world.platform.clients.values())).details.mobile == "+447400654321"


@pytest.mark.rule("P22")
async def test_bank_details_are_mandatory_for_the_adviser_by_default(world: World) -> None:
    """Without bank details the form is refused under the default policy."""
    journey = await world.begin()
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await journey.submit_details(bank=None)

    assert refusal_of(raised).type == Refusal.BANK_DETAILS_REQUIRED


async def test_a_command_on_an_old_version_is_refused(world: World, at_stage: AtStage) -> None:
    """A command that names a version which has passed is refused, so that nobody overwrites unseen."""
    journey = await world.begin()
    await at_stage(journey, Stage.ILLUSTRATED)
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await journey.handle.execute_update(
            OnboardingJourney.submit_client_details, SubmitClientDetails(actor=ACTOR, expected_version=1)
        )

    assert refusal_of(raised).type == Refusal.STALE_VERSION


@pytest.mark.rule("P20")
async def test_an_invitation_can_be_sent_again_only_while_the_client_is_awaited(
    world: World, at_stage: AtStage
) -> None:
    """A fresh invitation carries another link under another Message-ID; before that stage it is refused."""
    journey = await world.begin()
    command = ResendInvitation(actor=ACTOR, person_id=journey.person)
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await journey.handle.execute_update(OnboardingJourney.resend_invitation, command)
    assert refusal_of(raised).type == Refusal.WRONG_STAGE

    await journey.submit_details()
    await journey.submit_application()
    await at_stage(journey, Stage.AWAITING_CLIENT)
    await journey.handle.execute_update(OnboardingJourney.resend_invitation, command)

    first, second = [message for message in world.mail.sent if message.template == "account_created"]
    assert first.message_id != second.message_id
    assert first.text != second.text


@pytest.mark.rule("P46")
async def test_an_outage_of_every_system_is_waited_out(world: World) -> None:
    """Each system fails once at each stage; the journey ends the same, with one record and one e-mail each."""
    for operation in ("record_illustration", "update_person", "save_plan", "save_application"):
        world.plannr.fail_next(operation, ConnectorUnavailable("plannr", operation, "down", retry_after=0.01))
    for operation in ("register_client", "submit_client", "open_account", "activate_account"):
        world.platform.fail_next(
            operation, ConnectorUnavailable("platform", operation, "no answer", retry_after=0.01), after_write=True
        )
    world.mail.fail_next(MailUnavailable("mail", "DATA", "busy", retry_after=0.01))
    journey = await world.begin()
    await journey.submit_details()
    await journey.submit_application()
    await journey.accept_everything()

    assert (await journey.result()).stage is Stage.ACTIVE
    assert (len(world.platform.clients), len(world.platform.accounts), len(world.plannr.plans)) == (1, 1, 1)
    assert world.mail.templates == ["client_setup_started", "account_created", "adviser_plan_active"]


async def test_details_a_system_refuses_are_refused_to_the_adviser_who_may_try_again(world: World) -> None:
    """The platform's refusal is the command's answer; corrected details then go through."""
    journey = await world.begin()
    world.platform.fail_next("update_client", Invalid("platform", "PATCH /clients/{id}", "refused", fields=["mobile"]))
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await journey.submit_details()
    assert refusal_of(raised).type == Refusal.REJECTED_BY_SYSTEM
    assert (await journey.progress()).needs_attention

    await journey.submit_details()
    progress = await journey.until(lambda seen: seen.stage is Stage.APPLICATION_DRAFT)
    assert not progress.needs_attention


async def test_what_a_system_refuses_by_itself_waits_for_a_person(world: World) -> None:
    """A refused registration shows as needing attention, and goes on when somebody asks for another attempt."""
    clash = Conflict("platform", "POST /clients", "e-mail address in use", code="email_in_use", existing_id="cl_9")
    world.platform.fail_next("register_client", clash)
    journey = await world.begin()
    waiting = await journey.until(lambda seen: seen.needs_attention)
    assert "e-mail address in use" in waiting.attention[0]
    assert waiting.next_action_at is not None

    await journey.handle.execute_update(OnboardingJourney.retry_now, RetryNow(actor=ACTOR))

    assert not (await journey.until(lambda seen: not seen.needs_attention)).attention


@pytest.mark.rule("P48")
async def test_a_refused_address_never_blocks_the_journey(world: World) -> None:
    """An e-mail that is refused for good is visible, the adviser is asked for the address, and the journey goes on."""
    world.mail.fail_next(MailRefused("mail", "RCPT", "550 5.1.1"))
    journey = await world.begin()
    await journey.submit_details()
    assert "correct the address" in (await journey.progress()).attention[0]
    await journey.submit_application()
    await journey.accept_everything()

    assert (await journey.result()).stage is Stage.ACTIVE
    assert world.mail.templates == ["adviser_email_refused", "account_created", "adviser_plan_active"]
