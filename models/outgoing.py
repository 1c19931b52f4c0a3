"""The contract of the `EventDelivery` workflow and its activities (P55); as in `models.messages`, only add fields."""

from datetime import timedelta
from typing import Literal

from models.base import Message


class DeliverEvent(Message):
    """One event for one subscription, offered for as long as `patience`."""

    subscription_id: str
    seq: int
    firm: str
    patience: timedelta = timedelta(days=3)


class DeliveryOutcome(Message):
    """What became of it; `dropped`: nobody wants it any more, so nothing was sent."""

    state: Literal["delivered", "failed", "dropped"]
    status: int | None = None
