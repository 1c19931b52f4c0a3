"""Illustrations and accounts: opening, gates, activation, cancellation."""

from typing import Any

import pytest

from tests.conftest import Eventually
from tests.connectors.platform_sandbox.platform_calls import (
    BANK_ACCOUNT,
    Json,
    Platform,
    account,
    person,
    refusal,
)

CHILD = {
    "client_type": "minor",
    "email": None,
    "mobile": None,
    "date_of_birth": "2015-06-01",
    "national_insurance_number": None,
}


async def test_illustration_is_made_once_per_reference(platform: Platform) -> None:
    """An illustration keeps what it was made from; its reference is unique."""
    client = await platform.client()
    body = account("il-1", [client["id"]]) | {"retirement_age": 67}
    made = await platform.create("/illustrations", body)
    again = await platform.post("/illustrations", body)

    assert (made["status"], made["number"][:2], made["retirement_age"]) == ("generated", "IL", 67)
    assert await platform.get(f"/illustrations/{made['id']}") == made
    assert await platform.get(f"/illustrations?client_id={client['id']}&wrapper=isa&external_reference=il-1") == [made]
    assert refusal(again)[:2] == (409, "duplicate_external_reference")
    assert again.json()["error"]["existing_id"] == made["id"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"client_ids": ["cl_none"]}, {"client_ids.0": "unknown"}),
        ({"client_ids": []}, {"client_ids": "invalid"}),
        ({"wrapper": "tpsipp"}, {"wrapper": "invalid"}),
        ({"external_reference": None}, {"external_reference": "invalid"}),
        ({"contributions": [{"type": "regular", "amount_pence": 1}]}, {"contributions.0.frequency": "required"}),
        (
            {"contributions": [{"type": "single", "amount_pence": 1, "frequency": "monthly"}]},
            {"contributions.0.frequency": "not_allowed"},
        ),
        ({"contributions": [{"type": "single", "amount_pence": 0}]}, {"contributions.0.amount_pence": "out_of_range"}),
        ({"charges": {"initial_basis_points": 10_001}}, {"charges.initial_basis_points": "out_of_range"}),
    ],
)
async def test_unfit_illustration_is_refused(
    platform: Platform, changes: dict[str, Any], fields: dict[str, str]
) -> None:
    """Each field has its form; the refusal names the field."""
    client = await platform.client()
    answer = await platform.post("/illustrations", account("il-1", [client["id"]]) | changes)

    assert refusal(answer) == (422, "validation_failed", fields)


@pytest.mark.rule("P12")
async def test_account_is_opened_pending_once(platform: Platform) -> None:
    """An account of a submitted client is pending; its reference is unique; it is found by its keys."""
    client = await platform.submitted()
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    again = await platform.post("/accounts", account("ac-1", [client["id"]]))

    assert (opened["status"], opened["signatory_ids"], opened["number"][:2]) == ("pending", [client["id"]], "SP")
    assert again.json()["error"]["existing_id"] == opened["id"]
    query = f"client_id={client['id']}&status=pending&wrapper=isa&external_reference=ac-1"
    assert await platform.get(f"/accounts?{query}") == [opened]
    assert await platform.get("/accounts?client_id=cl_other") == []


async def test_account_of_a_registered_client_is_refused(platform: Platform) -> None:
    """A client has to be submitted before an account is opened."""
    client = await platform.client()

    assert refusal(await platform.post("/accounts", account("ac-1", [client["id"]])))[:2] == (409, "invalid_state")


async def test_wrapper_decides_who_may_hold_it(platform: Platform) -> None:
    """Holders, registered contact and pension data are checked for each wrapper."""
    first, second = await platform.submitted("a"), await platform.submitted("b")
    child = await platform.submitted("c", guardian_id=first["id"], **CHILD)
    ids = [first["id"], second["id"]]
    wrong: list[tuple[Json, dict[str, str]]] = [
        (account("x", ids, "isa"), {"client_ids": "out_of_range"}),
        (account("x", [child["id"]], "isa"), {"client_ids": "not_allowed"}),
        (account("x", [first["id"], first["id"]], "gia"), {"client_ids": "invalid"}),
        (account("x", [child["id"]], "jisa"), {"registered_contact_id": "required"}),
        (account("x", [child["id"]], "jisa", registered_contact_id=child["id"]), {"registered_contact_id": "unknown"}),
        (account("x", [second["id"]], "jisa", registered_contact_id=first["id"]), {"client_ids.0": "not_allowed"}),
        (account("x", ids, "gia", registered_contact_id=first["id"]), {"registered_contact_id": "not_allowed"}),
        (account("x", [first["id"]], "sipp"), {"client_ids.0": "required"}),
        (account("x", [first["id"]], "isa", illustration_id="il_none"), {"illustration_id": "unknown"}),
    ]

    for body, fields in wrong:
        assert refusal(await platform.post("/accounts", body)) == (422, "validation_failed", fields)
    assert await platform.get("/accounts") == []


