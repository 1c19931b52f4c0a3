"""The contract of the activities that undo and follow up: what a journey that ended leaves to do (P43, P47)."""

from typing import Literal

from pydantic import Field

from domain.journey import PartyRole
from models.base import Message
from models.payloads import JourneyRef


class HolderToRelease(Message):
    """A party of a journey that ended; `registered_here` when no link existed before it."""

    person_id: str
    plannr_account: str
    platform_client: str | None
    registered_here: bool
    role: PartyRole = PartyRole.HOLDER


class UndoOnPlatform(Message):
    """Platform, P43: cancel the account and its mandates; who only this journey registered goes back to Registered."""

    journey: JourneyRef
    holders: list[HolderToRelease]
    reason: str


class Undone(Message):
    """What was found and closed; empty when the journey had not got that far."""

    platform_account: str | None = None
    reverted: list[str] = Field(default=[], description="person ids whose client is Registered again")


class CloseInPlannr(Message):
    """Plannr, P43: close the application and make the plan inactive, with the reason."""

    journey: JourneyRef
    reason: Literal["withdrawn", "declined", "expired"]


class RaiseTask(Message):
    """Plannr, P47: a task for the adviser, once per key."""

    journey: JourneyRef
    plannr_account: str
    key: str
    name: str
    description: str


class TaskRaised(Message):
    """The task's id."""

    task: str
