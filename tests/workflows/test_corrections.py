"""Corrections that a client asks for: each is settled on its own, by an amendment or without one (P21)."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.journey import Stage, Wrapper
from models.commands import SettleCorrection
from models.facts import ClientDetailsConfirmed, FieldCorrection, StatementCorrected
from models.refusals import Refusal
from tests.journey_acts import account_form
from tests.journey_world import ACTOR, Journey, World
from workflows.onboarding import OnboardingJourney

POSTCODE = FieldCorrection(field="address.postcode", old="CT5 1AQ", new="CT5 1AB")


async def asked(world: World, *, joint: bool = False) -> Journey:
    """Return a journey on which every client asked for a correction."""
    journey = await world.begin(world.request(wrapper=Wrapper.GIA if joint else Wrapper.ISA, joint=joint))
    await journey.at(Stage.ILLUSTRATED)
    await journey.await_client()
    for person in journey.people:
        await journey.signal_fact(
            OnboardingJourney.client_details_confirmed, ClientDetailsConfirmed, person, corrections=[POSTCODE]
        )
    await journey.until(lambda seen: len(seen.change_requests) == len(journey.people))
    return journey


async def settle(journey: Journey, evidence_id: str, version: int | None = None) -> None:
    """The adviser closes a request without an amendment."""
    command = SettleCorrection(actor=ACTOR, evidence_id=evidence_id, expected_version=version)
    await journey.handle.execute_update(OnboardingJourney.settle_correction, command)


@pytest.mark.rule("P21")
async def test_one_request_is_closed_and_nothing_is_written(world: World) -> None:
    """Closed without an amendment, the request and its mark are gone, the other person's stays; no details change."""
    journey = await asked(world, joint=True)
    first, second = (await journey.progress()).change_requests
    before = [*world.plannr.writes, *world.platform.writes]
    await settle(journey, first.evidence_id)
    left = await journey.until(lambda seen: len(seen.change_requests) == 1)

    assert left.change_requests == [second]
    assert left.needs_attention
    assert [*world.plannr.writes, *world.platform.writes] == before
    await settle(journey, second.evidence_id)
    assert not (await journey.until(lambda seen: not seen.change_requests)).needs_attention


@pytest.mark.rule("P21", "P44")
@pytest.mark.parametrize(("settles", "left"), [(None, 0), ([], 1)])
async def test_an_amendment_settles_what_it_names(world: World, settles: list[str] | None, left: int) -> None:
    """An amendment of something else leaves a request open when it says so; one that does not say settles all."""
    journey = await asked(world)
    await journey.amend(account=account_form(name="Rainy day"), settles=settles)

    assert len((await journey.progress()).change_requests) == left


@pytest.mark.rule("P21")
async def test_a_request_is_closed_once(world: World) -> None:
    """A request that was dealt with, or another version of the journey, is refused."""
    journey = await asked(world)
    (request,) = (await journey.progress()).change_requests
    for version, refusal in ((1, Refusal.STALE_VERSION), (None, None), (None, Refusal.WRONG_STAGE)):
        if refusal is None:
            await settle(journey, request.evidence_id, version)
            continue
        with pytest.raises(WorkflowUpdateFailedError) as failure:
            await settle(journey, request.evidence_id, version)
        assert isinstance(failure.value.cause, ApplicationError)
        assert failure.value.cause.type == refusal


@pytest.mark.rule("P21", "P32")
async def test_a_correction_of_a_statement_is_closed_while_the_account_is_active(world: World) -> None:
    """What was corrected in the platform itself, where nothing can be amended here any more, can be closed."""
    journey = await world.begin(world.request(wrapper=Wrapper.SIPP))
    await journey.at(Stage.ILLUSTRATED)
    await journey.await_client()
    await journey.accept_everything()
    await journey.at(Stage.ACTIVE)
    correction = FieldCorrection(field="retirement_age", old="67", new="65")
    await journey.signal_fact(OnboardingJourney.statement_corrected, StatementCorrected, corrections=[correction])
    seen = await journey.until(lambda seen: seen.needs_attention)
    await settle(journey, seen.change_requests[0].evidence_id)

    assert (await journey.until(lambda seen: not seen.needs_attention)).stage is Stage.ACTIVE


@pytest.mark.rule("P7")
async def test_account_form_is_pre_filled_and_then_as_saved(world: World) -> None:
    """The account form comes from the illustration until it is saved, and then is what was saved."""
    journey = await world.begin()
    await journey.at(Stage.ILLUSTRATED)
    prefilled = await journey.handle.query(OnboardingJourney.account_form)
    await journey.submit_details()
    await journey.submit_application()
    saved = await journey.handle.query(OnboardingJourney.account_form)

    assert prefilled.account is not None
    assert (prefilled.account.name, prefilled.saved) == ("ISA illustration", False)
    assert (saved.account, saved.saved) == (account_form(), True)
