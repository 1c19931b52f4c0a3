"""Starting journeys of every wrapper and for every kind of party, as the rules allow or forbid it (P1, P2, P30-P34)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from activities.start_refusals import StartRefusal
from api.dependencies import current_moment
from api.problem_types import PROBLEM_TYPES
from connectors.bank_holidays import bank_holidays
from domain.identity import person_id, workflow_id
from models.messages import StartJourney
from models.tables import AuditRow, EligibilityRow
from storage.eligibility import EligibilityRepository
from tests.api.office import FIRM, JOURNEYS, Office, expect_problem, known
from tests.api.test_adviser_start import link, refused

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CHILD_BORN = date(2019, 5, 1)


@pytest.fixture(autouse=True)
def fixed_day(office: Office) -> None:
    """Let the rules of one day hold, whenever the tests are run."""
    office.app.dependency_overrides[current_moment] = lambda: NOW


def jisa(office: Office, child: str, contact: str | None, **changes: object) -> dict[str, Any]:
    """Return the form of a Junior ISA."""
    named = None if contact is None else {"plannr_account": contact}
    return office.form(child, wrapper="jisa", registered_contact=named, **changes)


def child_of(office: Office, email: str | None = None) -> str:
    """Put a child's record into Plannr and return its id."""
    return office.client(email=email, date_of_birth=CHILD_BORN)


async def start_message(office: Office, journey: str) -> StartJourney:
    """Return what a journey's workflow was started with."""
    handle = office.services.temporal.get_workflow_handle(workflow_id(journey))
    started = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
    converter = office.services.temporal.data_converter
    (message,) = await converter.decode(started.input.payloads, [StartJourney])
    return StartJourney.model_validate(message)


async def eligibility(office: Office, journey: str) -> EligibilityRow | None:
    """Return what was found about a journey."""
    async with office.services.database.reading() as session:
        return await EligibilityRepository(session).get(journey)


@pytest.mark.rule("P2")
@pytest.mark.parametrize(
    ("wrapper", "direction"),
    [("tpsipp", "appears in Plannr"), ("tpofb", "appears in Plannr"), ("corporate", "enter the plan"), ("TRUST", "")],
)
async def test_account_type_of_the_platform_is_refused_with_directions(
    office: Office, wrapper: str, direction: str
) -> None:
    """The four other account types are refused with where to go instead, and nobody's record is looked at."""
    body = await refused(office, office.form("unknown-account", wrapper=wrapper), "account-type-elsewhere", 422)

    assert "Create it in the platform" in str(body["detail"])
    assert direction in str(body["detail"])
    assert [error["pointer"] for error in body["errors"]] == ["/wrapper"]  # type: ignore[attr-defined]


@pytest.mark.rule("P1", "P32")
async def test_pension_asks_for_what_a_pension_needs(office: Office) -> None:
    """A SIPP starts, and asks for marital status, employment status and retirement age besides."""
    start = await start_message(office, await office.start(office.form(wrapper="sipp")))

    (holder,) = start.holders
    assert {"marital_status", "employment_status", "retirement_age", "national_insurance_number"} <= set(
        holder.required_details
    )


@pytest.mark.rule("P40")
async def test_journey_knows_the_bank_holidays_of_its_time(office: Office) -> None:
    """Every working day that the journey can reach is known when it starts, however the calendar changes later."""
    start = await start_message(office, await office.start())

    assert start.bank_holidays == bank_holidays(NOW.date(), NOW.date() + timedelta(days=2 * 366))
    assert start.timings.invitation_valid == office.services.settings.invitation_valid


@pytest.mark.rule("P30")
async def test_joint_account_has_every_holder(office: Office) -> None:
    """Two holders of a GIA are both parties of the journey, each a holder."""
    accounts = [office.client(), office.client()]
    form = office.form(wrapper="gia", holders=[{"plannr_account": account} for account in accounts])
    start = await start_message(office, await office.start(form))

    assert [(holder.plannr_account, holder.role) for holder in start.holders] == [
        (account, "holder") for account in accounts
    ]


@pytest.mark.rule("P31")
async def test_junior_isa_has_a_child_and_a_contact(office: Office) -> None:
    """The child is the holder without an e-mail address of their own, the contact is the one who acts."""
    child, contact = child_of(office), office.client()
    form = jisa(office, child, contact, child_trust_fund_held=False, parental_responsibility=True)
    start = await start_message(office, await office.start(form))

    assert [(holder.plannr_account, holder.role) for holder in start.holders] == [
        (child, "child"),
        (contact, "registered_contact"),
    ]
    assert start.holders[0].known_details.email is None
    assert not {"email", "mobile", "national_insurance_number"} & set(start.holders[0].required_details)
    assert "email" in start.holders[1].required_details
    assert start.child_trust_fund_held is False


@pytest.mark.rule("P31")
async def test_child_old_enough_needs_a_national_insurance_number(office: Office) -> None:
    """From the age at which numbers are given, a child's is asked for."""
    form = jisa(office, office.client(date_of_birth=date(2009, 11, 24)), office.client())
    start = await start_message(office, await office.start(form))

    assert "national_insurance_number" in start.holders[0].required_details


@pytest.mark.rule("P34")
async def test_child_with_a_parents_address_is_no_clash(office: Office) -> None:
    """A child has no login, so the parent's e-mail address on the child's record stands in nobody's way."""
    form = jisa(office, child_of(office, email="parent@example.com"), office.client(email="parent@example.com"))

    assert await office.start(form)


