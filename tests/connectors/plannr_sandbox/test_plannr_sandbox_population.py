"""A population that Plannr's sandbox takes in at once, and the lists that a sync reads it through."""

from typing import Any

import pytest

from connectors.plannr.sandbox import seed

Json = dict[str, Any]
FIRST, SECOND = "77777777-7777-4777-8777-777777777701", "77777777-7777-4777-8777-777777777702"
TAG = "Platform client"
EVERYTHING = "tags,external_references,primary_email,primary_phone_number,primary_address,assigned_adviser"


def someone(uuid: str, **changes: Any) -> Json:
    """Return a client with one of everything that can belong to a client."""
    return {
        "uuid": uuid,
        "external_references": [{"source": "soderberg-platform", "reference": f"cl_{uuid[-2:]}"}],
        "tags": [TAG],
        "first_name": "Iris",
        "last_name": "Coombes",
        "email": f"iris.{uuid[-2:]}@example.com",
        "addresses": [{"name": "Home", "address_1": f"{uuid[-2:]} Mill Lane", "postcode": "LS1 4AP"}],
        "bank_accounts": [
            {"account_name": "Iris", "account_holders": "Iris", "account_number": "55779911", "sort_code": "20-00-00"}
        ],
        "plans": [
            {
                "name": "ISA",
                "type": "investment",
                "sub_type": "isa",
                "status": "active",
                "proposal_reference": f"ac_{uuid[-2:]}",
            }
        ],
        **changes,
    }


async def take_in(sandbox: Any, *people: Json, status: int = 201, **body: Any) -> Json:
    """Send a population and check the status."""
    answer = await sandbox.bare.post("/_sandbox/population", json={"people": people, **body})
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


def uuids(body: Json) -> list[str]:
    """Return the uuids of a list's answer."""
    return [item["uuid"] for item in body["data"]]


async def test_everything_of_a_client_is_there_and_nobody_is_told(sandbox: Any) -> None:
    """Link, tag, address, bank account and plan read back as if each had been written; no event is queued."""
    await sandbox.post(
        "/api/v2/webhook-subscriptions",
        {"url": "https://firm.example.com/hook", "events": ["account.created", "plan.created", "bank-account.created"]},
        201,
    )
    assert await take_in(sandbox, someone(FIRST), someone(SECOND)) == {"clients": 2}

    person = await sandbox.get(f"/api/v1/account/{FIRST}", include=EVERYTHING)
    bank = await sandbox.get("/api/v2/bank-accounts", **{"filter[account_uuids]": FIRST})
    plan = (await sandbox.get("/api/v1/plans", **{"filter[account_uuids]": FIRST}))["data"][0]
    assert person["external_references"][0]["reference"] == "cl_01"
    assert [tag["name"] for tag in person["tags"]] == [TAG]
    assert person["primary_address"]["address_1"] == "01 Mill Lane"
    assert person["assigned_adviser"]["uuid"] == seed.HARBOUR_ADVISER_UUID
    assert bank["data"][0]["account_number"] == "55779911"
    assert (plan["status"], plan["accounts"][0]["percentage"], plan["main_account"]["name"]) == ("active", 100, "ISA")
    assert person["created_at"] == person["updated_at"]
    assert (await sandbox.bare.get("/_sandbox/webhooks")).json() == {"deliveries": []}


async def test_a_population_is_taken_in_as_a_whole_or_not_at_all(sandbox: Any) -> None:
    """A record that is there already, a broken rule and an unknown firm are refused, and nothing of it is stored."""
    await take_in(sandbox, someone(FIRST))
    before = (await sandbox.bare.get("/_sandbox/state")).json()["counts"]

    await take_in(sandbox, someone(SECOND), someone(FIRST), status=409)
    await take_in(sandbox, someone(SECOND), someone("not-a-uuid"), status=422)
    await take_in(sandbox, someone(SECOND, plans=[{"type": "investment"}]), status=422)
    await take_in(sandbox, someone(SECOND), firm="nobody", status=404)

    assert (await sandbox.bare.get("/_sandbox/state")).json()["counts"] == before


