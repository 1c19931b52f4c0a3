"""What Onward needs from a mail service: hand over one message, and know whether it was taken.

    ConnectorError
    └── MailError
        ├── MailUnavailable   also a ConnectorUnavailable: 4xx, no connection, time-out, sign-in refused; try again
        └── MailRefused       also a ConnectorRejected: 5xx; a person must correct something

SMTP is at-least-once: a connection that breaks between the message and its `250` leaves open whether it was taken.
`MailUnavailable.possibly_taken` says so. The Message-ID stays the same, so a mailbox can tell the copies.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import Field, StringConstraints

from connectors.errors import ConnectorError, ConnectorRejected, ConnectorUnavailable
from connectors.mail.identity import EmailTemplate
from models.base import Message

# One line each: a line break would start a header of its own.
HeaderLine = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
MailAddress = Annotated[
    str, StringConstraints(max_length=254, pattern=r"^[^\s<>@\x00-\x1f\x7f]+@[^\s<>@\x00-\x1f\x7f]+$")
]
MessageId = Annotated[str, StringConstraints(max_length=250, pattern=r"^<[!-;=?A-~]+@[A-Za-z0-9.-]+>$")]

Stage = Literal["sender", "recipient", "message"]


@dataclass
class MailError(ConnectorError):
    """A message could not be handed over. The text holds codes only, never an address."""

    __str__ = ConnectorError.__str__


@dataclass
class MailUnavailable(MailError, ConnectorUnavailable):  # noqa: N818 - a state, like its sibling in connectors.errors
    """The mail service cannot take the message now; the same message may be taken later.

    Attributes:
        possibly_taken: the connection broke after the message was sent and before the answer, so the recipient may
            get it although nobody confirmed it.
    """

    possibly_taken: bool = False

    __str__ = ConnectorError.__str__


@dataclass
class MailRefused(MailError, ConnectorRejected):  # noqa: N818 - an answer, like its sibling in connectors.errors
    """The mail service refused this message for good (P48).

    Attributes:
        code: the SMTP reply code, 500-599.
        enhanced_status: the enhanced status, e.g. `5.1.1`, where the service gives one.
        stage: what was refused: our sender address, the recipient's address, or the message itself.
    """

    code: int = 550
    enhanced_status: str | None = None
    stage: Stage = "recipient"

    __str__ = ConnectorError.__str__


class OutgoingEmail(Message):
    """One e-mail to one person, ready to go."""

    message_id: MessageId
    template: EmailTemplate = Field(description="the event it tells of; goes into the `X-Onward-Template` header")
    to_address: MailAddress
    to_name: HeaderLine | None = Field(default=None, description="first name only")
    subject: HeaderLine
    text: str
    html: str


class Receipt(Message):
    """The mail service took the message.

    Attributes:
        reply: its final answer, often with its own queue id, at most 200 characters, without the recipient's address.
    """

    reply: str


class MailGateway(Protocol):
    """A mail service."""

    async def send(self, message: OutgoingEmail) -> Receipt:
        """Hand one message over.

        Raises:
            MailUnavailable: not now; the caller decides when to try again.
            MailRefused: never, unless a person corrects something.
        """
        ...
