"""A link decides where a journey may start (P5, P6), and what a linked client is not asked again (P15)."""

import pytest

from cli.demonstration.surroundings import checked
from tests.e2e.world import GIA, ISA, Case, World, expect_problem

pytestmark = pytest.mark.timeout(180)


@pytest.mark.rule("P6", "P15")
def test_a_second_journey_starts_at_the_application_and_asks_no_platform_terms(world: World) -> None:
    """A linked client skips the illustration, and platform terms once accepted are not asked for again."""
    first = world.waiting(ISA)
    first.finish()
    first.assert_complete()
    told = len(first.message_ids())

    second = Case(world, GIA, first.client)
    started = second.start(illustrated=False)
    assert started.status_code == 201, started.text
    second.journey_id = started.json()["journey_id"]
    assert second.until("the adviser's turn", lambda seen: seen["waiting_on"] == "adviser")["stage"] == (
        "application_draft"
    )
    second.submit_details()
    second.send_application()
    with second.portal() as visitor:
        done = visitor.do_everything(second.journey_id, lambda _: None)
    second.until_active()

    assert "platform_terms" not in done
    assert {"product_terms", "direct_debit_mandate"} <= set(done)
    assert second.in_plannr() == {"application": "complete", "plan": "active", "linked": True}
    assert second.in_platform() == {"client": "active", "account": "active"}
    assert second.illustrations() == (1, 1)
    # An active client is not told again that they are being set up.
    new = [template for _, template in second.emails()][told:]
    assert sorted(new) == ["account_created", "adviser_plan_active", "new_documentation"]


@pytest.mark.rule("P6")
def test_an_unlinked_client_cannot_start_at_the_application(world: World) -> None:
    """The refusal names what of the link is missing, and neither system is written to."""
    case = world.case()
    with world.untouched():
        problem = expect_problem(case.start(illustrated=False), "client-not-linked")

    assert problem["missing"] == ["external_reference", "tag"]
    assert "starts with an illustration" in problem["detail"]
    listed = world.adviser.http.get("/api/v1/journeys", params={"limit": 100}).json()["journeys"]
    assert f"DEMO-{case.client.plannr_account[:8]}" not in [journey["external_reference"] for journey in listed]


@pytest.mark.rule("P5", "P34")
def test_an_email_address_of_another_platform_client_is_found_before_anything_is_written(world: World) -> None:
    """A client keyed in the platform itself, with the same address, is shown instead of a second one being made."""
    case = world.case()
    with world.around.platform() as platform:
        person = {"client_type": "individual", "first_name": "Eleanor", "last_name": "Marsh"}
        more = {"date_of_birth": "1978-04-12", "email": case.client.email, "adviser_reference": "ADV-0001"}
        existing: object = checked(platform.post("/clients", json=person | more))["data"]

    with world.untouched():
        problem = expect_problem(case.start(), "email-in-use")
    assert isinstance(existing, dict)
    assert problem["existing_client"] == existing["id"]
