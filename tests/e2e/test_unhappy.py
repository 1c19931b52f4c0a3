"""Every way a journey can go wrong, played through the public surfaces, read back from both systems and the inbox."""

import pytest

from cli.demonstration.unhappy import CASES, play_unhappy
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)

RULES = {
    "withdrawn-illustrated": ("P43",),
    "withdrawn-application-draft": ("P43",),
    "withdrawn-awaiting-client": ("P43",),
    "withdrawn-after-acceptance": ("P43",),
    "declined": ("P27", "P43"),
    "declined-by-one-of-two": ("P27", "P30", "P43"),
    "expired": ("P40", "P43"),
    "aml-referred-cleared": ("P41",),
    "bav-mismatch-corrected": ("P41",),
    "terms-superseded": ("P28",),
    "amended-after-acceptance": ("P44",),
    "mandate-failed-replaced": ("P47",),
    **{f"refused-{kind}": ("P2",) for kind in ("tpsipp", "tpofb", "corporate", "trust")},
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.rule(*RULES[name])) for name in CASES])
async def test_an_unhappy_journey_ends_as_the_rules_say(world: World, name: str) -> None:
    """The last stage, both systems and every e-mail are those of the case's row."""
    seen = await play_unhappy(world.around, world.adviser, name, lambda _, __: None)

    assert seen["differs"] == []
    assert seen["ok"]
