"""Logins, accounts, owners of joint clients, and external references."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from connectors.plannr.sandbox import bodies
from connectors.plannr.sandbox.errors import invalid, refuse
from connectors.plannr.sandbox.gate import Call, CallOf
from connectors.plannr.sandbox.present import ACCOUNT_INCLUDES, Presenter
from connectors.plannr.sandbox.query import (
    TIMES,
    Listing,
    after,
    before,
    envelope,
    exact,
    flag,
    includes_asked,
    one_of,
    partly,
    tagged,
    uuids,
)
from connectors.plannr.sandbox.rules import check, known_fields
from connectors.plannr.sandbox.seed import FIRMS, derived_uuid
from connectors.plannr.sandbox.store import Document

ACCOUNTS = Listing(
    "account",
    filters={
        "name": partly("title", "first_name", "last_name", "entity_name"),
        "primary_email": exact("email"),
        "email": exact("email"),
        "primary_phone_number": exact("phone"),
        "status": one_of("status"),
        "inactive_after": after("$.inactive_at"),
        "inactive_before": before("$.inactive_at"),
        "groups": exact("groups"),
        "departments": exact("groups"),
        "is_prospect": flag("is_prospect"),
        "role": one_of("role"),
        "type": one_of("type"),
        "uuids": uuids,
        "uuid": uuids,
        "ni_number": exact("ni_number"),
        "date_of_birth": exact("date_of_birth"),
        "is_child_account": flag("is_child_account"),
        "external_reference": exact("external_reference"),
        "tags": tagged,
        "assigned_adviser_uuid": exact("adviser"),
        **TIMES,
    },
    sorts=("created_at", "updated_at", "first_name", "last_name"),
    includes=ACCOUNT_INCLUDES,
)
_LOGIN_FLAGS = (
    "has_write_permission", "has_delete_permission", "wealth_enabled", "goals_enabled", "factfind_enabled",
    "tasks_enabled", "welcome_enabled",
)  # fmt: skip


def _login(call: Call, firm_uuid: str, position: int) -> dict[str, Any]:
    presenter = Presenter(call.store, firm_uuid)
    account = call.store.get("account", firm_uuid, FIRMS[firm_uuid]["account"])
    if account is None:
        raise refuse(500, "Server Error")
    return {
        "uuid": derived_uuid(f"login/{firm_uuid}"),
        "created_at": account["created_at"],
        "updated_at": account["updated_at"],
        "expires_at": None,
        "primary": position == 0,
        **dict.fromkeys(_LOGIN_FLAGS, True),
        "receives_unread_notifications_email": False,
        "first_name": account["first_name"],
        "last_name": account["last_name"],
        "email": account["email"],
        "preferred_account_uuid": account["uuid"],
        "account": presenter.login_account(account),
        "firm": presenter.firm(),
    }


async def list_logins(call: CallOf) -> Response:
    """The firms that the token's user may act for; ``account.uuid`` selects one in X-PLANNR-ACCOUNT-UUID."""
    return JSONResponse({"data": [_login(call, firm, position) for position, firm in enumerate(FIRMS)]})


async def list_accounts(call: CallOf) -> Response:
    """Clients, employees and others of the firm."""
    part = call.slice(ACCOUNTS)
    presenter = Presenter(call.store, call.tenant)
    items = [presenter.account(account, part.includes) for account in part.documents]
    return JSONResponse(envelope(items, part, call.request.url))


def _given_addresses(given: Any) -> list[Document]:
    """The published page calls it an array but prints one object, so both are taken."""
    addresses = [given] if isinstance(given, dict) else given or []
    for address in addresses:
        if not isinstance(address, dict):
            raise invalid("address")
        check(address, bodies.partial(bodies.ADDRESS_V2), lambda _kind, _uuid: True)
    return [known_fields(address, bodies.ADDRESS_V2) for address in addresses]


