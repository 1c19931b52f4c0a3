"""The one place where a connector's error becomes a failure that Temporal understands."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from connectors.errors import Conflict, ConnectorError, ConnectorRejected, ConnectorUnavailable, NotAuthorised

UNAVAILABLE = "SystemUnavailable"
REJECTED = "RejectedBySystem"
CREDENTIALS_REFUSED = "CredentialsRefused"


def to_application_error(error: ConnectorError) -> ApplicationError:
    """Map the error tree of `connectors.errors`; texts carry no personal data, so they may stand in the history.

    Unavailable: retried by the activity's policy, after `Retry-After` where the system gave one.
    Credentials refused: retried as well, since an operator mends it and no record is wrong.
    Rejected: not retried; the journey asks a person.
    """
    if isinstance(error, ConnectorUnavailable):
        return ApplicationError(
            str(error),
            type=UNAVAILABLE,
            next_retry_delay=timedelta(seconds=error.retry_after) if error.retry_after is not None else None,
            category=ApplicationErrorCategory.BENIGN,
        )
    if isinstance(error, NotAuthorised):
        return ApplicationError(str(error), type=CREDENTIALS_REFUSED)
    if isinstance(error, Conflict):
        text = "; ".join([str(error), *error.unmet])
        return ApplicationError(text, error.code, type=REJECTED, non_retryable=True)
    return ApplicationError(str(error), type=REJECTED, non_retryable=isinstance(error, ConnectorRejected))


@contextmanager
def failures() -> Iterator[None]:
    """Turn connector errors raised inside into Temporal failures, without the chain that might hold a request."""
    try:
        yield
    except ConnectorError as error:
        raise to_application_error(error) from None
