"""The adviser's commands over HTTP: what they lead to, and what is refused without leaving a trace."""

from datetime import timedelta
from typing import Any

import pytest

from api import journeys
from connectors.errors import Conflict, ConnectorUnavailable
from domain.identity import person_id
from tests.api.office import (
    ACCOUNT,
    BANK,
    FIRM,
    JOURNEYS,
    STRANGER,
    Office,
    expect_problem,
)
from tests.conftest import Eventually

MISSING_IN_PLANNR = {"tax_residences": [{"country": "GB"}], "us_person": False}


class Case:
    """One journey and the forms of its adviser."""

    def __init__(self, office: Office, journey: str, account: str) -> None:
        self.office = office
        self.journey = journey
        self.person = person_id(FIRM, account)
        self.path = f"{JOURNEYS}/{journey}"

    def details(self, *, bank: object = BANK, **changes: object) -> dict[str, Any]:
        """Return the details form."""
        holder: dict[str, Any] = {"person_id": self.person, "details": {**MISSING_IN_PLANNR, **changes}}
        return {"holders": [holder | ({"bank_details": bank} if bank else {})]}

    async def save_details(self, **headers: str) -> Any:
        """Save the complete details form; return the answer's body."""
        answer = await self.office.post(f"{self.path}/client-details", self.details(), **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send_application(self) -> Any:
        """Save the account form and send it to the platform; return the answer's body."""
        answer = await self.office.post(f"{self.path}/application", {"account": ACCOUNT, "send_to_platform": True})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def settled(self, eventually: Eventually) -> Any:
        """Wait until the journey writes nothing any more."""

        async def look() -> Any:
            seen = await self.office.get(self.path)
            return seen if seen["waiting_for"] != "records are being written" else None

        return await eventually(look)


@pytest.fixture
async def case(busy_office: Office, eventually: Eventually) -> Case:
    """Return a journey that waits for the details form."""
    account = busy_office.client()
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)
    await case.settled(eventually)
    return case


async def refused(case: Case, path: str, body: object, slug: str, status: int, **headers: str) -> dict[str, Any]:
    """Check that a command is refused with this problem and that nothing was written to either system."""
    before = case.office.writes
    answer = await case.office.post(f"{case.path}/{path}", body, **headers)

    problem = expect_problem(answer, slug, status)
    assert case.office.writes == before
    return problem


@pytest.mark.rule("P11")
async def test_details_form_sets_the_client_up(case: Case) -> None:
    """The details form leads to the application stage, is in the audit, and the client is told."""
    result = await case.save_details()

    assert result["completed"] is True
    assert result["stage"] == "application_draft"
    assert case.office.mail.templates == ["client_setup_started"]
    assert [row.action for row in await case.office.audit(case.journey)] == ["start_journey", "submit_client_details"]


@pytest.mark.rule("P12")
async def test_application_opens_the_account_and_invites_the_client(case: Case) -> None:
    """Sent to the platform, the account form opens the account and the client is invited."""
    await case.save_details()
    result = await case.send_application()

    assert result["stage"] == "awaiting_client"
    assert [account.status for account in case.office.platform.accounts.values()] == ["pending"]
    emails = (await case.office.get(f"{case.path}/emails"))["emails"]
    assert [(email["template"], email["state"]) for email in emails] == [
        ("client_setup_started", "sent"),
        ("account_created", "sent"),
    ]


@pytest.mark.rule("P13")
async def test_application_that_is_not_sent_creates_nothing(case: Case) -> None:
    """Saved without sending, the account form leaves the journey at the adviser and the platform without an account."""
    await case.save_details()
    answer = await case.office.post(f"{case.path}/application", {"account": ACCOUNT, "send_to_platform": False})

    assert answer.json()["stage"] == "application_draft"
    assert case.office.platform.accounts == {}


