"""The workflows of the sync: one sync for a burst of events, none missed, outages waited out (P46, P50, P51)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from connectors.errors import ConnectorUnavailable
from connectors.platform.port import ClientRecord
from domain.ownership import Subject
from models.syncing import Cause, Changed
from tests.sample_client import KNOWN
from tests.workflows.syncing_world import FIRM, SyncWorld, events, open_sync_world, scheduled
from workflows.syncing import PlatformSync

HOUR = 3_600.0


@pytest.fixture
async def sync_world(
    temporal_address: str, tmp_path: Path, request: pytest.FixtureRequest, eventually: Callable[..., Awaitable[Any]]
) -> AsyncIterator[SyncWorld]:
    """Yield a world of its own for one test."""
    async with open_sync_world(temporal_address, tmp_path, request.node.name, eventually) as world:
        yield world


@pytest.mark.rule("P46", "P50")
async def test_a_burst_of_events_is_one_sync(sync_world: SyncWorld) -> None:
    """Twenty events while it settles: one workflow, one comparison, the newest state linked and made once."""
    client = sync_world.platform.add_client(KNOWN)
    handles = [await sync_world.platform_changed(client) for _ in range(20)]
    await handles[0].result()

    assert len({handle.first_execution_run_id for handle in handles}) == 1
    counted = await events(handles[0])
    assert (scheduled(counted), counted["EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED"]) == (1, 20)
    assert counted["EVENT_TYPE_TIMER_STARTED"] <= 3
    assert sorted(sync_world.writes) == ["create_client", "refer_client"]


@pytest.mark.rule("P50", "P52")
async def test_an_echo_is_one_short_sync_that_writes_nothing(sync_world: SyncWorld) -> None:
    """The event that our own write causes finds two equal records and ends; its history is short."""
    client, _ = await sync_world.linked()
    handle = await sync_world.platform_changed(client)
    await handle.result()

    assert sync_world.writes == []
    assert (await events(handle))["all"] <= 17


@pytest.mark.rule("P46", "P50")
async def test_a_change_during_the_sync_is_not_missed(sync_world: SyncWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that changes after it was read is read again in the same workflow: two comparisons, the newest wins."""
    client, account = await sync_world.linked()
    read, go_on = asyncio.Event(), asyncio.Event()
    client_record = sync_world.platform.client_record

    async def slow(name: str) -> ClientRecord:
        record = await client_record(name)
        read.set()
        await go_on.wait()
        return record

    monkeypatch.setattr(sync_world.platform, "client_record", slow)
    handle = await sync_world.platform_changed(client, settle=timedelta(milliseconds=50))
    await asyncio.wait_for(read.wait(), 20)
    sync_world.plannr.edit_person(FIRM, account, mobile="+447400999999")
    for _ in range(3):
        again = await sync_world.platform_changed(client, cause=Cause.POLL)
    go_on.set()
    await handle.result()

    assert again.first_execution_run_id == handle.first_execution_run_id
    assert scheduled(await events(handle)) == 2
    record = await client_record(client)
    assert record.details.mobile == "+447400999999"


@pytest.mark.rule("P42", "P51")
async def test_an_outage_of_hours_is_waited_out(sync_world: SyncWorld) -> None:
    """The platform is away for six hours: the sync goes on when it is back, once, without anybody's help."""
    client, account = await sync_world.linked()
    away = [ConnectorUnavailable("platform", "GET", "away", retry_after=HOUR) for _ in range(6)]
    sync_world.platform.fail_next("client_record", *away)
    sync_world.plannr.edit_person(FIRM, account, mobile="+447400999999")
    handle = await sync_world.plannr_changed(account)
    await sync_world.eventually(lambda: sync_world.plannr.call_count and _left(sync_world, "client_record") < 6)
    await sync_world.skipper.fast_forward(handle, timedelta(hours=8))
    await handle.result()

    assert (await sync_world.platform.client_record(client)).details.mobile == "+447400999999"
    assert sync_world.writes == ["amend_client"]


@pytest.mark.rule("P51")
async def test_a_change_in_plannr_reaches_what_it_concerns(sync_world: SyncWorld) -> None:
    """A person's change reaches their client, a plan's its account; a record that is not linked makes nothing."""
    client, account = await sync_world.linked()
    opened = sync_world.platform.open_staff_account([client], "isa")
    await (await sync_world.platform_changed(opened, Subject.ACCOUNT)).result()
    ((_, plan),) = sync_world.plannr.every_plan
    sync_world.plannr.edit_person(FIRM, account, email="new@example.com")
    sync_world.plannr.edit_plan(FIRM, plan, status="inactive")
    sync_world.plannr.add_person(FIRM, "person-2", KNOWN)
    sync_world.plannr.writes.clear()
    kinds: list[tuple[str, Any]] = [(account, "account"), (plan, "plan"), ("person-2", "account")]
    for record, kind in kinds:
        await (await sync_world.plannr_changed(record, kind)).result()

    assert (await sync_world.platform.client_record(client)).details.email == "new@example.com"
    assert sync_world.plannr.every_plan[FIRM, plan].status == "active"
    assert sync_world.writes == ["amend_client", "change_plan"]


@pytest.mark.rule("P46")
async def test_a_record_that_never_comes_to_rest_is_compared_all_the_same(sync_world: SyncWorld) -> None:
    """Events arrive faster than it settles: after ten waits the record is compared all the same."""
    client, _ = await sync_world.linked()
    handle = await sync_world.platform_changed(client, settle=timedelta(milliseconds=200))

    async def compared() -> bool:
        try:
            await handle.signal(PlatformSync.changed, Changed(cause=Cause.WEBHOOK))
        except RPCError as error:
            # Compared between two of these events, and nothing came after it.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        return scheduled(await events(handle)) > 0

    await sync_world.eventually(compared, within=20)
    await handle.result()
    counted = await events(handle)
    assert counted["EVENT_TYPE_TIMER_STARTED"] >= 10
    assert sync_world.writes == []


def _left(world: SyncWorld, operation: str) -> int:
    return len(world.platform._failures[operation])
