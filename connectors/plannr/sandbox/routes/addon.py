"""The Seccl add-on: platform clients, client products, bank details, mandate acceptance, adviser nodes.

The add-on of this sandbox keeps its own records; it does not talk to the platform's stand-in. A client is Registered
when created, Pending once an application is named, Active when AML is passed, the platform terms are accepted and
bank details are there. AML is passed on submission unless the surname is ``Referred``.
"""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from connectors.plannr.sandbox import bodies
from connectors.plannr.sandbox.errors import not_found, refuse, unprocessable
from connectors.plannr.sandbox.gate import Call, CallOf
from connectors.plannr.sandbox.present import Presenter, pick
from connectors.plannr.sandbox.routes.accounts import upsert_reference
from connectors.plannr.sandbox.seed import ADDON, HARBOUR_UUID
from connectors.plannr.sandbox.store import Document

_ADDRESS = ("flat_number", "building_name", "building_number", "address_1", "address_2", "country", "postcode")
_ANSWER = (
    "id", "node_id", "client_type", "title", "first_name", "surname", "email", "nationality", "national_insurance_no",
    "date_of_birth", "tax_domicile", "marital_status", "employment_status", "retirement_age", "terms_accepted",
    "status", "aml_passed", "application_uuid",
)  # fmt: skip
_PRODUCT = (
    "id", "client_ids", "node_id", "wrapper_type", "terms_accepted", "declaration_accepted_date",
    "accepted_provider_terms",
)  # fmt: skip
_TRUE = (True, 1, "1")
_REFERRED = "referred"


def _mobile(given: Any) -> Document | None:
    if not given:
        return None
    return {"number": given, "locale": "en-GB", "isMobile": True}


def _client_answer(client: Document) -> dict[str, Any]:
    bank = client.get("bank_details") or {}
    return {
        **pick(client, _ANSWER),
        "address_detail": pick(client, _ADDRESS),
        "mobile": _mobile(client.get("mobile")),
        "bank_details": {
            "account_number": bank.get("account_number"),
            "sort_code": bank.get("sort_code"),
            "accepted_debit_mandate": bool(bank.get("accepted_debit_mandate_at")),
            "accepted_debit_mandate_at": bank.get("accepted_debit_mandate_at"),
        },
        "vulnerability": client.get("vulnerability") or {},
        "employers": client.get("employers") or [],
    }


def _known_addon(addon: str) -> None:
    if addon != ADDON:
        raise not_found("addon", addon)


def _check_nationalities(fields: Document) -> None:
    """Exactly one entry carries identifiers, exactly one of those is available; CONCAT has no value."""
    entries = fields.get("nationalities")
    if not entries:
        return
    with_identifiers = [entry["identifiers"] for entry in entries if entry.get("identifiers")]
    identifiers = with_identifiers[0] if len(with_identifiers) == 1 else []
    available = [item for item in identifiers if item["available"] in _TRUE]
    if len(available) != 1:
        raise unprocessable({"nationalities": ["Exactly one nationality must have exactly one available identifier."]})
    for item in identifiers:
        wants_value = item["available"] in _TRUE and item["name"] != "CONCAT"
        if wants_value != bool(item.get("value")):
            raise unprocessable({"nationalities": ["An identifier has a value exactly if it is available."]})


def _settle(client: Document) -> None:
    """Moves the client on as far as its facts allow."""
    if client["status"] == "Registered" and client.get("application_uuid"):
        client["status"] = "Pending"
    if client["status"] == "Pending":
        client["aml_passed"] = client["surname"].lower() != _REFERRED
        if client["aml_passed"] and client.get("terms_accepted") and client.get("bank_details"):
            client["status"] = "Active"


def _number(call: Call, kind: str) -> int:
    return call.store.counts().get(kind, 0) + 1


def _of_account(call: Call, account_uuid: str) -> Document:
    account = call.get("account", account_uuid)
    found = call.store.find("seccl_client", call.tenant, account=account["uuid"])
    if not found:
        raise not_found("seccl_client", account_uuid)
    return found[0]


async def create_client(call: CallOf, addon: str) -> Response:
    """A platform client; its id is stored as an external reference on the account that is named."""
    _known_addon(addon)
    fields = call.checked(bodies.SECCL_CLIENT)
    _check_nationalities(fields)
    account_uuid = fields.get("account_uuid")
    if account_uuid and call.store.find("seccl_client", call.tenant, account=account_uuid):
        raise refuse(409, "The account already has a platform client.")
    with call.store.transaction():
        firm = 1 if call.tenant == HARBOUR_UUID else 2
        head = {"id": f"{firm:02d}{_number(call, 'seccl_client'):05d}", "status": "Registered", "aml_passed": False}
        client = call.store.insert("seccl_client", call.tenant, {**head, "terms_accepted": False, **fields})
        if account_uuid:
            upsert_reference(call, call.get("account", account_uuid), "seccl", client["id"])
    return JSONResponse(_client_answer(client))


async def get_client(call: CallOf, addon: str, account_uuid: str) -> Response:
    """The platform client of an account."""
    _known_addon(addon)
    return JSONResponse(_client_answer(_of_account(call, account_uuid)))


def _request_mandate(call: Call, client: Document) -> None:
    if not call.store.find("direct_debit_mandate", call.tenant, account=client["account_uuid"]):
        mandate = {"account_uuid": client["account_uuid"], "completed_at": None}
        call.store.insert("direct_debit_mandate", call.tenant, mandate)


