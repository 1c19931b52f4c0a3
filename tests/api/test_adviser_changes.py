"""What an adviser changes on a journey under way: amendments, withdrawal, hold and resume."""

from typing import Any

import pytest

from domain.journey import Stage
from storage.eligibility import EligibilityRepository
from tests.api.office import ACCOUNT, BANK, JOURNEYS, STRANGER, Office, expect_problem
from tests.api.test_adviser_commands import MISSING_IN_PLANNR, Case, refused
from tests.conftest import Eventually

NEW_HOME = {"line_1": "3 Castle Road", "town_city": "Whitstable", "postcode": "CT5 2DR"}
ABROAD = {"tax_residences": [{"country": "FR", "tax_number": "1234567890123"}]}


@pytest.fixture
async def case(busy_office: Office, eventually: Eventually) -> Case:
    """Return a journey that waits for its client."""
    account = busy_office.client()
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)
    await case.settled(eventually)
    await case.save_details()
    await case.send_application()
    return case


def amendment(case: Case, **details: object) -> dict[str, Any]:
    """Return the form that amends a person's details."""
    return {"holders": [{"person_id": case.person, "details": details}]}


async def actions(case: Case) -> list[str]:
    """Return what was done to the journey, after the application."""
    return [row.action for row in await case.office.audit(case.journey)][3:]


@pytest.mark.rule("P44")
async def test_amendment_reaches_both_systems(case: Case) -> None:
    """An amended detail is written to both systems, is in the audit, and gives the journey another version."""
    answer = await case.office.post(f"{case.path}/amendments", amendment(case, address=NEW_HOME))

    assert answer.status_code == 200, answer.text
    assert answer.json()["completed"] is True
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    (client,) = case.office.platform.clients.values()
    assert client.details.address is not None
    assert client.details.address.postcode == "CT5 2DR"
    assert await actions(case) == ["amend"]


@pytest.mark.rule("P44")
async def test_preview_tells_the_effect_and_saves_nothing(case: Case) -> None:
    """The preview names what changes and what becomes void; nothing is written, and nothing is in the audit."""
    before, seen = case.office.writes, await case.office.get(case.path)
    form = {"account": {**ACCOUNT, "charges": {"initial_basis_points": 150, "ongoing_basis_points": 75}}}
    preview = (await case.office.post(f"{case.path}/amendments?preview=true", form)).json()

    assert preview["changed"] == ["charges"]
    assert preview["material"] is True
    assert preview["voids"]
    assert preview["version"] == seen["version"]
    assert case.office.writes == before
    assert await actions(case) == []
    assert (await case.office.get(case.path))["version"] == seen["version"]


@pytest.mark.rule("P44")
async def test_preview_of_what_stays_the_same_is_empty(case: Case) -> None:
    """A form that says what is known already changes nothing and voids nothing."""
    preview = (await case.office.post(f"{case.path}/amendments?preview=true", {"account": ACCOUNT})).json()

    assert (preview["changed"], preview["voids"], preview["material"]) == ([], [], False)


async def test_preview_refuses_what_saving_would_refuse(case: Case) -> None:
    """A stranger, an old version and impossible bank details are found before the effect is worked out."""
    preview = "amendments?preview=true"
    stranger = {"holders": [{"person_id": "nobody", "details": {}}]}
    impossible = {**BANK, "sort_code": "089999", "account_number": "66374959"}
    account = {"holders": [{"person_id": case.person, "bank_details": impossible}]}
    await refused(case, preview, stranger, "person-unknown", 422)
    await refused(case, preview, amendment(case), "stale-version", 412, If_Match='"1"')
    await refused(case, preview, account, "bank-details-invalid", 422)


@pytest.mark.rule("P33", "P44")
@pytest.mark.parametrize("path", ["amendments", "amendments?preview=true"])
async def test_amendment_that_the_rules_forbid(case: Case, path: str) -> None:
    """An ISA holder who turns out to be resident abroad is refused at the field, before the journey hears of it."""
    problem = await refused(case, path, amendment(case, **ABROAD), "not-eligible", 422)

    assert [(error["code"], error["pointer"]) for error in problem["errors"]] == [
        ("not_uk_resident", "/holders/0/details/tax_residences")
    ]
    assert await actions(case) == []