async def create_account(call: CallOf) -> Response:
    """A new account, with its addresses if any are given; fires account.created."""
    fields = call.checked(bodies.ACCOUNT_CREATE)
    fields.pop("send_welcome_email", None)
    addresses = _given_addresses(fields.pop("address", None))
    adviser = FIRMS[call.tenant]["adviser"]
    defaults: Document = {
        "type": "client", "role": "individual", "status": "active", "is_prospect": False, "owners": [],
        "tag_uuids": [], "external_references": [],
        "assigned_adviser_uuid": adviser if fields.get("type", "client") == "client" else None,
    }  # fmt: skip
    with call.store.transaction():
        account = call.store.insert("account", call.tenant, {**defaults, **fields})
        for address in addresses:
            owner = [account["uuid"]]
            call.store.insert(
                "address", call.tenant, {**address, "account_uuids": owner, "primary_account_uuids": owner}
            )
        call.announce("account.created", account["uuid"])
    return JSONResponse(Presenter(call.store, call.tenant).account(account))


async def get_account(call: CallOf, uuid: str) -> Response:
    """One account with the relations asked for."""
    includes = includes_asked(call.request.query_params, ACCOUNT_INCLUDES)
    return JSONResponse(Presenter(call.store, call.tenant).account(call.get("account", uuid), includes))


async def update_account(call: CallOf, uuid: str) -> Response:
    """Changes the fields that are sent; fires account.updated."""
    account = call.get("account", uuid)
    account.update(call.checked(bodies.ACCOUNT_UPDATE))
    account["status"] = "inactive" if account.get("inactive_at") else "active"
    with call.store.transaction():
        call.store.save("account", call.tenant, account)
        call.announce("account.updated", account["uuid"])
    return JSONResponse(Presenter(call.store, call.tenant).account(account))


async def delete_account(call: CallOf, uuid: str) -> Response:
    """Removes an account; fires account.deleted."""
    account = call.get("account", uuid)
    if account.get("with_login"):
        raise refuse(409, "An account with a login cannot be deleted.")
    with call.store.transaction():
        call.store.delete(account["uuid"])
        call.announce("account.deleted", account["uuid"])
    return Response(status_code=204)


async def change_owners(call: CallOf, client_uuid: str) -> Response:
    """Attaches, detaches or replaces the members of a shared client."""
    account = call.get("account", client_uuid)
    fields = call.checked(bodies.OWNERS)
    given, present = fields["owners"], account.get("owners", [])
    if account["uuid"] in given:
        raise invalid("owners")
    kept = {"attach": present, "detach": [uuid for uuid in present if uuid not in given], "sync": []}[fields["mode"]]
    account["owners"] = list(dict.fromkeys([*kept, *([] if fields["mode"] == "detach" else given)]))
    with call.store.transaction():
        call.store.save("account", call.tenant, account)
        call.announce("account.updated", account["uuid"])
    return JSONResponse(Presenter(call.store, call.tenant).account(account, frozenset({"owners"})))


def upsert_reference(call: Call, account: Document, source: str, reference: str) -> Document:
    """Sets the reference of one source on an account; call it inside a transaction."""
    items: list[Document] = account.setdefault("external_references", [])
    present = next((item for item in items if item["source"] == source), None)
    if present is not None and present["reference"] == reference:
        return present
    moment = call.store.now()
    if present is None:
        present = {
            "uuid": derived_uuid(f"reference/{account['uuid']}/{source}"),
            "created_at": moment,
            "source": source,
        }
        items.append(present)
    present.update(reference=reference, updated_at=moment)
    call.store.save("account", call.tenant, account, touch=False)
    return present


async def put_external_reference(call: CallOf, uuid: str) -> Response:
    """Stores another system's id on an account, one per source; saying it twice changes nothing (assumption)."""
    account = call.get("account", uuid)
    fields = call.checked(bodies.EXTERNAL_REFERENCE)
    with call.store.transaction():
        item = upsert_reference(call, account, fields["source"], fields["reference"])
    return JSONResponse(Presenter.reference(item))


def accounts_router() -> APIRouter:
    """The routes of this module."""
    router = APIRouter(tags=["accounts"])
    router.get("/api/v1/logins")(list_logins)
    router.get("/api/v1/account")(list_accounts)
    router.post("/api/v1/account")(create_account)
    router.get("/api/v1/account/{uuid}")(get_account)
    router.put("/api/v1/account/{uuid}")(update_account)
    router.put("/api/v1/client/{uuid}", deprecated=True)(update_account)
    router.delete("/api/v1/account/{uuid}")(delete_account)
    router.post("/api/v1/client/{client_uuid}/owners")(change_owners)
    router.post("/api/v1/account/{uuid}/external-references")(put_external_reference)
    return router
