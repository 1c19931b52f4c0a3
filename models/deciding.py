"""What the workflow that carries out a person's decision and its activity exchange; ids only, no personal data.

As in `models.messages`, only ever add fields, with defaults.
"""

from enum import StrEnum
from typing import Literal

from domain.ownership import Subject
from models.base import Message

Side = Literal["plannr", "platform"]


class Settle(Message):
    """A person's decision on one discrepancy: whose value stands, or which record is the same person (P54)."""

    discrepancy_id: str
    firm: str
    take: Side | None = None
    plannr_account: str | None = None


class SettleOutcome(StrEnum):
    """What became of a decision."""

    WRITTEN = "written"
    CHANGED_MEANWHILE = "changed_meanwhile"
    REFUSED = "refused"
    CLOSED = "closed"


class Settled(Message):
    """What became of a decision, and which record is to be compared again."""

    outcome: SettleOutcome
    subject: Subject | None = None
    platform_id: str = ""
