"""A client goes through the portal, from the link in the e-mail to the open account, on the real workflow."""

from datetime import UTC, datetime, timedelta

import pytest

from api.dependencies import current_moment
from domain.journey import BankDetailsPolicy, Stage, Wrapper
from storage.evidence import EvidenceRepository
from tests.api.portal.visits import application, browser, do_everything, enter, invitation_token, path_of
from tests.journey_world import AtStage, World, at_stage, temporal_address, world
from tests.sample_client import KNOWN

__all__ = ["at_stage", "temporal_address", "world"]


@pytest.mark.rule("P14", "P20", "P21", "P22", "P23", "P24", "P25", "P26")
@pytest.mark.parametrize(
    ("wrapper", "policy", "expected"),
    [
        (Wrapper.ISA, BankDetailsPolicy.ADVISER, ["details", "platform_terms", "product_terms"]),
        (
            Wrapper.GIA,
            BankDetailsPolicy.CLIENT_OR_ADVISER,
            ["details", "bank_details", "direct_debit_mandate", "platform_terms", "product_terms"],
        ),
    ],
)
async def test_following_the_next_task_opens_the_account(
    world: World, at_stage: AtStage, wrapper: Wrapper, policy: BankDetailsPolicy, expected: list[str]
) -> None:
    """The link, a password, then always the next task: the account is active and every act is evidence."""
    clients_turn = policy is BankDetailsPolicy.CLIENT_OR_ADVISER
    journey = await world.begin(world.request(wrapper=wrapper, bank_details_policy=policy))
    await at_stage(journey, Stage.ILLUSTRATED)
    await (journey.submit_details(bank=None) if clients_turn else journey.submit_details())
    await journey.submit_application(direct_debit=clients_turn)
    await at_stage(journey, Stage.AWAITING_CLIENT)

    async with browser(application(world)) as http:
        await enter(http, world)
        landing = (await http.get("/portal/api/journeys")).json()["next"]
        assert landing == {"journey_id": journey.start.journey_id, "task": "details"}
        done = await do_everything(http, path_of(journey))
        # An account with a direct debit is looked after for a while: the workflow is not over.
        await at_stage(journey, Stage.ACTIVE)
        after = (await http.get("/portal/api/journeys")).json()

    assert done == expected
    assert after["next"] is None
    assert after["journeys"][0]["stage"] == "active"
    async with world.database.reading() as database:
        evidence = EvidenceRepository(database)
        assert await evidence.verify_chain(journey.start.journey_id)
        assert all(
            row.signalled_at and row.payload is None for row in await evidence.of_journey(journey.start.journey_id)
        )


@pytest.mark.rule("P20")
async def test_an_expired_link_brings_a_new_one_to_the_clients_mailbox(world: World, at_stage: AtStage) -> None:
    """Whoever asks with an expired link gets a fresh e-mail, whose link then works in place of the old one."""
    journey = await world.begin()
    await at_stage(journey, Stage.ILLUSTRATED)
    await journey.await_client()

    app = application(world)
    async with browser(app) as http:
        first = invitation_token(world)
        app.dependency_overrides[current_moment] = lambda: datetime.now(UTC) + timedelta(days=31)
        expired = await http.get(f"/portal/api/invitations/{first}")
        asked = await http.post(f"/portal/api/invitations/{first}/renewal")
        app.dependency_overrides.clear()
        await world.eventually(lambda: invitation_token(world) != first)
        old, fresh = [await http.get(f"/portal/api/invitations/{token}") for token in (first, invitation_token(world))]

    assert (expired.status_code, asked.status_code) == (410, 202)
    assert (old.status_code, fresh.status_code) == (410, 200)
    assert world.mail.sent[-1].to_address == KNOWN.email
