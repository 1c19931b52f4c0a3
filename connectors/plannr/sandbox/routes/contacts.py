"""Addresses (both versions) and bank accounts of clients."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from connectors.plannr.sandbox import bodies
from connectors.plannr.sandbox.errors import unprocessable
from connectors.plannr.sandbox.gate import Call, CallOf
from connectors.plannr.sandbox.present import Presenter
from connectors.plannr.sandbox.query import TIMES, Listing, envelope, exact, uuids
from connectors.plannr.sandbox.store import Document

_SORTS = ("created_at", "updated_at", "address_1", "postcode")
ADDRESSES_V1 = Listing("address", {"uuid": uuids, **TIMES}, sorts=_SORTS, includes=("accounts",))
ADDRESSES_V2 = Listing(
    "address",
    {"uuid": uuids, "account_uuids": exact("account"), "circle_uuids": exact("circle"), **TIMES},
    sorts=_SORTS,
    default_sort="-created_at",
    includes=("accounts", "primary_accounts"),
)
BANK_ACCOUNTS = Listing("bank_account", {"uuid": uuids, "account_uuids": exact("account"), **TIMES})


def _make_primary(call: Call, owners: list[str], but: str) -> None:
    for owner in owners:
        for other in call.store.find("address", call.tenant, account=owner):
            if other["uuid"] != but and owner in other.get("primary_account_uuids", ()):
                other["primary_account_uuids"].remove(owner)
                call.store.save("address", call.tenant, other)


def _add_address(call: Call, address: Document) -> Document:
    with call.store.transaction():
        stored = call.store.insert("address", call.tenant, address)
        _make_primary(call, stored["primary_account_uuids"], stored["uuid"])
    return stored


async def create_address_v1(call: CallOf, account_uuid: str) -> Response:
    """An address of one account; no webhook event exists for addresses."""
    account = call.get("account", account_uuid)
    fields = call.checked(bodies.ADDRESS_V1)
    owner = [account["uuid"]]
    primary = owner if fields.pop("primary", False) in (True, 1, "1") else []
    stored = _add_address(call, {**fields, "account_uuids": owner, "primary_account_uuids": primary})
    return JSONResponse(Presenter(call.store, call.tenant).address(stored, frozenset({"accounts"})))


async def list_addresses_v1(call: CallOf, account_uuid: str) -> Response:
    """The addresses of one account, oldest first."""
    account = call.get("account", account_uuid)
    part = call.slice(ADDRESSES_V1, call.store.having("address", call.tenant, "account", [account["uuid"]]))
    presenter = Presenter(call.store, call.tenant)
    items = [presenter.address(address, part.includes) for address in part.documents]
    return JSONResponse(envelope(items, part, call.request.url))


async def create_address_v2(call: CallOf) -> Response:
    """An address of one or several clients."""
    fields = call.checked(bodies.ADDRESS_V2)
    owners = fields["account_uuids"]
    primary = owners if fields.pop("is_primary", False) in (True, 1, "1") else fields.get("primary_account_uuids") or []
    if not set(primary) <= set(owners):
        raise unprocessable({"primary_account_uuids": ["The selected primary account uuids is invalid."]})
    stored = _add_address(call, {**fields, "primary_account_uuids": list(primary)})
    return JSONResponse(Presenter(call.store, call.tenant).address(stored), 201)


async def list_addresses_v2(call: CallOf) -> Response:
    """Addresses of all clients, newest first."""
    part = call.slice(ADDRESSES_V2)
    presenter = Presenter(call.store, call.tenant)
    items = [presenter.address(address, part.includes) for address in part.documents]
    return JSONResponse(envelope(items, part, call.request.url))


async def create_bank_account(call: CallOf) -> Response:
    """A bank account of one or several clients; fires bank-account.created."""
    fields = call.checked(bodies.BANK_ACCOUNT_CREATE)
    with call.store.transaction():
        stored = call.store.insert("bank_account", call.tenant, fields)
        call.announce("bank-account.created", stored["uuid"])
    return JSONResponse(Presenter(call.store, call.tenant).bank_account(stored))


async def update_bank_account(call: CallOf, uuid: str) -> Response:
    """Changes a bank account; fires bank-account.updated."""
    stored = call.get("bank_account", uuid)
    stored.update(call.checked(bodies.BANK_ACCOUNT_UPDATE))
    with call.store.transaction():
        call.store.save("bank_account", call.tenant, stored)
        call.announce("bank-account.updated", stored["uuid"])
    return JSONResponse(Presenter(call.store, call.tenant).bank_account(stored))


async def list_bank_accounts(call: CallOf) -> Response:
    """Bank accounts, by client if asked (assumption)."""
    part = call.slice(BANK_ACCOUNTS)
    presenter = Presenter(call.store, call.tenant)
    items = [presenter.bank_account(bank_account) for bank_account in part.documents]
    return JSONResponse(envelope(items, part, call.request.url))


async def get_bank_account(call: CallOf, uuid: str) -> Response:
    """One bank account (assumption)."""
    return JSONResponse(Presenter(call.store, call.tenant).bank_account(call.get("bank_account", uuid)))


async def delete_bank_account(call: CallOf, uuid: str) -> Response:
    """Removes a bank account; fires bank-account.deleted (assumption)."""
    stored = call.get("bank_account", uuid)
    with call.store.transaction():
        call.store.delete(stored["uuid"])
        call.announce("bank-account.deleted", stored["uuid"])
    return Response(status_code=204)


def contacts_router() -> APIRouter:
    """The routes of this module."""
    router = APIRouter(tags=["contacts"])
    router.post("/api/v1/account/{account_uuid}/address")(create_address_v1)
    router.get("/api/v1/account/{account_uuid}/address")(list_addresses_v1)
    router.post("/api/v2/addresses", status_code=201)(create_address_v2)
    router.get("/api/v2/addresses")(list_addresses_v2)
    router.post("/api/v2/bank-accounts")(create_bank_account)
    router.get("/api/v2/bank-accounts")(list_bank_accounts)
    router.get("/api/v2/bank-accounts/{uuid}")(get_bank_account)
    router.put("/api/v2/bank-accounts/{uuid}")(update_bank_account)
    router.delete("/api/v2/bank-accounts/{uuid}")(delete_bank_account)
    return router
