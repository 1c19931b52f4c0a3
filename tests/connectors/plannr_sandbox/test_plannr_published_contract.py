"""Walks every published endpoint and holds the sandbox to it: codes, headers, required fields, enums, answers."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from connectors.plannr.sandbox import seed

Json = dict[str, Any]
CONTRACT: list[Json] = json.loads((Path(__file__).parent / "published_contract.json").read_text(encoding="utf-8"))
WRITES = [endpoint for endpoint in CONTRACT if endpoint.get("body")]
READS = [endpoint for endpoint in CONTRACT if endpoint["method"] == "GET"]
BANK = {"account_name": "Mrs E Whitfield", "account_holders": "E Whitfield", "account_number": "55779911"}
SECCL = f"/api/v1/addons/seccl/{seed.ADDON}"


def _ids(endpoints: list[Json]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("endpoint", endpoints, ids=[endpoint["id"] for endpoint in endpoints])


async def _world(sandbox: Any) -> dict[str, str]:
    """Makes one record of each kind and returns what every path parameter may be."""
    account = (await sandbox.post("/api/v1/account", {"first_name": "Ada", "last_name": "Marlow"}))["uuid"]
    plan = await sandbox.post(
        "/api/v1/plans",
        {"accounts": [account], "type": "investment", "sub_type": "isa", "status": "proposed",
         "provider_uuid": seed.HARBOUR_PROVIDER_UUID},
    )  # fmt: skip
    illustration = await sandbox.post(
        "/api/v1/illustration",
        {"name": "ISA", "accounts": [account], "is_draft": False, "platform": "seccl", "plan_uuid": plan["uuid"],
         "requested_by_uuid": seed.HARBOUR_ADVISER_UUID},
    )  # fmt: skip
    application = await sandbox.post(
        "/api/v1/applications",
        {"account_uuids": [account], "wrapper_type": "ISA", "external_reference": str(uuid4())},
        201,
    )
    status = await sandbox.post("/api/v1/task-status", {"name": "To do"}, 201)
    task = await sandbox.post(
        "/api/v1/task",
        {"name": "Call", "taskable_type": "client", "taskable_uuid": account, "task_status_uuid": status["uuid"]},
        201,
    )
    document = await sandbox.post("/api/v1/document", {"name": "Letter", "client_uuids": [account]}, 201)
    bank = await sandbox.post("/api/v2/bank-accounts", {**BANK, "account_uuids": [account], "sort_code": "200000"})
    webhook = await sandbox.post(
        "/api/v2/webhook-subscriptions", {"url": "https://firm.example.com/hook", "events": ["case.created"]}, 201
    )
    await sandbox.post(f"/api/v1/account/{account}/address", {"name": "Home", "address_1": "1 High Street"})
    await sandbox.post("/api/v1/tag", {"mode": "attach", "taggable_type": "account", "taggable_uuid": account,
                                       "tags": ["Linked"]})  # fmt: skip
    await sandbox.post(
        f"{SECCL}/client",
        {"client_type": "Individual", "node_id": "N1", "title": "Ms", "first_name": "Ada", "surname": "Marlow",
         "email": "ada@example.com", "nationality": "GB", "account_uuid": account},
    )  # fmt: skip
    await sandbox.http.patch(f"{SECCL}/client/{account}", json={"application_uuid": application["uuid"],
                                                               "requires_debit_mandate": True})  # fmt: skip
    products = await sandbox.get(f"{SECCL}/client-products/{account}")
    mandates = await sandbox.get("/api/v2/direct-debit-mandates")
    sub_account = plan["main_account"]["uuid"]
    await sandbox.post(
        f"/api/v1/plans/{plan['uuid']}/sub-accounts/{sub_account}/contributions",
        {"type": "adhoc", "paid_at": "2026-12-01", "value": 100_000},
    )
    return {
        "account": account, "plan": plan["uuid"], "sub_account": sub_account, "illustration": illustration["uuid"],
        "application": application["uuid"], "task_status": status["uuid"], "task": task["uuid"],
        "document": document["uuid"], "bank_account": bank["uuid"], "webhook": webhook["uuid"],
        "product": products["data"][0]["id"], "mandate": mandates["data"][0]["uuid"],
    }  # fmt: skip


@pytest.fixture(scope="module")
async def world(shared: Any) -> dict[str, str]:
    """The records that the paths of this module name."""
    return await _world(shared)


def _uuid_kind(endpoint: Json) -> str:
    kinds = {
        "/account/": "account", "/bank-accounts/": "bank_account", "/sub-accounts/": "sub_account", "/plans/": "plan",
        "/illustration/": "illustration", "/task/": "task", "/document/": "document",
        "/direct-debit-mandates/": "mandate", "/webhook-subscriptions/": "webhook",
    }  # fmt: skip
    return next(kind for part, kind in kinds.items() if part in endpoint["path"])


def _path(endpoint: Json, world: dict[str, str]) -> str:
    names = {
        "addon": seed.ADDON,
        "account_uuid": world["account"],
        "client_uuid": world["account"],
        "plan_uuid": world["plan"],
        "subAccount_uuid": world["sub_account"],
        "subAccount": world["sub_account"],
        "illustration_uuid": world["illustration"],
        "document_uuid": world["document"],
        "clientProductId": world["product"],
        "uuid": world[_uuid_kind(endpoint)] if "{uuid}" in endpoint["path"] else "",
    }
    path: str = endpoint["path"].format_map(names)
    return path


def _body(endpoint: Json, world: dict[str, str]) -> Json | None:
    """A valid body: the required fields, and for changes one field."""
    account = world["account"]
    bank = {**BANK, "account_uuids": [account], "sort_code": "20-00-00"}
    bodies: dict[str, Json] = {
        "account-create": {"type": "client", "role": "individual", "first_name": "Bea", "last_name": "Lowe"},
        "account-update": {"marital_status": "married", "ni_number": "AB123456D", "date_of_birth": "1980-01-01"},
        "account-address-create": {"name": "Home", "address_1": "2 High Street"},
        "addresses-v2-create": {"account_uuids": [account], "name": "Home", "address_1": "3 High Street"},
        "bank-account-create": bank,
        "bank-account-update": bank,
        "client-owners": {"mode": "sync", "owners": [seed.SPOUSE_ONE_UUID, seed.SPOUSE_TWO_UUID]},
        "plan-create": {
            "type": "pension", "sub_type": "sipp", "status": "proposed", "provider_uuid": seed.HARBOUR_PROVIDER_UUID
        },
        "plan-ownership-update": {"accounts": [{"uuid": account, "percentage": 100}]},
        "plan-subaccount-create": {"name": "Drawdown"},
        "plan-subaccount-update": {"policy_number": "P1"},
        "contribution-create": {
            "type": "recurring", "frequency": "monthly", "started_at": "2026-12-01", "ended_at": "2027-12-01",
            "paid_at": "2026-12-01", "value": 25_000,
        },
        "transaction-create": {"type": "contribution"},
        "transaction-schedule-create": {"type": "contribution"},
        "illustration-create": {
            "name": "ISA", "accounts": [account], "is_draft": True, "platform": "seccl",
            "requested_by_uuid": seed.HARBOUR_ADVISER_UUID,
        },
        "tag-apply": {"mode": "attach", "taggable_type": "account", "taggable_uuid": account, "tags": ["Linked"]},
        "task-status-create": {"name": "Waiting"},
        "task-create": {
            "name": "Call", "taskable_type": "client", "taskable_uuid": account,
            "task_status_uuid": world["task_status"],
        },
        "document-create": {"name": "Letter", "client_uuids": [account]},
        "seccl-client-create": {
            "client_type": "Individual", "node_id": "N1", "parent_id": account, "title": "Mx", "first_name": "Bea",
            "surname": "Lowe", "email": "bea@example.com", "nationality": "GB",
        },
        "seccl-client-update": {"mobile": "07400 123400", "bank_details": None},
        "seccl-bank-details": {"sort_code": "200000", "account_number": "55779911"},
        "seccl-associate-node": {
            "associations": [{"adviser_uuid": seed.HARBOUR_ADVISER_UUID, "node_ids": ["N1"]}]
        },
        "webhook-create": {"url": "https://firm.example.com/hook", "events": ["plan.updated"]},
        "webhook-update": {"events": ["plan.updated"]},
    }  # fmt: skip
    found = deepcopy(bodies.get(endpoint["id"]))
    assert found is not None or endpoint["method"] == "GET" or "body" not in endpoint, f"no body for {endpoint['id']}"
    return found


async def _call(http: httpx.AsyncClient, endpoint: Json, world: dict[str, str], body: Json | None) -> httpx.Response:
    return await http.request(endpoint["method"], _path(endpoint, world), json=body)


def _fits(value: Any, spelled: str) -> bool:
    """Whether a value has one of the documented types; null stands for a value that is not there."""
    types: dict[str, tuple[type, ...]] = {
        "string": (str,), "integer": (int,), "boolean": (bool,), "object": (dict,), "array": (list,),
    }  # fmt: skip
    allowed = tuple(kind for word in spelled.split("|") for kind in types[word.partition("[")[0].partition("(")[0]])
    return value is None or isinstance(value, allowed)


def _check_answer(answer: Any, fields: Json, where: str) -> None:
    for name, fact in fields.items():
        if fact.get("presence") == "maybe" and name not in answer:
            continue
        assert name in answer, f"{where}.{name} is missing"
        value = answer[name]
        if fact.get("untyped"):
            continue
        listed = isinstance(value, list)
        assert _fits(value, fact["type"]) or (listed and fact.get("collection_ok")), f"{where}.{name} is {value!r}"
        if value and "enum" in fact:
            assert value in fact["enum"], f"{where}.{name} is {value!r}"
        if value and "length" in fact:
            assert len(value) == fact["length"]
        for item in (value if listed else [value]) if fact.get("fields") and value else ():
            _check_answer(item, fact["fields"], f"{where}.{name}")


@_ids(CONTRACT)
async def test_each_route_succeeds_with_the_documented_code_and_fields(shared: Any, endpoint: Json) -> None:
    """A valid call answers with the published status, every published field and the rate limit header."""
    world = await _world(shared)
    if endpoint["id"] == "seccl-mandate-completion":
        await shared.post(
            f"{SECCL}/client/{world['account']}/bank-details", {"sort_code": "200000", "account_number": "55779911"}
        )

    answer = await _call(shared.http, endpoint, world, _body(endpoint, world))

    documented = [code for code in endpoint["responses"] if code.startswith("2")]
    assert answer.status_code == int(documented[0] if documented else 200), answer.text
    assert answer.headers["X-Ratelimit-Remaining"].isdigit()
    if documented:
        fact = endpoint["responses"][documented[0]]
        content = answer.json()
        if fact.get("unwrap_list"):
            assert content["data"], "nothing to check"
            content = content["data"][0]
        elif "data" in fact["fields"]:
            assert content["data"], "nothing to check"
        _check_answer(content, fact["fields"], endpoint["id"])


@_ids(WRITES)
async def test_a_missing_required_field_is_refused(shared: Any, world: dict[str, str], endpoint: Json) -> None:
    """Each published required field, left out, gives 422 that names it and stores nothing."""
    facts = endpoint["body"]
    required = [name for name in facts["required"] if name not in facts.get("disputed_required", ())]
    whole = _body(endpoint, world) or {}
    cases: list[tuple[str, Json]] = [(name, {}) for name in required]
    for condition, names in facts.get("required_if", {}).items():
        field, _, value = condition.partition("=")
        cases += [(name, {field: value}) for name in names]
    before = (await shared.bare.get("/_sandbox/state")).json()

    for name, forced in cases:
        body = {**whole, **forced}
        del body[name]
        answer = await _call(shared.http, endpoint, world, body)

        assert answer.status_code == 422, f"{name}: {answer.text}"
        assert name in answer.json()["errors"]
    assert (await shared.bare.get("/_sandbox/state")).json() == before


def _wrong_values(name: str, fact: Json, whole: Json) -> list[tuple[str, Json]]:
    kind = fact["type"]
    if "enum" in fact and kind.startswith("array"):
        return [(f"{name}.0", {name: ["no-such-value"]})]
    if "enum" in fact:
        return [(name, {name: "no-such-value"})]
    wrong: dict[str, Any] = {
        "string": {"a": 1}, "integer": "many", "boolean": "perhaps", "array": "text", "object": "text", "date": "soon"
    }  # fmt: skip
    if fact.get("max_length") and fact.get("min_length") is None:
        return [(name, {name: "x" * (fact["max_length"] + 1)})]
    if fact.get("min_length"):
        return [(name, {name: "1" * (fact["min_length"] - 1)}), (name, {name: "1" * (fact["max_length"] + 1)})]
    if kind.startswith("string(") and kind != "string(uri)":
        return [(name, {name: "not one"})]
    base = kind.partition("[")[0].partition("(")[0]
    return [(name, {name: wrong[base]})] if base in wrong else []


@_ids(WRITES)
async def test_a_wrong_value_is_refused(shared: Any, world: dict[str, str], endpoint: Json) -> None:
    """Each published field refuses, with 422 that names it, what its enum, type or length forbids."""
    whole = _body(endpoint, world) or {}
    for field, fact in endpoint["body"]["fields"].items():
        for name, wrong in _wrong_values(field, fact, whole):
            answer = await _call(shared.http, endpoint, world, {**whole, **wrong})

            assert answer.status_code == 422, f"{name}: {answer.status_code} {answer.text}"
            assert name in answer.json()["errors"], answer.text


@_ids([endpoint for endpoint in WRITES if any("enum" in fact for fact in endpoint["body"]["fields"].values())])
async def test_every_documented_value_is_taken(shared: Any, world: dict[str, str], endpoint: Json) -> None:
    """No published enum value is refused as invalid."""
    whole = _body(endpoint, world) or {}
    for name, fact in endpoint["body"]["fields"].items():
        documented = fact.get("enum", [])
        for value in [documented] if documented and fact["type"].startswith("array") else documented:
            answer = await _call(shared.http, endpoint, world, {**whole, name: value})

            errors = answer.json().get("errors", {})
            assert not any(field.partition(".")[0] == name for field in errors), f"{name}={value}: {answer.text}"


@_ids(CONTRACT)
async def test_each_route_needs_token_and_firm(shared: Any, world: dict[str, str], endpoint: Json) -> None:
    """Without a valid token 401 with the published body, without or with an unknown account header an error."""
    body = _body(endpoint, world)
    bare, with_token = shared.bare, {"Authorization": shared.http.headers["Authorization"]}
    path, method = _path(endpoint, world), endpoint["method"]

    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic wrong"}):
        answer = await bare.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
        assert "X-Ratelimit-Remaining" in answer.headers
    if endpoint["id"] != "logins-list":
        assert (await bare.request(method, path, json=body, headers=with_token)).status_code == 400
        unknown = {**with_token, "X-PLANNR-ACCOUNT-UUID": seed.CLIENT_UUID}
        assert (await bare.request(method, path, json=body, headers=unknown)).status_code == 403


@_ids([endpoint for endpoint in CONTRACT if "{" in endpoint["path"].replace("{addon}", "")])
async def test_other_firms_and_unknown_records_are_not_found(
    shared: Any, world: dict[str, str], endpoint: Json
) -> None:
    """A record of another firm answers 404, as one that does not exist."""
    body = _body(endpoint, world)
    assert (await _call(shared.kestrel, endpoint, world, body)).status_code == 404
    nowhere = dict.fromkeys(world, str(uuid4()))
    assert (await _call(shared.http, endpoint, nowhere, body)).status_code == 404


@_ids([endpoint for endpoint in READS if endpoint["query"]])
async def test_each_documented_query_parameter_works(shared: Any, world: dict[str, str], endpoint: Json) -> None:
    """Every published filter, sort, include and page size is taken; one that is not published answers 400."""
    path = _path(endpoint, world)
    for parameter in endpoint["query"]:
        name = parameter["name"]
        plain = {"sort": "-created_at", "per_page": "3"}.get(name, "2026-01-01")
        for value in parameter.get("enum", [plain]):
            if name != "include" or "enum" in parameter:
                answer = await shared.http.get(path, params={name: value})
                assert answer.status_code == 200, f"{name}={value}: {answer.text}"
    if "seccl" not in path:
        for unknown in ({"filter[nonsense]": "1"}, {"sort": "nonsense"}, {"include": "nonsense"}):
            assert (await shared.http.get(path, params=unknown)).status_code == 400
