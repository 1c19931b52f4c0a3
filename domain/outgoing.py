"""The events that go out to the firms' own systems: what they are called, and when each is told (P55).

A type's name ends in its version. What an event's `data` holds only ever grows; a field that has to change or go away
makes a new version, told beside the old one for as long as somebody listens to it.
"""

from enum import StrEnum
from typing import Final


class EventType(StrEnum):
    """What can be told."""

    JOURNEY_STARTED = "journey.started.v1"
    JOURNEY_STAGE_CHANGED = "journey.stage_changed.v1"
    JOURNEY_ACTIVE = "journey.active.v1"
    JOURNEY_ENDED = "journey.ended.v1"
    CLIENT_LINKED = "client.linked.v1"
    CLIENT_SYNCED = "client.synced.v1"
    DISCREPANCY_OPENED = "discrepancy.opened.v1"
    DISCREPANCY_CLOSED = "discrepancy.closed.v1"


TOLD: Final[dict[EventType, str]] = {
    EventType.JOURNEY_STARTED: "A journey has begun.",
    EventType.JOURNEY_STAGE_CHANGED: "A journey has come into another stage; once each time that it does.",
    EventType.JOURNEY_ACTIVE: "A journey's account is active; told after its `journey.stage_changed.v1`.",
    EventType.JOURNEY_ENDED: (
        "A journey was withdrawn, declined or has expired; told after its `journey.stage_changed.v1`."
    ),
    EventType.CLIENT_LINKED: "A client of the platform and a record in Plannr are now known to be the same person.",
    EventType.CLIENT_SYNCED: "Values of a client or an account were carried from one system to the other.",
    EventType.DISCREPANCY_OPENED: "The two systems differ in a field, and a person or a repair is needed.",
    EventType.DISCREPANCY_CLOSED: "A difference between the two systems is settled or has gone.",
}

TEST_EVENT: Final = "subscription.test.v1"
"""Sent on request to one address alone; it is in no stream, has no `seq` of its own, and is never sent again."""
