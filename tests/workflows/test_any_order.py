"""Facts that arrive early, twice or out of order lead to the same end (P46)."""

import pytest

from domain.journey import DocumentKind, Party, Stage
from models.facts import ClientDetailsConfirmed, DocumentRef, FieldCorrection
from tests.journey_world import AtStage, World, references
from workflows.onboarding import OnboardingJourney


@pytest.mark.rule("P46")
async def test_facts_before_the_account_exists_count_later(world: World) -> None:
    """Signals sent before the journey has created anything are kept and open the gates once the account exists."""
    documents = await world.platform.documents(world.request().wrapper)
    journey = await world.begin()
    for kind in (DocumentKind.PRODUCT_TERMS, DocumentKind.PLATFORM_TERMS):
        wanted = [
            DocumentRef(document_id=document.document_id, version=document.version)
            for document in documents
            if document.kind is kind
        ]
        await journey.accept(kind, wanted)
        await journey.open_documents(wanted)
    await journey.submit_details()
    await journey.submit_application()

    assert (await journey.result()).stage is Stage.ACTIVE
    assert world.mail.templates == ["client_setup_started", "account_created", "adviser_plan_active"]


@pytest.mark.rule("P46")
async def test_repeated_facts_change_nothing(world: World, at_stage: AtStage) -> None:
    """The same facts three times over give one activation, one record each and each e-mail once."""
    journey = await world.begin()
    await journey.submit_details()
    await journey.submit_application()
    progress = await at_stage(journey, Stage.AWAITING_CLIENT)
    for _ in range(3):
        await journey.confirm_details()
        await journey.open_documents(references(progress))
    for kind in DocumentKind:
        for _ in range(3):
            await journey.accept(kind, references(progress, kind), evidence=f"same-{kind}")

    assert (await journey.result()).stage is Stage.ACTIVE
    assert (len(world.platform.clients), len(world.platform.accounts), len(world.plannr.plans)) == (1, 1, 1)
    assert world.mail.templates == ["client_setup_started", "account_created", "adviser_plan_active"]


@pytest.mark.rule("P24")
async def test_an_acceptance_that_lacks_an_opening_is_not_counted(world: World, at_stage: AtStage) -> None:
    """The workflow itself does not count an acceptance whose document was never opened."""
    journey = await world.begin()
    await journey.submit_details()
    await journey.submit_application()
    progress = await at_stage(journey, Stage.AWAITING_CLIENT)
    for kind in DocumentKind:
        await journey.accept(kind, references(progress, kind))
    await journey.open_documents(references(progress)[1:])
    waiting = await journey.progress()
    assert (waiting.stage, waiting.waiting_on) == (Stage.AWAITING_CLIENT, Party.CLIENT)

    await journey.open_documents(references(progress)[:1])

    assert (await journey.result()).stage is Stage.ACTIVE


@pytest.mark.rule("P21")
async def test_a_correction_reaches_the_adviser_and_is_settled_by_new_details(world: World, at_stage: AtStage) -> None:
    """A correction shows as a change request, old → new; submitting the details again settles it."""
    journey = await world.begin()
    await journey.submit_details()
    await journey.submit_application()
    await at_stage(journey, Stage.AWAITING_CLIENT)
    correction = FieldCorrection(field="address.postcode", old="CT5 1AQ", new="CT5 1AB")
    await journey.signal_fact(
        OnboardingJourney.client_details_confirmed, ClientDetailsConfirmed, corrections=[correction]
    )
    asked = await journey.until(lambda seen: seen.needs_attention)
    assert asked.change_requests[0].corrections == [correction]

    await journey.submit_details()

    settled = await journey.until(lambda seen: not seen.needs_attention)
    assert settled.change_requests == []
    assert world.mail.templates.count("client_setup_started") == 1