async def test_records_are_found_by_their_tag(sandbox: Any) -> None:
    """A tag is meant by its name in any case or by its uuid; keyset paging by creation meets each record once."""
    people = [someone(f"77777777-7777-4777-8777-7777777777{number}") for number in range(10, 17)]
    await take_in(sandbox, *people)
    tag = (await sandbox.get(f"/api/v1/account/{people[0]['uuid']}", include="tags"))["tags"][0]["uuid"]
    seen: list[str] = []
    query = {"filter[tags]": TAG.lower(), "per_page": "3", "sort": "created_at"}
    page = await sandbox.get("/api/v1/account", **query)
    while page["data"]:
        seen += uuids(page)
        page = await sandbox.get(
            "/api/v1/account", **query, **{"filter[created_after]": page["data"][-1]["created_at"]}
        )

    assert seen == [person["uuid"] for person in people]
    assert (await sandbox.get("/api/v1/account", **{"filter[tags]": f"nothing,{tag}"}))["meta"]["total"] == 7
    assert (await sandbox.get("/api/v1/account", **{"filter[tags]": "nothing"}))["data"] == []
    assert (await sandbox.kestrel.get("/api/v1/account", params={"filter[tags]": TAG})).json()["data"] == []


async def test_a_hundred_records_are_read_at_once(sandbox: Any) -> None:
    """Accounts by 100 uuids, bank accounts by 100 owners, plans by 100 references or owners: each in one page."""
    people = [someone(f"77777777-7777-4777-8777-777777777{number}") for number in range(100, 220)]
    for number, person in enumerate(people):
        person["plans"][0]["proposal_reference"] = f"account-{number}"
    await take_in(sandbox, *people)
    wanted = [person["uuid"] for person in people[10:110]]
    owners = ",".join(wanted)

    accounts = await sandbox.get("/api/v1/account", **{"filter[uuids]": owners, "per_page": "500"})
    bank = await sandbox.get("/api/v2/bank-accounts", **{"filter[account_uuids]": owners, "per_page": "500"})
    references = ",".join(f"account-{number}" for number in range(10, 110))
    plans = await sandbox.get("/api/v1/plans", **{"filter[proposal_reference]": references, "per_page": "500"})
    owned = await sandbox.get("/api/v1/plans", **{"filter[account_uuids]": owners, "per_page": "500"})

    assert uuids(accounts) == wanted
    assert [item["accounts"][0]["uuid"] for item in bank["data"]] == wanted
    assert [item["accounts"][0]["uuid"] for item in plans["data"]] == wanted
    assert uuids(owned) == uuids(plans)


@pytest.mark.parametrize("kind", ["account", "address", "plan", "bank-account"])
async def test_what_changed_after_a_moment_is_listed(sandbox: Any, kind: str) -> None:
    """Of every kind that a sync polls, a list since a moment has what was changed or added after it, and no more."""
    await take_in(sandbox, someone(FIRST), someone(SECOND))
    lists = {
        "account": "/api/v1/account",
        "address": "/api/v2/addresses",
        "plan": "/api/v1/plans",
        "bank-account": "/api/v2/bank-accounts",
    }
    everything = await sandbox.get(lists[kind], sort="-updated_at", per_page="500")
    newest = everything["data"][0]
    since = {"filter[updated_after]": newest["updated_at"], "sort": "updated_at"}
    assert (await sandbox.get(lists[kind], **since))["data"] == []

    if kind == "address":
        body = {"account_uuids": [FIRST], "is_primary": True, "name": "New home", "address_1": "2 Mill Lane"}
        changed = {(await sandbox.post(lists[kind], body, 201))["uuid"]}
        # The former primary address has changed too: it is the primary one no longer.
        changed |= set(uuids(await sandbox.get(f"/api/v1/account/{FIRST}/address")))
    elif kind == "bank-account":
        body = {"account_name": "Iris", "account_number": "70872490", "sort_code": "404784"}
        await sandbox.http.put(f"/api/v2/bank-accounts/{newest['uuid']}", json={**body, "account_uuids": [SECOND]})
        changed = {newest["uuid"]}
    else:
        body = {"first_name": "Ines"} if kind == "account" else {"name": "ISA of Iris"}
        await sandbox.http.put(f"{lists[kind]}/{newest['uuid']}", json=body)
        changed = {newest["uuid"]}

    assert set(uuids(await sandbox.get(lists[kind], **since))) == changed
