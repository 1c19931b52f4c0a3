"""Starting a journey over HTTP, and everything that can stand in its way before anything is created."""

import asyncio

import pytest
from temporalio.client import WorkflowExecutionStatus

from connectors.errors import ConnectorUnavailable
from connectors.plannr.port import PlannrPerson
from domain.identity import workflow_id
from runtime.temporal import journey_handle
from tests.api.office import ILLUSTRATION, JOURNEYS, OTHER_FIRM, PRIYA, Office, expect_problem, known
from workflows.onboarding import OnboardingJourney


async def refused(office: Office, form: dict[str, object], slug: str, status: int) -> dict[str, object]:
    """Check that this form is refused with this problem and that nothing was written anywhere."""
    before = office.writes
    answer = await office.post(JOURNEYS, form)

    body = expect_problem(answer, slug, status)
    assert office.writes == before
    assert (await office.get(JOURNEYS))["journeys"] == []
    return body


def link(office: Office, account: str, platform_client: str, *, tagged: bool = True) -> None:
    """Let the Plannr record name a platform client."""
    person = office.plannr.people["harbour", account]
    office.plannr.people["harbour", account] = person.model_copy(
        update={"platform_client": platform_client, "link_tagged": tagged}
    )


@pytest.mark.rule("P10")
async def test_start_creates_the_journey_and_says_where_it_is(office: Office) -> None:
    """A start answers 201 with the journey's address, and its workflow runs under a deterministic id."""
    form = office.form()
    answer = await office.post(JOURNEYS, form)

    body = answer.json()
    office.started.append(body["journey_id"])
    assert answer.status_code == 201
    assert answer.headers["Location"] == body["links"]["self"] == f"{JOURNEYS}/{body['journey_id']}"
    assert body["created"] is True
    described = await office.services.temporal.get_workflow_handle(workflow_id(body["journey_id"])).describe()
    assert described.status is WorkflowExecutionStatus.RUNNING
    assert described.search_attributes["Firm"] == ["harbour"]
    summary = await described.static_summary()
    assert summary == f"Onboarding · ISA · {body['journey_id']}"
    assert len(summary.encode()) <= 200


async def test_start_is_on_record_before_the_journey_runs(office: Office) -> None:
    """The audit says who started which journey, without personal data."""
    journey = await office.start()
    (row,) = await office.audit(journey)

    assert (row.action, row.actor_id, row.firm) == ("start_journey", PRIYA.id, "harbour")
    assert "Marsh" not in str(row.details)


@pytest.mark.rule("P45")
async def test_duplicate_start_meets_the_running_journey(office: Office) -> None:
    """The same reference, client and wrapper under another key answer 200 with the journey that is there."""
    form = office.form()
    journey = await office.start(form)
    again = await office.post(JOURNEYS, form)

    assert again.status_code == 200
    assert again.json()["journey_id"] == journey
    assert again.json()["created"] is False


@pytest.mark.rule("P45")
async def test_duplicate_start_meets_a_journey_that_has_ended(office: Office) -> None:
    """A journey that is over is met as well, so that an account is never opened twice."""
    form = office.form()
    journey = await office.start(form)
    await office.services.temporal.get_workflow_handle(workflow_id(journey)).terminate("over")
    again = await office.post(JOURNEYS, form)

    assert again.status_code == 200
    assert again.json()["journey_id"] == journey


async def test_repeated_request_gets_the_same_answer(office: Office) -> None:
    """The same key and body answer with the stored status, body and headers, and say so."""
    form = office.form()
    first = await office.post(JOURNEYS, form, Idempotency_Key="my-key")
    office.started.append(first.json()["journey_id"])
    again = await office.post(JOURNEYS, form, Idempotency_Key="my-key")

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


