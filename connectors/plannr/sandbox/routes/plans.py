"""Plans, their ownership and sub accounts, contributions and transactions."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from connectors.plannr.sandbox import bodies
from connectors.plannr.sandbox.errors import not_found, refuse, unprocessable
from connectors.plannr.sandbox.gate import Call, CallOf
from connectors.plannr.sandbox.present_plans import (
    PLAN_DEFAULTS,
    PLAN_INCLUDES,
    payment_answer,
    plan_answer,
    sub_account_answer,
)
from connectors.plannr.sandbox.query import TIMES, Listing, envelope, exact, includes_asked, one_of, partly, uuids
from connectors.plannr.sandbox.store import Condition, Document

PLANS = Listing(
    "plan",
    {
        "uuid": uuids,
        "name": partly("name"),
        "proposal_reference": exact("proposal_reference"),
        "policy_number": exact("policy_number"),
        "account_uuids": exact("account"),
        "client_uuid": exact("account"),
        "status": one_of("status"),
        "type": one_of("type"),
        **TIMES,
    },
    includes=PLAN_INCLUDES,
)
CONTRIBUTIONS = Listing(
    "contribution",
    {"uuid": uuids},
    sorts=("created_at", "updated_at", "type", "started_at", "ended_at", "paid_at"),
)
_WHOLE = 100.0


def _is_percentage(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= _WHOLE


def shared(accounts: list[Any]) -> list[Document]:
    """Owners with their percentage; those without one share the rest equally.

    Raises:
        ApiError: 422, an entry names no account, or the percentages exceed 100.
    """
    entries: list[Any] = [{"uuid": entry} if isinstance(entry, str) else entry for entry in accounts]
    if not all(isinstance(entry, dict) and isinstance(entry.get("uuid"), str) for entry in entries):
        raise unprocessable({"accounts": ["The accounts field must name an account in every entry."]})
    given = [entry.get("percentage") for entry in entries]
    if not all(value is None or _is_percentage(value) for value in given):
        raise unprocessable({"accounts": ["The percentages must be numbers between 0 and 100."]})
    rest = _WHOLE - sum(value for value in given if value is not None)
    if rest < 0:
        raise unprocessable({"accounts": ["The percentages must not exceed 100."]})
    open_shares = given.count(None) or 1
    return [
        {"uuid": entry["uuid"], "percentage": rest / open_shares if value is None else value}
        for entry, value in zip(entries, given, strict=True)
    ]


def _owners(call: Call, fields: Document) -> list[Document] | None:
    """The owners that a body names, or None where it names none."""
    lead = fields.pop("client_uuid", None)
    accounts = fields.pop("accounts", None)
    if accounts is None and lead is None:
        return None
    owners = shared(accounts or [lead])
    for position, owner in enumerate(owners):
        if not call.exists("client", owner["uuid"]):
            raise unprocessable({f"accounts.{position}": [f"The selected accounts.{position} is invalid."]})
    return owners


def load_plan(call: Call, uuid: str, *, for_change: bool = False) -> Document:
    """A plan that still exists.

    Raises:
        ApiError: 404, there is none; 409, it is being deleted and a change was wanted.
    """
    plan = call.get("plan", uuid)
    deleted_at = plan.get("deleted_at")
    if deleted_at and deleted_at <= call.store.now():
        raise not_found("plan", uuid)
    if deleted_at and for_change:
        raise refuse(409, "Plan is being deleted.")
    return plan


def insert_plan(call: Call, fields: Mapping[str, Any], owners: list[Document]) -> Document:
    """Stores a plan with its main sub account and queues plan.created; call it inside a transaction."""
    plan = call.store.insert("plan", call.tenant, {**PLAN_DEFAULTS, **fields, "accounts": owners, "tag_uuids": []})
    main = {"plan_uuid": plan["uuid"], "name": plan.get("name") or "Main account", "is_main_account": True}
    call.store.insert("sub_account", call.tenant, {**main, "policy_number": plan.get("policy_number")})
    call.announce("plan.created", plan["uuid"])
    return plan


def change_plan(call: Call, plan: Document) -> Response:
    """Stores a changed plan, queues plan.updated and answers with it."""
    with call.store.transaction():
        call.store.save("plan", call.tenant, plan)
        call.announce("plan.updated", plan["uuid"])
    return JSONResponse(plan_answer(call.store, call.tenant, plan))


async def list_plans(call: CallOf) -> Response:
    """Plans of the firm (assumption)."""
    alive: Condition = (
        "coalesce(json_extract(document, '$.deleted_at'), '9') > ?",
        [call.store.now()],
    )
    part = call.slice(PLANS, alive)
    items = [plan_answer(call.store, call.tenant, plan, part.includes) for plan in part.documents]
    return JSONResponse(envelope(items, part, call.request.url))


async def create_plan(call: CallOf) -> Response:
    """A new plan with its main sub account; fires plan.created."""
    fields = call.checked(bodies.PLAN_CREATE)
    owners = _owners(call, fields) or []
    with call.store.transaction():
        plan = insert_plan(call, fields, owners)
    return JSONResponse(plan_answer(call.store, call.tenant, plan))


async def get_plan(call: CallOf, uuid: str) -> Response:
    """One plan."""
    includes = includes_asked(call.request.query_params, PLAN_INCLUDES)
    return JSONResponse(plan_answer(call.store, call.tenant, load_plan(call, uuid), includes))


async def update_plan(call: CallOf, uuid: str) -> Response:
    """Changes the fields that are sent; fires plan.updated (assumption)."""
    plan = load_plan(call, uuid, for_change=True)
    fields = call.checked(bodies.partial(bodies.PLAN_CREATE))
    owners = _owners(call, fields)
    plan.update(fields)
    if owners is not None:
        plan["accounts"] = owners
    return change_plan(call, plan)


async def delete_plan(call: CallOf, uuid: str) -> Response:
    """Starts the deletion of a plan: changes below it answer 409 until it is gone (assumption)."""
    plan = load_plan(call, uuid, for_change=True)
    seconds = call.parts.config.deletion_seconds
    plan["deleted_at"] = call.store.now(ahead_seconds=seconds)
    with call.store.transaction():
        call.store.save("plan", call.tenant, plan)
        call.announce("plan.deleted", plan["uuid"], delay_seconds=seconds)
    return Response(status_code=204)


async def change_ownership(call: CallOf, plan_uuid: str) -> Response:
    """Replaces the owners and their percentages; fires plan.updated."""
    plan = load_plan(call, plan_uuid, for_change=True)
    owners = _owners(call, call.checked(bodies.PLAN_OWNERSHIP))
    plan["accounts"] = owners or plan["accounts"]
    return change_plan(call, plan)


def _sub_account(call: Call, plan: Document, uuid: str) -> Document:
    found = call.get("sub_account", uuid)
    if found["plan_uuid"] != plan["uuid"]:
        raise not_found("sub_account", uuid)
    return found


async def create_sub_account(call: CallOf, plan_uuid: str) -> Response:
    """A further sub account of a plan."""
    plan = load_plan(call, plan_uuid, for_change=True)
    fields = {**call.checked(bodies.SUB_ACCOUNT_CREATE), "plan_uuid": plan["uuid"], "is_main_account": False}
    with call.store.transaction():
        stored = call.store.insert("sub_account", call.tenant, fields)
    return JSONResponse(sub_account_answer(stored))


async def update_sub_account(call: CallOf, plan_uuid: str, uuid: str) -> Response:
    """Changes a sub account."""
    plan = load_plan(call, plan_uuid, for_change=True)
    stored = _sub_account(call, plan, uuid)
    stored.update(call.checked(bodies.SUB_ACCOUNT_UPDATE))
    with call.store.transaction():
        call.store.save("sub_account", call.tenant, stored)
    return JSONResponse(sub_account_answer(stored))


async def create_contribution(call: CallOf, plan_uuid: str, subAccount_uuid: str) -> Response:  # noqa: N803  the published name of the path parameter
    """A regular or single contribution; deprecated by Plannr in favour of transactions."""
    plan = load_plan(call, plan_uuid, for_change=True)
    sub_account = _sub_account(call, plan, subAccount_uuid)
    fields = {
        **call.checked(bodies.CONTRIBUTION),
        "plan_uuid": plan["uuid"],
        "sub_account_uuid": sub_account["uuid"],
    }
    with call.store.transaction():
        stored = call.store.insert("contribution", call.tenant, {"paid_at": None, **fields})
    return JSONResponse(payment_answer(stored))


async def list_contributions(call: CallOf, plan_uuid: str, subAccount: str) -> Response:  # noqa: N803  the published name of the path parameter
    """The contributions of one sub account."""
    sub_account = _sub_account(call, load_plan(call, plan_uuid), subAccount)
    part = call.slice(
        CONTRIBUTIONS, call.store.having("contribution", call.tenant, "sub_account", [sub_account["uuid"]])
    )
    return JSONResponse(envelope([payment_answer(item) for item in part.documents], part, call.request.url))


def _insert_transaction(call: Call, plan_uuid: str, *, schedule: bool) -> Document:
    plan = load_plan(call, plan_uuid, for_change=True)
    fields = call.checked(bodies.TRANSACTION)
    subs = call.store.find("sub_account", call.tenant, plan=plan["uuid"])
    main = next(sub["uuid"] for sub in subs if sub["is_main_account"])
    wanted = fields.get("sub_account_uuid") or main
    if wanted not in {sub["uuid"] for sub in subs}:
        raise unprocessable({"sub_account_uuid": ["The selected sub account uuid is invalid."]})
    fields.update(plan_uuid=plan["uuid"], sub_account_uuid=wanted, schedule=schedule)
    with call.store.transaction():
        stored = call.store.insert("transaction", call.tenant, fields)
        if not schedule:
            call.announce("transaction.created", stored["uuid"])
    return stored


async def create_transaction(call: CallOf, plan_uuid: str) -> Response:
    """A transaction on the plan's main or a named sub account; fires transaction.created."""
    return JSONResponse(payment_answer(_insert_transaction(call, plan_uuid, schedule=False)))


