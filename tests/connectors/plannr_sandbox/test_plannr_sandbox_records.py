"""What the sandbox does with records, published behaviour and assumptions alike."""

from typing import Any

import httpx
import pytest

from connectors.plannr.sandbox import seed
from connectors.plannr.sandbox.assumptions import ASSUMPTIONS

Json = dict[str, Any]
CLIENT = f"/api/v1/account/{seed.CLIENT_UUID}"


async def test_logins_name_the_firms_of_the_user(sandbox: Any) -> None:
    """The list of logins needs no account header and gives the value for it, firm by firm."""
    token = {"Authorization": sandbox.http.headers["Authorization"]}
    logins = (await sandbox.bare.get("/api/v1/logins", headers=token)).json()["data"]

    firms = {login["firm"]["name"]: login["account"]["uuid"] for login in logins}
    assert firms == {
        "Harbour Wealth": seed.HARBOUR_ACCOUNT_UUID,
        "Kestrel Financial Planning": seed.KESTREL_ACCOUNT_UUID,
    }
    assert [login["preferred_account_uuid"] for login in logins] == [login["account"]["uuid"] for login in logins]


async def test_a_firm_sees_its_own_records_only(sandbox: Any) -> None:
    """Lists hold the caller's firm alone."""
    harbour = await sandbox.get("/api/v1/account", per_page="500")
    kestrel = (await sandbox.kestrel.get("/api/v1/account", params={"per_page": 500})).json()

    ours, theirs = ({item["uuid"] for item in part["data"]} for part in (harbour, kestrel))
    assert seed.CLIENT_UUID in ours
    assert seed.KESTREL_CLIENT_UUID in theirs
    assert not ours & theirs


async def test_the_envelope_pages_through_everything_once(sandbox: Any) -> None:
    """Following links.next meets every record once, in the order asked for; totals and page numbers fit."""
    await sandbox.bare.post("/_sandbox/seed", json={"accounts": 40})
    answer = await sandbox.get("/api/v1/account", sort="-created_at")
    assert (answer["meta"]["per_page"], answer["meta"]["current_page"], len(answer["data"])) == (15, 1, 15)
    assert answer["links"]["prev"] is None

    seen = [item["created_at"] for item in answer["data"]]
    while answer["links"]["next"]:
        answer = (await sandbox.http.get(answer["links"]["next"])).json()
        seen += [item["created_at"] for item in answer["data"]]
    assert len(seen) == len(set(seen)) == answer["meta"]["total"]
    assert seen == sorted(seen, reverse=True)
    assert (await sandbox.get("/api/v1/account", per_page="9999"))["meta"]["per_page"] == 500
    beyond = await sandbox.get("/api/v1/account", page="99")
    assert (beyond["data"], beyond["meta"]["from"]) == ([], None)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("primary_email", "Eleanor.Whitfield@example.com", [seed.CLIENT_UUID]),
        ("primary_email", "nobody@example.com", []),
        ("ni_number", "AB123456C", [seed.CLIENT_UUID]),
        ("date_of_birth", "2015-03-09", [seed.CHILD_UUID]),
        ("is_child_account", "1", [seed.CHILD_UUID]),
        ("name", "okafor", [seed.SPOUSE_ONE_UUID, seed.SPOUSE_TWO_UUID]),
        ("name", "Mrs Grace Ok", [seed.SPOUSE_TWO_UUID]),
        ("uuids", f"{seed.PARENT_UUID},{seed.REFERRED_UUID}", [seed.PARENT_UUID, seed.REFERRED_UUID]),
        ("type", "employee", [seed.HARBOUR_ACCOUNT_UUID, seed.HARBOUR_ADVISER_UUID, seed.HARBOUR_SECOND_ADVISER_UUID]),
        ("role", "admin,owner", [seed.HARBOUR_ACCOUNT_UUID]),
        ("updated_after", "2100-01-01T00:00:00Z", []),
    ],
)
async def test_filters_find_the_records_they_name(sandbox: Any, name: str, value: str, found: list[str]) -> None:
    """Each filter gives exactly the records that fit."""
    answer = await sandbox.get("/api/v1/account", **{f"filter[{name}]": value})

    assert [item["uuid"] for item in answer["data"]] == found
    assert answer["meta"]["total"] == len(found)


