"""How every implementation of the Plannr port keeps the plans of platform accounts, and tells what changed."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import ConnectorUnavailable, NotFound
from connectors.plannr.port import ChangedKind, NewPlan, PlanChange, PlannrPlan
from domain.journey import Wrapper
from tests.contract.plannr_desks import Desk, desk_of
from tests.contract.plannr_scenes import CLIENT, FIRM, JOURNEY, NOBODY, OTHER_FIRM, SPOUSE, Scene, plan
from tests.contract.test_plannr_syncing import BANK, MOVED, small_pages

__all__ = ["small_pages"]

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
KINDS: tuple[ChangedKind, ...] = ("account", "address", "plan", "bank_account")


@pytest.fixture
def desk(scene: Scene) -> Desk:
    """Return the gateway with the hands of the firm's people."""
    return desk_of(scene)


def new_plan(reference: str = "ac-1", **changes: object) -> NewPlan:
    """Return the plan of a GIA that two clients share."""
    usual = {"reference": reference, "accounts": [CLIENT, SPOUSE], "name": "Joint account", "wrapper": Wrapper.GIA}
    return NewPlan.model_validate({**usual, "status": "active", "policy_number": "AC-1", **changes})


@pytest.mark.rule("P3")
@pytest.mark.parametrize(
    ("wrapper", "kind"), [("isa", "investment"), ("gia", "investment"), ("sipp", "pension"), ("jisa", "investment")]
)
@pytest.mark.parametrize("status", ["proposed", "active", "inactive"])
async def test_plan_is_opened_and_found_again(desk: Desk, wrapper: str, kind: str, status: str) -> None:
    """A new plan says what was given and is found by its id and by its reference."""
    opened = await desk.gateway.open_plan(FIRM, new_plan(wrapper=wrapper, status=status))

    assert opened == PlannrPlan(
        plan=opened.plan,
        accounts=[CLIENT, SPOUSE],
        name="Joint account",
        type=kind,
        sub_type=wrapper,
        status=status,
        policy_number="AC-1",
        proposal_reference="ac-1",
    )
    assert await desk.gateway.read_plans(FIRM, plans=[opened.plan, NOBODY]) == [opened]
    assert await desk.gateway.read_plans(FIRM, references=["ac-1", "ac-2"]) == [opened]
    assert await desk.gateway.read_plans(FIRM, plans=[opened.plan], references=["ac-1"]) == [opened]
    assert await desk.gateway.read_plans(OTHER_FIRM, references=["ac-1"]) == []
    assert await desk.gateway.read_plans(FIRM, plans=[], references=[]) == []


@pytest.mark.rule("P3")
async def test_plan_is_opened_once_and_what_people_made_of_it_stays(desk: Desk) -> None:
    """The same reference again is the plan that is there, with the name that a person gave it."""
    opened = await desk.gateway.open_plan(FIRM, new_plan())
    await desk.rename_plan(opened.plan, "Our rainy days")
    again = await desk.gateway.open_plan(FIRM, new_plan(name="Other", status="inactive"))

    assert again == opened.model_copy(update={"name": "Our rainy days"})
    assert await desk.gateway.read_plans(FIRM, references=["ac-1"]) == [again]


@pytest.mark.rule("P42")
@pytest.mark.parametrize("write", ["open_plan", "change_plan"])
async def test_plan_whose_answers_are_lost(desk: Desk, scene: Scene, write: str) -> None:
    """A plan whose answers were lost after the write is there once, as it was wanted."""
    gateway, change = desk.gateway, PlanChange(status="inactive", policy_number="AC-9")
    present = await gateway.open_plan(FIRM, new_plan()) if write == "change_plan" else None
    await scene.lose_answers(write)

    async def act() -> PlannrPlan:
        return (
            await gateway.change_plan(FIRM, present.plan, change)
            if present
            else await gateway.open_plan(FIRM, new_plan())
        )

    with pytest.raises(ConnectorUnavailable):
        await act()
    written = await act()

    assert await gateway.read_plans(FIRM, references=["ac-1"]) == [written]
    assert (written.status, written.policy_number) == (("inactive", "AC-9") if present else ("active", "AC-1"))


@pytest.mark.rule("P52")
async def test_plan_is_changed_where_it_differs(desk: Desk) -> None:
    """Status and number are written where they are given; the same again changes nothing, not even the time."""
    opened = await desk.gateway.open_plan(FIRM, new_plan(status="proposed", policy_number=None))
    active = await desk.gateway.change_plan(FIRM, opened.plan, PlanChange(status="active", policy_number="AC-2"))
    moved = (await desk.gateway.changes(FIRM, "plan", LONG_AGO)).changes[-1]
    again = await desk.gateway.change_plan(FIRM, opened.plan, PlanChange(status="active", policy_number="AC-2"))
    number_only = await desk.gateway.change_plan(FIRM, opened.plan, PlanChange(policy_number="AC-2"))

    assert active == opened.model_copy(update={"status": "active", "policy_number": "AC-2"})
    assert active == again == number_only
    assert (await desk.gateway.changes(FIRM, "plan", LONG_AGO)).changes[-1] == moved


