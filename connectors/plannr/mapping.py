"""The pure mapping between Plannr's JSON and Onward's own models."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from connectors.plannr.port import (
    ApplicationRecord,
    ClosingReason,
    IllustrationRecord,
    PlannrPerson,
    PlanRecord,
    SavedApplication,
    SavedPlan,
    TaskRecord,
)
from connectors.plannr.wire import WireAccount, WireAddress, WireApplication, WirePlan, WireTask
from domain.journey import Wrapper
from models.people import (
    Address,
    Contribution,
    EmploymentStatus,
    KnownDetails,
    MaritalStatus,
)

REFERENCE_SOURCE: Final = "soderberg-platform"
"""Under which the platform client's id stands among a record's external references."""
ILLUSTRATION_PLATFORM: Final = "seccl"
"""The only platform that Plannr's published page of illustrations names."""

_WRAPPERS: Final = {Wrapper.SIPP: "PENSION", Wrapper.GIA: "GIA", Wrapper.ISA: "ISA", Wrapper.JISA: "JISA"}
_UNITED_KINGDOM: Final = {"", "gb", "gbr", "uk", "united kingdom", "great britain"}
_DATE_LENGTH: Final = len("1979-04-12")


def to_person(account: WireAccount, *, link_tag: str) -> PlannrPerson:
    """Return the record in Onward's terms."""
    references = [item.reference for item in account.external_references if item.source == REFERENCE_SOURCE]
    return PlannrPerson(
        account=account.uuid,
        known_details=known_details(account),
        platform_client=references[0] if references else None,
        link_tagged=any((tag.name or "").casefold() == link_tag.casefold() for tag in account.tags),
        assigned_adviser=account.assigned_adviser.uuid if account.assigned_adviser else None,
    )


def known_details(account: WireAccount) -> KnownDetails:
    """Return what a record says of a person; what does not parse is a gap (P7)."""
    candidate = {
        "title": account.title,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "date_of_birth": account.date_of_birth and account.date_of_birth[:_DATE_LENGTH],
        "email": (account.primary_email and account.primary_email.email) or account.email,
        "mobile": (account.primary_phone_number and account.primary_phone_number.phone_number) or account.phone,
        "national_insurance_number": account.ni_number,
        "nationality": account.nationality and account.nationality.upper(),
        "marital_status": account.marital_status and _words(account.marital_status),
        "employment_status": account.employment_status and _words(account.employment_status),
        "retirement_age": account.target_retirement_age,
        "address": account.primary_address and _address(account.primary_address),
    }
    try:
        return KnownDetails.model_validate(candidate)
    except ValidationError as refusal:
        refused = {item["loc"][0] for item in refusal.errors(include_input=False, include_url=False)}
    return KnownDetails.model_validate({name: value for name, value in candidate.items() if name not in refused})


def _address(address: WireAddress) -> dict[str, str | None]:
    further = (address.address_2, address.address_3, address.address_4)
    country = address.country or ""
    return {
        "line_1": address.address_1,
        "line_2": ", ".join(line for line in further if line),
        "town_city": address.town_city,
        "county": address.county or "",
        "postcode": address.postcode,
        "country": "GB" if country.casefold() in _UNITED_KINGDOM else country,
    }


def _words(text: str) -> str:
    """Return a choice as Onward spells it: `civil_partnership` for `civil-partnership` and `Civil partnership`."""
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").split())


def _spelled(choice: MaritalStatus | EmploymentStatus | None) -> str | None:
    """Return a choice as Plannr spells it, with hyphens."""
    return choice and choice.value.replace("_", "-")


def changed_account(known: KnownDetails, details: KnownDetails) -> dict[str, str | int]:
    """Return the members of the account update that are given and differ from what the record says (P11)."""
    members: dict[str, tuple[str, str | int | None]] = {
        "title": ("title", details.title),
        "first_name": ("first_name", details.first_name),
        "last_name": ("last_name", details.last_name),
        "date_of_birth": (
            "date_of_birth",
            None if details.date_of_birth is None else details.date_of_birth.isoformat(),
        ),
        "email": ("email", details.email),
        "mobile": ("phone", details.mobile),
        "national_insurance_number": ("ni_number", details.national_insurance_number),
        "nationality": ("nationality", details.nationality),
        "marital_status": ("marital_status", _spelled(details.marital_status)),
        "employment_status": ("employment_status", _spelled(details.employment_status)),
        "retirement_age": ("target_retirement_age", details.retirement_age),
    }
    return {
        member: value
        for name, (member, value) in members.items()
        if value is not None and getattr(known, name) != getattr(details, name)
    }


def address_body(account: str, address: Address) -> dict[str, Any]:
    """Return the new primary address of one client."""
    return {"account_uuids": [account], "is_primary": True, **address_lines(address)}


def address_lines(address: Address) -> dict[str, str]:
    """Return an address as Plannr spells it, without the lines that it does not have."""
    lines = {
        "name": "Home",
        "address_1": address.line_1,
        "address_2": address.line_2,
        "town_city": address.town_city,
        "county": address.county,
        "postcode": address.postcode,
        "country": address.country,
    }
    return {name: line for name, line in lines.items() if line}


