"""What is done in one system and seen in the other, on a real Onward with both systems, over HTTP alone."""

from typing import Any

import pytest

from cli.demonstration.syncing import CASES, play_sync
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(300)

RULES = {
    "client-matched": ("P5", "P50"),
    "client-created-once": ("P5", "P50"),
    "ambiguous-left-to-a-person": ("P5", "P50"),
    "tpsipp": ("P3", "P50"),
    "tpofb": ("P3", "P50"),
    "corporate": ("P4", "P50"),
    "trust": ("P4", "P50"),
    "plannr-reaches-the-platform": ("P51", "P52"),
    "no-echo": ("P52",),
}


@pytest.fixture(scope="module")
async def played(world: World) -> dict[str, dict[str, Any]]:
    """Play every case once, since they build on one client, and return what was read back of each."""
    seen = await play_sync(world.around, world.adviser, lambda _, __: None)
    return {one["case"]: one for one in seen}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.rule(*RULES[name])) for name in CASES])
def test_both_systems_hold_what_the_rules_say(played: dict[str, dict[str, Any]], name: str) -> None:
    """Everything that the case reads back from Plannr and the platform is as the rules say."""
    assert played[name]["differs"] == []
    assert played[name]["ok"]


@pytest.mark.rule("P52")
def test_a_sync_costs_no_write_too_many(played: dict[str, dict[str, Any]]) -> None:
    """The client's versions are the writes of people and of the sync, one each: nothing was written twice."""
    # Registered, linked, submitted, identity cleared; a bank account and its change, each verified; details changed,
    # changed by staff and written back. What is keyed in within one rest is one write; the machine may be slower once.
    assert 11 <= played["no-echo"]["seen"]["platform_client_version"] <= 12
