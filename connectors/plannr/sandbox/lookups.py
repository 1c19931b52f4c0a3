"""Which values of a document can be looked up by index, per kind of record."""

from collections.abc import Iterator, Mapping
from typing import Any

PATHS: Mapping[str, Mapping[str, str]] = {
    "account": {
        "email": "email",
        "phone": "phone",
        "ni_number": "ni_number",
        "date_of_birth": "date_of_birth",
        "groups": "groups",
        "owner": "owners",
        "tag": "tag_uuids",
        "adviser": "assigned_adviser_uuid",
        "external_reference": "external_references.reference",
        "with_login": "with_login",
    },
    "address": {"account": "account_uuids"},
    "bank_account": {"account": "account_uuids"},
    "plan": {
        "account": "accounts.uuid",
        "proposal_reference": "proposal_reference",
        "policy_number": "policy_number",
        "status": "status",
        "type": "type",
        "tag": "tag_uuids",
        "deleted_at": "deleted_at",
    },
    "sub_account": {"plan": "plan_uuid"},
    "contribution": {"sub_account": "sub_account_uuid", "plan": "plan_uuid"},
    "transaction": {"plan": "plan_uuid"},
    "illustration": {
        "account": "accounts",
        "plan": "plan_uuid",
        "platform": "platform",
        "requested_by": "requested_by_uuid",
    },
    "application": {
        "account": "account_uuids",
        "external_reference": "external_reference",
        "illustration": "illustration_uuid",
        "plan": "plan_uuid",
        "status": "status",
    },
    "tag": {"name": "name"},
    "task": {"name": "name", "taskable": "taskable_uuid", "status": "task_status_uuid"},
    "document": {"client": "client_uuids"},
    "seccl_client": {"account": "account_uuid", "platform_id": "id"},
    "seccl_product": {"account": "account_uuids", "wrapper_type": "wrapper_type", "platform_id": "id"},
    "node_association": {"adviser": "lookupable_uuid"},
    "direct_debit_mandate": {"account": "account_uuid"},
    "webhook_subscription": {"url": "url"},
    "provider": {"name": "name"},
}


def _walk(value: Any, steps: list[str]) -> Iterator[str]:
    if value is None:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, steps)
    elif steps:
        yield from _walk(value.get(steps[0]), steps[1:])
    elif isinstance(value, bool):
        yield "1" if value else "0"
    else:
        yield str(value).lower()


def lookup_values(kind: str, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The (name, value) pairs under which a document can be found; values are lower case, booleans "0" and "1"."""
    for name, path in PATHS.get(kind, {}).items():
        for value in _walk(document, path.split(".")):
            yield name, value