@pytest.mark.rule("P52")
async def test_plan_can_end_and_come_back(desk: Desk) -> None:
    """The platform's status is written again over what a person made of it, in either direction."""
    opened = await desk.gateway.open_plan(FIRM, new_plan())
    ended = await desk.gateway.change_plan(FIRM, opened.plan, PlanChange(status="inactive"))
    back = await desk.gateway.change_plan(FIRM, opened.plan, PlanChange(status="active"))

    assert (ended.status, back) == ("inactive", opened)


async def test_plan_that_is_not_there_cannot_be_changed(desk: Desk) -> None:
    """Whoever changes a plan that is gone is told so."""
    with pytest.raises(NotFound):
        await desk.gateway.change_plan(FIRM, NOBODY, PlanChange(status="active"))


@pytest.mark.rule("P50")
async def test_plan_of_a_journey_is_read_by_its_journey(desk: Desk) -> None:
    """A plan that a journey made has the journey as proposal reference, and the sync can carry it on."""
    saved = await desk.gateway.save_plan(FIRM, plan(status="active", policy_number="SP-1"))
    (read,) = await desk.gateway.read_plans(FIRM, references=[JOURNEY])
    ended = await desk.gateway.change_plan(FIRM, read.plan, PlanChange(status="inactive"))

    assert (read.plan, read.name, read.status) == (saved.plan, "Eleanor's ISA", "active")
    assert (read.policy_number, read.accounts) == ("SP-1", [CLIENT])
    found = await desk.gateway.find_plan(FIRM, JOURNEY)
    assert (found and found.status, ended.status) == ("inactive", "inactive")


@pytest.mark.rule("P53")
async def test_every_kind_of_change_is_told_with_its_clients(desk: Desk) -> None:
    """A change of a record, its address, its plan or its bank account names the client, oldest first."""
    account = await desk.add(1)
    opened = await desk.gateway.open_plan(FIRM, new_plan(accounts=[account]))
    since = {kind: (await desk.gateway.changes(FIRM, kind, LONG_AGO)).changes for kind in KINDS}
    await desk.rename(account, "Newname")
    await desk.move(account, MOVED)
    await desk.rename_plan(opened.plan, "Rainy days")
    await desk.give_bank_account(account, BANK)

    for kind in KINDS:
        last = max((change.changed_at for change in since[kind]), default=LONG_AGO)
        told = (await desk.gateway.changes(FIRM, kind, last + timedelta(microseconds=1))).changes
        assert {owner for change in told for owner in change.accounts} == {account}, kind
        assert [change.changed_at for change in told] == sorted(change.changed_at for change in told)


@pytest.mark.rule("P53")
async def test_change_at_that_very_moment_is_told(desk: Desk) -> None:
    """Asking from the moment of a change on tells it again; asking from just behind it does not."""
    account = await desk.add(1)
    await desk.rename(account, "Newname")
    last = (await desk.gateway.changes(FIRM, "account", LONG_AGO)).changes[-1]
    at_once = await desk.gateway.changes(FIRM, "account", last.changed_at)
    behind = await desk.gateway.changes(FIRM, "account", last.changed_at + timedelta(microseconds=1))

    assert last.record == account
    assert (at_once.changes, at_once.more) == ([last], False)
    assert (behind.changes, behind.more) == ([], False)


@pytest.mark.rule("P53")
@pytest.mark.usefixtures("small_pages")
async def test_many_changes_are_told_bit_by_bit(desk: Desk) -> None:
    """Whoever asks on from the last change they were told learns of each."""
    accounts = [await desk.add(number) for number in range(5)]
    start = (await desk.gateway.changes(FIRM, "account", LONG_AGO)).changes[0].changed_at
    told: list[str] = []
    since, more = start, True
    while more:
        found = await desk.gateway.changes(FIRM, "account", since)
        told += [change.record for change in found.changes]
        since, more = found.changes[-1].changed_at, found.more

    assert set(accounts) <= set(told)


@pytest.mark.rule("P5")
async def test_linking_is_no_change_of_the_record(desk: Desk) -> None:
    """Our own reference and tag do not come back as news."""
    account = await desk.add(1)
    before = (await desk.gateway.changes(FIRM, "account", LONG_AGO)).changes[-1]
    await desk.gateway.link(FIRM, account, "PC-1")

    assert (await desk.gateway.changes(FIRM, "account", LONG_AGO)).changes[-1] == before