@pytest.mark.rule("P15")
async def test_activation_lists_every_unmet_condition(platform: Platform, eventually: Eventually) -> None:
    """An account with nothing done is refused with all that is missing; refusals under a key are not kept."""
    client = await platform.submitted(last_name="Referred")
    await platform.http.put(f"/clients/{client['id']}/bank-account", json=BANK_ACCOUNT | {"account_number": "22220202"})
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    mandate = await platform.create(
        "/mandates", {"external_reference": "m-1", "account_id": opened["id"], "client_id": client["id"]}
    )
    path = f"/accounts/{opened['id']}/activation"

    async def decided() -> bool:
        return [await platform.aml(client["id"]), await platform.bav(client["id"])] == ["referred", "mismatch"]

    await eventually(decided)
    refused = await platform.post(path, key="activate")

    assert (refused.status_code, refused.json()["error"]["type"]) == (409, "not_ready")
    assert {(item["field"], item["type"]) for item in refused.json()["error"]["field_errors"]} == {
        (f"clients.{client['id']}", "aml_not_cleared"),
        (f"clients.{client['id']}", "platform_terms_not_accepted"),
        (f"clients.{client['id']}", "product_terms_not_accepted"),
        (f"clients.{client['id']}", "bank_account_not_verified"),
        (f"mandates.{mandate['id']}", "mandate_not_accepted"),
    }

    await platform.accept_everything(opened)
    await platform.act(
        f"/mandates/{mandate['id']}/acceptance",
        {"accepted_at": "2026-11-23T10:00:00Z", "sole_signatory": True, "evidence_reference": "e"},
    )
    await platform.control(f"clients/{client['id']}/aml", {"status": "cleared"})
    await platform.control(f"clients/{client['id']}/bav", {"status": "verified"})
    activated = await platform.post(path, key="activate")

    assert platform.data(activated)["status"] == "active"
    assert (await platform.get(f"/clients/{client['id']}"))["status"] == "active"
    assert await platform.act(path) == platform.data(activated)


@pytest.mark.rule("P15")
@pytest.mark.parametrize(("wrapper", "documents"), [("isa", 1), ("gia", 1), ("sipp", 2)])
async def test_single_holder_goes_from_registered_to_active(
    platform: Platform, eventually: Eventually, wrapper: str, documents: int
) -> None:
    """The straight way through, with the wrapper's own number of product documents."""
    client = await platform.submitted(marital_status="single", employment_status="employed", retirement_age=67)
    opened = await platform.create("/accounts", account("ac-1", [client["id"]], wrapper))
    await platform.accept_everything(opened)

    async def activated() -> bool:
        return (await platform.post(f"/accounts/{opened['id']}/activation")).status_code == 200

    await eventually(activated)
    found = await platform.get(f"/accounts/{opened['id']}")
    assert found["status"] == "active"
    assert found["activated_at"] is not None
    assert len(found["product_terms"][0]["documents"]) == documents


@pytest.mark.rule("P30")
async def test_joint_account_needs_every_holder(platform: Platform, eventually: Eventually) -> None:
    """With one of two acceptances the account stays pending, and the other holder is named."""
    first, second = await platform.submitted("a"), await platform.submitted("b")
    opened = await platform.create("/accounts", account("ac-1", [first["id"], second["id"]], "gia"))
    await platform.accept_everything({**opened, "signatory_ids": [first["id"]]})

    async def only_second_missing() -> bool:
        answer = await platform.post(f"/accounts/{opened['id']}/activation")
        return {item["field"] for item in answer.json()["error"]["field_errors"]} == {f"clients.{second['id']}"}

    await eventually(only_second_missing)
    await platform.accept_everything({**opened, "signatory_ids": [second["id"]]})

    async def activated() -> bool:
        return (await platform.post(f"/accounts/{opened['id']}/activation")).status_code == 200

    await eventually(activated)