@pytest.mark.rule("P31")
async def test_child_that_is_its_own_contact_is_sent_to_the_platform(office: Office) -> None:
    """A child of 16 who applies alone is refused with where to go instead."""
    child = office.client(date_of_birth=date(2009, 11, 24))
    body = await refused(office, jisa(office, child, child), "account-type-elsewhere", 422)

    assert "registered contact" in str(body["detail"])


@pytest.mark.rule("P33")
async def test_too_young_and_too_many_are_named_together(office: Office) -> None:
    """Every rule that forbids the account is an error with its code, its place and its sentence."""
    holders = [{"plannr_account": office.client()}, {"plannr_account": child_of(office)}]
    body = await refused(office, office.form(wrapper="isa", holders=holders), "not-eligible", 422)

    errors: list[dict[str, str]] = body["errors"]  # type: ignore[assignment]
    assert {(error["code"], error["pointer"]) for error in errors} == {
        ("joint_not_allowed", "/holders"),
        ("too_young", "/holders/1/plannr_account"),
    }
    assert errors[-1]["person_id"] == person_id(FIRM, holders[1]["plannr_account"])
    assert all(error["detail"] in str(body["detail"]) for error in errors)


@pytest.mark.rule("P31", "P33")
@pytest.mark.parametrize(
    ("answers", "code", "pointer"),
    [
        ({"already_holds_jisa": True}, "jisa_exists", "/already_holds_jisa"),
        ({"parental_responsibility": False}, "parental_responsibility_missing", "/parental_responsibility"),
        ({"paid_in_this_tax_year_pence": 9_000_01}, "jisa_allowance", "/paid_in_this_tax_year_pence"),
        ({"registered_contact": None}, "jisa_parties", "/holders"),
    ],
)
async def test_junior_isa_that_the_rules_forbid(
    office: Office, answers: dict[str, object], code: str, pointer: str
) -> None:
    """Each answer that forbids a Junior ISA is named at its place in the form."""
    form = jisa(office, child_of(office), office.client()) | answers
    body = await refused(office, form, "not-eligible", 422)

    assert [(error["code"], error["pointer"]) for error in body["errors"]] == [  # type: ignore[attr-defined]
        (code, pointer)
    ]


@pytest.mark.rule("P33")
async def test_warnings_are_answered_kept_and_shown(busy_office: Office) -> None:
    """What the adviser should know is in the answer, again when the start is repeated, and on the journey."""
    office = busy_office
    form = jisa(office, office.client(date_of_birth=date(2010, 3, 1)), office.client(), child_trust_fund_held=True)
    first = await office.post(JOURNEYS, form)
    office.started.append(first.json()["journey_id"])
    journey = await office.get(first.json()["links"]["self"])

    (warning,) = first.json()["warnings"]
    assert (first.status_code, warning["code"]) == (201, "child_trust_fund_transfer")
    assert journey["warnings"] == [warning]
    assert (await office.post(JOURNEYS, form)).json()["warnings"] == [warning]
    row = await eligibility(office, office.started[-1])
    assert row is not None
    assert row.answers["child_trust_fund_held"] is True
    (audit,) = await office.audit(office.started[-1])
    assert audit.details["warnings"] == ["child_trust_fund_transfer"]


@pytest.mark.rule("P33")
async def test_refused_start_keeps_nothing(office: Office) -> None:
    """A start that the rules forbid leaves no row of ours either, apart from no journey at all."""
    account = child_of(office)
    answer = await office.post(JOURNEYS, office.form(account, external_reference="CASE-X"))

    expect_problem(answer, "not-eligible", 422)
    async with office.services.database.reading() as session:
        assert (await session.scalars(select(AuditRow))).all() == []
        assert (await session.scalars(select(EligibilityRow))).all() == []


@pytest.mark.rule("P34")
async def test_address_is_checked_for_every_party(office: Office) -> None:
    """The clash of a second holder, or of a registered contact, is found at their place in the form."""
    existing = await office.platform.register_client("somebody-else", known("shared@example.com"), "adviser")
    taken = office.client(email="shared@example.com")
    joint = office.form(wrapper="gia", holders=[{"plannr_account": office.client()}, {"plannr_account": taken}])
    for form, place in (
        (joint, "/holders/1/plannr_account"),
        (jisa(office, child_of(office), taken), "/registered_contact/plannr_account"),
    ):
        body = await refused(office, form, "email-in-use", 409)

        assert body["existing_client"] == existing.client
        assert [error["pointer"] for error in body["errors"]] == [place]  # type: ignore[attr-defined]


@pytest.mark.rule("P34")
async def test_two_holders_with_one_address_are_refused(office: Office) -> None:
    """Two people who are to be registered cannot share an address, though the platform knows neither yet."""
    holders = [{"plannr_account": office.client(email="Both@example.com")} for _ in range(2)]
    body = await refused(office, office.form(wrapper="gia", holders=holders), "email-in-use", 409)

    assert "each needs one of their own" in str(body["detail"])


@pytest.mark.rule("P6", "P30")
async def test_every_holder_needs_a_link_to_skip_the_illustration(office: Office) -> None:
    """A joint journey without an illustration is refused for the one who has no link."""
    linked, unlinked = office.client(), office.client()
    registered = await office.platform.register_client(linked, known(), "adviser")
    link(office, linked, registered.client)
    holders = [{"plannr_account": linked}, {"plannr_account": unlinked}]
    body = await refused(
        office, office.form(wrapper="gia", holders=holders, illustration=None), "client-not-linked", 409
    )

    assert [error["pointer"] for error in body["errors"]] == ["/holders/1/plannr_account"]  # type: ignore[attr-defined]


def test_every_refusal_is_a_problem() -> None:
    """Whatever the start logic refuses has a kind of problem with the same name."""
    assert {refusal.value for refusal in StartRefusal} <= set(PROBLEM_TYPES)
