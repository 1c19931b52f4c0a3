"""The platform add-on, tasks and documents of the sandbox."""

from typing import Any

import pytest

from connectors.plannr.sandbox import seed

Json = dict[str, Any]
BASE = f"/api/v1/addons/seccl/{seed.ADDON}"
NINO = {"name": "NINO", "available": True, "value": "AB123456C"}
CONCAT = {"name": "CONCAT", "available": True}


def _person(account: str, surname: str = "Whitfield", **more: Any) -> Json:
    return {
        "client_type": "Individual", "node_id": "N1", "title": "Mrs", "first_name": "Eleanor", "surname": surname,
        "email": "eleanor.whitfield@example.com", "nationality": "GB", "account_uuid": account, **more,
    }  # fmt: skip


async def test_a_platform_client_goes_from_registered_to_active(sandbox: Any, application_body: Json) -> None:
    """Registered when made (its id on the account), Pending with an application, Active with terms and bank details."""
    made = await sandbox.post(f"{BASE}/client", _person(seed.CLIENT_UUID))
    assert (made["status"], made["terms_accepted"]) == ("Registered", False)
    account = await sandbox.get(f"/api/v1/account/{seed.CLIENT_UUID}", include="external_references")
    assert [(item["source"], item["reference"]) for item in account["external_references"]] == [("seccl", made["id"])]
    await sandbox.post(f"{BASE}/client", _person(seed.CLIENT_UUID), 409)

    path = f"{BASE}/client/{seed.CLIENT_UUID}"
    bank = {"sort_code": "200000", "account_number": "55779911"}
    await sandbox.post(f"{path}/bank-details", bank, 409)
    await sandbox.post(f"{path}/direct-debit-mandate/portal-completion", {}, 409)
    application = (await sandbox.post("/api/v1/applications", application_body, 201))["uuid"]
    pending = (await sandbox.http.patch(path, json={"application_uuid": application})).json()
    assert (pending["status"], pending["aml_passed"]) == ("Pending", True)
    await sandbox.http.patch(path, json={"platform_terms_accepted": True})
    active = await sandbox.post(f"{path}/bank-details", bank)
    assert (active["status"], active["terms_accepted"]) == ("Active", True)
    await sandbox.post(f"{path}/bank-details", bank, 409)

    first = await sandbox.post(f"{path}/direct-debit-mandate/portal-completion", {})
    again = await sandbox.post(f"{path}/direct-debit-mandate/portal-completion", {})
    assert first["bank_details"]["accepted_debit_mandate"] is True
    assert again == first
    mandates = await sandbox.get("/api/v2/direct-debit-mandates", **{"filter[is_completed]": "only"})
    assert [item["completed_at"] for item in mandates["data"]] == [first["bank_details"]["accepted_debit_mandate_at"]]


@pytest.mark.parametrize(
    ("wrapper", "field"), [("ISA", "declaration_accepted_date"), ("PENSION", "accepted_provider_terms")]
)
async def test_product_terms_are_accepted(sandbox: Any, application_body: Json, wrapper: str, field: str) -> None:
    """An application opens one client product; accepting it twice keeps the first declaration."""
    await sandbox.post(f"{BASE}/client", _person(seed.CLIENT_UUID))
    body = {**application_body, "wrapper_type": wrapper}
    application = (await sandbox.post("/api/v1/applications", body, 201))["uuid"]
    for _ in range(2):
        await sandbox.http.patch(f"{BASE}/client/{seed.CLIENT_UUID}", json={"application_uuid": application})
    (product,) = (await sandbox.get(f"{BASE}/client-products/{seed.CLIENT_UUID}", wrapper_type=wrapper))["data"]
    assert product["terms_accepted"] is False

    accept = f"{BASE}/client/{seed.CLIENT_UUID}/products/{product['id']}/accept"
    accepted = await sandbox.post(accept, {})
    assert accepted["terms_accepted"] is True
    assert accepted[field]
    assert await sandbox.post(accept, {}) == accepted
    assert (await sandbox.get(f"{BASE}/client-products/{seed.CLIENT_UUID}", wrapper_type="GIA"))["data"] == []


