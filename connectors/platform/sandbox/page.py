"""The page that shows the platform's records, newest first."""

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, select_autoescape

from connectors.platform.sandbox.editions import editions_in_force
from connectors.platform.sandbox.gate import require_loopback
from connectors.platform.sandbox.resources import Account, Client, Illustration, Mandate, Stamped
from connectors.platform.sandbox.server import SandboxDep

router = APIRouter()
_SHOWN = 50
_KINDS: dict[str, type[Stamped]] = {
    "clients": Client,
    "accounts": Account,
    "mandates": Mandate,
    "illustrations": Illustration,
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
}


def _templates() -> Environment:
    return Environment(loader=PackageLoader("connectors.platform.sandbox"), autoescape=select_autoescape())


@router.get("/", dependencies=[Depends(require_loopback)], response_class=HTMLResponse)
async def records(sandbox: SandboxDep) -> HTMLResponse:
    """Show clients, accounts, mandates, illustrations and documents."""
    async with sandbox.reading() as store:
        context: dict[str, Any] = {
            name: await store.all(kind, newest_first=True, limit=_SHOWN) for name, kind in _KINDS.items()
        }
        context["counts"] = {name: await store.count(kind) for name, kind in _KINDS.items()}
        context["documents"] = await editions_in_force(store)
        context["names"] = await store.names_of({client for item in context["accounts"] for client in item.client_ids})
    return HTMLResponse(_templates().get_template("records.html").render(context), headers=_HEADERS)


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok"}
