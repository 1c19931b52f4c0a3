"""Faults that tests and the demo order from the inbox; kept in memory, gone after a restart."""

from collections.abc import Sequence
from time import monotonic
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints, model_validator

FaultKind = Literal["outage", "refuse", "slow", "commit_then_timeout"]


class Fault(BaseModel):
    """One ordered fault.

    `outage` answers 421 to the recipient, `refuse` 550, `slow` delays the final answer, and `commit_then_timeout` keeps
    the message and closes the connection without an answer. It holds for `times` messages or `seconds`; once if
    neither is given.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: FaultKind
    times: int | None = Field(default=None, ge=1, description="messages it still strikes")
    seconds: float | None = Field(default=None, gt=0, description="how long it lasts")
    recipient: Annotated[str, StringConstraints(to_lower=True)] | None = Field(
        default=None, description="only this one"
    )
    delay_seconds: float = Field(default=5, gt=0, le=120, description="of `slow`")

    _ordered_at: float = PrivateAttr(default_factory=monotonic)

    @model_validator(mode="after")
    def _strikes_once(self) -> Self:
        if self.times is None and self.seconds is None:
            self.times = 1
        return self

    def is_over(self) -> bool:
        """Whether it has struck often enough or its time is up."""
        return self.times == 0 or (self.seconds is not None and monotonic() - self._ordered_at >= self.seconds)

    def strikes(self, kinds: set[FaultKind], recipients: Sequence[str]) -> bool:
        """Whether it is of one of these kinds and meant for one of these recipients."""
        wanted = self.recipient is None or self.recipient in (recipient.lower() for recipient in recipients)
        return self.kind in kinds and wanted


class Faults:
    """The faults still to come, oldest first."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Add a fault."""
        self._ordered.append(fault)

    def pending(self) -> list[Fault]:
        """Return the faults that can still strike."""
        self._ordered = [fault for fault in self._ordered if not fault.is_over()]
        return self._ordered

    def clear(self) -> None:
        """Work properly again."""
        self._ordered.clear()

    def take(self, kinds: set[FaultKind], recipients: Sequence[str]) -> Fault | None:
        """Return the oldest fault that strikes here, counting it as used once."""
        for fault in self.pending():
            if fault.strikes(kinds, recipients):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None