async def test_the_test_surname_does_not_pass_aml(sandbox: Any, application_body: Json) -> None:
    """The person called Referred stays Pending without AML."""
    await sandbox.post(f"{BASE}/client", _person(seed.REFERRED_UUID, "Referred"))
    application = (await sandbox.post("/api/v1/applications", application_body, 201))["uuid"]
    change = {"application_uuid": application, "platform_terms_accepted": True}
    shown = (await sandbox.http.patch(f"{BASE}/client/{seed.REFERRED_UUID}", json=change)).json()

    assert (shown["status"], shown["aml_passed"]) == ("Pending", False)


@pytest.mark.parametrize(
    ("nationalities", "status"),
    [
        ([{"code": "GB", "identifiers": [NINO]}], 200),
        ([{"code": "GB", "identifiers": [NINO]}, {"code": "FR"}], 200),
        ([{"code": "FR", "identifiers": [CONCAT, {"name": "TIN", "available": False}]}], 200),
        ([{"code": "GB"}], 422),
        ([{"code": "GB", "identifiers": [NINO, CONCAT]}], 422),
        ([{"code": "GB", "identifiers": [NINO]}, {"code": "FR", "identifiers": [CONCAT]}], 422),
        ([{"code": "GB", "identifiers": [{**NINO, "value": None}]}], 422),
        ([{"code": "GB", "identifiers": [{**CONCAT, "value": "X"}]}], 422),
        ([{"code": "GB", "identifiers": [{"name": "NINO"}]}], 422),
    ],
)
async def test_nationalities_keep_their_rule(sandbox: Any, nationalities: list[Json], status: int) -> None:
    """Exactly one entry has identifiers, exactly one of them available; CONCAT has no value."""
    await sandbox.post(f"{BASE}/client", _person(seed.CLIENT_UUID, nationalities=nationalities), status)


async def test_an_unknown_add_on_is_not_found(sandbox: Any) -> None:
    """Another instance id answers 404."""
    await sandbox.post("/api/v1/addons/seccl/octopus_money/client", _person(seed.CLIENT_UUID), 404)


async def test_a_task_is_completed_once(sandbox: Any) -> None:
    """A task gets its completion time with a completed status; its subject must exist."""
    statuses = (await sandbox.get("/api/v1/task-status"))["data"]
    done = next(item["uuid"] for item in statuses if item["is_type_completed"])
    open_ = next(item["uuid"] for item in statuses if item["is_not_started"])
    body = {"name": "Call", "taskable_type": "client", "taskable_uuid": seed.CLIENT_UUID, "task_status_uuid": open_}
    task = await sandbox.post("/api/v1/task", body, 201)
    await sandbox.post("/api/v1/task", {**body, "taskable_uuid": seed.KESTREL_CLIENT_UUID}, 422)
    await sandbox.post("/api/v1/task", {**body, "taskable_type": "case"}, 422)

    path = f"/api/v1/task/{task['uuid']}"
    first = (await sandbox.http.put(path, json={"task_status_uuid": done})).json()
    again = (await sandbox.http.put(path, json={"priority": "high"})).json()
    assert first["completed_at"] == again["completed_at"] is not None
    found = await sandbox.get("/api/v1/task", **{"filter[taskable_uuid]": seed.CLIENT_UUID})
    assert [item["uuid"] for item in found["data"]] == [task["uuid"]]
    assert (await sandbox.http.delete(path)).status_code == 204
    assert (await sandbox.http.get(path)).status_code == 404


async def test_a_published_document_can_be_read_and_not_published_again(sandbox: Any) -> None:
    """Publishing gives a public preview, once."""
    made = await sandbox.post("/api/v1/document", {"name": "A & B", "client_uuids": [seed.CLIENT_UUID]}, 201)
    assert (await sandbox.bare.get(f"/public/document/{made['uuid']}")).status_code == 404
    published = await sandbox.post(f"/api/v1/document/{made['uuid']}/publish", {})

    assert published["status"] == "published"
    assert "A &amp; B" in (await sandbox.bare.get(published["public_preview_url"])).text
    await sandbox.post(f"/api/v1/document/{made['uuid']}/publish", {}, 409)
