"""An account of the platform and its plan in Plannr (P3, P4, P50)."""

import pytest
from temporalio.exceptions import ApplicationError

from connectors.errors import Invalid
from connectors.plannr.port import PlannrPlan
from domain.journey import Stage
from models.syncing import FindSubjects, PlanState
from tests.activities.sync_scene import FIRM, Scene, away
from tests.sample_client import KNOWN

THIRD_PARTY = pytest.mark.parametrize("wrapper", ["tpsipp", "tpofb"])


@pytest.mark.rule("P50")
@pytest.mark.parametrize(
    ("wrapper", "status", "expected"),
    [
        ("isa", "pending", "proposed"),
        ("jisa", "active", "active"),
        ("sipp", "suspended", "active"),
        ("gia", "closed", "inactive"),
        ("isa", "cancelled", "inactive"),
    ],
)
async def test_an_account_opened_on_the_platform_gets_its_plan(
    scene: Scene, wrapper: str, status: str, expected: str
) -> None:
    """Made once under the account's name and number, the holder's own, in the status that its account's stands for."""
    client, account = await scene.linked()
    opened = scene.platform.open_staff_account([client], wrapper, name="Rainy days", status=status)  # type: ignore[arg-type]  # a parameter
    outcome = await scene.account(opened)

    ((_, plan),) = scene.plannr.every_plan
    made = scene.plan(plan)
    assert (outcome.state, outcome.created) == (PlanState.LINKED, True)
    assert (made.name, made.sub_type, made.status, made.accounts) == ("Rainy days", wrapper, expected, [account])
    assert (made.policy_number, made.proposal_reference) == (opened, opened)
    assert await scene.timeline() == [("plan_made", [])]
    assert await scene.told() == ["client.synced.v1"]
    scene.forget_writes()
    assert (await scene.account(opened)).writes == 0
    assert (scene.writes, len(await scene.timeline())) == ([], 1)


@pytest.mark.rule("P50", "P52")
async def test_the_accounts_status_reaches_the_plan_over_what_was_changed_there(scene: Scene) -> None:
    """The platform owns status and number of its own wrappers; name and type are the adviser's from the making on."""
    opened, plan = await scene.with_plan("isa", status="pending")
    scene.platform.set_account_status(opened, "active")
    assert (await scene.account(opened)).to_plannr == ["status"]
    assert scene.plan(plan).status == "active"

    scene.plannr.edit_plan(FIRM, plan, status="inactive", policy_number="mine", name="Mine", type="pension")
    assert (await scene.account(opened)).to_plannr == ["policy_number", "status"]
    now = scene.plan(plan)
    assert (now.status, now.policy_number, now.name, now.type) == ("active", opened, "Mine", "pension")
    assert (await scene.kinds())[1:] == ["plan_changed", "plan_changed"]


@pytest.mark.rule("P3")
@THIRD_PARTY
async def test_a_third_party_account_is_a_gia_plan_until_a_person_amends_it(scene: Scene, wrapper: str) -> None:
    """Its status is carried over; what a person changes stays through every later sync, the other fields go on."""
    opened, plan = await scene.with_plan(wrapper, status="pending")
    assert scene.plan(plan).sub_type == "gia"
    scene.platform.set_account_status(opened, "active")
    assert (await scene.account(opened)).to_plannr == ["status"]

    scene.plannr.edit_plan(FIRM, plan, status="proposed", name="Ours", type="pension")
    for status in ("suspended", "closed", "active"):
        scene.platform.set_account_status(opened, status)
        assert (await scene.account(opened)).writes == 0
    now = scene.plan(plan)
    assert (now.status, now.name, now.type, now.policy_number) == ("proposed", "Ours", "pension", opened)
    assert (await scene.account_row(opened)).stopped == ["status"]
    assert (await scene.kinds())[2:] == ["amended_by_a_person"]
    assert await scene.open() == {}


@pytest.mark.rule("P3", "P42")
@THIRD_PARTY
async def test_a_plan_whose_making_was_cut_off_is_known_for_ours(scene: Scene, wrapper: str) -> None:
    """The answer is lost, then the status moves on: the repeat knows its own plan and carries the status over."""
    client, _ = await scene.linked()
    opened = scene.platform.open_staff_account([client], wrapper, status="pending")
    scene.plannr.lose_answer("open_plan")
    with pytest.raises(ApplicationError):
        await scene.account(opened)
    scene.platform.set_account_status(opened, "active")
    outcome = await scene.account(opened)

    ((_, plan),) = scene.plannr.every_plan
    assert (outcome.created, scene.plan(plan).status) == (True, "active")
    assert (await scene.account_row(opened)).stopped == []
    assert await scene.kinds() == ["plan_made"]