def _open_product(call: Call, client: Document, application_uuid: str) -> None:
    """The client product that an application opens, once per wrapper and set of holders."""
    application = call.get("application", application_uuid)
    products = call.store.find(
        "seccl_product", call.tenant, account=client["account_uuid"], wrapper_type=application["wrapper_type"]
    )
    if not products:
        product = {
            "id": f"CP{_number(call, 'seccl_product'):05d}",
            "client_ids": [client["id"]],
            "account_uuids": [client["account_uuid"]],
            "node_id": client.get("node_id"),
            "wrapper_type": application["wrapper_type"],
            "terms_accepted": False,
        }
        call.store.insert("seccl_product", call.tenant, product)


async def update_client(call: CallOf, addon: str, account_uuid: str) -> Response:
    """Changes the platform client; naming an application submits it."""
    _known_addon(addon)
    client = _of_account(call, account_uuid)
    fields = call.checked(bodies.SECCL_CLIENT_UPDATE)
    _check_nationalities(fields)
    client["terms_accepted"] = client["terms_accepted"] or fields.pop("platform_terms_accepted", False) in _TRUE
    client.update(fields)
    _settle(client)
    with call.store.transaction():
        call.store.save("seccl_client", call.tenant, client)
        if fields.get("application_uuid"):
            _open_product(call, client, fields["application_uuid"])
        if fields.get("requires_debit_mandate") in _TRUE:
            _request_mandate(call, client)
    return JSONResponse(_client_answer(client))


async def list_products(call: CallOf, addon: str, account_uuid: str) -> Response:
    """The client products of an account, of one wrapper if asked."""
    _known_addon(addon)
    client = _of_account(call, account_uuid)
    wrapper = call.request.query_params.get("wrapper_type")
    wanted = {"wrapper_type": wrapper} if wrapper else {}
    products = call.store.find("seccl_product", call.tenant, account=client["account_uuid"], **wanted)
    return JSONResponse({"data": [pick(product, _PRODUCT) for product in products]})


async def accept_product(call: CallOf, addon: str, account_uuid: str, clientProductId: str) -> Response:  # noqa: N803  the published name of the path parameter
    """Accepts the product's terms; ISA and JISA record the declaration, a pension its provider's terms."""
    _known_addon(addon)
    client = _of_account(call, account_uuid)
    products = call.store.find(
        "seccl_product", call.tenant, account=client["account_uuid"], platform_id=clientProductId
    )
    if not products:
        raise not_found("client_product", clientProductId)
    product = products[0]
    if not product["terms_accepted"]:
        product["terms_accepted"] = True
        if product["wrapper_type"] in {"ISA", "JISA"}:
            product["declaration_accepted_date"] = call.store.now()
        if product["wrapper_type"] == "PENSION":
            product["accepted_provider_terms"] = True
        with call.store.transaction():
            call.store.save("seccl_product", call.tenant, product)
    return JSONResponse(pick(product, _PRODUCT))


async def submit_bank_details(call: CallOf, addon: str, account_uuid: str) -> Response:
    """Takes bank details once, after AML has cleared."""
    _known_addon(addon)
    client = _of_account(call, account_uuid)
    fields = call.checked(bodies.SECCL_BANK_DETAILS)
    if client.get("bank_details"):
        raise refuse(409, "Bank details have already been provided.")
    if not client["aml_passed"]:
        raise refuse(409, "AML checks have not been passed yet.")
    client["bank_details"] = fields
    _settle(client)
    with call.store.transaction():
        call.store.save("seccl_client", call.tenant, client)
    return JSONResponse(_client_answer(client))


async def complete_mandate(call: CallOf, addon: str, account_uuid: str) -> Response:
    """The client accepts the direct debit mandate in the portal; bank details must be there."""
    _known_addon(addon)
    client = _of_account(call, account_uuid)
    bank = client.get("bank_details")
    if not bank:
        raise refuse(409, "Bank details are required before the mandate can be accepted.")
    with call.store.transaction():
        bank.setdefault("accepted_debit_mandate_at", call.store.now())
        call.store.save("seccl_client", call.tenant, client)
        _request_mandate(call, client)
        mandate = call.store.find("direct_debit_mandate", call.tenant, account=client["account_uuid"])[0]
        mandate["completed_at"] = mandate["completed_at"] or bank["accepted_debit_mandate_at"]
        call.store.save("direct_debit_mandate", call.tenant, mandate)
    return JSONResponse(_client_answer(client))


async def associate_nodes(call: CallOf, addon: str) -> Response:
    """Ties advisers to platform nodes."""
    _known_addon(addon)
    associations = call.checked(bodies.SECCL_NODES)["associations"]
    pairs = [(item["adviser_uuid"], node) for item in associations for node in item.get("node_ids") or [None]]
    stored = []
    with call.store.transaction():
        for adviser, node in pairs:
            brief = Presenter(call.store, call.tenant).brief(adviser) or {}
            association = {
                "type": "node", "lookupable_type": "account", "lookupable_uuid": adviser,
                "lookupable_value": brief.get("name"), "lookup_value": adviser, "returnable_type": "node",
                "returnable_uuid": None, "returnable_value": node, "return_string": node,
            }  # fmt: skip
            stored.append(call.store.insert("node_association", call.tenant, association))
    return JSONResponse({"data": stored})


def addon_router() -> APIRouter:
    """The routes of this module."""
    router = APIRouter(tags=["platform add-on"])
    base = "/api/v1/addons/seccl/{addon}"
    of_client = f"{base}/client/{{account_uuid}}"
    router.post(f"{base}/client")(create_client)
    router.get(of_client)(get_client)
    router.patch(of_client)(update_client)
    router.get(f"{base}/client-products/{{account_uuid}}")(list_products)
    router.post(f"{of_client}/products/{{clientProductId}}/accept")(accept_product)
    router.post(f"{of_client}/bank-details")(submit_bank_details)
    router.post(f"{of_client}/direct-debit-mandate/portal-completion")(complete_mandate)
    router.post(f"{base}/associate-node")(associate_nodes)
    return router
