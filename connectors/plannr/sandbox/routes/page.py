"""The page that shows the sandbox's records to a person."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, select_autoescape

from connectors.plannr.sandbox.gate import PartsOf
from connectors.plannr.sandbox.present import Presenter
from connectors.plannr.sandbox.present_plans import plan_answer
from connectors.plannr.sandbox.seed import FIRMS
from connectors.plannr.sandbox.store import Store

_SHOWN = 50
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _accounts(store: Store) -> list[dict[str, Any]]:
    includes = frozenset({"tags", "external_references"})
    found = store.everything("account", newest=_SHOWN)
    return [Presenter(store, firm).account(account, includes) for firm, account in found]


def _owners(store: Store, firm: str, uuids: list[str]) -> str:
    return ", ".join(brief["name"] for brief in Presenter(store, firm).briefs(uuids))


def _view(store: Store) -> dict[str, Any]:
    applications = store.everything("application", newest=_SHOWN)
    return {
        "counts": store.counts(),
        "firms": {uuid: firm["name"] for uuid, firm in FIRMS.items()},
        "accounts": _accounts(store),
        "illustrations": [
            Presenter(store, firm).illustration(item) for firm, item in store.everything("illustration", newest=_SHOWN)
        ],
        "applications": [
            {**item, "people": _owners(store, firm, item["account_uuids"])} for firm, item in applications
        ],
        "plans": [plan_answer(store, firm, item) for firm, item in store.everything("plan", newest=_SHOWN)],
        "tasks": [Presenter(store, firm).task(item) for firm, item in store.everything("task", newest=_SHOWN)],
        "shown": _SHOWN,
    }


async def show_records(request: Request, parts: PartsOf) -> Response:
    """The newest records of each kind, with their tags and external references."""
    templates: Environment = request.app.state.templates
    text = templates.get_template("records.html").render(_view(parts.store))
    return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})


def page_templates() -> Environment:
    """The page's templates, escaping everything."""
    return Environment(
        loader=PackageLoader("connectors.plannr.sandbox"), autoescape=select_autoescape(default=True), trim_blocks=True
    )


def page_router() -> APIRouter:
    """The route of the page."""
    router = APIRouter(tags=["sandbox"], include_in_schema=False)
    router.get("/")(show_records)
    return router
