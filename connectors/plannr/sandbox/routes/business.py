"""Illustrations, and applications (whose endpoint Plannr does not publish: an assumption)."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from connectors.plannr.sandbox import bodies
from connectors.plannr.sandbox.errors import refuse, unprocessable
from connectors.plannr.sandbox.gate import Call, CallOf
from connectors.plannr.sandbox.present import APPLICATION_FIELDS, Presenter, pick
from connectors.plannr.sandbox.query import TIMES, Listing, after, before, envelope, exact, one_of, partly, uuids
from connectors.plannr.sandbox.routes.plans import insert_plan, load_plan, shared
from connectors.plannr.sandbox.seed import FIRMS
from connectors.plannr.sandbox.store import Condition, Document

ILLUSTRATIONS = Listing(
    "illustration",
    {
        "name": partly("name"),
        "platform": exact("platform"),
        "requested_by_uuid": exact("requested_by"),
        "generated_after": after("$.generation_ready_at"),
        "generated_before": before("$.generation_ready_at"),
        **TIMES,
    },
    sorts=("created_at", "updated_at", "generated_at"),
    default_sort="-created_at",
    includes=("firm", "client", "plan", "requestedBy"),
)
APPLICATIONS = Listing(
    "application",
    {
        "uuid": uuids,
        "external_reference": exact("external_reference"),
        "account_uuids": exact("account"),
        "illustration_uuid": exact("illustration"),
        "plan_uuid": exact("plan"),
        "status": one_of("status"),
        **TIMES,
    },
)
_PENSIONS = frozenset({"PENSION", "SIPP"})
_TRUE = (True, 1, "1")


def _proposed_plan(call: Call, fields: Document) -> Document:
    """The plan that Plannr makes from an illustration's request data."""
    wanted = fields.get("request_data")
    wrapper = str(wanted.get("wrapper_type") or "GIA").upper() if isinstance(wanted, dict) else "GIA"
    plan = {
        "name": fields["name"],
        "type": "pension" if wrapper in _PENSIONS else "investment",
        "sub_type": "sipp" if wrapper in _PENSIONS else wrapper.lower(),
        "provider_uuid": FIRMS[call.tenant]["provider"],
        "status": "proposed",
    }
    return insert_plan(call, plan, shared(fields["accounts"]))


def _platform_number(call: Call) -> str:
    return f"IL{call.store.counts().get('illustration', 0) + 1:06d}"


def _requester(call: Call, fields: Document) -> str:
    lead = call.get("account", fields["accounts"][0])
    requester = fields.get("requested_by_uuid") or lead.get("assigned_adviser_uuid")
    if requester is None:
        raise unprocessable({"requested_by_uuid": ["The requested by uuid field is required."]})
    return str(requester)


def _start_generation(call: Call, illustration: Document) -> None:
    illustration["generation_ready_at"] = call.store.now(ahead_seconds=call.parts.config.generation_seconds)


async def create_illustration(call: CallOf) -> Response:
    """An illustration; unless it is a draft or names a plan, a new proposed plan is made with it."""
    fields = call.checked(bodies.ILLUSTRATION)
    fields.pop("client_uuid", None)
    fields["requested_by_uuid"] = _requester(call, fields)
    fields["is_draft"] = fields["is_draft"] in _TRUE
    if fields.get("plan_uuid"):
        load_plan(call, fields["plan_uuid"], for_change=True)
    generate = fields.pop("generate", True)
    with call.store.transaction():
        if not fields["is_draft"] and not fields.get("plan_uuid"):
            fields["plan_uuid"] = _proposed_plan(call, fields)["uuid"]
        fields["platform_illustration_id"] = None if fields["is_draft"] else _platform_number(call)
        if generate in _TRUE:
            _start_generation(call, fields)
        illustration = call.store.insert("illustration", call.tenant, fields)
    return JSONResponse(Presenter(call.store, call.tenant).illustration(illustration))


async def get_illustration(call: CallOf, uuid: str) -> Response:
    """One illustration."""
    return JSONResponse(Presenter(call.store, call.tenant).illustration(call.get("illustration", uuid)))