@pytest.mark.rule("P20")
async def test_fresh_invitation_is_sent_on_request(case: Case) -> None:
    """While the client is awaited, the adviser can have another invitation sent."""
    await case.save_details()
    await case.send_application()
    before = len(case.office.mail.sent)
    answer = await case.office.post(f"{case.path}/invitations", {"person_id": case.person})

    assert answer.status_code == 200
    assert len(case.office.mail.sent) == before + 1


async def test_repeated_command_is_carried_out_once(case: Case) -> None:
    """The same key and body again gives the same answer, and nothing is done twice."""
    first = await case.save_details(Idempotency_Key="details-1")
    writes = case.office.writes
    again = await case.save_details(Idempotency_Key="details-1")

    assert again == first
    assert case.office.writes == writes
    assert case.office.mail.templates == ["client_setup_started"]


async def test_command_on_the_version_that_was_seen_is_taken(case: Case) -> None:
    """A command with the journey's current entity tag goes through and answers with the new one."""
    seen = await case.office.http.get(case.path)
    answer = await case.office.post(f"{case.path}/client-details", case.details(), If_Match=seen.headers["ETag"])

    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    assert answer.headers["Location"] == case.path


@pytest.mark.parametrize("tag", ['"999"', "nonsense", 'W/"1"'])
async def test_command_on_another_version_is_refused(case: Case, tag: str) -> None:
    """A command meant for another version of the journey changes nothing."""
    await refused(case, "client-details", case.details(), "stale-version", 412, If_Match=tag)


async def test_command_in_the_wrong_stage_is_refused(case: Case) -> None:
    """The account form before the details form, and an invitation before the account, change nothing."""
    await refused(case, "application", {"account": ACCOUNT, "send_to_platform": True}, "wrong-stage", 409)
    await refused(case, "invitations", {"person_id": case.person}, "wrong-stage", 409)


@pytest.mark.rule("P7")
async def test_missing_details_are_named_where_they_belong(case: Case) -> None:
    """What neither Plannr nor the form knows is named at its place in the form."""
    form = {"holders": [{"person_id": case.person, "details": {"us_person": False}, "bank_details": BANK}]}
    problem = await refused(case, "client-details", form, "details-incomplete", 409)

    assert [error["pointer"] for error in problem["errors"]] == ["/holders/0/details/tax_residences"]


@pytest.mark.rule("P22")
async def test_form_without_bank_details_is_refused(case: Case) -> None:
    """By default the bank details are part of the adviser's form."""
    problem = await refused(case, "client-details", case.details(bank=None), "bank-details-required", 409)

    assert problem["errors"][0]["pointer"] == "/holders/0/bank_details"


@pytest.mark.rule("P22")
async def test_impossible_bank_account_is_refused(case: Case) -> None:
    """An account number that cannot belong to its sort code changes nothing and is not repeated."""
    impossible = {**BANK, "sort_code": "089999", "account_number": "66374959"}
    problem = await refused(case, "client-details", case.details(bank=impossible), "bank-details-invalid", 422)

    assert problem["errors"][0]["pointer"] == "/holders/0/bank_details/account_number"
    assert "66374959" not in str(problem)


@pytest.mark.parametrize(
    ("field", "value"),
    [("national_insurance_number", "ZZ999999Z"), ("mobile", "12345"), ("email", "nobody@nowhere")],
)
async def test_values_that_do_not_parse_are_refused(case: Case, field: str, value: str) -> None:
    """A detail that can't be right is refused at its place, in words, without repeating it."""
    problem = await refused(case, "client-details", case.details(**{field: value}), "invalid-request", 422)

    assert [error["pointer"] for error in problem["errors"]] == [f"/holders/0/details/{field}"]
    assert value not in str(problem)


async def test_somebody_who_is_no_holder_is_refused(case: Case) -> None:
    """A form about a person who is no holder changes nothing."""
    form = {"holders": [{"person_id": "somebody-else", "details": {}}]}

    await refused(case, "client-details", form, "person-unknown", 422)


