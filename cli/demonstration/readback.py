"""What really became of a journey, read from the two systems, the inbox and the engine, not from the workflow."""

from typing import Any

import httpx
from temporalio.client import Client

from cli.demonstration.people import Cast
from cli.demonstration.surroundings import Surroundings, patiently
from cli.local import NAMESPACE


def read_plannr(around: Surroundings, journey_id: str, *plannr_accounts: str) -> dict[str, object]:
    """Return the status of application and plan, and whether every party's record shows the link (P5)."""
    with around.plannr() as plannr:
        applications, plans = _applications(plannr, journey_id), _plans(plannr, journey_id)
        linked = [_is_linked(plannr, account) for account in plannr_accounts]
    return {"application": _only(applications, "status"), "plan": _only(plans, "status"), "linked": all(linked)}


def read_platform(around: Surroundings, journey_id: str, *plannr_accounts: str) -> dict[str, object]:
    """Return the status of the clients, one word if all have the same, and of the account."""
    with around.platform() as platform:
        statuses = [
            _only(_platform_data(platform, "/clients", external_reference=account), "status")
            for account in plannr_accounts
        ]
        accounts = _platform_data(platform, "/accounts", external_reference=journey_id)
    return {"client": _in_one_word(statuses), "account": _only(accounts, "status")}


def read_everything(around: Surroundings, cast: Cast) -> dict[str, Any]:
    """Return all that both systems hold of these people, whichever journey made it, with the reasons of endings."""
    records = [person.plannr_account for person in cast.people]
    with around.plannr() as plannr:
        query = {"filter[account_uuids]": records[0]}
        applications = _plannr_data(plannr, "/api/v1/applications", query)
        plans = _plannr_data(plannr, "/api/v1/plans", query)
        tasks = _plannr_data(plannr, "/api/v1/task", {"filter[taskable_uuid]": records[0]})
        linked = all(_is_linked(plannr, record) for record in records)
    with around.platform() as platform:
        clients = [_platform_data(platform, "/clients", external_reference=record) for record in records]
        known = [str(client["id"]) for found in clients for client in found]
        accounts = _platform_data(platform, "/accounts", client_id=known[0]) if known else []
        mandates = [
            mandate
            for account in accounts
            for mandate in _platform_data(platform, "/mandates", account_id=str(account["id"]))
        ]
    return {
        "plannr": {
            "application": _only(applications, "status"),
            "plan": _only(plans, "status"),
            "linked": linked,
            "application_reason": _only(applications, "closed_reason"),
            "plan_reason": _only(plans, "inactive_reason"),
            "tasks": [task["name"] for task in tasks],
        },
        "platform": {
            "client": _in_one_word([_only(found, "status") for found in clients]),
            "account": _only(accounts, "status"),
            "mandates": [mandate["status"] for mandate in mandates],
        },
    }


def read_mandates(around: Surroundings, platform_account: str) -> list[str]:
    """Return the status of every mandate of an account, the first one first."""
    with around.platform() as platform:
        return [
            str(mandate["status"]) for mandate in _platform_data(platform, "/mandates", account_id=platform_account)
        ]


def has_accepted(around: Surroundings, plannr_account: str) -> bool:
    """Tell whether the platform knows that this person accepted its terms."""
    with around.platform() as platform:
        clients = _platform_data(platform, "/clients", external_reference=plannr_account)
    return any(client["terms_accepted"] for client in clients)


def read_emails(around: Surroundings, journey_id: str, client_email: str, since: int) -> list[dict[str, str]]:
    """Return who was told what, in order, of the e-mails that came after message number `since`."""
    told = _to(around, client_email, "client") + _to(around, around.adviser_email, "adviser", journey_id)
    return [{"to_role": role, "template": message["template"]} for message, role in _in_order(told, since)]


def read_told(around: Surroundings, journey_id: str, cast: Cast, since: int) -> list[dict[str, str]]:
    """Return who was told what, in order, with the part each person has in the journey."""
    told = _to(around, around.adviser_email, "adviser", journey_id)
    for person in cast.acting:
        told += _to(around, person.email, person.label)
    return [
        {
            "to_role": "adviser" if label == "adviser" else "client",
            "to": label,
            "template": message["template"],
        }
        for message, label in _in_order(told, since)
    ]


def newest_email(around: Surroundings, client_email: str, template: str, since: int = 0) -> dict[str, Any] | None:
    """Return the client's newest e-mail of this kind, if it came after message number `since`."""
    with around.inbox() as inbox:
        found: Any = inbox.get("/dev/inbox/messages", params={"to": client_email, "template": template}).json()
    messages = [message for message in _messages(found) if message["id"] > since]
    return messages[0] if messages else None


def newest_email_number(around: Surroundings) -> int:
    """Return the number of the newest message in the inbox, 0 when it is empty."""
    with around.inbox() as inbox:
        found: Any = inbox.get("/dev/inbox/messages", params={"limit": 1}).json()
    messages = _messages(found)
    return int(messages[0]["id"]) if messages else 0


async def history_events(around: Surroundings, workflow_id: str) -> int:
    """Return how many events the journey's history has."""
    temporal = await Client.connect(around.urls["temporal_address"], namespace=NAMESPACE)
    description = await temporal.get_workflow_handle(workflow_id).describe()
    return description.history_length


def _to(around: Surroundings, address: str, label: str, journey_id: str = "") -> list[tuple[dict[str, Any], str]]:
    with around.inbox() as inbox:
        found: Any = inbox.get("/dev/inbox/messages", params={"to": address, "limit": 100}).json()
    return [
        (message, label)
        for message in _messages(found)
        if not journey_id or any(journey_id in link for link in message["links"])
    ]


def _in_order(told: list[tuple[dict[str, Any], str]], since: int) -> list[tuple[dict[str, Any], str]]:
    return sorted((one for one in told if one[0]["id"] > since), key=lambda one: int(one[0]["id"]))


def _applications(plannr: httpx.Client, journey_id: str) -> list[dict[str, Any]]:
    return _plannr_data(plannr, "/api/v1/applications", {"filter[external_reference]": journey_id})


def _plans(plannr: httpx.Client, journey_id: str) -> list[dict[str, Any]]:
    return _plannr_data(plannr, "/api/v1/plans", {"filter[proposal_reference]": journey_id})


def _plannr_data(plannr: httpx.Client, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
    found: Any = patiently(lambda: plannr.get(path, params=query))["data"]
    rows: list[dict[str, Any]] = found
    return rows


def _platform_data(platform: httpx.Client, path: str, **query: str) -> list[dict[str, Any]]:
    found: Any = patiently(lambda: platform.get(path, params=query))["data"]
    rows: list[dict[str, Any]] = found
    return rows


def _is_linked(plannr: httpx.Client, account: str) -> bool:
    query = {"include": "tags,external_references"}
    answer: Any = patiently(lambda: plannr.get(f"/api/v1/account/{account}", params=query))
    record = answer.get("data") or answer
    return bool(record.get("tags")) and bool(record.get("external_references"))


def _messages(body: Any) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = body["messages"] if isinstance(body, dict) else body
    return messages


def _in_one_word(statuses: list[str | None]) -> str | None:
    return statuses[0] if len(set(statuses)) == 1 else ", ".join(str(status) for status in statuses)


def _only(records: list[dict[str, Any]], field: str) -> str | None:
    if len(records) > 1:
        return f"{len(records)} records"
    value = records[0][field] if records else None
    return None if value is None else str(value)
