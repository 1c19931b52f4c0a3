"""The documents people accept."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from connectors.platform.sandbox import library
from connectors.platform.sandbox.database import DocumentVersion
from connectors.platform.sandbox.editions import editions_in_force, terms_version
from connectors.platform.sandbox.envelope import not_found, reply
from connectors.platform.sandbox.forms import Wrapper
from connectors.platform.sandbox.gate import PlatformRoute
from connectors.platform.sandbox.server import StoreDep
from connectors.platform.sandbox.store import Store

router = APIRouter(route_class=PlatformRoute, tags=["documents"])


async def _edition(store: Store, document_id: str, version: str) -> DocumentVersion:
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0  # noqa: PLR2004 - fits an integer column
    found = await store.session.get(DocumentVersion, (document_id, number))
    if found is None:
        raise not_found("version of a document")
    return found


@router.get("/documents")
async def documents(
    store: StoreDep,
    wrapper: Annotated[Wrapper | None, Query()] = None,
    kind: Annotated[Literal["platform_terms", "product_terms"] | None, Query()] = None,
) -> Response:
    """List the documents in force."""
    version = terms_version(await editions_in_force(store))
    found = await editions_in_force(store, kind=kind, wrapper=wrapper)
    meta = {"count": len(found), "page": 1, "page_size": len(found), "terms_version": version}
    return reply(found, meta=meta)


@router.get("/documents/{document_id}")
async def document_by_id(document_id: str, store: StoreDep) -> Response:
    """Answer the version of a document that is in force."""
    for edition in await editions_in_force(store):
        if edition.id == document_id:
            return reply(edition)
    raise not_found("document")


@router.get("/documents/{document_id}/versions/{version}")
async def document_version(document_id: str, version: str, store: StoreDep) -> Response:
    """Answer one version of a document."""
    return reply(library.describe(await _edition(store, document_id, version)))


@router.get("/documents/{document_id}/versions/{version}/content")
async def content(document_id: str, version: str, store: StoreDep) -> Response:
    """Answer the bytes of one version, exactly as published."""
    edition = await _edition(store, document_id, version)
    headers = {
        "ETag": f'"{edition.sha256}"',
        "Cache-Control": "private, immutable, max-age=31536000",
        "Content-Security-Policy": library.CONTENT_SECURITY_POLICY,
    }
    await store.session.refresh(edition, ["content"])
    return Response(edition.content, media_type="text/html; charset=utf-8", headers=headers)