@pytest.mark.rule("P3", "P42")
async def test_an_amendment_between_a_crash_and_its_repeat_stays(scene: Scene) -> None:
    """The plan was made, the answer lost, and a person amended it before the repeat: theirs stands."""
    client, _ = await scene.linked()
    opened = scene.platform.open_staff_account([client], "tpsipp", status="active")
    scene.plannr.lose_answer("open_plan")
    with pytest.raises(ApplicationError):
        await scene.account(opened)
    ((_, plan),) = scene.plannr.every_plan
    scene.plannr.edit_plan(FIRM, plan, status="inactive")
    await scene.account(opened)

    assert scene.plan(plan).status == "inactive"
    assert (await scene.account_row(opened)).stopped == ["status"]


@pytest.mark.rule("P3", "P42")
async def test_a_status_whose_writing_was_cut_off_is_no_amendment(scene: Scene) -> None:
    """Written, answer lost, status moved on twice: every repeat knows its own value and goes on."""
    opened, plan = await scene.with_plan("tpofb", status="pending")
    for status, shown in (("active", "active"), ("closed", "inactive")):
        scene.platform.set_account_status(opened, status)  # type: ignore[arg-type]  # one of its literals
        scene.plannr.lose_answer("change_plan")
        with pytest.raises(ApplicationError):
            await scene.account(opened)
        assert scene.plan(plan).status == shown
    scene.platform.set_account_status(opened, "active")
    assert (await scene.account(opened)).to_plannr == ["status"]
    assert (scene.plan(plan).status, (await scene.account_row(opened)).stopped) == ("active", [])


@pytest.mark.rule("P3", "P42")
async def test_a_value_that_arrived_unheard_is_ours_through_a_second_failure(scene: Scene) -> None:
    """Written, answer lost, status moved on, and the next write fails before it arrives: still no amendment."""
    opened, plan = await scene.with_plan("tpsipp", status="pending")
    scene.platform.set_account_status(opened, "active")
    scene.plannr.lose_answer("change_plan")
    with pytest.raises(ApplicationError):
        await scene.account(opened)
    scene.platform.set_account_status(opened, "closed")
    scene.plannr.fail_next("change_plan", away("plannr"))
    with pytest.raises(ApplicationError):
        await scene.account(opened)
    assert scene.plan(plan).status == "active"

    assert (await scene.account(opened)).to_plannr == ["status"]
    assert (scene.plan(plan).status, (await scene.account_row(opened)).stopped) == ("inactive", [])


@pytest.mark.rule("P4")
@pytest.mark.parametrize("wrapper", ["corporate", "trust", "of-next-year"])
async def test_corporate_and_trust_leave_no_trace_in_plannr(scene: Scene, wrapper: str) -> None:
    """Noted once as out of scope; Plannr is not even asked, and no holder is made there for its sake."""
    client = scene.platform.add_client(KNOWN)
    opened = scene.platform.open_staff_account([client], wrapper)
    for _ in range(2):
        assert (await scene.account(opened)).state == PlanState.OUT_OF_SCOPE

    assert (scene.writes, scene.plannr.call_count) == ([], 0)
    assert await scene.kinds() == ["out_of_scope"]
    assert (await scene.account_row(opened)).firm == FIRM


@pytest.mark.rule("P50")
async def test_a_holder_who_is_not_linked_comes_first(scene: Scene) -> None:
    """Both holders are made in Plannr, then the plan, which they own together."""
    second = KNOWN.model_copy(update={"email": "b@example.com", "national_insurance_number": None, "first_name": "Bo"})
    clients = [scene.platform.add_client(KNOWN), scene.platform.add_client(second)]
    opened = scene.platform.open_staff_account(clients, "gia")

    assert (await scene.account(opened)).created
    ((_, plan),) = scene.plannr.every_plan
    assert scene.plan(plan).accounts == [(await scene.row(client)).plannr_account for client in clients]


@pytest.mark.rule("P5", "P50")
async def test_an_account_waits_until_its_holder_is_linked(scene: Scene) -> None:
    """Two records fit the holder: no plan; once one of them is gone, the client's sync makes the plan too."""
    for account in ("person-1", "person-2"):
        scene.plannr.add_person(FIRM, account, KNOWN)
    client = scene.platform.add_client(KNOWN)
    opened = scene.platform.open_staff_account([client], "isa")
    assert (await scene.account(opened)).state == PlanState.WAITING_FOR_CLIENT
    assert scene.writes == []

    scene.plannr.delete_person(FIRM, "person-2")
    await scene.client(client)
    assert [plan.accounts for plan in scene.plannr.every_plan.values()] == [["person-1"]]


