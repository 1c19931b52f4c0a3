"""What a whole journey tells the firm's own systems, in order and once (P55)."""

import json

import pytest

from domain.outgoing import EventType
from models.schemas.outgoing import EVENT_DATA
from storage.outgoing import OutgoingRepository
from tests.journey_parties import FIRM
from tests.journey_world import Journey, World
from tests.sample_client import KNOWN


async def told(world: World, journey: Journey) -> list[tuple[str, str | None]]:
    """Return type and stage or reason of each event of a journey, in order; each has the shape of its type."""
    async with world.database.reading() as session:
        rows = await OutgoingRepository(session).after(FIRM, 0, 1000)
    for row in rows:
        data = EVENT_DATA[EventType(row.type)].model_validate(row.data)
        assert data.model_dump(mode="json") == row.data
    own = [row for row in rows if row.data["journey_id"] == journey.start.journey_id]
    words = json.dumps([row.data for row in own])
    for personal in (KNOWN.first_name, KNOWN.last_name, str(KNOWN.email), KNOWN.national_insurance_number):
        assert str(personal) not in words
    assert [row.occurred_at for row in own] == sorted(row.occurred_at for row in own)
    return [(row.type, str(row.data.get("stage") or row.data.get("reason") or "")) for row in own]


@pytest.mark.rule("P55")
async def test_a_whole_journey_is_told(world: World) -> None:
    """From its beginning to its active account each stage is told once, whatever else was reported meanwhile."""
    journey = await world.begin()
    await journey.submit_details()
    await journey.submit_application()
    await journey.accept_everything()
    result = await journey.result()
    events = await told(world, journey)

    assert events == [
        ("journey.started.v1", "illustrated"),
        ("journey.stage_changed.v1", "application_draft"),
        ("journey.stage_changed.v1", "awaiting_client"),
        ("journey.stage_changed.v1", "activating"),
        ("journey.stage_changed.v1", "active"),
        ("journey.active.v1", ""),
    ]
    async with world.database.reading() as session:
        rows = await OutgoingRepository(session).after(FIRM, 0, 1000)
    assert rows[-1].data["platform_account"] == result.records.platform_account
    assert rows[-1].data["plannr_plan"] == result.records.plannr_plan


@pytest.mark.rule("P55")
async def test_the_end_of_a_journey_is_told(world: World) -> None:
    """A journey that is withdrawn tells its last stage and its reason."""
    journey = await world.begin()
    await journey.submit_details()
    await journey.withdraw()
    await journey.result()

    assert await told(world, journey) == [
        ("journey.started.v1", "illustrated"),
        ("journey.stage_changed.v1", "application_draft"),
        ("journey.stage_changed.v1", "withdrawn"),
        ("journey.ended.v1", "withdrawn"),
    ]
