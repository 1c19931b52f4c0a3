"""Faults that a test or a person switches on: what they match, how long they last, and when they are used up."""

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Kind = Literal[
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

WEBHOOK_KINDS = frozenset({"drop_webhook", "duplicate_webhook", "reorder_webhooks", "stale_signature"})
_FRACTIONS = 2**64


def portion(salt: str, event_id: str) -> float:
    """A number from 0 up to 1 that is always the same for the same event and salt, and spread evenly."""
    digest = hashlib.sha256(f"{salt}:{event_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / _FRACTIONS


class FaultRequest(BaseModel):
    """A fault to switch on.

    ``operation`` is ``POST /api/v1/plans`` (method and path as documented, parameters in braces), ``read``, ``write``
    or ``*``; for the webhook kinds an event name such as ``plan.updated`` or ``*``.
    ``times`` is how often it strikes, with ``each`` counted for every distinct operation on its own.
    ``seconds`` is how long it stays in force; for ``latency`` how long each answer is held back, for
    ``commit_then_timeout`` with ``hang`` how long the connection is held open.
    With neither, it stays until removed, except ``commit_then_timeout``, which strikes once.
    ``share`` strikes that part of the events, chosen by a hash of the event's id; for the webhook kinds only.
    ``delay_seconds`` is how long ``reorder_webhooks`` holds an event; with a share each is held for a time of its own
    up to that, so that they arrive shuffled.
    """

    model_config = ConfigDict(hide_input_in_errors=True, extra="forbid")

    operation: str = Field(default="*", min_length=1, examples=["POST /api/v1/plans", "write", "*"])
    kind: Kind
    times: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    each: bool = False
    hang: bool = False
    share: float | None = Field(default=None, gt=0, le=1)
    delay_seconds: float = Field(default=0.5, ge=0, le=600)

    @model_validator(mode="after")
    def _share_of_events(self) -> Self:
        if self.share is not None and self.kind not in WEBHOOK_KINDS:
            raise PydanticCustomError("share", "Only a fault of webhooks strikes a share of the events.")
        return self

    def meets(self, event_id: str) -> bool:
        """Whether the event belongs to the share that is struck."""
        return self.share is None or portion(self.kind, event_id) < self.share

    def held_for(self, event_id: str, copy: int) -> float:
        """For how many seconds ``reorder_webhooks`` holds this copy of the event."""
        return self.delay_seconds * (1.0 if self.share is None else portion(f"delay {copy}", event_id))


@dataclass
class Fault:
    """A fault in force."""

    number: int
    request: FaultRequest
    ends_at: float | None
    struck: Counter[str] = field(default_factory=Counter)

    @property
    def held_seconds(self) -> float:
        """How long an answer is held back by ``latency`` or a hanging ``commit_then_timeout``."""
        return self.request.seconds or (2.0 if self.request.kind == "latency" else 30.0)

    def _spent(self, operation: str) -> bool:
        if self.request.times is None:
            return False
        done = self.struck[operation] if self.request.each else self.struck.total()
        return done >= self.request.times

    def strikes(self, operation: str, now: float) -> bool:
        """Says whether this fault meets the operation, without counting it."""
        if (self.ends_at is not None and now >= self.ends_at) or self._spent(operation):
            return False
        wanted = self.request.operation
        if wanted in {"read", "write"}:
            return (operation.split(" ", maxsplit=1)[0] in {"GET", "HEAD"}) == (wanted == "read")
        return wanted in {"*", operation}

    def as_json(self) -> dict[str, object]:
        """What the control endpoint shows."""
        left = None if self.ends_at is None else max(0.0, round(self.ends_at - time.monotonic(), 3))
        return {
            "id": self.number,
            **self.request.model_dump(),
            "struck": dict(self.struck),
            "seconds_left": left,
        }


class Faults:
    """All faults in force; they live in memory, so a restart ends them."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._active: list[Fault] = []

    def add(self, request: FaultRequest) -> Fault:
        """Switches a fault on."""
        holds = request.kind in {"latency", "commit_then_timeout"}
        if request.times is None and (request.each or request.kind == "commit_then_timeout"):
            request = request.model_copy(update={"times": 1})
        ends_at = None if holds or request.seconds is None else time.monotonic() + request.seconds
        fault = Fault(next(self._numbers), request, ends_at)
        self._active.append(fault)
        return fault

    def take(self, kind: Kind, operation: str, event_id: str = "") -> Fault | None:
        """The first fault of the kind that meets the operation or event, counted as having struck; else None."""
        now = time.monotonic()
        for fault in self._active:
            if fault.request.kind == kind and fault.request.meets(event_id) and fault.strikes(operation, now):
                fault.struck[operation] += 1
                return fault
        return None

    def listed(self) -> list[dict[str, object]]:
        """All faults, used up ones included, in the order they were added."""
        return [fault.as_json() for fault in self._active]

    def clear(self) -> None:
        """Ends all faults."""
        self._active.clear()