async def generate_illustration(call: CallOf, illustration_uuid: str) -> Response:
    """Generates the illustration's document (again)."""
    illustration = call.get("illustration", illustration_uuid)
    _start_generation(call, illustration)
    with call.store.transaction():
        call.store.save("illustration", call.tenant, illustration)
    return JSONResponse(Presenter(call.store, call.tenant).illustration(illustration))


def _illustrations(call: Call, condition: Condition) -> Response:
    part = call.slice(ILLUSTRATIONS, condition)
    presenter = Presenter(call.store, call.tenant)
    firm = {"firm": presenter.firm()} if "firm" in part.includes else {}
    items = [{**presenter.illustration(item), **firm} for item in part.documents]
    return JSONResponse(envelope(items, part, call.request.url))


async def list_client_illustrations(call: CallOf, client_uuid: str) -> Response:
    """The illustrations of one client, newest first; ``filter[name]`` finds one again."""
    account = call.get("account", client_uuid)
    return _illustrations(call, call.store.having("illustration", call.tenant, "account", [account["uuid"]]))


async def list_plan_illustrations(call: CallOf, plan_uuid: str) -> Response:
    """The illustrations of one plan, newest first."""
    plan = load_plan(call, plan_uuid)
    return _illustrations(call, call.store.having("illustration", call.tenant, "plan", [plan["uuid"]]))


def _application_answer(application: Document) -> dict[str, Any]:
    return pick(application, APPLICATION_FIELDS)


def _refuse_taken(call: Call, reference: str | None, own: str | None) -> None:
    taken = call.store.find("application", call.tenant, external_reference=reference) if reference else []
    if taken and taken[0]["uuid"] != own:
        raise refuse(409, "An application with this external reference already exists.", uuid=taken[0]["uuid"])


async def create_application(call: CallOf) -> Response:
    """An application; its external reference is unique in the firm, a second one answers 409 with the first's uuid."""
    fields = call.checked(bodies.APPLICATION)
    _refuse_taken(call, fields["external_reference"], None)
    with call.store.transaction():
        application = call.store.insert("application", call.tenant, {"status": "draft", **fields})
    return JSONResponse(_application_answer(application), 201)


async def list_applications(call: CallOf) -> Response:
    """Applications; ``filter[external_reference]`` finds one again."""
    part = call.slice(APPLICATIONS)
    return JSONResponse(envelope([_application_answer(item) for item in part.documents], part, call.request.url))


async def get_application(call: CallOf, uuid: str) -> Response:
    """One application."""
    return JSONResponse(_application_answer(call.get("application", uuid)))


async def update_application(call: CallOf, uuid: str) -> Response:
    """Changes the fields that are sent; no webhook event exists for applications."""
    application = call.get("application", uuid)
    table = bodies.partial(bodies.APPLICATION)
    table["closed_reason"] = bodies.APPLICATION["closed_reason"]
    fields = call.checked(table)
    _refuse_taken(call, fields.get("external_reference"), application["uuid"])
    application.update(fields)
    with call.store.transaction():
        call.store.save("application", call.tenant, application)
    return JSONResponse(_application_answer(application))


def business_router() -> APIRouter:
    """The routes of this module."""
    router = APIRouter(tags=["illustrations and applications"])
    router.post("/api/v1/illustration")(create_illustration)
    router.get("/api/v1/illustration/{uuid}")(get_illustration)
    router.post("/api/v1/illustration/{illustration_uuid}/generate")(generate_illustration)
    router.get("/api/v1/client/{client_uuid}/illustrations")(list_client_illustrations)
    router.get("/api/v1/plans/{plan_uuid}/illustrations")(list_plan_illustrations)
    router.post("/api/v1/applications", status_code=201)(create_application)
    router.get("/api/v1/applications")(list_applications)
    router.get("/api/v1/applications/{uuid}")(get_application)
    router.put("/api/v1/applications/{uuid}")(update_application)
    return router