async def test_a_filter_that_should_be_a_time_is_refused(sandbox: Any) -> None:
    """A text that is no time gives 422."""
    assert (await sandbox.http.get("/api/v1/account?filter[created_after]=soon")).status_code == 422


async def test_updates_are_found_by_their_time(sandbox: Any) -> None:
    """A record changed after a moment is found by filter[updated_after]; tagging does not count as a change."""
    moment = (await sandbox.get(CLIENT))["updated_at"]
    tag = {"mode": "attach", "taggable_type": "account", "taggable_uuid": seed.CLIENT_UUID, "tags": ["VIP"]}
    await sandbox.post("/api/v1/tag", tag)
    assert (await sandbox.get(CLIENT))["updated_at"] == moment

    await sandbox.http.put(f"/api/v1/account/{seed.PARENT_UUID}", json={"phone": "07400 123400"})
    newest = (await sandbox.get("/api/v1/account", sort="-updated_at", per_page="1"))["data"][0]
    assert (newest["uuid"], newest["phone"]) == (seed.PARENT_UUID, "07400 123400")
    changed = await sandbox.get("/api/v1/account", **{"filter[updated_after]": newest["created_at"]})
    assert seed.PARENT_UUID in {item["uuid"] for item in changed["data"]}


async def test_a_change_touches_only_what_was_sent(sandbox: Any) -> None:
    """PUT keeps the other fields, ignores unknown ones, trims texts and clears with null or a blank."""
    before = await sandbox.get(CLIENT)
    await sandbox.http.put(
        CLIENT, json={"title": " Dr ", "nickname": "", "phone": None, "with_login": True, "uuid": "x"}
    )
    after = await sandbox.get(CLIENT)

    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"title", "name", "phone", "updated_at"}
    assert (after["title"], after["phone"]) == ("Dr", None)


async def test_tags_attach_replace_and_detach(sandbox: Any) -> None:
    """A tag is made by name once; sync replaces, detach removes; accounts show their tags when asked."""
    body = {"taggable_type": "account", "taggable_uuid": seed.CLIENT_UUID}
    first = await sandbox.post(
        "/api/v1/tag", {**body, "mode": "attach", "tags": ["Linked", {"name": "VIP", "colour": "#111111"}]}
    )
    again = await sandbox.post("/api/v1/tag", {**body, "mode": "attach", "tags": ["linked"]})
    assert [tag["name"] for tag in again["data"]] == ["Linked", "VIP"]

    assert await sandbox.post("/api/v1/tag", {**body, "mode": "sync", "tags": [first["data"][1]["uuid"]]}) == {
        "data": [first["data"][1]]
    }
    assert (await sandbox.get(CLIENT, include="tags"))["tags"] == [first["data"][1]]
    assert (await sandbox.post("/api/v1/tag", {**body, "mode": "detach", "tags": ["VIP"]})) == {"data": []}
    assert "tags" not in await sandbox.get(CLIENT)


async def test_an_external_reference_is_set_once_per_source(sandbox: Any) -> None:
    """Saying it twice changes nothing, a new value replaces the old, and the account is found by it."""
    path = f"{CLIENT}/external-references"
    first = await sandbox.post(path, {"source": "soderberg", "reference": "C-1"})
    assert await sandbox.post(path, {"source": "soderberg", "reference": "C-1"}) == first
    await sandbox.post(path, {"source": "soderberg", "reference": "C-2"})

    shown = await sandbox.get(CLIENT, include="external_references")
    assert [(item["source"], item["reference"]) for item in shown["external_references"]] == [("soderberg", "C-2")]
    found = await sandbox.get("/api/v1/account", **{"filter[external_reference]": "C-2"})
    assert [item["uuid"] for item in found["data"]] == [seed.CLIENT_UUID]
    assert (await sandbox.get("/api/v1/account", **{"filter[external_reference]": "C-1"}))["data"] == []


async def test_includes_show_related_records(sandbox: Any) -> None:
    """Primary contact, address, adviser and owners come when asked for."""
    includes = "primary_email,primary_phone_number,primary_address,assigned_adviser,owners"
    child = await sandbox.get(f"/api/v1/account/{seed.CHILD_UUID}", include=includes)
    adult = await sandbox.get(CLIENT, include=includes)

    assert child["primary_email"] is None
    assert [owner["uuid"] for owner in child["owners"]] == [seed.PARENT_UUID]
    assert adult["primary_email"]["email"] == "eleanor.whitfield@example.com"
    assert adult["primary_address"]["postcode"] == "BS1 4DJ"
    assert adult["assigned_adviser"]["uuid"] == seed.HARBOUR_ADVISER_UUID


