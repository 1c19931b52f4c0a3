"""What firms send and get about the events that go out to their own systems (P55)."""

from datetime import datetime
from typing import Annotated

from pydantic import AnyHttpUrl, Field, UrlConstraints

from domain.outgoing import EventType
from models.schemas.forms import Answer, Form
from models.tables import DeliveryState

EventAddress = Annotated[AnyHttpUrl, UrlConstraints(max_length=1000)]


class NewSubscriptionForm(Form):
    """Where events are to be delivered."""

    url: EventAddress = Field(
        description="https, and a public address; no name or password in it",
        examples=["https://systems.harbour.example.com/onward-events"],
    )
    types: list[EventType] = Field(default=[], max_length=50, description="empty: every type, also those to come")


class SubscriptionChangeForm(Form):
    """What is to be different; what is left out stays as it is."""

    url: EventAddress | None = None
    types: list[EventType] | None = Field(default=None, max_length=50, description="empty: every type")
    active: bool | None = Field(
        default=None, description="false pauses it; true goes on after the last event that was begun"
    )


class ReplayForm(Form):
    """From where on events are delivered again."""

    after: int = Field(ge=0, le=2**53, description="the `seq` after which to begin; 0 is from the very beginning")


class SubscriptionView(Answer):
    """A subscription; its secrets are in no answer but those that made them."""

    subscription_id: str = Field(examples=["5f0c2b1e-5b8e-5a57-9f3c-0d7a5a3e9b10"])
    url: str
    types: list[str]
    active: bool
    live_secrets: int = Field(description="2 while one is being replaced by the other", examples=[1])
    dispatched: int = Field(description="deliveries were begun up to this `seq`", examples=[412])
    created_at: datetime
    link: str = Field(examples=["/api/v1/event-subscriptions/5f0c2b1e-5b8e-5a57-9f3c-0d7a5a3e9b10"])


class SubscriptionWithSecret(SubscriptionView):
    """A subscription with the secret that was just made for it: keep it, it is not shown again."""

    secret: str = Field(
        description="as Standard Webhooks write it", examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]
    )


class SubscriptionList(Answer):
    """The subscriptions of a firm, the oldest first."""

    subscriptions: list[SubscriptionView]


class SubscriptionTested(Answer):
    """What came of a test."""

    delivered: bool
    status: int | None = Field(description="what the address answered; null when it did not", examples=[204])
    detail: str = Field(examples=["The address took the event."])


class DeliveryView(Answer):
    """One event on its way to one address, or there, or given up."""

    subscription_id: str
    seq: int = Field(examples=[412])
    type: str
    event_id: str
    state: DeliveryState
    attempts: int = Field(description="how often it was offered")
    last_status: int | None = Field(description="what the address answered last; null when it did not answer")
    last_error: str = Field(examples=["answered 503"])
    created_at: datetime
    delivered_at: datetime | None
    resend: str = Field(description="POST here to offer it again")


class DeliveryPage(Answer):
    """A page of deliveries, the newest first."""

    deliveries: list[DeliveryView]
    next: str | None = Field(description="the address of the next page; null on the last one")
