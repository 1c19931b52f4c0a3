"""The bodies and status codes with which the sandbox refuses a call, as a Laravel application words them."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response


class ApiError(Exception):
    """A refusal that is ready to be sent."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})


def refuse(status: int, message: str, headers: Mapping[str, str] | None = None, **more: Any) -> ApiError:
    """A refusal with a message and, where given, further members of the body."""
    return ApiError(status, {"message": message, **more}, headers)


def unprocessable(errors: Mapping[str, Sequence[str]]) -> ApiError:
    """422 in Laravel's shape: the first message, how many more there are, and all of them by field."""
    messages = [message for of_field in errors.values() for message in of_field]
    rest = len(messages) - 1
    more = f" (and {rest} more error{'s' if rest > 1 else ''})" if rest else ""
    return ApiError(422, {"message": f"{messages[0]}{more}", "errors": {k: list(v) for k, v in errors.items()}})


def not_found(kind: str, uuid: str) -> ApiError:
    """404 for a record that does not exist or belongs to another firm."""
    model = "".join(part.capitalize() for part in kind.split("_"))
    return refuse(404, f"No query results for model [App\\Models\\{model}] {uuid}")


def invalid(field: str) -> ApiError:
    """422 for one field whose value names nothing that may be used."""
    return unprocessable({field: [f"The selected {field.replace('_', ' ')} is invalid."]})


async def answer_refusal(_request: Request, error: Exception) -> Response:
    """Turns a raised refusal into its answer."""
    if not isinstance(error, ApiError):
        raise error
    return JSONResponse(error.body, error.status, error.headers)


async def answer_unknown_route(request: Request, _error: Exception) -> Response:
    """404 for a path that does not exist."""
    return JSONResponse({"message": f"The route {request.url.path.lstrip('/')} could not be found."}, 404)


async def answer_wrong_method(request: Request, _error: Exception) -> Response:
    """405 for a path that exists with other methods only."""
    path = request.url.path.lstrip("/")
    return JSONResponse({"message": f"The {request.method} method is not supported for route {path}."}, 405)


async def answer_crash(_request: Request, _error: Exception) -> Response:
    """500 without any detail."""
    return JSONResponse({"message": "Server Error"}, 500)