async def test_a_new_primary_address_replaces_the_old(sandbox: Any) -> None:
    """One address is primary at a time, for each owner."""
    owners = [seed.SPOUSE_ONE_UUID, seed.SPOUSE_TWO_UUID]
    body = {
        "account_uuids": owners,
        "is_primary": True,
        "name": "New",
        "address_1": "1 New Road",
        "postcode": "BS1 4DJ",
    }
    made = await sandbox.post("/api/v2/addresses", body, 201)

    for owner in owners:
        shown = await sandbox.get(f"/api/v1/account/{owner}", include="primary_address")
        assert shown["primary_address"]["uuid"] == made["uuid"]
    listed = await sandbox.get(
        "/api/v2/addresses", **{"filter[account_uuids]": owners[0], "include": "primary_accounts"}
    )
    assert [len(item["primary_accounts"]) for item in listed["data"]] == [2, 0]


async def test_owners_attach_and_detach(sandbox: Any) -> None:
    """The members of a joint client are added, removed, and never the client itself."""
    joint = (await sandbox.post("/api/v1/account", {"role": "joint", "entity_name": "The Okafors"}))["uuid"]
    path = f"/api/v1/client/{joint}/owners"
    for owner in (seed.SPOUSE_ONE_UUID, seed.SPOUSE_TWO_UUID):
        await sandbox.post(path, {"mode": "attach", "owners": [owner]})
    left = await sandbox.post(path, {"mode": "detach", "owners": [seed.SPOUSE_ONE_UUID]})

    assert [owner["uuid"] for owner in left["owners"]] == [seed.SPOUSE_TWO_UUID]
    await sandbox.post(path, {"mode": "attach", "owners": [joint]}, 422)
    await sandbox.post(path, {"mode": "attach", "owners": [seed.HARBOUR_ADVISER_UUID]}, 422)


async def test_a_plan_is_found_and_changed(sandbox: Any, plan_body: Json) -> None:
    """A plan has a main sub account, is found by its proposal reference, and PUT changes it in part."""
    plan = await sandbox.post("/api/v1/plans", plan_body)
    assert plan["main_account"]["is_main_account"] is True
    assert plan["provider"]["name"] == seed.PROVIDER_NAME

    changed = await sandbox.http.put(f"/api/v1/plans/{plan['uuid']}", json={"status": "active", "policy_number": "A1"})
    assert (changed.status_code, changed.json()["status"], changed.json()["sub_type"]) == (200, "active", "isa")
    for name, value in (
        ("proposal_reference", "journey-1"),
        ("policy_number", "A1"),
        ("account_uuids", seed.CLIENT_UUID),
    ):
        found = await sandbox.get("/api/v1/plans", **{f"filter[{name}]": value})
        assert [item["uuid"] for item in found["data"]] == [plan["uuid"]]
    assert (await sandbox.http.put(f"/api/v1/plans/{plan['uuid']}", json={"status": "gone"})).status_code == 422


@pytest.mark.parametrize(
    ("accounts", "shares"),
    [
        ([seed.SPOUSE_ONE_UUID, seed.SPOUSE_TWO_UUID], [50, 50]),
        ([{"uuid": seed.SPOUSE_ONE_UUID, "percentage": 70}, {"uuid": seed.SPOUSE_TWO_UUID}], [70, 30]),
        ([{"uuid": seed.SPOUSE_ONE_UUID, "percentage": 70}, {"uuid": seed.SPOUSE_TWO_UUID, "percentage": 40}], None),
        ([{"percentage": 70}], None),
        ([{"uuid": seed.SPOUSE_ONE_UUID, "percentage": "most"}], None),
        ([seed.HARBOUR_ADVISER_UUID], None),
    ],
)
async def test_owners_share_a_plan(
    sandbox: Any, plan_body: Json, accounts: list[Any], shares: list[int] | None
) -> None:
    """Owners without a percentage share the rest equally; more than 100, or others than clients, are refused."""
    plan = await sandbox.post("/api/v1/plans", {**plan_body, "accounts": accounts}, 200 if shares else 422)

    if shares:
        assert [owner["percentage"] for owner in plan["accounts"]] == shares


