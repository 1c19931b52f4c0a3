"""Bad input of an adviser: each a problem of its own, and both systems stay as they were."""

import pytest

from cli.demonstration.actors import signed_in_adviser
from tests.e2e.world import GIA, Case, World, expect_problem

pytestmark = pytest.mark.timeout(180)

KESTREL = "callum.fairley@kestrel.example.com"


@pytest.fixture
def illustrated(world: World) -> Case:
    """Return a journey that waits for the details form."""
    case = world.case()
    case.illustrate()
    return case


@pytest.mark.rule("P10")
def test_a_client_whom_plannr_does_not_know(world: World) -> None:
    """A mistyped id starts nothing."""
    case = world.case()
    with world.untouched():
        answer = case.start(holders=[{"plannr_account": "00000000-0000-4000-8000-000000000000"}])
        expect_problem(answer, "plannr-client-unknown")


@pytest.mark.rule("P1", "P2")
@pytest.mark.parametrize("account_type", ["tpsipp", "tpofb", "corporate", "trust"])
def test_an_account_type_that_is_opened_elsewhere(world: World, account_type: str) -> None:
    """The refusal says where to go instead."""
    case = world.case()
    with world.untouched():
        problem = expect_problem(case.start(wrapper=account_type), "account-type-elsewhere")
    assert "in the platform" in problem["detail"]
    assert problem["errors"][0]["pointer"] == "/wrapper"


@pytest.mark.rule("P1")
def test_a_wrapper_that_nobody_knows(world: World) -> None:
    """A misspelt wrapper is refused at its place in the form."""
    case = world.case()
    with world.untouched():
        problem = expect_problem(case.start(wrapper="lisa"), "wrapper-not-served")
    assert problem["errors"][0]["pointer"] == "/wrapper"


@pytest.mark.rule("P45")
def test_a_second_start_meets_the_running_journey(world: World, illustrated: Case) -> None:
    """The same reference, client and wrapper under another key is the same journey, and nothing is written again."""
    with world.untouched():
        again = illustrated.start(key="second")
    assert again.status_code == 200, again.text
    assert (again.json()["journey_id"], again.json()["created"]) == (illustrated.journey_id, False)


@pytest.mark.rule("P11")
@pytest.mark.parametrize(
    ("details", "slug", "pointer"),
    [
        ({"national_insurance_number": "QQ123456C"}, "invalid-request", "details/national_insurance_number"),
        (
            {"address": {"line_1": "1 High Street", "town_city": "Leeds", "postcode": "LS1 4A"}},
            "invalid-request",
            "details/address/postcode",
        ),
        ({"sort_code": "20-00-0"}, "invalid-request", "bank_details/sort_code"),
        ({"account_number": "55779912"}, "bank-details-invalid", "bank_details/account_number"),
    ],
    ids=["nino", "postcode", "sort-code", "modulus"],
)
def test_details_that_cannot_be_true(
    world: World, illustrated: Case, details: dict[str, object], slug: str, pointer: str
) -> None:
    """A wrong number is refused at its place in the form, and never repeated in the answer."""
    form = illustrated.details(**details)
    with world.untouched():
        answer = illustrated.command("client-details", form)
        problem = expect_problem(answer, slug)
    assert f"/holders/0/{pointer}" in [error["pointer"] for error in problem["errors"]]
    assert "QQ123456C" not in answer.text
    assert "55779912" not in answer.text
    assert illustrated.emails() == []


@pytest.mark.rule("P7", "P22")
def test_details_that_are_left_out(world: World, illustrated: Case) -> None:
    """What neither Plannr nor the form knows is asked for by name; bank details are part of the adviser's form."""
    bare = illustrated.details()
    bare["holders"][0]["details"] = {}
    without_bank = illustrated.details()
    del without_bank["holders"][0]["bank_details"]
    with world.untouched():
        incomplete = expect_problem(illustrated.command("client-details", bare), "details-incomplete")
        expect_problem(illustrated.command("client-details", without_bank), "bank-details-required")
    assert {error["field"] for error in incomplete["errors"]} == {"tax_residences", "us_person"}


@pytest.mark.rule("P11", "P12", "P20")
def test_commands_out_of_turn(world: World) -> None:
    """A form belongs to its stage: before its time and after it, it is refused."""
    case = world.case(GIA)
    case.illustrate()
    with world.untouched():
        expect_problem(case.command("application", case.application()), "wrong-stage")
        expect_problem(case.command("invitations", {"person_id": case.person}), "wrong-stage")
    case.submit_details()
    case.send_application()
    with world.untouched():
        expect_problem(case.command("client-details", case.details()), "wrong-stage")
        late = {"Idempotency-Key": f"late-{case.journey_id}"}
        expect_problem(case.command("application", case.application(), **late), "wrong-stage")


def test_commands_without_key_with_a_used_key_and_on_an_old_version(world: World, illustrated: Case) -> None:
    """A command is given once, and only on the journey that its adviser looked at."""
    form, version = illustrated.details(), illustrated.journey()["version"]
    with world.untouched():
        keyless = world.adviser.http.post(f"{illustrated.path}/client-details", json=form)
        expect_problem(keyless, "idempotency-key-missing")
        stale = illustrated.command("client-details", form, **{"If-Match": f'"{version - 1}"'})
        expect_problem(stale, "stale-version")
        unreadable = illustrated.command("client-details", form, **{"If-Match": '"yesterday"'})
        expect_problem(unreadable, "stale-version")

    given = illustrated.command("client-details", form, **{"If-Match": f'"{version}"'})
    assert given.status_code == 200, given.text
    with world.untouched():
        again = illustrated.command("client-details", form, **{"If-Match": f'"{version}"'})
        assert (again.status_code, again.json()) == (200, given.json())
        assert again.headers["Idempotent-Replayed"] == "true"
        other = illustrated.details(us_person=True)
        expect_problem(illustrated.command("client-details", other), "idempotency-key-reused")
    assert illustrated.emails() == [("client", "client_setup_started")]


def test_a_journey_of_another_firm(world: World, illustrated: Case) -> None:
    """To another firm's adviser the journey does not exist, whatever they try; nor does it for nobody."""
    form = illustrated.details()
    with signed_in_adviser(world.around, KESTREL) as stranger, world.untouched():
        expect_problem(stranger.http.get(illustrated.path), "journey-not-found")
        for part in ("client-details", "emails", "evidence", "documents", "events"):
            expect_problem(stranger.http.get(f"{illustrated.path}/{part}"), "journey-not-found")
        given = stranger.http.post(f"{illustrated.path}/client-details", json=form, headers={"Idempotency-Key": "x"})
        expect_problem(given, "journey-not-found")
        listed = stranger.http.get("/api/v1/journeys").json()["journeys"]
        assert illustrated.journey_id not in [journey["journey_id"] for journey in listed]
        own_client = stranger.http.post(
            "/api/v1/journeys",
            json={
                "external_reference": "STRANGE-1",
                "wrapper": "isa",
                "holders": [{"plannr_account": illustrated.client.plannr_account}],
            },
            headers={"Idempotency-Key": "y"},
        )
        expect_problem(own_client, "plannr-client-unknown")
    with world.untouched():
        unsigned = world.adviser.http.get(illustrated.path, headers={"Authorization": "Bearer nobody"})
        expect_problem(unsigned, "sign-in-required")
