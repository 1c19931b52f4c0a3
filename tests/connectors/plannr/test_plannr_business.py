"""How the adapter writes illustrations, applications, plans and tasks."""

import httpx
import pytest

from connectors.errors import Conflict, NotFound
from connectors.plannr.port import ClosingReason
from connectors.plannr.sandbox.seed import HARBOUR_PROVIDER_UUID, PARENT_UUID, PROVIDER_NAME
from domain.journey import Wrapper
from tests.connectors.plannr.conftest import Watched
from tests.contract.plannr_scenes import (
    ADVISER,
    CLIENT,
    FIRM,
    JOURNEY,
    NOW,
    SPOUSE,
    WRITES,
    application,
    gateway_on,
    illustration,
    plan,
    task,
)


@pytest.mark.rule("P10")
async def test_an_illustration_is_a_draft_with_its_figures_in_pence(watched: Watched) -> None:
    """Plannr gets what was illustrated under the journey's id, as a draft that it does not send on."""
    await watched.gateway.record_illustration(FIRM, illustration(accounts=[CLIENT, SPOUSE]))
    [stored] = await watched.sandbox.records("illustration")

    assert (stored["is_draft"], stored["platform"], stored["requested_by_uuid"]) == (True, "seccl", ADVISER)
    assert stored["accounts"] == [CLIENT, SPOUSE]
    assert stored["request_data"] == {
        "external_reference": JOURNEY,
        "wrapper_type": "ISA",
        "investment_strategy": "Balanced Growth",
        "contributions": [{"value": 2_000_000, "frequency": "once"}],
        "charges": {"initial_basis_points": 0, "ongoing_basis_points": 0},
        "plan_length_years": 10,
    }


@pytest.mark.rule("P12")
@pytest.mark.parametrize(
    ("wrapper", "wrapper_type", "plan_type"),
    [
        (Wrapper.SIPP, "PENSION", ("pension", "sipp")),
        (Wrapper.GIA, "GIA", ("investment", "gia")),
        (Wrapper.ISA, "ISA", ("investment", "isa")),
        (Wrapper.JISA, "JISA", ("investment", "jisa")),
    ],
)
async def test_every_wrapper_has_its_type(
    watched: Watched, wrapper: Wrapper, wrapper_type: str, plan_type: tuple[str, str]
) -> None:
    """A pension is a pension plan, everything else an investment, held with the platform by the holders in shares."""
    await watched.gateway.save_application(FIRM, application(wrapper=wrapper))
    await watched.gateway.save_plan(FIRM, plan(wrapper=wrapper, accounts=[CLIENT, SPOUSE]))
    [saved] = await watched.sandbox.records("application")
    [proposed] = await watched.sandbox.records("plan")

    assert saved["wrapper_type"] == wrapper_type
    assert (proposed["type"], proposed["sub_type"]) == plan_type
    assert (proposed["provider_uuid"], proposed["proposal_reference"]) == (HARBOUR_PROVIDER_UUID, JOURNEY)
    assert [(owner["uuid"], owner["percentage"]) for owner in proposed["accounts"]] == [(CLIENT, 50), (SPOUSE, 50)]


@pytest.mark.rule("P11", "P12")
async def test_a_later_save_erases_nothing(watched: Watched) -> None:
    """Illustration, plan and figures stay when a save does not name them."""
    recorded = await watched.gateway.record_illustration(FIRM, illustration())
    await watched.gateway.save_application(FIRM, application(illustration=recorded))
    watched.sent.writes()
    await watched.gateway.save_application(FIRM, application(status="pending", account_details=None))
    [stored] = await watched.sandbox.records("application")

    assert watched.sent.requests[-1].content == b'{"status":"pending"}'
    assert (stored["illustration_uuid"], stored["external_reference"]) == (recorded, JOURNEY)
    assert stored["request_data"]["contributions"] == [
        {"value": 2_000_000, "frequency": "once"},
        {"value": 25_000, "frequency": "monthly"},
    ]
    assert stored["request_data"]["direct_debit"]["amount_pence"] == 25_000


