"""The reconciliation finds every difference and nothing else, repairs what it may, and asks about the rest (P54)."""

import pytest

from domain.journey import Stage
from domain.masking import EMPTY
from domain.ownership import Act
from models.people import BankDetails
from models.syncing import LinkState, PlanState
from tests.reconciling_world import EMPLOYEE, FIRM, ReconcilingWorld, reconciling
from tests.sample_client import KNOWN

__all__ = ["reconciling"]

pytestmark = pytest.mark.rule("P54")
OTHER_BANK = BankDetails(account_holder="Mrs E Marsh", sort_code="20-00-00", account_number="40308669")


async def test_records_that_agree_are_remembered_and_left_alone(reconciling: ReconcilingWorld) -> None:
    """Nothing is found, nothing is written to a system; each linked client and account gets its row of ours."""
    await reconciling.people(5)
    before = list(reconciling.writes)

    result = await reconciling.reconcile()

    clients, accounts = await reconciling.rows()
    row = await reconciling.run_row(result.run_id)
    assert (result.clients, result.accounts, result.found, result.repaired, result.open) == (5, 5, 0, 0, 0)
    assert reconciling.writes == before
    assert {(each.state, each.firm) for each in clients} == {(LinkState.LINKED, FIRM)}
    assert {each.state for each in accounts} == {PlanState.LINKED}
    assert all(each.bases for each in clients)
    assert all(each.bases for each in accounts)
    assert (row.phase, row.clients_total, row.accounts_total, row.finished_at) == ("done", 5, 5, result.finished_at)


async def test_what_may_be_repaired_is_repaired_on_both_sides(reconciling: ReconcilingWorld) -> None:
    """Plannr's details go to the platform, the platform's status to the plan; a second run is clean."""
    mobile, bank, status, policy, emptied = await reconciling.people(5)
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, mobile.account, mobile="07400 999999")
    reconciling.plannr.give_bank_account(FIRM, bank.account, OTHER_BANK)
    reconciling.platform.set_account_status(status.platform_account, "closed")
    reconciling.plannr.edit_plan(FIRM, policy.plan, policy_number="wrong")
    reconciling.platform.edit_client(emptied.client, marital_status=None)
    reconciling.plannr.edit_person(FIRM, emptied.account, marital_status="married")

    result = await reconciling.reconcile()
    again = await reconciling.reconcile()

    assert (result.found, result.new, result.repaired, result.open) == (5, 5, 5, 0)
    assert reconciling.platform.clients[mobile.client].details.mobile == "+447400999999"
    assert reconciling.platform.clients[bank.client].bank_details == OTHER_BANK
    assert reconciling.platform.clients[emptied.client].details.marital_status == "married"
    assert reconciling.plannr.every_plan[FIRM, status.plan].status == "inactive"
    assert reconciling.plannr.every_plan[FIRM, policy.plan].policy_number == policy.platform_account
    closed = await reconciling.discrepancies(still_open=False)
    assert {each.closed_as for each in closed} == {"repaired"}
    assert (again.found, again.repaired, again.open) == (0, 0, 0)
    assert not reconciling.plannr.tasks


async def test_what_only_a_person_can_decide_becomes_one_task(reconciling: ReconcilingWorld) -> None:
    """The task is the assigned adviser's, says what differs with both values masked, and is raised once."""
    (pair,) = await reconciling.people(1)
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, pair.account, last_name="Marshall", email=None)

    result = await reconciling.reconcile()
    again = await reconciling.reconcile()

    assert (result.found, result.new, result.repaired, result.open) == (2, 2, 0, 2)
    assert (again.found, again.new, again.open) == (2, 0, 2)
    tasks = list(reconciling.plannr.tasks.values())
    assert {(task.account, task.assignee) for task in tasks} == {(pair.account, EMPLOYEE)}
    assert sorted(task.name.rpartition(": ")[2] for task in tasks) == ["email", "last name"]
    words = "\n".join(task.description for task in tasks)
    assert "Plannr: M…" in words
    assert f"Plannr: {EMPTY}" in words
    assert "Marsh" not in words
    assert "client1@" not in words
    assert all(each.task for each in await reconciling.discrepancies())


async def test_a_difference_that_went_away_by_itself_is_closed_as_gone(reconciling: ReconcilingWorld) -> None:
    """Somebody corrected it: the next run closes it, and a new difference in the field is asked about anew."""
    (pair,) = await reconciling.people(1)
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, pair.account, title="Dr")
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, pair.account, title="Mrs")

    result = await reconciling.reconcile()

    (row,) = await reconciling.discrepancies(still_open=False)
    assert (result.found, result.open, row.closed_as) == (0, 0, "gone")
    reconciling.plannr.edit_person(FIRM, pair.account, title="Ms")
    assert (await reconciling.reconcile()).new == 1
    assert len(reconciling.plannr.tasks) == 2


