"""An in-memory mail service that behaves as the port promises."""

from collections import deque

from connectors.errors import ConnectorError
from connectors.mail.port import OutgoingEmail, Receipt


class FakeMail:
    """Keeps what it was handed; `fail_next` makes the next sends fail before the message is taken."""

    def __init__(self) -> None:
        self.sent: list[OutgoingEmail] = []
        self._failures: deque[ConnectorError] = deque()

    def fail_next(self, *errors: ConnectorError) -> None:
        """Let the next sends raise these errors, one each."""
        self._failures.extend(errors)

    def recover(self) -> None:
        """Fail no more."""
        self._failures.clear()

    @property
    def templates(self) -> list[str]:
        """The templates sent so far, in order."""
        return [message.template.value for message in self.sent]

    async def send(self, message: OutgoingEmail) -> Receipt:
        """Take the message."""
        if self._failures:
            raise self._failures.popleft()
        self.sent.append(message)
        return Receipt(reply=f"250 taken as {len(self.sent)}")
