"""What can go wrong when talking to an outside system.

    ConnectorError
    ├── ConnectorUnavailable      try again: transport, time-out, 429, 5xx; may carry `retry_after` seconds
    └── ConnectorRejected         do not try again unchanged; a person must correct something
        ├── NotFound              404
        ├── Conflict              409 / 412; may carry the id of the record that is already there
        ├── Invalid               422 / 400; carries the names of the fields, never their values
        └── NotAuthorised         401 / 403; our credentials are wrong or expired

Texts name the system and the operation, never a person's data, so they may be logged and stored.
"""

from dataclasses import dataclass, field


@dataclass(eq=False)
class ConnectorError(Exception):
    """An outside system could not do what was asked.

    Attributes:
        system: `plannr`, `platform` or `mail`.
        operation: what was asked, e.g. `POST /accounts`; path templates, no ids of people.
        reason: what the system answered, in words without personal data.
    """

    system: str
    operation: str
    reason: str

    def __str__(self) -> str:
        """Return one sentence for logs and failures."""
        return f"{self.system}: {self.operation}: {self.reason}"


@dataclass(eq=False)
class ConnectorUnavailable(ConnectorError):  # noqa: N818 - a state of the system, named as people say it
    """The system is down, slow, or limits our rate: the same request may succeed later."""

    retry_after: float | None = None

    __str__ = ConnectorError.__str__


@dataclass(eq=False)
class ConnectorRejected(ConnectorError):  # noqa: N818 - an answer, named as people say it
    """The system understood and refused."""

    __str__ = ConnectorError.__str__


@dataclass(eq=False)
class NotFound(ConnectorRejected):
    """The record does not exist."""

    __str__ = ConnectorError.__str__


@dataclass(eq=False)
class Conflict(ConnectorRejected):
    """The record exists already, has changed, or is in the wrong state.

    Attributes:
        code: the system's own short code, e.g. `email_in_use`, `not_ready`.
        existing_id: the id of the record that is in the way, where the system tells.
        unmet: conditions that are not met yet, where the system lists them.
    """

    code: str = ""
    existing_id: str | None = None
    unmet: list[str] = field(default_factory=list)

    __str__ = ConnectorError.__str__


@dataclass(eq=False)
class Invalid(ConnectorRejected):
    """The system refused the content of these fields."""

    fields: list[str] = field(default_factory=list)

    __str__ = ConnectorError.__str__


@dataclass(eq=False)
class NotAuthorised(ConnectorRejected):
    """Our credentials were refused."""

    __str__ = ConnectorError.__str__
