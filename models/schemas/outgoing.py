"""What goes out to the firms' own systems: every event's envelope and data (P55). Ids and states, no personal data."""

from datetime import datetime
from typing import Final

from pydantic import Field, JsonValue

from domain.journey import EndReason, Party, Stage, Wrapper
from domain.outgoing import TEST_EVENT, EventType
from models.schemas.forms import Answer


class JourneyEventData(Answer):
    """What every event of a journey names."""

    journey_id: str = Field(examples=["k3v7q2m5x4c6b8n0r1t2"])
    external_reference: str = Field(description="the firm's own reference of the case", examples=["HW-2026-0041"])
    adviser_id: str = Field(examples=["harbour-priya"])
    wrapper: Wrapper = Field(examples=["isa"])
    version: int = Field(description="of the journey, as its `ETag` says it", examples=[4])


class JourneyStartedData(JourneyEventData):
    """A journey has begun."""

    stage: Stage = Field(examples=["illustrated"])


class JourneyStageChangedData(JourneyEventData):
    """A journey has come into another stage."""

    stage: Stage = Field(examples=["awaiting_client"])
    waiting_on: Party = Field(description="who has to act next", examples=["client"])
    needs_attention: bool = Field(description="whether a person of the firm has to look at it", examples=[False])


class JourneyActiveData(JourneyEventData):
    """A journey's account is active."""

    plannr_plan: str | None = Field(examples=["3f0e6c1e-7c0f-4b6e-9d43-1f1f4cf0a001"])
    platform_account: str | None = Field(examples=["acc_01hv3kq8"])


class JourneyEndedData(JourneyEventData):
    """A journey ended before its account was active."""

    reason: EndReason = Field(examples=["declined"])


class ClientLinkedData(Answer):
    """Two records are known to be the same person."""

    platform_client: str = Field(examples=["cli_01hv3kq8"])
    plannr_account: str = Field(examples=["3f0e6c1e-7c0f-4b6e-9d43-1f1f4cf0a001"])


class ClientSyncedData(Answer):
    """Values were carried over, by the names of their fields."""

    platform_client: str | None = Field(default=None, examples=["cli_01hv3kq8"])
    platform_account: str | None = Field(default=None, description="set when it was an account")
    plannr_account: str | None = Field(default=None, examples=["3f0e6c1e-7c0f-4b6e-9d43-1f1f4cf0a001"])
    fields: list[str] = Field(examples=[["email", "address"]])


class DiscrepancyEventData(Answer):
    """A difference between the two systems, without its values."""

    discrepancy_id: str = Field(examples=["5f0c2b1e-5b8e-5a57-9f3c-0d7a5a3e9b10"])
    platform_client: str | None = Field(default=None, examples=["cli_01hv3kq8"])
    platform_account: str | None = Field(default=None, description="set when it is an account's")
    plannr_account: str | None = Field(default=None, examples=["3f0e6c1e-7c0f-4b6e-9d43-1f1f4cf0a001"])
    field: str = Field(examples=["last_name"])
    owner: str = Field(description="whose value is right: `plannr`, `platform` or `person`", examples=["person"])


EVENT_DATA: Final[dict[EventType, type[Answer]]] = {
    EventType.JOURNEY_STARTED: JourneyStartedData,
    EventType.JOURNEY_STAGE_CHANGED: JourneyStageChangedData,
    EventType.JOURNEY_ACTIVE: JourneyActiveData,
    EventType.JOURNEY_ENDED: JourneyEndedData,
    EventType.CLIENT_LINKED: ClientLinkedData,
    EventType.CLIENT_SYNCED: ClientSyncedData,
    EventType.DISCREPANCY_OPENED: DiscrepancyEventData,
    EventType.DISCREPANCY_CLOSED: DiscrepancyEventData,
}


class OutgoingEvent(Answer):
    """An event as it is delivered, listed and streamed; the same event always reads the same."""

    type: str = Field(examples=[EventType.JOURNEY_STAGE_CHANGED.value])
    timestamp: datetime = Field(description="when it happened")
    id: str = Field(description="the same at every delivery, as in `webhook-id`: know a repeated event by it")
    seq: int = Field(description="its place in the firm's stream: rises, with gaps", examples=[412])
    data: dict[str, JsonValue] = Field(description="as documented for the type")


class TestEvent(Answer):
    """What a test delivers: it only shows that address and signature are right."""

    # The name begins with Test, and collectors of tests would take it for a class of theirs.
    __test__ = False

    type: str = TEST_EVENT
    timestamp: datetime
    id: str
    data: dict[str, JsonValue]


class EventsPage(Answer):
    """Events of the firm after a place in its stream, the first one first."""

    events: list[OutgoingEvent]
    next_after: int = Field(description="ask for what comes after this; the same again while nothing new is there")
    next: str = Field(description="the address to ask next", examples=["/api/v1/events?after=412"])


class StreamPosition(Answer):
    """The first event of a stream: where it begins."""

    seq: int