async def test_key_of_another_request_is_refused(office: Office) -> None:
    """A key that was used for another body is refused, and nothing is started."""
    await office.start(office.form())
    first = await office.post(JOURNEYS, office.form(), Idempotency_Key="my-key")
    office.started.append(first.json()["journey_id"])
    answer = await office.post(JOURNEYS, office.form(), Idempotency_Key="my-key")

    expect_problem(answer, "idempotency-key-reused", 422)


async def test_start_without_a_key_is_refused(office: Office) -> None:
    """A command without an idempotency key is refused before anything is looked at."""
    answer = await office.http.post(JOURNEYS, json=office.form())

    expect_problem(answer, "idempotency-key-missing", 400)
    assert office.writes == []


async def test_key_at_work_is_refused_for_the_moment(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first request with a key is at work, the same request is told to wait; then it gets the answer."""
    form, reading, may_go_on, read = office.form(), asyncio.Event(), asyncio.Event(), office.plannr.read_person

    async def read_slowly(firm: str, account: str) -> PlannrPerson:
        reading.set()
        await may_go_on.wait()
        return await read(firm, account)

    monkeypatch.setattr(office.plannr, "read_person", read_slowly)
    first = asyncio.create_task(office.post(JOURNEYS, form, Idempotency_Key="my-key"))
    await reading.wait()
    second = await office.post(JOURNEYS, form, Idempotency_Key="my-key")
    may_go_on.set()
    office.started.append((await first).json()["journey_id"])
    third = await office.post(JOURNEYS, form, Idempotency_Key="my-key")

    expect_problem(second, "idempotency-key-in-flight", 409)
    assert second.headers["Retry-After"] == "2"
    assert third.json() == (await first).json()


async def test_outage_frees_the_key(office: Office) -> None:
    """A start that met an outage names the system and when to try again, and the same key then works."""
    form = office.form()
    office.plannr.fail_next("read_person", ConnectorUnavailable("plannr", "GET /account", "down", retry_after=12.2))
    answer = await office.post(JOURNEYS, form, Idempotency_Key="my-key")

    body = expect_problem(answer, "system-unavailable", 503)
    assert body["system"] == "plannr"
    assert answer.headers["Retry-After"] == "13"
    second = await office.post(JOURNEYS, form, Idempotency_Key="my-key")
    office.started.append(second.json()["journey_id"])
    assert second.status_code == 201


@pytest.mark.rule("P1")
async def test_wrapper_that_nobody_knows_is_refused(office: Office) -> None:
    """A wrapper that does not exist is refused with the ones that do."""
    body = await refused(office, office.form(wrapper="nonsense"), "wrapper-not-served", 422)

    assert "SIPP" in str(body["detail"])
    assert "platform" in str(body["detail"])


async def test_client_of_another_firm_is_unknown(office: Office) -> None:
    """A Plannr record of another firm's tenant does not exist for this adviser."""
    await refused(office, office.form(office.client(OTHER_FIRM)), "plannr-client-unknown", 404)


@pytest.mark.rule("P6")
async def test_unlinked_client_needs_an_illustration(office: Office) -> None:
    """Without a link a journey cannot start at the application; the problem names what is missing."""
    body = await refused(office, office.form(illustration=None), "client-not-linked", 409)

    assert body["missing"] == ["external_reference", "tag"]
    assert "illustration" in str(body["what_to_do"])


@pytest.mark.rule("P6")
async def test_linked_client_starts_at_the_application(office: Office) -> None:
    """A linked client's journey starts without an illustration, with the link as it is."""
    account = office.client()
    registered = await office.platform.register_client(account, known(), "adviser")
    link(office, account, registered.client)
    answer = await office.post(JOURNEYS, office.form(account, illustration=None))

    office.started.append(answer.json()["journey_id"])
    assert answer.status_code == 201


@pytest.mark.rule("P5")
async def test_link_without_its_tag_is_named(office: Office) -> None:
    """A record with the reference but without the visible tag is refused, naming the tag."""
    account = office.client()
    registered = await office.platform.register_client(account, known(), "adviser")
    link(office, account, registered.client, tagged=False)
    body = await refused(office, office.form(account, illustration=None), "client-not-linked", 409)

    assert body["missing"] == ["tag"]
    assert "Platform client" in str(body["detail"])


@pytest.mark.rule("P5")
async def test_link_that_leads_nowhere_is_refused(office: Office) -> None:
    """A reference to a client that the platform does not know is no link."""
    account = office.client()
    link(office, account, "client-that-is-gone")
    body = await refused(office, office.form(account), "client-not-linked", 409)

    assert body["missing"] == ["platform_client"]


@pytest.mark.rule("P34")
async def test_address_of_another_client_is_found_before_anything_is_created(office: Office) -> None:
    """An e-mail address that another platform client has is refused with that client."""
    existing = await office.platform.register_client("somebody-else", known("shared@example.com"), "adviser")
    body = await refused(office, office.form(office.client(email="Shared@example.com")), "email-in-use", 409)

    assert body["existing_client"] == existing.client
    assert "shared@example.com" not in str(body).lower()


@pytest.mark.rule("P34")
async def test_address_of_the_same_person_is_no_clash(office: Office) -> None:
    """A platform client that an earlier attempt registered for this very record is not in the way."""
    account = office.client(email="eleanor@example.com")
    await office.platform.register_client(account, known("eleanor@example.com"), "adviser")
    answer = await office.post(JOURNEYS, office.form(account))

    office.started.append(answer.json()["journey_id"])
    assert answer.status_code == 201


async def test_record_that_cannot_be_registered_is_named(office: Office) -> None:
    """A record without birth date and e-mail address is refused, naming both."""
    account = office.client(date_of_birth=None)
    person = office.plannr.people["harbour", account]
    details = person.known_details.model_copy(update={"email": None})
    office.plannr.people["harbour", account] = person.model_copy(update={"known_details": details})
    body = await refused(office, office.form(account), "plannr-record-incomplete", 409)

    assert [error["field"] for error in body["errors"]] == ["date_of_birth", "email"]  # type: ignore[attr-defined]


async def test_unusable_form_is_refused_place_by_place(office: Office) -> None:
    """A malformed form names each place and never repeats what was sent."""
    illustration = {**ILLUSTRATION, "contributions": [{"amount_pence": -424242}]}
    form = office.form(illustration=illustration, external_reference="Eleanor Marsh", colour="teal")
    body = await refused(office, form, "invalid-request", 422)

    pointers = {error["pointer"] for error in body["errors"]}  # type: ignore[attr-defined]
    assert pointers == {"/illustration/contributions/0/amount_pence", "/external_reference", "/colour"}
    assert "424242" not in str(body)
    assert "Eleanor" not in str(body)
    assert "teal" not in str(body)


async def test_body_that_is_no_json_is_refused(office: Office) -> None:
    """A body that is no JSON is the caller's mistake, not ours."""
    answer = await office.http.post(
        JOURNEYS, content=b"{nonsense", headers={"Idempotency-Key": "k", "Content-Type": "application/json"}
    )

    expect_problem(answer, "invalid-request", 422)


@pytest.mark.rule("P7")
async def test_journey_gets_what_plannr_knows(busy_office: Office) -> None:
    """The details form is pre-filled from the Plannr record and asks only for what is missing."""
    journey = await busy_office.start(busy_office.form(busy_office.client(mobile=None)))
    form = await busy_office.get(f"{JOURNEYS}/{journey}/client-details")

    (holder,) = form["holders"]
    assert holder["details"]["last_name"] == "Marsh"
    assert "mobile" in holder["missing"]
    assert not {"last_name", "email", "address"} & set(holder["missing"])
    assert holder["bank_details_required"] is True
    handle = journey_handle(busy_office.services.temporal, journey)
    assert (await handle.query(OnboardingJourney.progress)).journey_id == journey
