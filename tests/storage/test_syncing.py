"""What our own record of the sync keeps, on both databases."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from domain.ownership import Act, Owner, Subject
from models.syncing import Cause, LinkState, PlanState
from models.tables import DiscrepancyRow, OutgoingEventRow, ReconciliationRow, SyncedAccountRow, SyncedClientRow
from storage.database import Database
from storage.discrepancies import DiscrepancyRepository, Finding
from storage.syncing import SyncRepository

LATER = timedelta(minutes=5)


def client_row(platform_client: str, at: datetime, **changes: Any) -> SyncedClientRow:
    """Return what is known of a client."""
    values: dict[str, Any] = {
        "platform_client": platform_client,
        "firm": "firm-a",
        "plannr_account": f"plannr-{platform_client}",
        "state": LinkState.LINKED,
        "platform_version": 1,
        "bases": {"email": "f1"},
        "held": [],
        "synced_at": at,
    }
    return SyncedClientRow(**values | changes)


def finding(field: str = "email", platform_id: str = "c-1", **changes: Any) -> Finding:
    """Return a difference in a field of a client."""
    values: dict[str, Any] = {
        "subject": Subject.CLIENT,
        "platform_id": platform_id,
        "plannr_id": "plannr-1",
        "firm": "firm-a",
        "field": field,
        "owner": Owner.PLANNR,
        "proposal": Act.TO_PLATFORM,
        "platform_value": "a…@example.com",
        "plannr_value": "b…@example.com",
    }
    return Finding(**values | changes)


async def told(database: Database) -> list[str]:
    """Return the types of the events told so far."""
    async with database.reading() as session:
        return list(await session.scalars(select(col(OutgoingEventRow.type)).order_by(col(OutgoingEventRow.seq))))


@pytest.mark.rule("P52")
async def test_rows_are_stored_anew_or_over_what_is_there(database: Database, now: datetime) -> None:
    """Many rows in one go; a second saving replaces every column, and None clears what was there."""
    async with database.transaction() as session:
        await SyncRepository(session).save_clients([client_row(f"c-{number}", now) for number in range(300)])
        await SyncRepository(session).save_clients([])
    async with database.transaction() as session:
        changed = client_row("c-7", now + LATER, state=LinkState.GONE, plannr_account=None, bases={}, held=["email"])
        await SyncRepository(session).save_clients([changed])
    async with database.reading() as session:
        sync = SyncRepository(session)
        rows = await sync.clients(["c-7", "c-8", "c-none"])
        assert (await sync.client("c-none"), await sync.client_of("firm-b", "plannr-c-8")) == (None, None)
        found = await sync.client_of("firm-a", "plannr-c-8")
        assert found is not None
        assert found.platform_client == "c-8"
    assert rows["c-7"].model_dump() == changed.model_dump()
    assert rows["c-8"].model_dump() == client_row("c-8", now).model_dump()
    assert len(rows) == 2


@pytest.mark.rule("P52")
async def test_a_comparison_never_overwrites_one_that_read_later(database: Database, now: datetime) -> None:
    """What was read first and is saved last is stale, and changes nothing; read at the same moment it counts."""
    async with database.transaction() as session:
        sync = SyncRepository(session)
        await sync.save_clients([client_row("c-1", now + LATER, bases={"email": "new"})])
        await sync.save_clients([client_row("c-1", now, bases={"email": "stale"})])
        assert (await sync.clients(["c-1"]))["c-1"].bases == {"email": "new"}
        await sync.save_clients([client_row("c-1", now + LATER, bases={"email": "same moment"})])
        assert (await sync.clients(["c-1"]))["c-1"].bases == {"email": "same moment"}


async def test_accounts_are_found_by_id_and_by_plan(database: Database, now: datetime) -> None:
    """A plan leads to the account it stands for, within its firm alone."""
    row = SyncedAccountRow(
        platform_account="a-1",
        firm="firm-a",
        plannr_plan="plan-1",
        wrapper="tpsipp",
        state=PlanState.LINKED,
        platform_version=3,
        bases={"status": "f1"},
        stopped=["status"],
        synced_at=now,
    )
    async with database.transaction() as session:
        await SyncRepository(session).save_accounts([row])
    async with database.reading() as session:
        sync = SyncRepository(session)
        assert (await sync.account_of_plan("firm-b", "plan-1"), await sync.account("a-2")) == (None, None)
        for found in (await sync.account("a-1"), await sync.account_of_plan("firm-a", "plan-1")):
            assert found is not None
            assert found.model_dump() == row.model_dump()


async def test_a_timeline_is_read_in_pages(database: Database, now: datetime) -> None:
    """The newest first, the client's own alone, and only for the firm whose client it is."""
    async with database.transaction() as session:
        sync = SyncRepository(session)
        for number in range(5):
            await sync.note(
                at=now,
                kind="to_platform",
                cause=Cause.POLL,
                firm="firm-a",
                platform_client="c-1",
                fields={f"f{number}"},
            )
        await sync.note(at=now, kind="created", cause=Cause.POLL, firm="firm-a", platform_client="c-2")
    async with database.reading() as session:
        sync = SyncRepository(session)
        first = await sync.timeline("firm-a", "c-1", before=None, limit=3)
        rest = await sync.timeline("firm-a", "c-1", before=first[-1].seq, limit=3)
        assert await sync.timeline("firm-b", "c-1", before=None, limit=3) == []
    assert [row.fields for row in (*first, *rest)] == [["f4"], ["f3"], ["f2"], ["f1"], ["f0"]]