@pytest.mark.rule("P3", "P4")
async def test_what_the_table_leaves_to_people_is_never_listed(reconciling: ReconcilingWorld) -> None:
    """A plan's name is the adviser's; an amended third-party plan is theirs for good; a trust has no plan at all."""
    (pair,) = await reconciling.people(1)
    third = reconciling.platform.open_staff_account([pair.client], "tpsipp", adviser="adv-1")
    trust = reconciling.platform.open_staff_account([pair.client], "trust", adviser="adv-1")
    made = await reconciling.reconcile()
    plans = {plan.proposal_reference: plan.plan for plan in reconciling.plannr.every_plan.values()}
    reconciling.plannr.edit_plan(FIRM, pair.plan, name="Her ISA", type="other")
    reconciling.plannr.edit_plan(FIRM, plans[third], status="inactive", name="Held elsewhere")
    reconciling.platform.set_account_status(third, "suspended")

    amended = await reconciling.reconcile()

    _, accounts = await reconciling.rows()
    states = {each.platform_account: each.state for each in accounts}
    assert (made.found, made.repaired) == (1, 1)
    assert trust not in plans
    assert states[trust] is PlanState.OUT_OF_SCOPE
    assert (amended.found, amended.open) == (0, 0)
    assert reconciling.plannr.every_plan[FIRM, plans[third]].status == "inactive"


@pytest.mark.rule("P5")
async def test_links_are_mended_and_those_that_lead_nowhere_are_asked_about(reconciling: ReconcilingWorld) -> None:
    """A removed link comes back, a new client gets a record; a mark without a client goes to a person."""
    removed, elsewhere, *_ = await reconciling.people(3)
    await reconciling.reconcile()
    reconciling.plannr.unlink(FIRM, removed.account)
    fresh = reconciling.platform.add_client(
        KNOWN.model_copy(update={"email": "new@example.com", "national_insurance_number": "AB999999C"}),
        adviser="adv-1",
    )
    reconciling.plannr.add_person(FIRM, "stray", KNOWN, adviser=EMPLOYEE)
    await reconciling.plannr.link(FIRM, "stray", "nobody")
    reconciling.plannr.add_person(FIRM, "second", KNOWN, adviser=EMPLOYEE)
    await reconciling.plannr.link(FIRM, "second", elsewhere.client)

    result = await reconciling.reconcile()

    asked = {each.platform_id: each for each in await reconciling.discrepancies()}
    assert (result.found, result.repaired, result.open) == (4, 2, 2)
    assert reconciling.plannr.people[FIRM, removed.account].platform_client == removed.client
    assert reconciling.platform.clients[fresh].external_reference
    assert set(asked) == {"stray", "second"}
    assert {each.proposal for each in asked.values()} == {Act.PERSON}
    assert asked["second"].platform_value == elsewhere.account
    assert {task.account for task in reconciling.plannr.tasks.values()} == {"stray", "second"}
    assert reconciling.plannr.people[FIRM, "second"].platform_client == elsewhere.client


async def test_a_client_is_left_to_a_running_journey(reconciling: ReconcilingWorld) -> None:
    """While a journey writes, nothing is compared; what was open stays open; once it is over, it is compared again."""
    (pair,) = await reconciling.people(1)
    await reconciling.reconcile()
    reconciling.plannr.edit_person(FIRM, pair.account, title="Dr")
    before = await reconciling.reconcile()
    await reconciling.journey(pair, Stage.ILLUSTRATED)
    reconciling.plannr.edit_person(FIRM, pair.account, mobile="07400 999999")

    during = await reconciling.reconcile()

    assert (before.open, during.repaired, during.open) == (1, 0, 1)
    assert reconciling.platform.clients[pair.client].details.mobile != "+447400999999"
    await reconciling.journey(pair, Stage.ACTIVE)
    after = await reconciling.reconcile()
    assert (after.repaired, after.open) == (1, 1)


async def test_a_person_is_not_asked_while_a_journey_waits_for_the_client(reconciling: ReconcilingWorld) -> None:
    """In `awaiting_client` what may be repaired is; what a person would decide is not raised yet."""
    (pair,) = await reconciling.people(1)
    await reconciling.reconcile()
    await reconciling.journey(pair, Stage.AWAITING_CLIENT)
    reconciling.plannr.edit_person(FIRM, pair.account, title="Dr", mobile="07400 999999")

    result = await reconciling.reconcile()

    assert (result.found, result.repaired, result.open) == (1, 1, 0)
    assert reconciling.platform.clients[pair.client].details.mobile == "+447400999999"
    assert reconciling.platform.clients[pair.client].details.title == "Mrs"
