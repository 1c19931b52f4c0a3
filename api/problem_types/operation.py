"""Problems of what is out of order."""

from typing import Final

from api.problem_types.kind import ProblemType

WEBHOOK_SIGNATURE_WRONG: Final = ProblemType(
    "webhook-signature-wrong",
    "The delivery is not signed with a secret of its subscription",
    401,
    "Sign the raw body with the subscription's current secret and deliver it again within five minutes.",
)
WEBHOOK_NOT_READY: Final = ProblemType(
    "webhook-not-ready",
    "Deliveries cannot be checked yet",
    503,
    "Deliver it again later: the subscription's signing secret is not known here yet.",
)
WEBHOOK_DELIVERY_NOT_FOUND: Final = ProblemType(
    "webhook-delivery-not-found",
    "No such delivery concerns your firm",
    404,
    "Check source and event id; `GET /api/v1/webhook-deliveries` lists every delivery that concerns your firm.",
)
SYSTEM_UNAVAILABLE: Final = ProblemType(
    "system-unavailable",
    "One of the two systems cannot be reached",
    503,
    "Send the same request again as soon as `Retry-After` says. Nothing has been lost.",
)
ENGINE_UNAVAILABLE: Final = ProblemType(
    "engine-unavailable",
    "The journey cannot be reached at the moment",
    503,
    "Send the same request, with the same `Idempotency-Key`, again as soon as `Retry-After` says.",
)
INTERNAL_ERROR: Final = ProblemType(
    "internal-error",
    "Something went wrong on our side",
    500,
    "Try again; if it happens again, tell support the request id in the `X-Request-ID` header.",
)
