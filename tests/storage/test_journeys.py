"""The projection shows the latest a workflow reported, whatever order the reports arrive in."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.journey import Party, Stage, Wrapper
from models.messages import Progress
from models.tables import JourneyHolderRow
from storage.database import Database
from storage.journeys import JourneyRepository


async def _project(database: Database, *reports: Progress) -> None:
    for report in reports:
        async with database.transaction() as session:
            await JourneyRepository(session).project(report)


async def test_a_journey_is_stored_with_its_whole_progress(
    database: Database, make_progress: Callable[..., Progress], now: datetime
) -> None:
    """The row repeats the progress for search and keeps all of it for display."""
    due = now + timedelta(days=2)
    progress = make_progress(minutes=5, next_action_at=due, waiting_on=Party.CLIENT, needs_attention=True)
    await _project(database, progress)
    async with database.reading() as session:
        row = await JourneyRepository(session).get("j-1")
    assert row is not None
    assert Progress.model_validate(row.progress) == progress
    assert (row.wrapper, row.stage, row.waiting_on) == (Wrapper.ISA, Stage.ILLUSTRATED, Party.CLIENT)
    assert (row.created_at, row.updated_at, row.due_at) == (now, now + timedelta(minutes=5), due)
    assert row.needs_attention


@pytest.mark.rule("P46")
@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3])))
async def test_reports_in_any_order_end_in_the_latest(
    database: Database, make_progress: Callable[..., Progress], order: tuple[int, ...]
) -> None:
    """Whichever order three reports arrive in, the third version stands, with its holders."""
    stages = {1: Stage.ILLUSTRATED, 2: Stage.APPLICATION_DRAFT, 3: Stage.AWAITING_CLIENT}
    reports = [make_progress(version=number, stage=stages[number], minutes=number) for number in order]
    await _project(database, *reports)
    async with database.reading() as session:
        row = await JourneyRepository(session).get("j-1")
        holders = list(await session.scalars(select(JourneyHolderRow)))
    assert row is not None
    assert (row.version, row.stage) == (3, Stage.AWAITING_CLIENT)
    assert [holder.platform_client for holder in holders] == ["platform-p-1-3"]


async def test_the_same_version_keeps_its_later_change(
    database: Database, make_progress: Callable[..., Progress]
) -> None:
    """Of two reports of one version the later one stands, and a repeated one changes nothing."""
    later, earlier = make_progress(minutes=9, waiting_for="later"), make_progress(minutes=3, waiting_for="earlier")
    await _project(database, later, earlier, later)
    async with database.reading() as session:
        row = await JourneyRepository(session).get("j-1")
    assert row is not None
    assert row.progress["waiting_for"] == "later"


async def test_concurrent_reports_end_in_the_latest(database: Database, make_progress: Callable[..., Progress]) -> None:
    """Twelve transactions that project one journey at once leave its highest version."""
    reports = [make_progress(version=number, minutes=number, holders=("p-1", "p-2")) for number in range(1, 13)]
    await asyncio.gather(*(_project(database, report) for report in reports))
    async with database.reading() as session:
        row = await JourneyRepository(session).get("j-1")
        holders = list(await session.scalars(select(JourneyHolderRow)))
    assert row is not None
    assert row.version == 12
    assert {holder.platform_client for holder in holders} == {"platform-p-1-12", "platform-p-2-12"}


async def test_another_firm_sees_nothing(database: Database, make_progress: Callable[..., Progress]) -> None:
    """A journey is found by its own firm and by nobody else's."""
    await _project(database, make_progress())
    async with database.reading() as session:
        journeys = JourneyRepository(session)
        assert await journeys.get("j-1", firm="firm-a") is not None
        assert await journeys.get("j-1", firm="firm-b") is None
        assert await journeys.page("firm-b", limit=10) == []


async def test_pages_cover_every_journey_once(database: Database, make_progress: Callable[..., Progress]) -> None:
    """Paging by the last row's place meets each journey once, also where many changed at the same moment."""
    await _project(database, *(make_progress(f"j-{number:02}", minutes=number // 4) for number in range(11)))
    seen: list[str] = []
    before: tuple[datetime, str] | None = None
    async with database.reading() as session:
        while rows := await JourneyRepository(session).page("firm-a", before=before, limit=3):
            seen += [row.journey_id for row in rows]
            before = (rows[-1].updated_at, rows[-1].journey_id)
    assert seen == [f"j-{number:02}" for number in reversed(range(11))]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"adviser_id": "adviser-2"}, ["j-2"]),
        ({"stage": Stage.ACTIVE}, ["j-3"]),
        ({"waiting_on": Party.CLIENT}, ["j-1"]),
        ({"wrapper": Wrapper.GIA}, ["j-2"]),
        ({"needs_attention": True}, ["j-3"]),
        ({"needs_attention": False, "wrapper": Wrapper.ISA}, ["j-1"]),
        ({"stage": Stage.EXPIRED}, []),
    ],
)
async def test_pages_can_be_filtered(
    database: Database, make_progress: Callable[..., Progress], filters: dict[str, Any], found: list[str]
) -> None:
    """Each filter narrows the page, and filters add up."""
    await _project(
        database,
        make_progress("j-1", waiting_on=Party.CLIENT),
        make_progress("j-2", adviser_id="adviser-2", wrapper=Wrapper.GIA),
        make_progress("j-3", stage=Stage.ACTIVE, needs_attention=True),
    )
    async with database.reading() as session:
        rows = await JourneyRepository(session).page("firm-a", limit=10, **filters)
    assert [row.journey_id for row in rows] == found


async def test_a_person_sees_their_journeys(
    database: Database, make_progress: Callable[..., Progress], now: datetime
) -> None:
    """A person's journeys come newest first, joint ones included, and nobody else's."""
    await _project(
        database,
        make_progress("j-1", started_at=now - timedelta(days=3)),
        make_progress("j-2", holders=("p-1", "p-2"), started_at=now - timedelta(days=1)),
        make_progress("j-3", holders=("p-2",)),
    )
    async with database.reading() as session:
        rows = await JourneyRepository(session).for_person("p-1")
    assert [row.journey_id for row in rows] == ["j-2", "j-1"]
