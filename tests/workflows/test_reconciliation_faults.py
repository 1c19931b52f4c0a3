"""What a reconciliation does while records come and go, systems limit it or are away, and others write (P54)."""

from datetime import timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from connectors.errors import ConnectorRejected, ConnectorUnavailable
from models.syncing import Phase, ReconcilePage
from tests.reconciling_world import FIRM, ReconcilingWorld, reconciling
from workflows.reconciliation import STEPS_PER_RUN, Reconciliation

__all__ = ["reconciling"]

pytestmark = pytest.mark.rule("P54")


async def test_records_deleted_while_paging_hide_nobody(reconciling: ReconcilingWorld) -> None:
    """Expected: two records vanish from Plannr between two pages; both are listed for a person, all others compared."""
    people = await reconciling.people(8)
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, people[7].account, mobile="07400 999999")
    reconciling.platform.records_per_page = reconciling.plannr.people_per_page = 3
    read = reconciling.platform.client_records

    async def reading(after: str | None = None) -> object:
        page = await read(after)
        if after is not None:
            for pair in people[:2]:
                reconciling.plannr.people.pop((FIRM, pair.account), None)
        return page

    reconciling.platform.client_records = reading  # type: ignore[method-assign,assignment]
    first = await reconciling.reconcile()
    reconciling.platform.client_records = read  # type: ignore[method-assign]
    second = await reconciling.reconcile()

    gone = {each.platform_id: each.field for each in await reconciling.discrepancies()}
    assert (first.clients, first.repaired) == (8, 1)
    assert gone == {pair.client: "record" for pair in people[:2]}
    assert (second.found, second.repaired, second.open) == (2, 0, 2)


async def test_a_limit_is_respected_and_nothing_counts_twice(reconciling: ReconcilingWorld) -> None:
    """Expected: 429 with Retry-After in every phase is waited out; counts and writes are as without it."""
    (pair, other) = await reconciling.people(2)
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, pair.account, mobile="07400 999999")
    reconciling.plannr.edit_person(FIRM, other.account, title="Dr")

    for system, operations in (
        (reconciling.plannr, ("read_people", "bank_accounts", "read_plans", "linked_people", "create_task")),
        (reconciling.platform, ("client_records", "account_records", "amend_client")),
    ):
        for operation in operations:
            system.fail_next(operation, ConnectorUnavailable("any", operation, "too many requests", retry_after=0.1))
    result = await reconciling.reconcile()

    assert (result.clients, result.accounts, result.found, result.repaired, result.open) == (2, 2, 2, 1, 1)
    assert reconciling.platform.writes.count("amend_client") == 1
    assert len(reconciling.plannr.tasks) == 1


async def test_an_outage_of_hours_in_the_middle_is_waited_out(reconciling: ReconcilingWorld) -> None:
    """Expected: Plannr is away for nine hours after the first page; the run goes on where it was and ends complete."""
    people = await reconciling.people(4)
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, people[3].account, mobile="07400 999999")
    reconciling.platform.records_per_page = 2
    hours = [ConnectorUnavailable("plannr", "GET", "away", retry_after=3600.0) for _ in range(9)]
    reconciling.plannr.fail_next("bank_accounts", *hours)

    handle = await reconciling.start()
    await reconciling.eventually(lambda: len(reconciling.plannr._failures["bank_accounts"]) < 9)
    assert await handle.query(Reconciliation.phase) is Phase.CLIENTS
    await reconciling.pass_time(handle, timedelta(hours=10))
    result = await handle.result()

    assert (result.clients, result.found, result.repaired, result.open) == (4, 1, 1, 0)


async def test_a_record_changed_while_it_is_repaired_is_read_again(reconciling: ReconcilingWorld) -> None:
    """Expected: the platform refuses the stale version (If-Match); the repair reads again and loses no change."""
    (pair,) = await reconciling.people(1)
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, pair.account, mobile="07400 999999")
    amend = reconciling.platform.amend_client

    async def amending(client: str, *arguments: object, **named: object) -> object:
        reconciling.platform.amend_client = amend  # type: ignore[method-assign]
        reconciling.platform.edit_client(client, employment_status="retired")
        return await amend(client, *arguments, **named)  # type: ignore[arg-type]

    reconciling.platform.amend_client = amending  # type: ignore[method-assign,assignment]
    result = await reconciling.reconcile()

    held = reconciling.platform.clients[pair.client].details
    assert (held.mobile, held.employment_status) == ("+447400999999", "retired")
    assert (result.repaired, result.open) == (1, 0)
    assert (await reconciling.reconcile()).open == 0


