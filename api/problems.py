"""Answers of RFC 9457: raise `Problem(TYPE, …)` below a route and the caller gets `application/problem+json`."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from api.problem_types import ProblemType
from models.schemas.problems import ProblemDetails

MEDIA_TYPE = "application/problem+json"

Responses = dict[int | str, dict[str, Any]]
"""What a route declares in OpenAPI beside its usual answer."""


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """What is answered instead of what was asked for.

    Args:
        problem_type: One of `api.problem_types`.
        detail: What happened this time; the type's title when left out. No personal data beyond what the caller sent.
        errors: The places that are wrong, each `{"pointer": JSON Pointer, "detail": sentence}`.
        headers: Headers of the answer, e.g. `Retry-After`.
        extra: Further members of the body.
    """

    def __init__(
        self,
        problem_type: ProblemType,
        detail: str | None = None,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, JsonValue] | None = None,
    ) -> None:
        super().__init__(problem_type.slug)
        self.problem_type = problem_type
        self.detail = detail if detail is not None else problem_type.title + "."
        self.errors = [dict(error) for error in errors]
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


def type_uri(public_url: str, problem_type: ProblemType) -> str:
    """Return the address of the page that explains the problem."""
    return f"{public_url.rstrip('/')}/problems/{problem_type.slug}"


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """Return the problem as an answer to this request."""
    kind = problem.problem_type
    body: dict[str, Any] = {
        **problem.extra,
        "type": type_uri(request.app.state.services.settings.public_url, kind),
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "what_to_do": kind.what_to_do,
        "request_id": getattr(request.state, "request_id", None),
        "errors": problem.errors,
    }
    return JSONResponse(body, status_code=kind.status, headers=problem.headers, media_type=MEDIA_TYPE)


def responses(*problem_types: ProblemType) -> Responses:
    """Return the `responses=` of a route that can answer with these problems, one entry a status."""
    by_status: dict[int | str, list[ProblemType]] = {}
    for kind in problem_types:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: {
            "description": "; ".join(f"`{kind.slug}`: {kind.title}" for kind in kinds),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"},
                    "examples": {kind.slug: {"value": _example(kind)} for kind in kinds},
                }
            },
        }
        for status, kinds in by_status.items()
    }


def _example(kind: ProblemType) -> dict[str, Any]:
    return {
        "type": type_uri("https://onboarding.example.com", kind),
        "title": kind.title,
        "status": kind.status,
        "detail": kind.title + ".",
        "what_to_do": kind.what_to_do,
        "request_id": "01f4c2a7",
        "errors": [],
    }
