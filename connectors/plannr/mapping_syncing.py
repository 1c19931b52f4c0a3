"""The pure mapping between Plannr's JSON and what the sync reads and writes."""

from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from connectors.plannr.mapping import address_lines, changed_account, known_details, moment_text, plan_type
from connectors.plannr.port import Change, ChangedKind, NewPlan, PlanChange, PlannrPerson, PlannrPlan
from connectors.plannr.wire import WireAccount, WireChanged, WirePlan
from models.people import KnownDetails

_NUMBER_PARTS: Final = (0, 2, 4, 6, 8, 9)


def number_spellings(number: str) -> str:
    """Return a National Insurance number as it is written with and without blanks, for a filter of several values."""
    parts = [number[start:end] for start, end in pairwise(_NUMBER_PARTS)]
    return f"{number},{' '.join(parts)}"


def client_body(details: KnownDetails, adviser: str | None) -> dict[str, Any]:
    """Return a new client's record; nobody is written to because of it."""
    head: dict[str, Any] = {"type": "client", "role": "individual", "send_welcome_email": False}
    if adviser is not None:
        head["assigned_adviser_uuid"] = adviser
    if details.address is not None:
        head["address"] = [address_lines(details.address)]
    return {**head, **changed_account(KnownDetails(), details)}


def is_unlinked_twin(person: PlannrPerson, details: KnownDetails) -> bool:
    """Whether a record says exactly what a new one would be read back as, and has no link.

    Then it was made for this very client, and the answer was lost before it could be linked.
    """
    address = None if details.address is None else address_lines(details.address)
    new = {**client_body(details, None), "uuid": person.account, "primary_address": address}
    return person.platform_client is None and person.known_details == known_details(WireAccount.model_validate(new))


def to_plan(stored: WirePlan) -> PlannrPlan:
    """Return a plan in Onward's terms."""
    return PlannrPlan(
        plan=stored.uuid,
        accounts=[owner.uuid for owner in stored.accounts],
        name=stored.name or "",
        type=stored.type or "",
        sub_type=stored.sub_type or "",
        status=stored.status,
        policy_number=stored.policy_number or None,
        proposal_reference=stored.proposal_reference or None,
    )


def opened_plan_body(plan: NewPlan, provider: str, now: datetime) -> dict[str, Any]:
    """Return the new plan of an account that was opened on the platform, its owners sharing it equally (P3)."""
    members = {
        "name": plan.name,
        "type": plan_type(plan.wrapper),
        "sub_type": plan.wrapper.value,
        "status": plan.status,
        "proposal_reference": plan.reference,
        "policy_number": plan.policy_number,
        "accounts": plan.accounts,
        "provider_uuid": provider,
        "opened_at": moment_text(now) if plan.status == "active" else None,
    }
    ending = _ending("proposed", now) if plan.status == "inactive" else {}
    return {name: value for name, value in {**members, **ending}.items() if value is not None}


def changed_members(stored: WirePlan, change: PlanChange, now: datetime) -> dict[str, Any]:
    """Return the members of the update that are given and differ; Plannr wants to know when and why a plan ends."""
    changes = {
        name: value for name, value in change.model_dump(exclude_none=True).items() if getattr(stored, name) != value
    }
    if changes.get("status") == "active" and stored.opened_at is None:
        changes["opened_at"] = moment_text(now)
    if changes.get("status") == "inactive":
        changes |= _ending(stored.status, now)
    return changes


def _ending(status: str, now: datetime) -> dict[str, str]:
    reason = "not_proceeded_with" if status == "proposed" else "other"
    return {"inactive_reason": reason, "inactive_at": moment_text(now)}


def to_change(kind: ChangedKind, stored: WireChanged) -> Change:
    """Return a change; a client's record concerns that client."""
    accounts = [stored.uuid] if kind == "account" else [owner.uuid for owner in stored.accounts]
    return Change(record=stored.uuid, accounts=accounts, changed_at=stored.updated_at)
