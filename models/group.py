"""The contract of the `TogetherMail` workflow: e-mails of journeys that were started together (P49)."""

from datetime import timedelta

from models.base import Message
from models.payloads import EmailOrder, JourneyRef


class GroupStart(Message):
    """The journeys of the group, and how long an e-mail waits for all of them to get as far."""

    group_id: str
    journey_ids: list[str]
    patience: timedelta
    invitation_valid: timedelta
    split_queues: bool = False


class HandedOver(Message):
    """E-mails that one journey of the group wants sent."""

    journey: JourneyRef
    orders: list[EmailOrder]


class EmailRefused(Message):
    """An e-mail that the group sent was refused for good; `tell_adviser` on one of the journeys it spoke of (P48)."""

    order: EmailOrder
    tell_adviser: bool


class LeftGroup(Message):
    """A journey of the group is over."""

    journey_id: str
