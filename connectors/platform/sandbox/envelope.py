"""The shape of every answer, and the refusals in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

_FIELD_TYPES = {
    "missing": "required",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "extra_forbidden": "extra_forbidden",
    "required": "required",
    "not_allowed": "not_allowed",
}
_HTTP_TYPES = {404: "not_found", 405: "method_not_allowed"}


class FieldError(BaseModel):
    """What is wrong with one field."""

    model_config = ConfigDict(hide_input_in_errors=True)
    field: str
    type: str
    message: str


class PlatformError(Exception):
    """A refusal, as the caller will read it.

    Args:
        status: HTTP status.
        kind: `error.type` of the envelope.
        message: What happened and what to do; never a value that was sent.
        field_errors: The fields concerned.
        existing_id: The record a duplicate meets.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        field_errors: Sequence[FieldError] = (),
        existing_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.field_errors = list(field_errors)
        self.existing_id = existing_id
        self.headers = dict(headers or {})


def invalid(field_errors: Sequence[FieldError]) -> PlatformError:
    """Return the 422 that names each field."""
    return PlatformError(422, "validation_failed", "Some fields need attention.", field_errors=field_errors)


def invalid_field(field: str, kind: str, message: str) -> PlatformError:
    """Return the 422 about one field."""
    return invalid([FieldError(field=field, type=kind, message=message)])


def invalid_state(message: str) -> PlatformError:
    """Return the 409 for an act that the record's state does not allow."""
    return PlatformError(409, "invalid_state", message)


def not_found(what: str) -> PlatformError:
    """Return the 404 for a kind of record."""
    return PlatformError(404, "not_found", f"There is no such {what}.")


def field_errors_of(errors: Iterable[Mapping[str, Any]], *, skip: int = 0) -> list[FieldError]:
    """Translate pydantic's errors; `skip` leading path parts are left out. Values sent never appear."""
    return [
        FieldError(
            field=".".join(str(part) for part in error["loc"][skip:]) or "body",
            type=_FIELD_TYPES.get(error["type"], "invalid"),
            message=str(error["msg"]),
        )
        for error in errors
    ]


def reply(
    content: BaseModel | Sequence[BaseModel] | Mapping[str, Any] | None,
    *,
    status: int = 200,
    meta: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Wrap a record or a list in the envelope; a record with a version also gets its ETag."""
    if isinstance(content, BaseModel):
        body: Any = content.model_dump(mode="json")
    elif isinstance(content, Sequence):
        body = [item.model_dump(mode="json") for item in content]
    else:
        body = content
    version = body.get("version") if isinstance(body, dict) else None
    headers = {"ETag": f'"{version}"'} if isinstance(version, int) else {}
    return JSONResponse({"data": body, "meta": dict(meta or {}), "error": None}, status, headers)


def _refuse(request: Request, error: PlatformError) -> Response:
    described: dict[str, Any] = {
        "type": error.kind,
        "message": error.message,
        "field_errors": [item.model_dump() for item in error.field_errors],
    }
    if error.existing_id is not None:
        described["existing_id"] = error.existing_id
    headers = {**getattr(request.state, "answer_headers", {}), **error.headers}
    return JSONResponse({"data": None, "meta": {}, "error": described}, error.status, headers)


async def _on_platform_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PlatformError)
    return _refuse(request, error)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return _refuse(request, PlatformError(400, "malformed_request", "The body is not valid JSON."))
    return _refuse(request, invalid(field_errors_of(error.errors(), skip=1)))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _HTTP_TYPES.get(error.status_code, "malformed_request")
    return _refuse(request, PlatformError(error.status_code, kind, str(error.detail), headers=error.headers))


def install_error_answers(app: FastAPI) -> None:
    """Give every refusal, ours or the framework's, the envelope's shape."""
    app.add_exception_handler(PlatformError, _on_platform_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
