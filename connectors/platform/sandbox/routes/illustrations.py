"""Illustrations."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from connectors.platform.sandbox.database import Record
from connectors.platform.sandbox.envelope import FieldError, invalid, reply
from connectors.platform.sandbox.filters import IllustrationFilters
from connectors.platform.sandbox.forms import IllustrationForm
from connectors.platform.sandbox.gate import PlatformRoute
from connectors.platform.sandbox.resources import Client, Illustration
from connectors.platform.sandbox.server import StoreDep
from connectors.platform.sandbox.store import Store

router = APIRouter(route_class=PlatformRoute, tags=["illustrations"])


async def known_clients(store: Store, client_ids: list[str]) -> list[Client]:
    """Return the clients named, in that order.

    Raises:
        PlatformError: 422 that names the positions of those that do not exist.
    """
    found = {client.id: client for client in await store.all(Client, Record.id.in_(client_ids))}
    unknown = [position for position, client_id in enumerate(client_ids) if client_id not in found]
    if unknown:
        message = "There is no such client."
        raise invalid([FieldError(field=f"client_ids.{at}", type="unknown", message=message) for at in unknown])
    return [found[client_id] for client_id in client_ids]


@router.post("/illustrations")
async def illustrate(form: IllustrationForm, store: StoreDep) -> Response:
    """Make an illustration."""
    await known_clients(store, form.client_ids)
    await store.refuse_duplicate(Illustration, form.external_reference)
    return reply(await store.add(Illustration, form), status=201)


@router.get("/illustrations")
async def illustrations(filters: Annotated[IllustrationFilters, Query()], store: StoreDep) -> Response:
    """List illustrations."""
    found, meta = await store.page(Illustration, filters)
    return reply(found, meta=meta)


@router.get("/illustrations/{illustration_id}")
async def illustration_by_id(illustration_id: str, store: StoreDep) -> Response:
    """Answer one illustration."""
    return reply(await store.get(Illustration, illustration_id))