def illustration_body(record: IllustrationRecord) -> dict[str, Any]:
    """Return the illustration as a draft: Plannr then neither makes a plan of it nor sends it on (P10).

    Money is in pence, charges are in basis points.
    """
    illustration = record.illustration
    return {
        "name": illustration.name,
        "accounts": record.accounts,
        "requested_by_uuid": record.requested_by,
        "is_draft": True,
        "platform": ILLUSTRATION_PLATFORM,
        "request_data": {
            "external_reference": record.journey_id,
            "wrapper_type": _WRAPPERS[record.wrapper],
            "investment_strategy": illustration.investment_strategy,
            "contributions": _contributions(illustration.contributions),
            "charges": illustration.charges.model_dump(mode="json"),
            "plan_length_years": illustration.plan_length_years,
        },
    }


def _contributions(contributions: Sequence[Contribution]) -> list[dict[str, Any]]:
    return [{"value": item.amount_pence, "frequency": item.frequency.value} for item in contributions]


def application_body(record: ApplicationRecord) -> dict[str, Any]:
    """Return the application's members that the record names; money is in pence."""
    details = record.account_details
    members = {
        "account_uuids": record.accounts,
        "wrapper_type": _WRAPPERS[record.wrapper],
        "status": record.status,
        "illustration_uuid": record.illustration,
        "plan_uuid": record.plan,
        "request_data": details
        and {
            **details.model_dump(mode="json", exclude={"contributions"}, exclude_none=True),
            "contributions": _contributions(details.contributions),
        },
    }
    return {name: value for name, value in members.items() if value is not None}


def changed_application(stored: WireApplication, record: ApplicationRecord) -> dict[str, Any]:
    """Return the members of the update that differ; a complete application never goes back (P15, P43)."""
    if stored.status == "closed":
        return {}
    body = application_body(record)
    if stored.status == "complete":
        body["status"] = stored.status
    if set(stored.account_uuids) == set(record.accounts):
        body.pop("account_uuids")
    return {name: value for name, value in body.items() if getattr(stored, name) != value}


def new_plan_body(record: PlanRecord, provider: str, now: datetime) -> dict[str, Any]:
    """Return the new plan, its owners sharing it equally."""
    opening = {"opened_at": moment_text(now)} if record.status == "active" else {}
    return {**_plan_members(record), **opening, "accounts": record.accounts, "provider_uuid": provider}


def changed_plan(stored: WirePlan, record: PlanRecord, now: datetime) -> dict[str, Any]:
    """Return the members of the update that differ; a plan never goes back, nor comes back to life (P15, P43)."""
    if stored.status == "inactive" or (stored.status == "active" and record.status == "proposed"):
        return {}
    changes = {name: value for name, value in _plan_members(record).items() if getattr(stored, name) != value}
    if record.status == "active" and stored.opened_at is None:
        changes["opened_at"] = moment_text(now)
    return changes


def closed_application(stored: WireApplication, reason: ClosingReason) -> dict[str, Any]:
    """Return the members of the update that closes an application; nothing for one that is over (P43)."""
    return {} if stored.status in {"complete", "closed"} else {"status": "closed", "closed_reason": reason}


def closed_plan(stored: WirePlan, reason: ClosingReason, now: datetime) -> dict[str, Any]:
    """Return the members of the update that makes a proposed plan inactive; nothing for any other (P43)."""
    if stored.status != "proposed":
        return {}
    why = "declined" if reason == "declined" else "not_proceeded_with"
    return {"status": "inactive", "inactive_reason": why, "inactive_at": moment_text(now)}


def task_reference(record: TaskRecord) -> str:
    """Return the line of a task's description that it is found again by."""
    return f"Onward reference: {record.journey_id} {record.key}"


def is_same_task(stored: WireTask, record: TaskRecord) -> bool:
    """Whether one of the lines of the task's description is the reference."""
    return task_reference(record) in [line.strip() for line in (stored.description or "").splitlines()]


def task_body(record: TaskRecord, status: str) -> dict[str, Any]:
    """Return a new task about one client."""
    members = {
        "name": record.name,
        "description": f"{record.description}\n\n{task_reference(record)}",
        "due_at": record.due_at and moment_text(record.due_at),
        "taskable_type": "client",
        "taskable_uuid": record.account,
        "task_status_uuid": status,
        "assigned_to_uuids": record.assignee and [record.assignee],
    }
    return {name: value for name, value in members.items() if value is not None}


def plan_type(wrapper: Wrapper) -> str:
    """Return the kind of plan that a wrapper is."""
    return "pension" if wrapper is Wrapper.SIPP else "investment"


def _plan_members(record: PlanRecord) -> dict[str, Any]:
    members = {
        "name": record.name,
        "type": plan_type(record.wrapper),
        "sub_type": record.wrapper.value,
        "status": record.status,
        "proposal_reference": record.journey_id,
        "policy_number": record.policy_number,
    }
    return {name: value for name, value in members.items() if value is not None}


def moment_text(now: datetime) -> str:
    """Return a moment as Plannr takes it, to the second."""
    return now.isoformat(timespec="seconds")


def to_saved_application(application: WireApplication) -> SavedApplication:
    """Return the application in Onward's terms."""
    return SavedApplication(application=application.uuid, status=application.status, plan=application.plan_uuid)


def to_saved_plan(plan: WirePlan) -> SavedPlan:
    """Return the plan in Onward's terms."""
    return SavedPlan(plan=plan.uuid, status=plan.status)