@pytest.mark.rule("P33")
async def test_details_form_that_the_rules_forbid(busy_office: Office, eventually: Eventually) -> None:
    """The details form is assessed with what it adds; corrected, it goes through, and its warnings are kept."""
    account = busy_office.client()
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)
    await case.settled(eventually)
    await refused(case, "client-details", case.details(**ABROAD), "not-eligible", 422)
    answer = await busy_office.post(
        f"{case.path}/client-details", case.details(**MISSING_IN_PLANNR | {"us_person": True})
    )

    assert answer.status_code == 200, answer.text
    assert {warning["code"] for warning in answer.json()["warnings"]} == {"us_person", "us_tax_residence_missing"}
    async with busy_office.services.database.reading() as session:
        row = await EligibilityRepository(session).get(case.journey)
    assert row is not None
    assert row.warnings == answer.json()["warnings"] == (await busy_office.get(case.path))["warnings"]


@pytest.mark.rule("P33")
async def test_answers_of_the_start_still_hold(busy_office: Office, eventually: Eventually) -> None:
    """A Crown servant overseas may hold an ISA, which the details form need not say again."""
    account = busy_office.client()
    journey = await busy_office.start(busy_office.form(account, crown_servant_or_spouse=True))
    case = Case(busy_office, journey, account)
    await case.settled(eventually)
    answer = await busy_office.post(f"{case.path}/client-details", case.details(**ABROAD))

    assert answer.status_code == 200, answer.text


async def test_amendment_of_nothing_is_refused(case: Case) -> None:
    """A form that names neither a holder nor the account is no amendment."""
    await refused(case, "amendments", {"reason": "typing error"}, "invalid-request", 422)


async def test_amendment_that_leaves_something_open_is_refused(busy_office: Office, eventually: Eventually) -> None:
    """Before the details form there is nothing to amend."""
    account = busy_office.client()
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)
    await case.settled(eventually)

    await refused(case, "amendments", amendment(case, address=NEW_HOME), "wrong-stage", 409)


@pytest.mark.rule("P43")
async def test_withdrawal_ends_the_journey_and_closes_both_systems(case: Case) -> None:
    """A withdrawn journey is over, its account cancelled; the same request again has the same answer."""
    first = await case.office.post(f"{case.path}/withdrawal", {"reason": "another provider"}, Idempotency_Key="end")
    again = await case.office.post(f"{case.path}/withdrawal", {"reason": "another provider"}, Idempotency_Key="end")

    assert (first.status_code, first.json()["stage"]) == (200, Stage.WITHDRAWN)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert [account.status for account in case.office.platform.accounts.values()] == ["cancelled"]
    assert [(row.action, row.reason) for row in await case.office.audit(case.journey)][3:] == [
        ("withdraw", "another provider")
    ]
    await refused(case, "withdrawal", {}, "wrong-stage", 409)
    await refused(case, "amendments?preview=true", amendment(case, address=NEW_HOME), "wrong-stage", 409)


@pytest.mark.rule("P40")
async def test_hold_stops_and_resume_moves_the_clock(case: Case) -> None:
    """A held journey does nothing by itself and can't be held twice; resumed, its next action has a time again."""
    due = (await case.office.get(case.path))["next_action_at"]
    held = await case.office.post(f"{case.path}/hold", {"reason": "client is abroad"})
    journey = await case.office.get(case.path)

    assert held.status_code == 200, held.text
    assert journey["on_hold"] is True
    await refused(case, "hold", {}, "wrong-stage", 409)
    assert (await case.office.post(f"{case.path}/resume", {})).status_code == 200
    journey = await case.office.get(case.path)
    assert journey["on_hold"] is False
    assert journey["next_action_at"] >= due
    await refused(case, "resume", {}, "wrong-stage", 409)
    assert await actions(case) == ["hold", "hold", "resume", "resume"]


@pytest.mark.parametrize("path", ["amendments", "withdrawal", "hold", "resume"])
async def test_change_on_another_version_is_refused(case: Case, path: str) -> None:
    """Every change honours the version the adviser looked at."""
    body = amendment(case, address=NEW_HOME) if path == "amendments" else {}

    await refused(case, path, body, "stale-version", 412, If_Match='"1"')


@pytest.mark.parametrize("path", ["amendments", "amendments?preview=true", "withdrawal", "hold", "resume"])
async def test_journey_of_another_firm_cannot_be_changed(case: Case, path: str) -> None:
    """An adviser of another firm gets 404 for every change, and no audit row is written."""
    body = amendment(case, address=NEW_HOME) if path.startswith("amendments") else {}
    await refused(case, path, body, "journey-not-found", 404, **case.office.as_user(STRANGER))

    assert await actions(case) == []


async def test_change_without_a_key_is_refused(case: Case) -> None:
    """A change without an idempotency key is refused before anything is looked at."""
    answer = await case.office.http.post(f"{JOURNEYS}/{case.journey}/withdrawal", json={})

    expect_problem(answer, "idempotency-key-missing", 400)