async def test_refusal_of_a_system_is_told(case: Case) -> None:
    """What a system refuses is the command's answer, in its words."""
    case.office.platform.fail_next(
        "submit_client", Conflict("platform", "POST /clients/{id}/submission", "the address is incomplete")
    )
    answer = await case.office.post(f"{case.path}/client-details", case.details())

    problem = expect_problem(answer, "rejected-by-system", 409)
    assert "the address is incomplete" in str(problem["errors"])


async def test_refused_step_is_tried_again_when_asked(busy_office: Office, eventually: Eventually) -> None:
    """What a system refused by itself goes through at once when the adviser, having mended the cause, asks for it."""
    clash = Conflict("platform", "POST /clients", "e-mail address in use", code="email_in_use")
    busy_office.platform.fail_next("register_client", clash)
    account = busy_office.client()
    case = Case(busy_office, await busy_office.start(busy_office.form(account)), account)

    async def refused_once() -> bool:
        return bool((await busy_office.get(case.path))["needs_attention"])

    await eventually(refused_once)
    answer = await busy_office.post(f"{case.path}/retry", {"reason": "address corrected"})

    assert answer.status_code == 200, answer.text
    assert not (await case.settled(eventually))["needs_attention"]


@pytest.mark.parametrize("path", ["client-details", "application", "invitations", "retry"])
async def test_journey_of_another_firm_does_not_exist(case: Case, path: str) -> None:
    """An adviser of another firm gets 404 for every command, and no audit row is written."""
    bodies = {
        "client-details": case.details(),
        "application": {"account": ACCOUNT, "send_to_platform": True},
        "invitations": {"person_id": case.person},
        "retry": {},
    }
    headers = case.office.as_user(STRANGER)
    await refused(case, path, bodies[path], "journey-not-found", 404, **headers)

    assert [row.action for row in await case.office.audit(case.journey)] == ["start_journey"]


async def test_journey_that_never_was_does_not_exist(busy_office: Office) -> None:
    """A command on an unknown journey answers 404."""
    answer = await busy_office.post(f"{JOURNEYS}/nothing/invitations", {"person_id": "p"})

    expect_problem(answer, "journey-not-found", 404)


async def test_slow_command_is_answered_before_it_is_done(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a system is out a command is taken and answers 202; the same request later gets the outcome."""
    down = [ConnectorUnavailable("platform", "POST /clients/{id}/submission", "down") for _ in range(2)]
    case.office.platform.fail_next("submit_client", *down)
    monkeypatch.setattr(journeys, "COMMAND_PATIENCE", timedelta(seconds=0.5))
    first = await case.office.post(f"{case.path}/client-details", case.details(), Idempotency_Key="details-1")
    monkeypatch.setattr(journeys, "COMMAND_PATIENCE", timedelta(seconds=30))
    second = await case.office.post(f"{case.path}/client-details", case.details(), Idempotency_Key="details-1")

    assert (first.status_code, first.json()["completed"]) == (202, False)
    assert (second.status_code, second.json()["stage"]) == (200, "application_draft")
    assert case.office.mail.templates == ["client_setup_started"]


async def test_command_that_nobody_takes_is_not_called_taken(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a worker a command answers 503 with when to try again, and the same key works once there is one."""
    account = office.client()
    case = Case(office, await office.start(office.form(account)), account)
    async with office.worker():
        await office.get(f"{case.path}/client-details")
    monkeypatch.setattr(journeys, "COMMAND_PATIENCE", timedelta(seconds=1))
    answer = await office.post(f"{case.path}/client-details", case.details(), Idempotency_Key="details-1")

    expect_problem(answer, "engine-unavailable", 503)
    assert answer.headers["Retry-After"] == "5"
    monkeypatch.setattr(journeys, "COMMAND_PATIENCE", timedelta(seconds=30))
    async with office.worker():
        assert (await case.save_details(Idempotency_Key="details-1"))["stage"] == "application_draft"
