"""The state of one part: which phase it is in, since when, and why."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from cli.parts import Part

_LONGEST_BACKOFF = 30.0


class Phase(StrEnum):
    """Where a part is."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    CRASHED = "crashed"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Status:
    """A part as a person sees it: `seconds` since this phase began or, once ready, how long the start took."""

    name: str
    title: str
    phase: Phase
    seconds: float
    cause: str = ""
    log: str = ""


@dataclass
class Unit:
    """A part while it is looked after: its phase, since when, and how often it ended by itself."""

    part: Part
    phase: Phase = Phase.WAITING
    since: float = field(default_factory=time.monotonic)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    took: float = 0.0
    crashes: int = 0
    cause: str = ""

    def enter(self, phase: Phase, cause: str = "") -> None:
        """Change the phase now."""
        now = time.monotonic()
        self.took = now - self.since
        self.phase, self.since, self.cause = phase, now, cause

    def start(self) -> None:
        """Start the process."""
        self.enter(Phase.STARTING)
        self.started_at = datetime.now(UTC)
        if self.part.process is not None:
            self.part.process.start()

    @property
    def ended(self) -> bool:
        """Whether it should run and does not."""
        return self.part.process is not None and not self.part.process.running

    @property
    def pause(self) -> float:
        """Seconds before the next start after a crash."""
        return float(min(_LONGEST_BACKOFF, 0.5 * 2 ** (self.crashes - 1)))

    def status(self) -> Status:
        """Return what a person may see."""
        seconds = self.took if self.phase is Phase.READY else time.monotonic() - self.since
        log = str(self.part.process.log) if self.part.process else ""
        return Status(self.part.name, self.part.title, self.phase, seconds, self.cause, log)

    def explain(self) -> str:
        """Return what is wrong, with the end of the log."""
        process = self.part.process
        sentence = f"{self.part.title} {self.cause or 'is not ready'}."
        if process is None:
            return sentence
        return f"{sentence} Its log, {process.log}, ends with:\n{process.last_lines()}"
