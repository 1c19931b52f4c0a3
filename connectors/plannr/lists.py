"""Long lists of Plannr, read on from where one stopped, so that what is deleted meanwhile makes nothing be left out.

Plannr's filters of time are strictly later and strictly earlier; its moments can be as coarse as a second, so several
records may share one. Reading on therefore begins at the last moment again, and leaves out what was seen of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from connectors.plannr.wire import WireListedAccount

_LEAST: Final = timedelta(microseconds=1)
_COARSEST: Final = timedelta(seconds=1)


def at_or_after(moment: datetime) -> str:
    """Return the value of a filter for what is strictly later that lets this very moment through."""
    return (moment - _LEAST).isoformat(timespec="microseconds")


def well_after(moment: datetime) -> str:
    """Return the value of a filter for what is strictly earlier that lets this very moment through."""
    return (moment + _COARSEST).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Place:
    """How far a list was read.

    Attributes:
        moment: The creation of the last record; None: nothing was read.
        done: How many records were read.
        seen: The records of that very moment that were read.
    """

    moment: datetime | None = None
    done: int = 0
    seen: frozenset[str] = frozenset()

    @classmethod
    def read(cls, text: str | None) -> Self:
        """Return the place that `write` made this text of."""
        if text is None:
            return cls()
        moment, done, seen = text.split(" ")
        return cls(datetime.fromisoformat(moment), int(done), frozenset(seen.split(",")) - {""})

    def write(self) -> str:
        """Return the place as one text."""
        moment = "" if self.moment is None else self.moment.isoformat(timespec="microseconds")
        return f"{moment} {self.done} {','.join(sorted(self.seen))}"

    def after(self, records: Sequence[WireListedAccount]) -> "Place":
        """Return the place behind these further records."""
        moment = records[-1].created_at
        seen = {record.uuid for record in records if record.created_at == moment}
        return Place(
            moment, self.done + len(records), frozenset(seen | (self.seen if moment == self.moment else set()))
        )

    def behind(self, moment: datetime, records: int) -> "Place":
        """Return the place behind every record of a moment, of which these many were not read before."""
        return Place(moment + _LEAST, self.done + records)