@pytest.mark.rule("P54")
async def test_a_difference_opens_once_and_again(database: Database, now: datetime) -> None:
    """Seen twice it keeps its age and its task; closed and seen again it is a new one, told each time it turns."""
    identifier = finding().discrepancy_id
    async with database.transaction() as session:
        found = DiscrepancyRepository(session)
        assert await found.record([], now=now) == 0
        assert await found.record([finding(), finding(), finding("mobile")], now=now, run_id="run-1") == 2
        await found.set_task(identifier, "task-1")
        assert await found.record([finding(proposal=Act.PERSON)], now=now + LATER) == 0
        row = await found.get(identifier, "firm-a")
        assert row is not None
        assert (row.first_seen_at, row.last_seen_at, row.run_id) == (now, now + LATER, "run-1")
        assert (row.task, row.proposal) == ("task-1", Act.PERSON)
        assert await found.get(identifier, "firm-b") is None
        assert await found.keep_only("c-1", ["mobile"], now=now + LATER, closed_as="repaired") == 1
        assert await found.keep_only("c-1", ["mobile"], now=now + LATER, closed_as="repaired") == 0
    async with database.transaction() as session:
        found = DiscrepancyRepository(session)
        assert [row.field for row in await found.page("firm-a", state="closed", limit=9)] == ["email"]
        assert await found.record([finding()], now=now + 2 * LATER) == 1
        row = await found.get(identifier, "firm-a")
        assert row is not None
        assert (row.first_seen_at, row.closed_at, row.closed_as, row.task) == (now + 2 * LATER, None, "", None)
    opened, closed = "discrepancy.opened.v1", "discrepancy.closed.v1"
    assert await told(database) == [opened, opened, closed, opened]


@pytest.mark.rule("P54")
async def test_the_list_is_filtered_and_paged(database: Database, now: datetime) -> None:
    """The newest first; every filter alone; pages leave nobody out though all were seen at the same moment."""
    findings = [finding("email", f"c-{number}") for number in range(5)]
    findings += [finding("title", "c-9", owner=Owner.PERSON, proposal=Act.PERSON)]
    async with database.transaction() as session:
        found = DiscrepancyRepository(session)
        await found.record(findings, now=now)
        await found.record([finding("email", "c-new"), finding("email", "x", firm="firm-b")], now=now + LATER)
        page = await found.page("firm-a", limit=4)
        rest = await found.page("firm-a", before=(page[-1].first_seen_at, page[-1].discrepancy_id), limit=4)
        assert page[0].platform_id == "c-new"
        assert len({row.discrepancy_id for row in (*page, *rest)}) == 7
        for wanted in ({"field": "title"}, {"owner": Owner.PERSON}, {"proposal": Act.PERSON}, {"platform_id": "c-9"}):
            assert [row.platform_id for row in await found.page("firm-a", limit=9, **wanted)] == ["c-9"]
        assert await found.counts("firm-a") == {"to_platform": 6, "person": 1}
        assert (await found.open_count("firm-a"), await found.open_count()) == (7, 8)
        first = await found.repairable("", 5)
        assert len(first + await found.repairable(first[-1].discrepancy_id, 5)) == 7
        (waiting,) = await found.without_task("", 5)
        await found.set_task(waiting.discrepancy_id, "task-1")
        assert await found.without_task("", 5) == []


@pytest.mark.rule("P54")
async def test_a_complete_run_closes_what_it_did_not_see(database: Database, now: datetime) -> None:
    """What an earlier run saw is gone; what a sync saw after this run had begun stays, and so does the run's own."""
    async with database.transaction() as session:
        found = DiscrepancyRepository(session)
        await found.record([finding("email"), finding("mobile")], now=now, run_id="run-1")
        started = now + LATER
        session.add(
            ReconciliationRow(run_id="run-2", trigger="schedule", phase="clients", started_at=started, calls={})
        )
        await found.record([finding("mobile")], now=started + LATER, run_id="run-2")
        await found.record([finding("address")], now=started + LATER)
        assert await found.close_unseen("run-2", now=started + 2 * LATER) == 1
        rows = list(await session.scalars(select(DiscrepancyRow)))
    assert {row.field: row.closed_as for row in rows} == {"email": "gone", "mobile": "", "address": ""}
