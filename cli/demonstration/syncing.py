"""What is done in one system and seen in the other: each case played, read back and compared with P3 to P5, P50 to P52.

The cases build on one client, whom the first one links; they are played in this order.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from temporalio.client import Client

from cli.demonstration.actors import AdviserActor
from cli.demonstration.journey import Narrate
from cli.demonstration.surroundings import DemonstrationFailed, Surroundings, patiently
from cli.demonstration.sync_desk import desk, is_linked
from cli.demonstration.sync_people import Somebody, somebody
from cli.demonstration.sync_stage import Seen, Stage
from cli.local import NAMESPACE

_LINKED = {"records_in_plannr": 1, "linked": True, "tagged": True, "referred": True}
_AMENDED = {"name": "Old scheme, now with us", "type": "pension", "status": "inactive"}
_MADE = {"plans": 1, "type": "investment", "sub_type": "gia", "status": "proposed", "status_followed": "active"}
_MORE_SYNCS = 3
_FIRST_NUMBER, _SECOND_NUMBER = "55779911", "11110349"


Act = Callable[[Stage], Awaitable[Seen]]


async def _matched(stage: Stage) -> Seen:
    record = stage.key_in(stage.who)
    client = stage.register(stage.who)
    seen = await stage.until_linked(stage.who, client)
    stage.client, stage.record = client, record
    return seen


async def _created_once(stage: Stage) -> Seen:
    who = somebody(1)
    client = stage.register(who)
    await stage.until_linked(who, client)
    ended = await stage.desk.syncs_of(client)
    stage.desk.key_in_platform("PATCH", f"/clients/{client}", {"us_person": True})
    await stage.desk.synced(client, after=ended, what="the client who was created in Plannr")
    stage.narrate("platform", "changed once more: no second record")
    return stage.link_of(who, client)


async def _ambiguous(stage: Stage) -> Seen:
    who = somebody(2)
    records = {stage.key_in(who), stage.key_in(who)}
    client = stage.register(who)

    def look() -> list[dict[str, Any]]:
        found: Any = patiently(lambda: stage.adviser.http.get("/api/v1/discrepancies", params={"client": client}))
        listed: list[dict[str, Any]] = found["discrepancies"]
        return listed

    listed = await stage.desk.eventually(look, "a discrepancy for the adviser")
    stage.narrate("adviser", "is asked which of two records it is")
    found = [stage.desk.record(record) for record in records]
    return {
        "records_in_plannr": len(stage.desk.records_of(email=who.email, nino=who.nino)),
        "linked": any(is_linked(record, client) for record in found),
        "tagged": any(record.get("tags") for record in found),
        "referred": stage.desk.client(client)["external_reference"] is not None,
        "discrepancies": [one["field"] for one in listed],
        "decided_by": [one["proposal"] for one in listed],
        "candidates_are_the_records": all(set(one["candidates"]) == records for one in listed),
    }


def _third_party(wrapper: str) -> Act:
    async def act(stage: Stage) -> Seen:
        account = await stage.open_account(wrapper)
        plans = stage.desk.plans(proposal_reference=account)
        if not plans:
            raise DemonstrationFailed(f"there is no plan in Plannr for the {wrapper} account")
        made, plan = plans[0], str(plans[0]["uuid"])
        stage.narrate("plannr", f"a {made['sub_type'].upper()} plan is there, {made['status']}")
        stage.desk.set_status(account, "active")
        followed = await stage.desk.eventually(
            lambda: [now["status"] for now in [_plan(stage, account)] if now["status"] != made["status"]],
            "the plan to follow the account",
        )
        amendment = {**_AMENDED, "inactive_reason": "transferred", "inactive_at": datetime.now(UTC).date().isoformat()}
        stage.desk.key_in(f"/api/v1/plans/{plan}", amendment, change=True)
        stage.narrate("plannr", "a person amended its name, type and status")
        syncs = await _three_more(stage, account)
        stage.narrate("system", f"{syncs} more syncs left the amendment as it is")
        now = _plan(stage, account)
        return {
            "plans": len(stage.desk.plans(proposal_reference=account)),
            "type": made["type"],
            "sub_type": made["sub_type"],
            "status": made["status"],
            "status_followed": followed[0],
            "amended": {name: now[name] for name in _AMENDED},
            "three_more_syncs": syncs >= _MORE_SYNCS,
        }

    return act


def _plan(stage: Stage, account: str) -> dict[str, Any]:
    return stage.desk.plans(proposal_reference=account)[0]


async def _three_more(stage: Stage, account: str) -> int:
    # The news of the person's amendment is a sync of its own, of the plan.
    first = ended = await stage.desk.syncs_of(account)
    for change in (
        lambda: stage.desk.set_status(account, "suspended"),
        lambda: stage.desk.set_status(account, "active"),
        lambda: stage.desk.key_in_platform("PATCH", f"/accounts/{account}", {"name": "Renamed on the platform"}),
    ):
        change()
        ended = await stage.desk.synced(account, after=ended, what="the account that changed")
    return ended - first


def _left_out(wrapper: str) -> Act:
    async def act(stage: Stage) -> Seen:
        plans = len(stage.desk.plans(account_uuids=stage.record))
        account = await stage.open_account(wrapper)
        ended = await stage.desk.syncs_of(account)
        stage.desk.set_status(account, "active")
        await stage.desk.synced(account, after=ended, what=f"the {wrapper} account")
        stage.narrate("system", f"the {wrapper} account is out of scope")
        return {
            "plans_of_the_account": len(stage.desk.plans(proposal_reference=account)),
            "plans_more_than_before": len(stage.desk.plans(account_uuids=stage.record)) - plans,
            "records_in_plannr": len(stage.desk.records_of(email=stage.who.email, nino=stage.who.nino)),
        }

    return act


async def _contact_details(stage: Stage) -> Seen:
    bank_account = _bank_account(stage, _FIRST_NUMBER)
    kept = stage.desk.key_in("/api/v2/bank-accounts", bank_account)["uuid"]
    await _until_reached(stage, ["bank_account"], stage.who, _FIRST_NUMBER)
    stage.narrate("platform", "has the bank account that was keyed into Plannr")
    moved = stage.who.moved()
    stage.desk.key_in("/api/v2/addresses", moved.home(stage.record))
    stage.desk.key_in(f"/api/v2/bank-accounts/{kept}", {**bank_account, "account_number": _SECOND_NUMBER}, change=True)
    contact = {"email": moved.email, "phone": f"07400 {moved.subscriber}"}
    stage.desk.key_in(f"/api/v1/account/{stage.record}", contact, change=True)
    stage.narrate("plannr", "changed address, bank account, e-mail address and mobile number")
    everything = ["address", "bank_account", "email", "mobile"]
    reached = await _until_reached(stage, everything, moved, _SECOND_NUMBER)
    stage.narrate("platform", "has all of them")
    stage.desk.key_in_platform("PATCH", f"/clients/{stage.client}", {"mobile": "+447400999999"})
    stage.narrate("platform", "staff changed the mobile number, which is Plannr's")
    written_back = await _until_reached(stage, ["mobile"], moved, _SECOND_NUMBER)
    stage.narrate("system", "wrote Plannr's number back")
    in_plannr = stage.desk.record(stage.record)
    return {
        "reached_the_platform": reached,
        "written_back": written_back,
        "plannr_as_keyed_in": (in_plannr["email"], in_plannr["phone"]) == (contact["email"], contact["phone"]),
    }


def _bank_account(stage: Stage, number: str) -> dict[str, Any]:
    holder = f"{stage.who.first_name} {stage.who.last_name}"
    return {
        "account_uuids": [stage.record],
        "account_name": holder,
        "account_holders": holder,
        "sort_code": "20-00-00",
        "account_number": number,
    }


async def _until_reached(stage: Stage, wanted: list[str], who: Somebody, number: str) -> list[str]:
    def look() -> list[str]:
        client = stage.desk.client(stage.client)
        same = {
            "address": client["address"]["line1"] == who.street,
            "bank_account": (client["bank_account"] or {}).get("account_number") == number,
            "email": client["email"] == who.email,
            "mobile": client["mobile"] == f"+447400{who.subscriber}",
        }
        return wanted if all(same[name] for name in wanted) else []

    reached: list[str] = await stage.desk.eventually(look, f"{', '.join(wanted)} on the platform")
    return reached


async def _no_echo(stage: Stage) -> Seen:
    def versions() -> dict[str, str]:
        plans = stage.desk.plans(account_uuids=stage.record)
        records = [stage.desk.record(stage.record), *plans, *stage.desk.bank_accounts(stage.record)]
        accounts: Any = patiently(lambda: stage.desk.platform.get("/accounts", params={"client_id": stage.client}))
        there = [stage.desk.client(stage.client), *accounts["data"]]
        in_plannr = {str(item["uuid"]): str(item["updated_at"]) for item in records}
        return {**in_plannr, **{str(item["id"]): str(item["version"]) for item in there}}

    still = await stage.desk.stands_still(versions)
    stage.narrate("system", f"{len(still)} records of both systems stand still, no sync runs")
    return {"stands_still": versions() == still, "platform_client_version": int(still[stage.client])}


CASES: dict[str, tuple[Act, Seen]] = {
    "client-matched": (_matched, _LINKED),
    "client-created-once": (_created_once, _LINKED),
    "ambiguous-left-to-a-person": (
        _ambiguous,
        {
            "records_in_plannr": 2,
            "linked": False,
            "tagged": False,
            "referred": False,
            "discrepancies": ["link"],
            "decided_by": ["person"],
            "candidates_are_the_records": True,
        },
    ),
    **{
        name: (_third_party(name), {**_MADE, "amended": _AMENDED, "three_more_syncs": True})
        for name in ("tpsipp", "tpofb")
    },
    **{
        name: (_left_out(name), {"plans_of_the_account": 0, "plans_more_than_before": 0, "records_in_plannr": 1})
        for name in ("corporate", "trust")
    },
    "plannr-reaches-the-platform": (
        _contact_details,
        {
            "reached_the_platform": ["address", "bank_account", "email", "mobile"],
            "written_back": ["mobile"],
            "plannr_as_keyed_in": True,
        },
    ),
    "no-echo": (_no_echo, {"stands_still": True}),
}
"""Every case with what must be read back; nothing in it is personal."""


async def play_sync(around: Surroundings, adviser: AdviserActor, narrate: Narrate) -> list[dict[str, Any]]:
    """Play every case in order and return what was read back of each, with `ok` and what `differs`."""
    temporal = await Client.connect(around.urls["temporal_address"], namespace=NAMESPACE)
    with desk(around, temporal) as seat:
        stage = Stage(seat, adviser, narrate)
        return [await _played(stage, name) for name in CASES]


async def _played(stage: Stage, name: str) -> dict[str, Any]:
    act, expected = CASES[name]
    try:
        seen = await act(stage)
    except DemonstrationFailed as failure:
        stage.narrate("system", f"[red]{failure}[/]")
        return {"case": name, "ok": False, "seen": {}, "differs": [str(failure)]}
    differs = differing(expected, seen)
    return {"case": name, "ok": not differs, "seen": seen, "differs": differs}


def differing(expected: Seen, seen: Seen) -> list[str]:
    """Return every fact that was read back as another one than the rules say, in words."""
    return [
        f"{name.replace('_', ' ')} is {seen.get(name)} instead of {value}"
        for name, value in expected.items()
        if seen.get(name) != value
    ]
