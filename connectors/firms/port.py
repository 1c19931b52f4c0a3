"""What Onward asks of a firm's own system: to take a signed event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from connectors.errors import ConnectorError, ConnectorRejected

SYSTEM = "firm"
OPERATION = "POST event"


@dataclass(eq=False)
class AddressRefused(ConnectorRejected):
    """The address is none that events may be sent to: its host is not a public one."""

    __str__ = ConnectorError.__str__


@dataclass(frozen=True, slots=True)
class Posted:
    """What the system answered: its status, and the seconds of `Retry-After` where it gave them."""

    status: int
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the event has arrived."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the range that HTTP calls success

    @property
    def gone(self) -> bool:
        """Whether the system says that it wants no more events at this address."""
        return self.status == 410  # noqa: PLR2004 - HTTP's own number


class FirmGateway(Protocol):
    """Posts events to addresses that firms chose."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Post a signed event once; redirects are answers like any other.

        Raises:
            ConnectorUnavailable: Nobody answered in time; the same event may be taken later.
            AddressRefused: The host is not, or no longer, a public one; nothing was sent.
        """
        ...
