"""How every implementation of the Plannr port shows the plan of a journey."""

import pytest

from tests.contract.plannr_scenes import FIRM, JOURNEY, Scene, plan


@pytest.mark.rule("P12", "P15", "P43")
async def test_a_plan_is_read_as_it_was_left(scene: Scene) -> None:
    """A plan is found by its journey, as it is at that moment: none, proposed, inactive."""
    before = await scene.gateway.find_plan(FIRM, JOURNEY)
    proposed = await scene.gateway.save_plan(FIRM, plan())
    between = await scene.gateway.find_plan(FIRM, JOURNEY)
    inactive = await scene.gateway.close_plan(FIRM, JOURNEY, "withdrawn")

    assert before is None
    assert between == proposed
    assert await scene.gateway.find_plan(FIRM, JOURNEY) == inactive
    assert await scene.gateway.find_plan(FIRM, "journey-2") is None