@pytest.mark.rule("P31")
async def test_junior_isa_is_signed_by_the_registered_contact(platform: Platform, eventually: Eventually) -> None:
    """The contact accepts for the child; the child cannot."""
    contact = await platform.submitted("contact")
    child = await platform.submitted("child", guardian_id=contact["id"], **CHILD)
    opened = await platform.create(
        "/accounts", account("ac-1", [child["id"]], "jisa", registered_contact_id=contact["id"])
    )
    path = f"/accounts/{opened['id']}"
    by_child = await platform.post(
        f"{path}/product-terms-acceptances", await platform.product_terms(child["id"], "jisa")
    )
    await platform.accept_everything(opened)

    async def activated() -> bool:
        return (await platform.post(f"{path}/activation")).status_code == 200

    assert opened["signatory_ids"] == [contact["id"]]
    assert refusal(by_child) == (422, "validation_failed", {"client_id": "not_allowed"})
    await eventually(activated)
    assert (await platform.get(f"/clients/{child['id']}"))["status"] == "active"


@pytest.mark.rule("P43")
async def test_cancellation_ends_a_pending_account_and_its_mandates(platform: Platform) -> None:
    """A pending account is cancelled with its reason, twice without harm; nothing can be done with it afterwards."""
    client = await platform.submitted()
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    mandate = await platform.create(
        "/mandates", {"external_reference": "m-1", "account_id": opened["id"], "client_id": client["id"]}
    )
    path = f"/accounts/{opened['id']}"
    cancelled = await platform.act(f"{path}/cancellation", {"reason": "withdrawn"})

    assert (cancelled["status"], cancelled["cancellation_reason"]) == ("cancelled", "withdrawn")
    assert await platform.act(f"{path}/cancellation", {"reason": "other"}) == cancelled
    assert (await platform.get(f"/mandates/{mandate['id']}"))["status"] == "cancelled"
    terms = await platform.product_terms(client["id"], "isa")
    for refused in (
        await platform.post(f"{path}/activation"),
        await platform.post(f"{path}/product-terms-acceptances", terms),
        await platform.http.patch(path, json={"name": "Other"}),
    ):
        assert refusal(refused)[:2] == (409, "invalid_state")


async def test_account_can_be_amended_within_bounds(platform: Platform) -> None:
    """Name, strategy, contributions and charges can change; holders and wrapper cannot."""
    client = await platform.submitted()
    opened = await platform.create("/accounts", account("ac-1", [client["id"]]))
    path = f"/accounts/{opened['id']}"
    amended = platform.data(await platform.http.patch(path, json={"charges": {"ongoing_basis_points": 75}}))

    assert amended["charges"]["ongoing_basis_points"] == 75
    assert amended["contributions"] == opened["contributions"]
    wrong: list[Json] = [{"wrapper": "gia"}, {"client_ids": []}, {"status": "active"}]
    for body in wrong:
        assert refusal(await platform.http.patch(path, json=body))[0] == 422


@pytest.mark.rule("P2")
@pytest.mark.parametrize("wrapper", ["tpsipp", "tpofb", "corporate", "trust"])
async def test_wrappers_of_the_platform_alone_need_no_product_terms(
    platform: Platform, eventually: Eventually, wrapper: str
) -> None:
    """Accounts that people create in the platform itself exist, without documents of ours."""
    client = await platform.submitted()
    body = account("unused", [client["id"]], wrapper) | {"external_reference": None}
    opened = await platform.create("/accounts", body)
    await platform.act(f"/clients/{client['id']}/terms-acceptances", await platform.platform_terms())

    async def activated() -> bool:
        return (await platform.post(f"/accounts/{opened['id']}/activation")).status_code == 200

    await eventually(activated)


async def test_unknown_ids_are_not_found(platform: Platform) -> None:
    """Every kind of record answers 404 in the envelope."""
    for path in ("/clients/x", "/accounts/x", "/illustrations/x", "/mandates/x", "/documents/x"):
        assert refusal(await platform.http.get(path))[:2] == (404, "not_found")
    assert (await platform.post("/clients", person())).status_code == 201