async def test_a_plan_that_is_being_deleted_refuses_changes(start: Any, tmp_path: Any, plan_body: Json) -> None:
    """While a deletion runs, changes give the published 409; afterwards the plan is gone."""
    async with start(tmp_path / "long.db", deletion_seconds=60.0) as sandbox:
        plan = (await sandbox.post("/api/v1/plans", plan_body))["uuid"]
        assert (await sandbox.http.delete(f"/api/v1/plans/{plan}")).status_code == 204
        refused = await sandbox.post(f"/api/v1/plans/{plan}/sub-accounts", {"name": "x"}, 409)
        assert refused == {"message": "Plan is being deleted."}
        assert (await sandbox.http.get(f"/api/v1/plans/{plan}")).status_code == 200
    async with start(tmp_path / "short.db", deletion_seconds=0.0) as sandbox:
        plan = (await sandbox.post("/api/v1/plans", plan_body))["uuid"]
        await sandbox.http.delete(f"/api/v1/plans/{plan}")
        assert (await sandbox.http.get(f"/api/v1/plans/{plan}")).status_code == 404
        assert (await sandbox.get("/api/v1/plans"))["data"] == []


async def test_money_is_printed_as_published(sandbox: Any, plan_body: Json) -> None:
    """Pence go in; amount, currency and formatted text come out; a schedule is a transaction of its own."""
    plan = await sandbox.post("/api/v1/plans", plan_body)
    base = f"/api/v1/plans/{plan['uuid']}"
    sub = plan["main_account"]["uuid"]
    money = {"amount": 123_456, "currency": "GBP", "formatted": "£1,234.56"}

    paid = {"type": "adhoc", "paid_at": "2026-12-01", "value": 123_456}
    made = await sandbox.post(f"{base}/sub-accounts/{sub}/contributions", paid)
    moved = await sandbox.post(f"{base}/transaction", {"type": "contribution", "value": 123_456})
    assert made["value"] == moved["value"] == money
    assert moved["sub_account_uuid"] == sub
    other = (await sandbox.post("/api/v1/plans", plan_body))["main_account"]["uuid"]
    await sandbox.post(f"{base}/transaction-schedule", {"type": "contribution", "sub_account_uuid": other}, 422)


async def test_an_illustration_makes_a_proposed_plan(sandbox: Any, illustration_body: Json, eventually: Any) -> None:
    """Without a plan it makes a proposed one; it is generated a moment later and found by name."""
    made = await sandbox.post("/api/v1/illustration", illustration_body)
    assert (made["status"], made["account_opening_allowed"]) == ("generating_illustration", False)
    plan = await sandbox.get(f"/api/v1/plans/{made['plan']['uuid']}")
    assert (plan["status"], plan["type"], plan["sub_type"]) == ("proposed", "investment", "isa")

    async def generated() -> Json | None:
        shown: Json = await sandbox.get(f"/api/v1/illustration/{made['uuid']}")
        return shown if shown["status"] == "generated_illustration" else None

    shown = await eventually(generated)
    assert shown["platform_illustration_id"] == "IL000001"
    assert shown["account_opening_allowed"] is True
    assert shown["request_data"] == {"wrapper_type": "ISA"}
    listed = await sandbox.get(f"/api/v1/client/{seed.CLIENT_UUID}/illustrations", **{"filter[name]": "ISA for"})
    assert [item["uuid"] for item in listed["data"]] == [made["uuid"]]


async def test_a_draft_illustration_goes_nowhere(sandbox: Any, illustration_body: Json) -> None:
    """A draft makes no plan; the requester defaults to the client's adviser; a missing adviser is named."""
    body = {**illustration_body, "is_draft": True, "generate": False}
    del body["requested_by_uuid"]
    made = await sandbox.post("/api/v1/illustration", body)
    assert (made["plan"], made["status"]) == (None, "created")
    assert made["requested_by"]["uuid"] == seed.HARBOUR_ADVISER_UUID

    await sandbox.http.put(CLIENT, json={"assigned_adviser_uuid": None})
    refused = await sandbox.post("/api/v1/illustration", body, 422)
    assert list(refused["errors"]) == ["requested_by_uuid"]