@pytest.mark.rule("P15")
async def test_an_active_plan_has_number_and_opening(watched: Watched) -> None:
    """The plan opens when it is first active and keeps that moment."""
    await watched.gateway.save_plan(FIRM, plan())
    await watched.gateway.save_plan(FIRM, plan(status="active", policy_number="SP-1"))
    await watched.gateway.save_plan(FIRM, plan(status="active", policy_number="SP-1"))
    [stored] = await watched.sandbox.records("plan")

    assert (stored["status"], stored["policy_number"]) == ("active", "SP-1")
    assert stored["opened_at"] == NOW.isoformat(timespec="seconds")


@pytest.mark.rule("P12")
async def test_a_plan_that_plannr_made_of_the_illustration_is_adopted(watched: Watched) -> None:
    """Plannr makes a plan when somebody sends the illustration on there: the journey takes it over and makes none."""
    sent_on = {
        "name": "ISA illustration 2026/27",
        "accounts": [CLIENT],
        "requested_by_uuid": ADVISER,
        "is_draft": False,
        "platform": "seccl",
        "request_data": {"external_reference": JOURNEY, "wrapper_type": "ISA"},
    }
    made = (await watched.sandbox.plannr.post("/api/v1/illustration", json=sent_on)).json()
    recorded = await watched.gateway.record_illustration(FIRM, illustration())
    saved = await watched.gateway.save_plan(FIRM, plan(status="active", policy_number="SP-1"))
    [stored] = await watched.sandbox.records("plan")

    assert (recorded, saved.plan) == (made["uuid"], made["plan"]["uuid"])
    assert (stored["proposal_reference"], stored["name"], stored["status"]) == (JOURNEY, "Eleanor's ISA", "active")


async def test_a_plan_that_is_being_deleted_is_a_conflict(watched: Watched) -> None:
    """Somebody deletes the plan in Plannr while the journey wants to change it: a person has to look."""
    saved = await watched.gateway.save_plan(FIRM, plan())
    assert (await watched.sandbox.plannr.delete(f"/api/v1/plans/{saved.plan}")).status_code == 204

    with pytest.raises(Conflict) as conflict:
        await watched.gateway.save_plan(FIRM, plan(status="active", policy_number="SP-1"))
    assert conflict.value.code == "plan_being_deleted"


