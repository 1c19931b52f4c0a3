"""The one place that speaks HTTP to an outside system and turns what goes wrong into the tree of `connectors.errors`.

    no connection, time-out, broken answer, 408, 425, 429, 5xx, 3xx   ConnectorUnavailable (with `Retry-After`)
    400, 422                                                          Invalid
    401, 403                                                          NotAuthorised
    404, 410                                                          NotFound
    409, 412                                                          Conflict
    every other 4xx                                                   ConnectorRejected

Nothing is retried here: the caller's own policy decides. An error never holds what was sent or answered beyond codes
and field names, and never chains to httpx's exception, which holds the request.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from connectors.errors import (
    Conflict,
    ConnectorError,
    ConnectorRejected,
    ConnectorUnavailable,
    Invalid,
    NotAuthorised,
    NotFound,
)

ModelT = TypeVar("ModelT", bound=BaseModel)

_TRY_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_LONGEST_WAIT = timedelta(hours=1).total_seconds()


@dataclass(frozen=True)
class Refusal:
    """What an error answer says, read by the connector that knows the system's error body.

    Attributes:
        reason: In words, without personal data; empty: the status line speaks for itself.
        code: The system's own short code.
        existing_id: The record that is in the way.
        unmet: Conditions that are not met yet.
        fields: Names of the refused fields, never their values.
        try_again: The same request may succeed later although the status says 4xx.
    """

    reason: str = ""
    code: str = ""
    existing_id: str | None = None
    unmet: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    try_again: bool = False


def say_nothing(_answer: httpx.Response) -> Refusal:
    """Read nothing from an error's body."""
    return Refusal()


class OutsideSystem:
    """An HTTP connection to one outside system, with explicit time-outs. `aclose` it after use.

    `calls` counts every request that was sent.

    An operation is written `POST /accounts/{id}/activation`: method and path template. It names the call in errors, so
    values for the braces come separately, in `ids`.
    """

    def __init__(
        self,
        system: str,
        *,
        base_url: str,
        connect_timeout: timedelta,
        read_timeout: timedelta,
        read_refusal: Callable[[httpx.Response], Refusal] = say_nothing,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare the connection; nothing is sent.

        Args:
            system: The system's name in errors: `plannr`, `platform`.
            base_url: What the path of every operation is appended to.
            connect_timeout: For making a connection.
            read_timeout: For every part of the answer, for sending, and for a free connection.
            read_refusal: Reads the system's error body; must cope with any body.
            headers: Sent with every request.
            transport: Carries requests instead of the network.
        """
        self.system = system
        self.calls = 0
        self._read_refusal = read_refusal
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(read_timeout.total_seconds(), connect=connect_timeout.total_seconds()),
            headers={"Accept": "application/json", **(headers or {})},
            transport=transport,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def send(
        self,
        operation: str,
        *,
        ids: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request and return its 2xx answer.

        Args:
            operation: Method and path template.
            ids: Values for the template's braces; opaque ids only, they stand in the address.
            params: The query; no personal data, it stands in the address.
            json: The body, as JSON.
            form: The body, as a form.
            headers: Sent besides those of every request.

        Raises:
            ConnectorError: As drawn in the module's docstring.
        """
        method, template = operation.split(" ", 1)
        path = template.format_map({name: quote(value, safe="") for name, value in (ids or {}).items()})
        self.calls += 1
        try:
            answer = await self._http.request(method, path, params=params, json=json, data=form, headers=headers)
        except httpx.TimeoutException:
            raise ConnectorUnavailable(self.system, operation, "did not answer in time") from None
        except httpx.RequestError as error:
            reason = f"could not be reached ({type(error).__name__})"
            raise ConnectorUnavailable(self.system, operation, reason) from None
        if not answer.is_success:
            raise self._error(operation, answer)
        return answer

    def parse(self, operation: str, model: type[ModelT], answer: httpx.Response) -> ModelT:
        """Return the answer's JSON body as this model.

        Raises:
            ConnectorUnavailable: The body has another shape: a proxy's page or a half-deployed system, which passes.
        """
        try:
            return model.model_validate_json(answer.content)
        except ValidationError:
            raise ConnectorUnavailable(self.system, operation, "answered in an unknown shape") from None

    def _error(self, operation: str, answer: httpx.Response) -> ConnectorError:
        status = answer.status_code
        refusal = self._read_refusal(answer)
        reason = refusal.reason or f"answered {status} {httpx.codes.get_reason_phrase(status)}".rstrip()
        if not answer.is_client_error or status in _TRY_AGAIN or refusal.try_again:
            return ConnectorUnavailable(self.system, operation, reason, retry_after=retry_after_seconds(answer))
        match status:
            case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY:
                return Invalid(self.system, operation, reason, fields=refusal.fields)
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                return NotAuthorised(self.system, operation, reason)
            case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
                return NotFound(self.system, operation, reason)
            case HTTPStatus.CONFLICT | HTTPStatus.PRECONDITION_FAILED:
                return Conflict(self.system, operation, reason, refusal.code, refusal.existing_id, refusal.unmet)
            case _:
                return ConnectorRejected(self.system, operation, reason)


def retry_after_seconds(answer: httpx.Response) -> float | None:
    """Return the seconds of `Retry-After`, an hour at most, which may also be a date; None if absent or unreadable."""
    written = answer.headers.get("Retry-After", "")
    if written.isascii() and written.isdigit():
        return min(float(written), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), _LONGEST_WAIT)
