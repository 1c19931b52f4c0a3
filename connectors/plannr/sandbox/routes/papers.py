"""Documents, providers and direct debit mandates."""

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from connectors.plannr.sandbox import bodies
from connectors.plannr.sandbox.errors import not_found, refuse, unprocessable
from connectors.plannr.sandbox.gate import CallOf, parts_of
from connectors.plannr.sandbox.present import DOCUMENT_FIELDS, Presenter, pick
from connectors.plannr.sandbox.query import TIMES, Filter, Listing, envelope, exact, partly, uuids
from connectors.plannr.sandbox.store import Condition

DOCUMENTS = Listing(
    "document",
    {"uuid": uuids, "name": partly("name"), "client_uuids": exact("client"), **TIMES},
    default_sort="updated_at",
    includes=("clients", "file"),
)
PROVIDERS = Listing("provider", {"uuid": uuids, "name": partly("name")}, sorts=("created_at", "updated_at", "name"))


def _completed(_kind: str, _tenant: str, text: str) -> Condition:
    terms = {"exclude": "IS NULL", "only": "IS NOT NULL"}
    if text == "include":
        return "1 = 1", []
    if text not in terms:
        raise unprocessable({"filter.is_completed": ["The selected filter.is completed is invalid."]})
    return f"json_extract(document, '$.completed_at') {terms[text]}", []


def _on_day(path: str) -> Filter:
    return lambda _kind, _tenant, text: (f"substr(json_extract(document, '$.{path}'), 1, 10) = ?", [text[:10]])


MANDATES = Listing(
    "direct_debit_mandate",
    {
        "uuid": uuids,
        "created_date": _on_day("created_at"),
        "updated_date": _on_day("updated_at"),
        "completed_date": _on_day("completed_at"),
        "is_completed": _completed,
    },
    sorts=("created_at", "updated_at", "completed_at"),
    default_sort="-created_at",
)


async def create_document(call: CallOf) -> Response:
    """A document for clients, editable until it is published."""
    fields = call.checked(bodies.DOCUMENT)
    start = {"version": 1, "status": "draft", "required_dependants": {}, "known_dependants": {}, "name": "Untitled"}
    with call.store.transaction():
        stored = call.store.insert("document", call.tenant, {**start, **fields})
    return JSONResponse(pick(stored, DOCUMENT_FIELDS), 201)


async def get_document(call: CallOf, uuid: str) -> Response:
    """One document."""
    return JSONResponse(pick(call.get("document", uuid), DOCUMENT_FIELDS))


async def list_documents(call: CallOf) -> Response:
    """Documents of the firm, the last changed one at the end."""
    part = call.slice(DOCUMENTS)
    presenter = Presenter(call.store, call.tenant)
    items = []
    for document in part.documents:
        item = pick(document, DOCUMENT_FIELDS)
        if "clients" in part.includes:
            item["clients"] = presenter.briefs(document.get("client_uuids") or ())
        if "file" in part.includes:
            item["file"] = None
        items.append(item)
    return JSONResponse(envelope(items, part, call.request.url))


async def publish_document(call: CallOf, document_uuid: str) -> Response:
    """Publishes a document to its clients, once; fires client-portal-document.uploaded."""
    document = call.get("document", document_uuid)
    if document["status"] == "published":
        raise refuse(409, "Document has already been published.")
    preview = f"{str(call.request.base_url).rstrip('/')}/public/document/{document['uuid']}"
    document.update(status="published", public_preview_url=preview)
    with call.store.transaction():
        call.store.save("document", call.tenant, document)
        call.announce("client-portal-document.uploaded", document["uuid"])
    return JSONResponse(pick(document, DOCUMENT_FIELDS))


async def preview_document(request: Request, document_uuid: str) -> Response:
    """The published document as its clients see it; the address is public, as its published name says."""
    parts = parts_of(request)
    row = parts.store.db.execute(
        "SELECT json_extract(document, '$.name') AS name FROM records WHERE uuid = ? AND kind = 'document'"
        " AND json_extract(document, '$.status') = 'published'",
        (document_uuid,),
    ).fetchone()
    if row is None:
        raise not_found("document", document_uuid)
    return HTMLResponse(f"<!doctype html><html lang='en'><title>Document</title><h1>{escape(row['name'])}</h1></html>")


async def list_providers(call: CallOf) -> Response:
    """The providers that plans can name (assumption)."""
    part = call.slice(PROVIDERS)
    fields = ("uuid", "created_at", "updated_at", "name")
    return JSONResponse(envelope([pick(item, fields) for item in part.documents], part, call.request.url))


async def list_mandates(call: CallOf) -> Response:
    """Direct debit mandates, newest first."""
    part = call.slice(MANDATES)
    presenter = Presenter(call.store, call.tenant)
    return JSONResponse(envelope([presenter.mandate(item) for item in part.documents], part, call.request.url))


async def get_mandate(call: CallOf, uuid: str) -> Response:
    """One direct debit mandate."""
    return JSONResponse(Presenter(call.store, call.tenant).mandate(call.get("direct_debit_mandate", uuid)))


def papers_router() -> APIRouter:
    """The routes of this module."""
    router = APIRouter(tags=["documents, providers and mandates"])
    router.post("/api/v1/document", status_code=201)(create_document)
    router.get("/api/v1/document")(list_documents)
    router.get("/api/v1/document/{uuid}")(get_document)
    router.post("/api/v1/document/{document_uuid}/publish")(publish_document)
    router.get("/public/document/{document_uuid}", include_in_schema=False)(preview_document)
    router.get("/api/v1/providers")(list_providers)
    router.get("/api/v2/direct-debit-mandates")(list_mandates)
    router.get("/api/v2/direct-debit-mandates/{uuid}")(get_mandate)
    return router