async def test_an_application_exists_once_per_reference(
    sandbox: Any, application_body: Json, illustration_body: Json
) -> None:
    """A second one with the same reference answers 409 with the first's uuid; another firm may use the reference."""
    illustration = (await sandbox.post("/api/v1/illustration", illustration_body))["uuid"]
    made = await sandbox.post("/api/v1/applications", {**application_body, "illustration_uuid": illustration}, 201)
    assert made["status"] == "draft"

    refused = await sandbox.post("/api/v1/applications", application_body, 409)
    assert refused["uuid"] == made["uuid"]
    theirs = {**application_body, "account_uuids": [seed.KESTREL_CLIENT_UUID]}
    assert (await sandbox.kestrel.post("/api/v1/applications", json=theirs)).status_code == 201
    found = await sandbox.get("/api/v1/applications", **{"filter[external_reference]": "journey-1"})
    assert found["data"] == [made]
    shown = await sandbox.get(f"/api/v1/illustration/{illustration}")
    assert shown["application"]["uuid"] == made["uuid"]


async def test_an_application_closes_with_a_reason(sandbox: Any, application_body: Json) -> None:
    """Closing needs a reason, and only a closed application has one."""
    path = f"/api/v1/applications/{(await sandbox.post('/api/v1/applications', application_body, 201))['uuid']}"
    for body in ({"status": "closed"}, {"status": "pending", "closed_reason": "why"}, {"status": "active"}):
        assert (await sandbox.http.put(path, json=body)).status_code == 422
    assert (await sandbox.http.put(path, json={"status": "pending"})).json()["status"] == "pending"
    closed = (await sandbox.http.put(path, json={"status": "closed", "closed_reason": "withdrawn"})).json()
    assert (closed["status"], closed["closed_reason"]) == ("closed", "withdrawn")
    assert await sandbox.get(path) == closed


async def test_a_body_that_is_not_json_counts_as_empty(sandbox: Any) -> None:
    """Broken JSON, an array and a form all miss the required fields."""
    for content, kind in ((b"{", "application/json"), (b"[1]", "application/json"), (b"name=x", "text/plain")):
        answer = await sandbox.http.post("/api/v1/task-status", content=content, headers={"Content-Type": kind})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["name"])


async def test_unknown_routes_and_methods_answer_in_json(sandbox: Any) -> None:
    """404 and 405 carry a message and the rate limit header."""
    for method, path, status in (("GET", "/api/v1/nothing", 404), ("DELETE", "/api/v1/tag", 405)):
        answer = await sandbox.http.request(method, path)
        assert (answer.status_code, "X-Ratelimit-Remaining" in answer.headers) == (status, True)
        assert answer.json()["message"]


async def test_the_page_shows_records_and_escapes_them(sandbox: Any, plan_body: Json, application_body: Json) -> None:
    """The page names people, tags and references, holds no foreign origin, and renders markup as text."""
    await sandbox.post("/api/v1/plans", {**plan_body, "name": "<script>alert(1)</script>"})
    await sandbox.post("/api/v1/applications", application_body, 201)
    await sandbox.post(f"{CLIENT}/external-references", {"source": "soderberg", "reference": "C-77"})
    page = await sandbox.bare.get("/")

    assert page.status_code == 200
    for text in ("Eleanor Whitfield", "soderberg: C-77", "journey-1", "&lt;script&gt;", "Harbour Wealth"):
        assert text in page.text
    assert "<script" not in page.text
    assert "://" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_assumptions_are_listed(sandbox: Any) -> None:
    """What goes beyond the published pages can be read from the sandbox itself."""
    assert (await sandbox.bare.get("/_sandbox/assumptions")).json() == {"assumptions": list(ASSUMPTIONS)}
    assert (await sandbox.bare.get("/health/live")).json() == {"status": "live"}


async def test_controls_answer_on_this_machine_only(sandbox: Any) -> None:
    """A caller from elsewhere may not touch the controls."""
    elsewhere = httpx.ASGITransport(app=sandbox.app, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://plannr.test") as stranger:
        assert (await stranger.post("/_sandbox/reset")).status_code == 403
        assert (await stranger.get("/_sandbox/state")).status_code == 403
    foreign_page = {"Sec-Fetch-Site": "cross-site"}
    assert (await sandbox.bare.post("/_sandbox/reset", headers=foreign_page)).status_code == 403
