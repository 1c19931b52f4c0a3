"""Turns everything that can go wrong below a route into a problem, and explains each kind of problem on a page."""

import html
import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, cast

from fastapi import APIRouter, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from temporalio.service import RPCError

from api.dependencies import ServicesDep
from api.problem_types import (
    ENGINE_UNAVAILABLE,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    PAGE_NOT_FOUND,
    PROBLEM_TYPES,
    REJECTED_BY_SYSTEM,
    SIGN_IN_REQUIRED,
    SYSTEM_UNAVAILABLE,
)
from api.problems import Problem, type_uri
from api.web.problem_pages import answer_with
from connectors.errors import ConnectorError, ConnectorUnavailable, NotAuthorised

_SYSTEM_NAMES = {"plannr": "Plannr", "platform": "The platform", "mail": "The mail server"}
_RETRY_AFTER_SECONDS = 5
_BY_STATUS = {
    HTTPStatus.BAD_REQUEST: INVALID_REQUEST,
    HTTPStatus.UNAUTHORIZED: SIGN_IN_REQUIRED,
    HTTPStatus.NOT_FOUND: PAGE_NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: METHOD_NOT_ALLOWED,
}

router = APIRouter(tags=["problems"])


@router.get("/problems/{slug}", response_model=None)
async def explain_problem(slug: str, services: ServicesDep, accept: Annotated[str, Header()] = "") -> Response:
    """Explain a kind of problem, as a page or as JSON."""
    kind = PROBLEM_TYPES.get(slug)
    if kind is None:
        raise Problem(PAGE_NOT_FOUND)
    if "text/html" in accept:
        title, advice = html.escape(kind.title), html.escape(kind.what_to_do)
        return HTMLResponse(
            f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title></head>'
            f"<body><main><h1>{title}</h1><p>HTTP status {kind.status}, <code>{slug}</code></p>"
            f"<h2>What to do</h2><p>{advice}</p></main></body></html>"
        )
    return JSONResponse(
        {
            "type": type_uri(services.settings.public_url, kind),
            "title": kind.title,
            "status": kind.status,
            "what_to_do": kind.what_to_do,
        }
    )


def json_pointer(*parts: str | int) -> str:
    """Return the JSON Pointer (RFC 6901) of a place in a document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def from_validation(error: RequestValidationError) -> Problem:
    """Name what is wrong where, and never what was sent."""
    errors = [
        {
            "pointer": json_pointer(*fault["loc"][1:]),
            "location": str(fault["loc"][0]),
            "detail": "This is not valid JSON." if fault["type"] == "json_invalid" else str(fault["msg"]),
        }
        for fault in error.errors()
    ]
    places = ", ".join(sorted({fault["pointer"] or fault["location"] for fault in errors}))
    return Problem(INVALID_REQUEST, f"Not usable: {places}.", errors=errors)


def from_http(error: HTTPException) -> Problem:
    """Name what the framework refused."""
    return Problem(_BY_STATUS.get(HTTPStatus(error.status_code), INTERNAL_ERROR), headers=error.headers)


def from_connector(error: ConnectorError) -> Problem:
    """Name the system that is in the way, and when to try again."""
    system = _SYSTEM_NAMES.get(error.system, error.system)
    if isinstance(error, ConnectorUnavailable):
        wait = math.ceil(error.retry_after or _RETRY_AFTER_SECONDS)
        detail = f"{system} does not answer at the moment. Nothing you sent has been lost or half done."
        return Problem(SYSTEM_UNAVAILABLE, detail, headers={"Retry-After": str(wait)}, extra={"system": error.system})
    if isinstance(error, NotAuthorised):
        detail = f"{system} refuses our own access, which an operator has to renew. It is nothing that you did."
        return Problem(SYSTEM_UNAVAILABLE, detail, headers={"Retry-After": "60"}, extra={"system": error.system})
    return Problem(REJECTED_BY_SYSTEM, f"{system} refused: {error.reason}.", extra={"system": error.system})


def engine_unavailable(detail: str = "The engine that runs the journeys does not answer at the moment.") -> Problem:
    """Return the problem of an engine or a worker that does not answer."""
    return Problem(ENGINE_UNAVAILABLE, detail, headers={"Retry-After": str(_RETRY_AFTER_SECONDS)})


def _from_rpc(_: RPCError) -> Problem:
    return engine_unavailable()


def _handler(to_problem: Callable[[Any], Problem]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        return await answer_with(request, to_problem(error))

    return handle


def install(app: FastAPI) -> None:
    """Answer every failure of the application as a problem."""
    app.add_exception_handler(Problem, _handler(lambda problem: cast("Problem", problem)))
    app.add_exception_handler(RequestValidationError, _handler(from_validation))
    app.add_exception_handler(HTTPException, _handler(from_http))
    app.add_exception_handler(ConnectorError, _handler(from_connector))
    app.add_exception_handler(RPCError, _handler(_from_rpc))
