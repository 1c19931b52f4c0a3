"""A population that the platform's sandbox takes in at once, and what a sync reads and writes of it."""

from typing import Any

import pytest

from tests.connectors.platform_sandbox.platform_calls import BANK_ACCOUNT, Platform, Receiver, account, person, refusal

Json = dict[str, Any]


def client(name: str, **changes: Any) -> Json:
    """Return a client to be taken in."""
    return {**person(f"ref-{name}"), "id": f"cl_{name}", "status": "active", **changes}


def opened(name: str, holder: str, **changes: Any) -> Json:
    """Return an account to be taken in."""
    return {**account(f"order-{name}", [f"cl_{holder}"]), "id": f"ac_{name}", "status": "active", **changes}


async def taken_in(platform: Platform) -> list[Json]:
    """Take in three clients, of whom one has an account, and return the clients."""
    body = {
        "clients": [client("a", bank_account=BANK_ACCOUNT), client("b", status="registered"), client("c")],
        "accounts": [opened("a", "a", wrapper="tpsipp")],
    }
    assert await platform.control("population", body) == {"clients": 3, "accounts": 1}
    found: list[Json] = await platform.get("/clients")
    return found


async def test_a_population_reads_as_if_each_record_had_been_made(platform: Platform, receiver: Receiver) -> None:
    """Status, checks, bank account, number and holders are there; every moment differs; nobody is told."""
    await platform.create("/webhook-subscriptions", {"url": "http://receiver/hook", "events": ["*"]})
    first, second, third = await taken_in(platform)
    held = await platform.get("/accounts?client_id=cl_a")

    assert [first["status"], second["status"], third["status"]] == ["active", "registered", "active"]
    assert (first["verifications"]["aml"]["status"], first["verifications"]["bav"]["status"]) == ("cleared", "verified")
    assert second["verifications"]["aml"]["status"] == "not_started"
    assert first["bank_account"]["account_number"] == BANK_ACCOUNT["account_number"]
    assert [(item["id"], item["wrapper"], item["status"]) for item in held] == [("ac_a", "tpsipp", "active")]
    assert held[0]["number"].startswith("SP")
    assert len({item["created_at"] for item in (first, second, third, held[0])}) == 4
    assert await platform.log() == []
    assert receiver.received == []


async def test_a_population_is_taken_in_as_a_whole_or_not_at_all(platform: Platform) -> None:
    """An id or e-mail address that is there already and a field that breaks a rule are refused; nothing is stored."""
    await taken_in(platform)
    for body, expected in (
        ({"clients": [client("d"), client("a", email="a2@example.com")]}, (409, "already_there")),
        ({"clients": [client("d"), client("e", email="ref-a@example.com")]}, (409, "already_there")),
        ({"clients": [client("d"), client("e", mobile="07400 123456")]}, (422, "validation_failed")),
    ):
        assert refusal(await platform.post("/_sandbox/population", body))[:2] == expected

    assert [item["id"] for item in await platform.get("/clients")] == ["cl_a", "cl_b", "cl_c"]


async def test_records_made_afterwards_go_on_from_it(platform: Platform) -> None:
    """A client registered later comes after the population and gets an account with a number of its own."""
    await taken_in(platform)
    later = await platform.submitted("later")
    made = await platform.create("/accounts", account("order-later", [later["id"]]))

    assert [item["id"] for item in await platform.get("/clients")][-1] == later["id"]
    assert len({item["number"] for item in await platform.get("/accounts")}) == 2
    assert made["status"] == "pending"


async def test_what_changed_since_a_moment_is_listed(platform: Platform) -> None:
    """Clients, accounts and mandates changed at or after a moment are listed, oldest first, and no others."""
    first, _, third = await taken_in(platform)
    changed = platform.data(await platform.http.patch("/clients/cl_b", json={"first_name": "Bea"}))
    body = {"external_reference": "m-1", "account_id": "ac_a", "client_id": "cl_a"}
    mandate = await platform.create("/mandates", body)
    await platform.act(f"/mandates/{mandate['id']}/cancellation")
    suspended = await platform.control("accounts/ac_a/status", {"status": "suspended"})

    async def since(kind: str, moment: str) -> list[str]:
        return [item["id"] for item in await platform.get(f"/{kind}?sort=updated_at&updated_since={moment}")]

    assert await since("clients", third["updated_at"]) == ["cl_c", "cl_b"]
    assert await since("clients", changed["updated_at"]) == ["cl_b"]
    assert await since("accounts", suspended["updated_at"]) == ["ac_a"]
    assert await since("mandates", mandate["created_at"]) == [mandate["id"]]
    assert await since("mandates", "2100-01-01T00:00:00Z") == []
    assert first["version"] == 1


@pytest.mark.rule("P52")
async def test_a_change_of_an_outdated_version_is_refused(platform: Platform) -> None:
    """Details, reference and bank account are written to the version that was read, or not at all."""
    await taken_in(platform)
    old, now = {"If-Match": '"1"'}, {"If-Match": '"2"'}
    linked = await platform.http.patch("/clients/cl_c", json={"external_reference": "plannr-c"}, headers=old)

    stale_details = await platform.http.patch("/clients/cl_c", json={"mobile": "+447400999999"}, headers=old)
    stale_bank = await platform.http.put("/clients/cl_c/bank-account", json=BANK_ACCOUNT, headers=old)
    fresh_bank = await platform.http.put("/clients/cl_c/bank-account", json=BANK_ACCOUNT, headers=now)

    assert (linked.json()["data"]["external_reference"], linked.headers["ETag"]) == ("plannr-c", '"2"')
    assert refusal(stale_details)[:2] == refusal(stale_bank)[:2] == (412, "precondition_failed")
    assert (fresh_bank.status_code, fresh_bank.headers["ETag"]) == (200, '"3"')


@pytest.mark.rule("P3", "P4")
@pytest.mark.parametrize("wrapper", ["tpsipp", "tpofb", "corporate", "trust"])
async def test_staff_activate_an_account_without_terms(platform: Platform, wrapper: str) -> None:
    """What nobody accepts terms for is opened for a client and made active by the staff."""
    await taken_in(platform)
    made = await platform.create("/accounts", account("order-b", ["cl_c"], wrapper))
    active = await platform.control(f"accounts/{made['id']}/status", {"status": "active"})

    assert made["status"] == "pending"
    assert (active["status"], active["activated_at"] is not None) == ("active", True)
    refused = await platform.create("/accounts", account("order-c", ["cl_c"], "isa"))
    answer = await platform.post(f"/_sandbox/accounts/{refused['id']}/status", {"status": "active"})
    assert refusal(answer)[:2] == (409, "invalid_state")
