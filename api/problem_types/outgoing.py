"""Problems of the events that go out to the firms' own systems."""

from typing import Final

from api.problem_types.kind import ProblemType

EVENT_SUBSCRIPTION_NOT_FOUND: Final = ProblemType(
    "event-subscription-not-found",
    "Your firm has no such subscription to events",
    404,
    "Check the id; `GET /api/v1/event-subscriptions` lists every one of your firm.",
)
EVENT_DELIVERY_NOT_FOUND: Final = ProblemType(
    "event-delivery-not-found",
    "Your firm has no such delivery of an event",
    404,
    "Check subscription and `seq`; `GET /api/v1/event-deliveries` lists the deliveries of your firm.",
)
