"""What the OpenAPI document says beyond the routes themselves."""

from typing import Any, Final

from fastapi import FastAPI

from api.outgoing.documenting import add_webhooks
from models.schemas.problems import ProblemDetails

DESCRIPTION: Final = """\
Takes a client's account from illustration to active, in Plannr and on the platform.

**Sign in** with *Authorize*, or send `Authorization: Bearer …` with a token of your identity provider.
**Commands** carry an `Idempotency-Key`: the same key and body again gives the same answer, and the work is done once.
**Versions**: a journey's `ETag` is its version; send it as `If-Match` to make sure that you act on what you saw.
**Errors** are `application/problem+json` (RFC 9457): what happened, what it means, and what to do next.
"""

TAGS: Final = [
    {"name": "journeys", "description": "Start, find, read and follow journeys."},
    {"name": "commands", "description": "What an adviser does on a journey."},
    {"name": "records", "description": "E-mails, documents and evidence of a journey."},
    {"name": "sync", "description": "How the two systems are kept in step: news, differences and reconciliations."},
    {"name": "events", "description": "What goes out to the firm's own systems, delivered or to be read."},
    {"name": "portal", "description": "What a client sees and does."},
    {"name": "webhooks", "description": "Deliveries of the two systems."},
    {"name": "sign in", "description": "The built-in identity provider of development machines."},
    {"name": "operation", "description": "Health."},
    {"name": "problems", "description": "What can go wrong, explained."},
]


def install(app: FastAPI) -> None:
    """Add what no route returns as a model: the schema of problems, and the events that go out (P55)."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if ProblemDetails.__name__ not in schemas:
            schema = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(schema.pop("$defs", {}))
            schemas[ProblemDetails.__name__] = schema
            add_webhooks(document)
            _drop_framework_errors(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _drop_framework_errors(document: dict[str, Any]) -> None:
    """Remove the framework's own 422: here it is the problem `invalid-request`."""
    for operations in document["paths"].values():
        for operation in operations.values():
            answer = operation.get("responses", {}).get("422", {})
            if "application/json" in answer.get("content", {}):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
