"""Faults a person switches on to see how a caller copes; they live in memory and end with the process."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

WebhookFault = Literal["drop_webhook", "duplicate_webhook", "reorder_webhooks", "stale_signature"]
FaultKind = Literal[
    "outage",
    "latency",
    "rate_limit",
    "commit_then_timeout",
    "error_500",
    "drop_webhook",
    "duplicate_webhook",
    "reorder_webhooks",
    "stale_signature",
]
WEBHOOK_FAULTS: tuple[WebhookFault, ...] = (
    "drop_webhook",
    "duplicate_webhook",
    "reorder_webhooks",
    "stale_signature",
)
_FRACTIONS = 2**64
_READING_POSTS = {"POST /oauth/token", "POST /clients/search"}


def portion(salt: str, event_id: str) -> float:
    """Return a number from 0 up to 1 that is always the same for the same event and salt, and spread evenly."""
    digest = hashlib.sha256(f"{salt}:{event_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / _FRACTIONS


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the contract, by method and path template."""

    name: str

    @property
    def is_write(self) -> bool:
        """Whether the call changes records."""
        return not self.name.startswith("GET ") and self.name not in _READING_POSTS

    def matches(self, pattern: str) -> bool:
        """Tell whether a fault's `operation` means this call."""
        if pattern in ("read", "write"):
            return self.is_write == (pattern == "write")
        return pattern in ("*", self.name)


class FaultOrder(BaseModel):
    """A fault as asked for; see `CONTRACT.md` section 8."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    operation: str = "*"
    kind: FaultKind
    times: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    each: bool = False
    delay_seconds: float | None = Field(default=None, ge=0, le=600)
    share: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _share_of_events(self) -> Self:
        if self.share is not None and self.kind not in WEBHOOK_FAULTS:
            raise PydanticCustomError("not_allowed", "Only a fault of webhooks strikes a share of the events.")
        return self


class FaultView(FaultOrder):
    """A fault as listed, with how often it struck so far."""

    id: int
    struck: int


@dataclass(slots=True)
class Fault:
    """A fault that is switched on."""

    id: int
    order: FaultOrder
    since: datetime
    struck: Counter[str] = field(default_factory=Counter)
    release_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Tell whether it will not strike again."""
        if self.order.seconds is not None and now >= self.since + timedelta(seconds=self.order.seconds):
            return True
        return self.order.times is not None and not self.order.each and self.struck.total() >= self.order.times

    def strikes(self, name: str) -> bool:
        """Count a strike against `name`, unless `each` says that it had its share."""
        if self.order.each and self.struck[name] >= (self.order.times or 1):
            return False
        self.struck[name] += 1
        return True

    def meets(self, event_id: str) -> bool:
        """Tell whether the event belongs to the share that is struck."""
        return self.order.share is None or portion(self.order.kind, event_id) < self.order.share

    def delay(self, default: float) -> float:
        """Seconds of delay asked for, else `default`."""
        return default if self.order.delay_seconds is None else self.order.delay_seconds


class FaultBoard:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = count(1)

    def add(self, order: FaultOrder, now: datetime) -> FaultView:
        """Switch a fault on."""
        fault = Fault(next(self._ids), order, now)
        self._faults.append(fault)
        return self._view(fault)

    def views(self) -> list[FaultView]:
        """List the faults, spent ones included until they are next looked for."""
        return [self._view(fault) for fault in self._faults]

    def remove(self, fault_id: int) -> bool:
        """Switch one fault off; False when there is none."""
        before = len(self._faults)
        self._faults = [fault for fault in self._faults if fault.id != fault_id]
        return len(self._faults) < before

    def clear(self) -> None:
        """Switch every fault off."""
        self._faults.clear()

    def take(self, kind: FaultKind, operation: Operation, now: datetime) -> Fault | None:
        """Return the fault of this kind that strikes this call now, having counted the strike."""
        for fault in self._live(kind, now):
            if operation.matches(fault.order.operation) and fault.strikes(operation.name):
                return fault
        return None

    def take_for_event(self, event_type: str, event_id: str, now: datetime) -> list[Fault]:
        """Return the webhook faults that strike this event now, at most one of a kind; a dropped one meets no other."""
        found: list[Fault] = []
        for kind in WEBHOOK_FAULTS:
            fault = self._first_for_event(kind, event_type, event_id, now)
            if fault is not None:
                found.append(fault)
            if kind == "drop_webhook" and found:
                break
        return found

    def _first_for_event(self, kind: WebhookFault, event_type: str, event_id: str, now: datetime) -> Fault | None:
        for fault in self._live(kind, now):
            wanted = fault.order.operation in ("*", event_type)
            if wanted and fault.meets(event_id) and fault.strikes(event_type):
                return fault
        return None

    def _live(self, kind: FaultKind, now: datetime) -> list[Fault]:
        self._faults = [fault for fault in self._faults if not fault.is_over(now)]
        return [fault for fault in self._faults if fault.order.kind == kind]

    @staticmethod
    def _view(fault: Fault) -> FaultView:
        return FaultView(**fault.order.model_dump(), id=fault.id, struck=fault.struck.total())