@pytest.mark.rule("P50")
async def test_an_account_of_a_journey_is_the_journeys_until_it_is_over(scene: Scene) -> None:
    """Nothing is written while it runs; then its plan, found by the journey's id, follows the account."""
    client, account = await scene.linked()
    opened = scene.platform.open_staff_account([client], "isa", external_reference="journey-1")
    await scene.journey(client, account, Stage.AWAITING_CLIENT)
    assert (await scene.account(opened)).left_to_journey
    assert (scene.writes, (await scene.account_row(opened)).state) == ([], PlanState.JOURNEYS)

    await scene.journey(client, account, Stage.ACTIVE)
    scene.plannr.every_plan[FIRM, "plan-j"] = PlannrPlan(
        plan="plan-j", accounts=[account], status="proposed", policy_number=opened, proposal_reference="journey-1"
    )
    assert (await scene.account(opened)).to_plannr == ["status"]
    assert scene.plan("plan-j").status == "active"
    assert len(scene.plannr.every_plan) == 1


@pytest.mark.rule("P50")
async def test_a_plan_that_a_person_took_away_is_not_made_again(scene: Scene) -> None:
    """Deleted in Plannr, of a journey or not: a person is asked, once."""
    opened, plan = await scene.with_plan()
    scene.plannr.delete_plan(FIRM, plan)
    for _ in range(2):
        assert (await scene.account(opened)).for_a_person == ["plan"]
    assert (scene.writes, list(await scene.open())) == ([], ["plan"])
    assert (await scene.kinds())[1:] == ["gone", "for_a_person"]


@pytest.mark.rule("P5", "P50")
async def test_a_plan_whose_owner_is_gone_waits_and_a_person_is_asked(scene: Scene) -> None:
    """The holder's record was deleted unnoticed: no plan is tried, the record is asked about, the account waits."""
    client, account = await scene.linked()
    scene.plannr.delete_person(FIRM, account)
    opened = scene.platform.open_staff_account([client], "isa")

    assert (await scene.account(opened)).state == PlanState.WAITING_FOR_CLIENT
    assert (scene.writes, list(await scene.open())) == ([], ["record"])


@pytest.mark.rule("P50")
async def test_a_plan_that_plannr_refuses_goes_to_a_person(scene: Scene) -> None:
    """The account stays without a plan and somebody is asked, once; when Plannr takes it, the question is closed."""
    client, _ = await scene.linked()
    opened = scene.platform.open_staff_account([client], "tpofb")
    scene.plannr.fail_next("open_plan", *[Invalid("plannr", "POST /plans", "refused", fields=["name"])] * 2)
    for _ in range(2):
        assert (await scene.account(opened)).for_a_person == ["plan"]
    assert (await scene.account(opened)).created
    assert (await scene.open(), await scene.kinds()) == ({}, ["for_a_person", "plan_made", "closed"])


@pytest.mark.rule("P50")
async def test_a_journeys_plan_that_is_missing_goes_to_a_person_unless_the_account_has_ended(scene: Scene) -> None:
    """An account that was cancelled before it had a plan needs none; an active one should have one."""
    client, account = await scene.linked()
    await scene.journey(client, account, Stage.WITHDRAWN)
    ended = scene.platform.open_staff_account([client], "isa", external_reference="journey-1", status="cancelled")
    assert (await scene.account(ended)).for_a_person == []
    scene.platform.set_account_status(ended, "active")
    assert (await scene.account(ended)).for_a_person == ["plan"]
    assert scene.plannr.every_plan == {}


@pytest.mark.rule("P50", "P52")
async def test_a_status_that_plannr_refuses_goes_to_a_person(scene: Scene) -> None:
    """Asked once, tried again when the account's status is another one."""
    opened, plan = await scene.with_plan("isa", status="pending")
    scene.platform.set_account_status(opened, "active")
    scene.plannr.fail_next("change_plan", Invalid("plannr", "PATCH /plans/{uuid}", "refused", fields=["status"]))
    assert (await scene.account(opened)).for_a_person == ["status"]
    assert (await scene.account(opened)).writes == 0

    scene.platform.set_account_status(opened, "closed")
    assert (await scene.account(opened)).to_plannr == ["status"]
    assert (scene.plan(plan).status, await scene.open()) == ("inactive", {})


@pytest.mark.rule("P42")
async def test_an_account_that_is_gone_leaves_its_plan_alone(scene: Scene) -> None:
    """Noted once; while Plannr is away the sync is repeated."""
    opened, _ = await scene.with_plan()
    scene.plannr.fail_next("read_plans", away("plannr"))
    with pytest.raises(ApplicationError):
        await scene.account(opened)
    del scene.platform.accounts[opened]
    for _ in range(2):
        assert (await scene.account(opened)).state == PlanState.GONE
    assert (scene.writes, (await scene.kinds())[1:]) == ([], ["gone"])


@pytest.mark.rule("P51")
async def test_a_plan_leads_to_its_account(scene: Scene) -> None:
    """By our own record; where that does not know the plan yet, by its references; never for another firm."""
    opened, plan = await scene.with_plan()

    async def accounts(firm: str = FIRM) -> list[str]:
        return (await scene.sync.find_subjects(FindSubjects(firm=firm, kind="plan", plannr_id=plan))).accounts

    assert (await accounts(), await accounts("firm-b")) == ([opened], [])