async def test_a_record_that_cannot_be_repaired_holds_up_no_other(reconciling: ReconcilingWorld) -> None:
    """Expected: a system refuses one record; the others are repaired, and that one is not lost sight of."""
    people = await reconciling.people(3)
    await reconciling.reconcile()
    for pair in people:
        reconciling.plannr.edit_person(FIRM, pair.account, mobile="07400 999999")
    reconciling.platform.fail_next("client_record", ConnectorRejected("platform", "GET", "refused"))

    result = await reconciling.reconcile()

    assert (result.found, result.repaired, result.open) == (3, 2, 1)
    assert (await reconciling.reconcile()).repaired == 1


async def test_a_conflict_that_does_not_end_is_left_for_the_next_run(reconciling: ReconcilingWorld) -> None:
    """Expected: an address that another client has is asked about (P34), not written again and again."""
    first, second = await reconciling.people(2)
    await reconciling.reconcile()
    taken = reconciling.platform.clients[second.client].details.email
    reconciling.plannr.edit_person(FIRM, first.account, email=taken)

    result = await reconciling.reconcile()
    writes = len(reconciling.platform.writes)
    again = await reconciling.reconcile()

    assert (result.found, result.repaired, result.open) == (1, 0, 1)
    assert (again.found, again.open) == (1, 1)
    assert len(reconciling.platform.writes) == writes


async def test_a_long_run_goes_on_in_a_new_history(reconciling: ReconcilingWorld) -> None:
    """Expected: more steps than one history takes are one reconciliation, with one id and exact counts."""
    people = await reconciling.people(STEPS_PER_RUN // 2 + 5)
    reconciling.platform.records_per_page = 1
    reconciling.plannr.edit_person(FIRM, people[-1].account, mobile="07400 999999")

    handle = await reconciling.start()
    result = await handle.result()

    described = await handle.describe()
    assert result.run_id == handle.first_execution_run_id != described.run_id
    assert (result.clients, result.accounts, result.found, result.repaired) == (len(people), len(people), 1, 1)


async def test_a_plan_that_vanished_is_asked_about_with_its_owner(reconciling: ReconcilingWorld) -> None:
    """Expected: no second plan is made for the one that somebody removed; the task stands at the client's record."""
    (pair,) = await reconciling.people(1)
    await reconciling.reconcile()
    reconciling.plannr.delete_plan(FIRM, pair.plan)

    result = await reconciling.reconcile()
    again = await reconciling.reconcile()

    (task,) = reconciling.plannr.tasks.values()
    assert (result.found, result.repaired, result.open) == (1, 0, 1)
    assert (again.found, again.new, again.open) == (1, 0, 1)
    assert (task.account, task.name) == (pair.account, "Plannr and the platform differ: plan")
    assert not reconciling.plannr.every_plan


async def test_a_step_that_was_done_but_not_told_counts_once(reconciling: ReconcilingWorld) -> None:
    """Expected: the worker ends right after it stored a page; the page is done again, and every count is as before."""
    (pair, _) = await reconciling.people(2)
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, pair.account, mobile="07400 999999", title="Dr")
    _, activities = reconciling.activities()
    page = ReconcilePage(run_id="run-1", trigger="operator", phase=Phase.CLIENTS)
    environment = ActivityEnvironment()
    for _ in range(2):
        await environment.run(activities.step, page)

    row = await reconciling.run_row("run-1")

    assert (row.clients, row.clients_total) == (2, 2)
    assert len(await reconciling.discrepancies()) == 2
    result = await environment.run(activities.close, page.model_copy(update={"phase": Phase.CLOSING}))
    assert (result.found, result.new) == (2, 2)
    assert await environment.run(activities.close, page.model_copy(update={"phase": Phase.CLOSING})) == result
