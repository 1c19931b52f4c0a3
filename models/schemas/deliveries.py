"""What advisers see of the deliveries that came in from the two systems; never their content."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from models.schemas.forms import Answer


class WebhookDelivery(Answer):
    """One event that a system delivered, or that polling found, and what became of it."""

    source: Literal["plannr", "platform"]
    event_id: str = Field(examples=["ev_5b0d6f0f9a4c2e17d3aa"])
    event_type: str = Field(
        description="as its system calls it; `….polled` for a change that polling found",
        examples=["client.updated", "account.polled"],
    )
    resource_id: str | None = Field(description="the record it is about", examples=["cl_7f3k9"])
    state: Literal["handled", "waiting", "dead"] = Field(
        description="`waiting`: it is tried (again) at `next_attempt_at`; `dead`: given up until somebody asks again"
    )
    received_at: datetime
    handled_at: datetime | None
    attempts: int = Field(description="how often handling it failed")
    next_attempt_at: datetime | None
    dead_at: datetime | None
    last_error: str = Field(description="what kept it from being handled; empty if nothing did")
    link: str = Field(examples=["/api/v1/webhook-deliveries/platform/ev_5b0d6f0f9a4c2e17d3aa"])


class WebhookDeliveryPage(Answer):
    """A page of deliveries, the newest first."""

    deliveries: list[WebhookDelivery]
    next: str | None = Field(description="the address of the next page; null on the last one")
