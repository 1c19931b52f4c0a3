"""Every wrapper from illustration to its active account, with everybody who takes part (P1, P30 to P32)."""

from typing import Any

import pytest

from cli.demonstration.actors import eventually
from cli.demonstration.journey import Play, is_as_the_rules_say, play
from cli.demonstration.scripts import SCRIPTS
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(180)


def unheard(_: str, __: str) -> None:
    """Take no notice of what is told while a journey is played."""


def told(seen: dict[str, Any]) -> list[str]:
    """Return who was told what."""
    return sorted(f"{email['to']}: {email['template']}" for email in seen["emails"])


@pytest.mark.rule("P1", "P10", "P11", "P12", "P15", "P30", "P31", "P32")
@pytest.mark.parametrize("name", SCRIPTS)
async def test_every_wrapper_gets_to_its_active_account(world: World, name: str) -> None:
    """Both systems are complete and each person was told everything once, nothing else."""
    seen = await play(world.around, world.adviser, name, SCRIPTS[name], unheard)

    assert is_as_the_rules_say(SCRIPTS[name], seen), seen


@pytest.mark.rule("P30")
async def test_a_joint_account_waits_for_its_last_holder(world: World) -> None:
    """After the first holder is done, account and plan are where they were; the second one's act opens both."""
    journey = Play(world.around, world.adviser, SCRIPTS["joint-gia"], unheard)
    journey.up_to_the_client()
    first, second = journey.cast.people

    journey.finish(first)
    awaited = journey.until(
        "the second holder alone to be awaited",
        lambda seen: {one["person_id"] for one in seen["gates"] if _awaits_client(one)} == {journey.person_id(second)},
    )

    assert awaited["stage"] == "awaiting_client"
    between = await journey.seen(emails=4)
    assert between["plannr"] == {"application": "pending", "plan": "proposed", "linked": True}
    assert between["platform"]["account"] == "pending"
    journey.finish(second)
    journey.until_stage("active")
    ended = await journey.seen(emails=len(SCRIPTS["joint-gia"].emails))
    assert is_as_the_rules_say(SCRIPTS["joint-gia"], ended), ended


@pytest.mark.rule("P31")
async def test_only_the_contact_of_a_child_is_written_to(world: World) -> None:
    """The child has no address, no invitation and no login; the contact gets every e-mail and acts alone."""
    journey = Play(world.around, world.adviser, SCRIPTS["jisa"], unheard)
    journey.up_to_the_client()
    assert journey.cast.contact is not None

    journey.finish(journey.cast.contact)
    journey.until_stage("active")

    assert told(await journey.seen(emails=3)) == [
        "adviser: adviser_plan_active",
        "registered contact: account_created",
        "registered contact: client_setup_started",
    ]


@pytest.mark.rule("P15", "P32")
async def test_a_pension_has_its_documentation_announced(world: World) -> None:
    """A pension without a mandate gets the e-mail about new documentation, and its statement is on the platform."""
    journey = Play(world.around, world.adviser, SCRIPTS["sipp"], unheard)
    journey.up_to_the_client()

    journey.finish(journey.cast.people[0])
    journey.until_stage("active")

    assert "holder: new_documentation" in told(await journey.seen(emails=len(SCRIPTS["sipp"].emails)))
    account = journey.journey()["records"]["platform_account"]

    def documents() -> list[str]:
        with world.around.platform() as platform:
            return [one["kind"] for one in platform.get(f"/accounts/{account}/documents").json()["data"]]

    assert eventually(documents, "the statement") == ["statement"]


def _awaits_client(gate: dict[str, Any]) -> bool:
    return bool(gate["awaited_from"] == "client" and not gate["met"])
