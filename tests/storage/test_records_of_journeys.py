"""Finding journeys by what the two systems call their records, and walking through those that are not over."""

from collections.abc import Callable

from domain.journey import Stage
from models.messages import Progress, SystemRecords
from storage.database import Database
from storage.journeys import JourneyRepository


async def test_a_journey_is_found_by_its_records(database: Database, make_progress: Callable[..., Progress]) -> None:
    """The account and the mandate lead to their journey, running or over, and to no other."""
    running = make_progress("j1", records=SystemRecords(platform_account="ac_1", platform_mandate="ma_1"))
    over = make_progress("j2", records=SystemRecords(platform_account="ac_2"), stage=Stage.ACTIVE)
    async with database.transaction() as session:
        for progress in (running, over):
            await JourneyRepository(session).project(progress)

    async with database.reading() as session:
        repository = JourneyRepository(session)
        assert [row.journey_id for row in await repository.with_record("platform_mandate", "ma_1")] == ["j1"]
        assert [row.journey_id for row in await repository.with_record("platform_account", "ac_2")] == ["j2"]
        assert await repository.with_record("platform_mandate", "ac_2") == []


async def test_running_journeys_are_walked_through_page_by_page(
    database: Database, make_progress: Callable[..., Progress]
) -> None:
    """Each page begins after the last id of the one before; what is over is left out."""
    async with database.transaction() as session:
        for number in range(5):
            stage = Stage.WITHDRAWN if number == 2 else Stage.AWAITING_CLIENT
            await JourneyRepository(session).project(make_progress(f"j{number}", stage=stage))

    async with database.reading() as session:
        repository = JourneyRepository(session)
        first = [row.journey_id for row in await repository.running(after="", limit=3)]
        rest = [row.journey_id for row in await repository.running(after=first[-1], limit=3)]
    assert (first, rest) == (["j0", "j1", "j3"], ["j4"])
