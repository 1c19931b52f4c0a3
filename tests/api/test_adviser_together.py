"""Several accounts for the same people in one request: all or none, one e-mail for all of them (P49)."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select
from temporalio.client import WorkflowExecutionStatus

from connectors.errors import ConnectorUnavailable
from models.tables import AuditRow
from tests.api.office import BANK, ILLUSTRATION, JOURNEYS, Office, expect_problem
from tests.api.test_adviser_commands import MISSING_IN_PLANNR
from tests.api.test_adviser_parties import child_of
from tests.conftest import Eventually
from workflows.together import group_workflow_id

TOGETHER = f"{JOURNEYS}/together"


def account(wrapper: str, reference: str, **changes: object) -> dict[str, Any]:
    """Return one account of the form."""
    return {"wrapper": wrapper, "external_reference": reference, "illustration": ILLUSTRATION, **changes}


def form(office: Office, *accounts: dict[str, Any], client: str | None = None, **changes: object) -> dict[str, Any]:
    """Return the form that opens an ISA and a GIA, unless others are named."""
    usual = (account("isa", "CASE-ISA"), account("gia", "CASE-GIA"))
    return {"holders": [{"plannr_account": client or office.client()}], "accounts": list(accounts or usual), **changes}


async def start(office: Office, body: dict[str, Any], **headers: str) -> httpx.Response:
    """Start the accounts; their journeys end with the test."""
    answer = await office.post(TOGETHER, body, **headers)
    if answer.status_code < 300:
        office.started += [journey["journey_id"] for journey in answer.json()["journeys"]]
    return answer


async def refused(office: Office, body: dict[str, Any], slug: str, status: int) -> dict[str, Any]:
    """Check that this problem is answered and that nothing was put on record or written to a system."""
    problem = expect_problem(await office.post(TOGETHER, body), slug, status)
    assert office.writes == []
    async with office.services.database.reading() as session:
        assert (await session.scalars(select(AuditRow))).all() == []
    return problem


@pytest.mark.rule("P49")
async def test_each_account_has_a_journey_of_one_group(busy_office: Office, eventually: Eventually) -> None:
    """One request, one journey per account, each knowing the others."""
    answer = await start(busy_office, form(busy_office))

    assert answer.status_code == 201, answer.text
    journeys = answer.json()["journeys"]
    assert [(one["wrapper"], one["external_reference"], one["created"]) for one in journeys] == [
        ("isa", "CASE-ISA", True),
        ("gia", "CASE-GIA", True),
    ]
    for one in journeys:
        seen = await busy_office.get(one["links"]["self"])
        assert seen["together"] == [other["journey_id"] for other in journeys]


@pytest.mark.rule("P49")
async def test_one_email_names_all_accounts(busy_office: Office, eventually: Eventually) -> None:
    """The client gets one e-mail when both accounts have got as far."""
    office = busy_office
    for one in (await start(office, form(office))).json()["journeys"]:
        details = await office.get(one["links"]["client_details"])
        holder = {"person_id": details["holders"][0]["person_id"], "details": MISSING_IN_PLANNR}
        saved = await office.post(one["links"]["client_details"], {"holders": [holder | {"bank_details": BANK}]})
        assert saved.status_code == 200, saved.text

    async def told() -> bool:
        return bool(office.mail.sent)

    await eventually(told)
    (email,) = office.mail.sent
    assert email.template == "client_setup_started"
    assert "ISA" in email.text
    assert "general investment account" in email.text


@pytest.mark.rule("P45", "P49")
async def test_the_same_request_again_meets_the_journeys(busy_office: Office, eventually: Eventually) -> None:
    """Under another key the same accounts are met, in the same group."""
    body = form(busy_office)
    first = await start(busy_office, body)

    async def reported() -> bool:
        return len((await busy_office.get(JOURNEYS))["journeys"]) == 2

    await eventually(reported)
    again = await busy_office.post(TOGETHER, body)

    assert (again.status_code, again.json()["created"]) == (200, False)
    assert again.json()["group_id"] == first.json()["group_id"]
    assert [one["journey_id"] for one in again.json()["journeys"]] == busy_office.started


@pytest.mark.rule("P49")
async def test_one_account_that_cannot_be_opened_stops_all(office: Office) -> None:
    """What stands in the way of the second account is named at its place, and the first is not started either."""
    trust = await refused(
        office, form(office, account("isa", "A"), account("trust", "B")), "account-type-elsewhere", 422
    )
    too_much = account("isa", "B", paid_in_this_tax_year_pence=20_000_01)
    allowance = await refused(office, form(office, account("gia", "A"), too_much), "not-eligible", 422)
    young = await refused(office, form(office, client=child_of(office)), "not-eligible", 422)
    unknown = await refused(office, form(office, client="nobody"), "plannr-client-unknown", 404)

    assert trust["errors"][0]["pointer"] == "/accounts/1/wrapper"
    assert allowance["errors"][0]["pointer"] == "/accounts/1/paid_in_this_tax_year_pence"
    assert young["errors"][0]["pointer"] == unknown["errors"][0]["pointer"] == "/holders/0/plannr_account"
    assert (await office.get(JOURNEYS))["journeys"] == []


async def test_one_account_named_twice_is_refused(office: Office) -> None:
    """The same wrapper under the same reference is one account."""
    problem = await refused(office, form(office, account("isa", "A"), account("isa", "A")), "invalid-request", 422)

    assert [error["pointer"] for error in problem["errors"]] == ["/accounts/1"]
    await refused(office, form(office, account("isa", "A")), "invalid-request", 422)


@pytest.mark.rule("P49")
async def test_journey_of_its_own_is_not_joined(busy_office: Office, eventually: Eventually) -> None:
    """An account whose journey was started alone cannot become one of a group, and no other is started."""
    office, client = busy_office, busy_office.client()
    alone = await office.start(office.form(client, external_reference="CASE-ISA"))

    async def reported() -> bool:
        return [journey["journey_id"] for journey in (await office.get(JOURNEYS))["journeys"]] == [alone]

    await eventually(reported)
    problem = expect_problem(await office.post(TOGETHER, form(office, client=client)), "journey-started-alone", 409)

    assert [error["pointer"] for error in problem["errors"]] == ["/accounts/0"]
    assert await reported()


@pytest.mark.rule("P31", "P49")
async def test_the_contact_belongs_to_the_junior_isa(office: Office) -> None:
    """A registered contact without a Junior ISA has no part in the accounts."""
    contact = {"plannr_account": office.client()}
    problem = await refused(office, form(office, registered_contact=contact), "not-eligible", 422)

    assert problem["errors"][0]["code"] == "role_not_served"


@pytest.mark.rule("P42", "P49")
async def test_outage_midway_starts_nothing(office: Office) -> None:
    """While a system is out nothing is started, the group's e-mails neither; the same key then works."""
    body = form(office)
    office.platform.fail_next("find_client", ConnectorUnavailable("platform", "GET /clients", "down"))
    expect_problem(await office.post(TOGETHER, body, Idempotency_Key="both"), "system-unavailable", 503)
    answer = await start(office, body, Idempotency_Key="both")

    assert answer.status_code == 201
    group = office.services.temporal.get_workflow_handle(group_workflow_id(answer.json()["group_id"]))
    assert (await group.describe()).status is WorkflowExecutionStatus.RUNNING
    await group.terminate("the test is over")
