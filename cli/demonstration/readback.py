"""What really became of a journey, read from the two systems, the inbox and the engine, not from the workflow."""

from typing import Any

from temporalio.client import Client

from cli.demonstration.surroundings import Surroundings, checked
from cli.local import NAMESPACE


def read_plannr(around: Surroundings, journey_id: str, plannr_account: str) -> dict[str, object]:
    """Return the status of application and plan, and whether the record shows the link (P5)."""
    with around.plannr() as plannr:
        applications: Any = checked(
            plannr.get("/api/v1/applications", params={"filter[external_reference]": journey_id})
        )["data"]
        plans: Any = checked(plannr.get("/api/v1/plans", params={"filter[proposal_reference]": journey_id}))["data"]
        record: Any = checked(
            plannr.get(f"/api/v1/account/{plannr_account}", params={"include": "tags,external_references"})
        )
    record = record.get("data") or record
    return {
        "application": _only(applications, "status"),
        "plan": _only(plans, "status"),
        "linked": bool(record.get("tags")) and bool(record.get("external_references")),
    }


def read_platform(around: Surroundings, journey_id: str, plannr_account: str) -> dict[str, object]:
    """Return the status of client and account."""
    with around.platform() as platform:
        clients: Any = checked(platform.get("/clients", params={"external_reference": plannr_account}))["data"]
        accounts: Any = checked(platform.get("/accounts", params={"external_reference": journey_id}))["data"]
    return {"client": _only(clients, "status"), "account": _only(accounts, "status")}


def read_emails(around: Surroundings, journey_id: str, client_email: str, since: int) -> list[dict[str, str]]:
    """Return who was told what, in order, of the e-mails that came after message number `since`."""
    with around.inbox() as inbox:
        client: Any = inbox.get("/dev/inbox/messages", params={"to": client_email, "limit": 100}).json()
        adviser: Any = inbox.get("/dev/inbox/messages", params={"to": around.adviser_email, "limit": 100}).json()
    told = [(message, "client") for message in _messages(client)]
    told += [
        (message, "adviser") for message in _messages(adviser) if any(journey_id in link for link in message["links"])
    ]
    return [
        {"to_role": role, "template": message["template"]}
        for message, role in sorted(told, key=lambda pair: pair[0]["id"])
        if message["id"] > since
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


def _messages(body: Any) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = body["messages"] if isinstance(body, dict) else body
    return messages


def _only(records: list[dict[str, Any]], field: str) -> str | None:
    if len(records) > 1:
        return f"{len(records)} records"
    return str(records[0][field]) if records else None