async def create_transaction_schedule(call: CallOf, plan_uuid: str) -> Response:
    """A recurring transaction; the published event list has none for schedules."""
    return JSONResponse(payment_answer(_insert_transaction(call, plan_uuid, schedule=True)))


def plans_router() -> APIRouter:
    """The routes of this module."""
    router = APIRouter(tags=["plans"])
    plan = "/api/v1/plans/{plan_uuid}"
    router.get("/api/v1/plans")(list_plans)
    router.post("/api/v1/plans")(create_plan)
    router.get("/api/v1/plans/{uuid}")(get_plan)
    router.put("/api/v1/plans/{uuid}")(update_plan)
    router.delete("/api/v1/plans/{uuid}")(delete_plan)
    router.put(f"{plan}/ownership")(change_ownership)
    router.post(f"{plan}/sub-accounts")(create_sub_account)
    router.put(f"{plan}/sub-accounts/{{uuid}}")(update_sub_account)
    router.post(f"{plan}/sub-accounts/{{subAccount_uuid}}/contributions", deprecated=True)(create_contribution)
    router.get(f"{plan}/contributions/{{subAccount}}", deprecated=True)(list_contributions)
    router.post(f"{plan}/transaction")(create_transaction)
    router.post(f"{plan}/transaction-schedule")(create_transaction_schedule)
    return router