async def test_a_firm_without_the_provider_is_told_to_add_it(watched: Watched) -> None:
    """A plan cannot be held with a provider that the firm has not set up; the error says what to do."""

    async def without_providers(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/providers":
            return httpx.Response(200, json={"data": [{"uuid": "1", "name": "Another provider"}]})
        return await watched.sandbox.transport.handle_async_request(request)

    gateway = gateway_on(httpx.MockTransport(without_providers))
    with pytest.raises(NotFound, match=f"no provider “{PROVIDER_NAME}”; add it in Plannr"):
        await gateway.save_plan(FIRM, plan())
    await gateway.aclose()
    assert await watched.sandbox.count() == {}


@pytest.mark.rule("P42")
async def test_an_application_made_in_the_meantime_is_taken(watched: Watched) -> None:
    """When another attempt creates the application between look-up and creation, its record is brought to the state."""
    first = await watched.gateway.save_application(FIRM, application())
    looked_up = 0

    async def blind_once(request: httpx.Request) -> httpx.Response:
        nonlocal looked_up
        if request.method == "GET" and request.url.path == "/api/v1/applications":
            looked_up += 1
            if looked_up == 1:
                return httpx.Response(200, json={"data": []})
        return await watched.sandbox.transport.handle_async_request(request)

    gateway = gateway_on(httpx.MockTransport(blind_once))
    saved = await gateway.save_application(FIRM, application(status="pending"))
    await gateway.aclose()

    assert (saved.application, saved.status, looked_up) == (first.application, "pending", 2)
    assert await watched.sandbox.count() == {"application": 1}


@pytest.mark.rule("P42")
@pytest.mark.parametrize("operation", WRITES)
async def test_a_repeated_write_only_reads(watched: Watched, operation: str) -> None:
    """The second time nothing is written, so that no event is fired for it."""
    await WRITES[operation](watched.gateway)
    assert watched.sent.writes() != []
    await WRITES[operation](watched.gateway)
    assert watched.sent.writes() == []


@pytest.mark.rule("P30")
@pytest.mark.parametrize(("accounts", "share"), [([CLIENT, SPOUSE, PARENT_UUID], 100 / 3), ([CLIENT], 100)])
async def test_owners_share_a_plan_equally(watched: Watched, accounts: list[str], share: float) -> None:
    """No percentage is sent, so Plannr divides the plan equally."""
    await watched.gateway.save_plan(FIRM, plan(wrapper=Wrapper.GIA, accounts=accounts))
    [stored] = await watched.sandbox.records("plan")

    assert [(owner["uuid"], owner["percentage"]) for owner in stored["accounts"]] == [
        (account, pytest.approx(share)) for account in accounts
    ]


@pytest.mark.rule("P43")
@pytest.mark.parametrize(
    ("reason", "why"),
    [("withdrawn", "not_proceeded_with"), ("expired", "not_proceeded_with"), ("declined", "declined")],
)
async def test_closing_says_why_and_when(watched: Watched, reason: ClosingReason, why: str) -> None:
    """The application keeps our reason, the plan Plannr's word for it and the moment; a second closing only reads."""
    await watched.gateway.save_plan(FIRM, plan())
    await watched.gateway.save_application(FIRM, application(status="pending"))
    await watched.gateway.close_application(FIRM, JOURNEY, reason)
    await watched.gateway.close_plan(FIRM, JOURNEY, reason)
    watched.sent.writes()
    await watched.gateway.close_application(FIRM, JOURNEY, "expired")
    await watched.gateway.close_plan(FIRM, JOURNEY, "declined")
    await watched.gateway.save_application(FIRM, application(status="pending", account_details=None))
    await watched.gateway.save_plan(FIRM, plan(name="Another name"))
    [closed] = await watched.sandbox.records("application")
    [inactive] = await watched.sandbox.records("plan")

    assert watched.sent.writes() == []
    assert (closed["status"], closed["closed_reason"]) == ("closed", reason)
    assert (inactive["status"], inactive["inactive_reason"], inactive["name"]) == ("inactive", why, "Eleanor's ISA")
    assert inactive["inactive_at"] == NOW.isoformat(timespec="seconds")


@pytest.mark.rule("P47")
async def test_task_reaches_the_assignee_with_reference_and_term(watched: Watched) -> None:
    """The task is about the client, open, assigned, due, and holds its reference; completed, it is not raised again."""
    raised = await watched.gateway.create_task(FIRM, task())
    answer = (await watched.sandbox.plannr.get(f"/api/v1/task/{raised}")).json()
    statuses = (await watched.sandbox.plannr.get("/api/v1/task-status")).json()["data"]
    done = next(status["uuid"] for status in statuses if status["is_type_completed"])
    [stored] = await watched.sandbox.records("task")
    body = {name: stored[name] for name in ("name", "description", "taskable_type", "taskable_uuid")}
    completed = await watched.sandbox.plannr.put(f"/api/v1/task/{raised}", json={**body, "task_status_uuid": done})

    assert stored["description"].endswith(f"Ask for other details.\n\nOnward reference: {JOURNEY} mandate-failed-1")
    assert (stored["taskable_type"], stored["taskable_uuid"]) == ("client", CLIENT)
    assert answer["status"]["name"] == "To do"
    assert [person["uuid"] for person in answer["assigned_to"]] == [ADVISER]
    assert answer["due_at"] == NOW.isoformat(timespec="seconds")
    assert completed.status_code == 200
    assert await watched.gateway.create_task(FIRM, task()) == raised


async def test_a_firm_without_an_open_task_status_is_told_to_add_one(watched: Watched) -> None:
    """A task needs a status of the firm's own; the error says what to do."""

    async def all_done(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/task-status":
            return httpx.Response(200, json={"data": [{"uuid": "1", "is_type_completed": True}]})
        return await watched.sandbox.transport.handle_async_request(request)

    gateway = gateway_on(httpx.MockTransport(all_done))
    with pytest.raises(NotFound, match="no status for an open task; add one in Plannr"):
        await gateway.create_task(FIRM, task())
    await gateway.aclose()
    assert await watched.sandbox.count() == {}
