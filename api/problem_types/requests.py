"""Problems of the request itself."""

from typing import Final

from api.problem_types.kind import ProblemType

INVALID_REQUEST: Final = ProblemType(
    "invalid-request",
    "Some of what was sent cannot be used",
    422,
    "Correct the fields named in `errors` and send the request again. Nothing has been changed.",
)
PAGE_NOT_FOUND: Final = ProblemType(
    "not-found", "There is nothing at this address", 404, "Check the address; `/docs` lists every one there is."
)
METHOD_NOT_ALLOWED: Final = ProblemType(
    "method-not-allowed",
    "This address does not take this method",
    405,
    "Use one of the methods that the `Allow` header names.",
)
BODY_TOO_LARGE: Final = ProblemType(
    "body-too-large", "The request is too large", 413, "Send less at once; no request here needs as much."
)
MEDIA_TYPE_NOT_TAKEN: Final = ProblemType(
    "media-type-not-taken",
    "The request's body is of a kind that is not taken here",
    415,
    "Send the file as `text/csv`, or as the part `file` of `multipart/form-data`.",
)
IDEMPOTENCY_KEY_MISSING: Final = ProblemType(
    "idempotency-key-missing",
    "The request has no idempotency key",
    400,
    "Send a fresh `Idempotency-Key` header with each new command, and the same one again when repeating it.",
)
IDEMPOTENCY_KEY_IN_FLIGHT: Final = ProblemType(
    "idempotency-key-in-flight",
    "The first request with this idempotency key is still being worked on",
    409,
    "Wait a moment, then send the same request with the same key again to get its answer.",
)
IDEMPOTENCY_KEY_REUSED: Final = ProblemType(
    "idempotency-key-reused",
    "This idempotency key belongs to another request",
    422,
    "Send a different command with a fresh `Idempotency-Key`. Nothing has been changed.",
)
STALE_VERSION: Final = ProblemType(
    "stale-version",
    "The journey has changed since you read it",
    412,
    "Read the journey again, look at what changed, then send the command with the new version.",
)
PRECONDITION_REQUIRED: Final = ProblemType(
    "precondition-required",
    "The request does not say which version it is meant for",
    428,
    "Read the journey, then send its `ETag` in the `If-Match` header.",
)
RATE_LIMITED: Final = ProblemType(
    "rate-limited", "Too many requests", 429, "Wait as long as the `Retry-After` header says, then try again."
)
