"""Authorised calls to the platform, and what makes a repeated one harmless."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from connectors.errors import Conflict, Invalid, NotAuthorised
from connectors.http import OutsideSystem
from connectors.platform.auth import ClientCredentials
from connectors.platform.wire import Envelope

DataT = TypeVar("DataT")
AnswerT = TypeVar("AnswerT", bound=BaseModel)


class PlatformCalls:
    """Sends calls with an access token; one that is refused is renewed once."""

    def __init__(self, system: OutsideSystem, credentials: ClientCredentials) -> None:
        """Send to this system with these credentials."""
        self._system = system
        self._credentials = credentials

    @property
    def count(self) -> int:
        """How many requests were sent so far, those for tokens included."""
        return self._system.calls

    async def aclose(self) -> None:
        """Close all connections."""
        await self._system.aclose()

    async def ask(
        self, operation: str, model: type[Envelope[DataT]], *, key: str | None = None, **request: Any
    ) -> DataT:
        """Send a request, under this idempotency key if there is one, and return the answer's data.

        Raises:
            ConnectorError: As of `OutsideSystem.send` and `parse`, whose arguments `request` are.
        """
        headers = {} if key is None else {"Idempotency-Key": key}
        return (await self.read(operation, model, headers=headers, **request)).data

    async def read(self, operation: str, model: type[AnswerT], **request: Any) -> AnswerT:
        """Send a request and return the whole answer."""
        return self._system.parse(operation, model, await self.send(operation, **request))

    async def by_reference(
        self, operation: str, model: type[Envelope[list[DataT]]], external_reference: str
    ) -> DataT | None:
        """Return the one record of a list that has our reference, if any."""
        found = await self.ask(operation, model, params={"external_reference": external_reference})
        return found[0] if found else None

    async def send(self, operation: str, *, headers: dict[str, str] | None = None, **request: Any) -> httpx.Response:
        """Send a request and return its 2xx answer."""
        token = await self._credentials.token()
        try:
            return await self._system.send(operation, headers=_signed(token, headers), **request)
        except NotAuthorised:
            token = await self._credentials.token(refused=token)
        return await self._system.send(operation, headers=_signed(token, headers), **request)


async def once(find: Callable[[], Awaitable[DataT | None]], create: Callable[[], Awaitable[DataT]]) -> DataT:
    """Return the record that is there, else create it.

    Where somebody else was faster, the platform refuses a duplicate (Conflict) or the key that was used with another
    content (Invalid): then theirs is the record.
    """
    found = await find()
    if found is not None:
        return found
    try:
        return await create()
    except (Conflict, Invalid):
        found = await find()
        if found is None:
            raise
        return found


def idempotency_key(step: str, *references: str | int) -> str:
    """Return a key of visible ASCII that is the same for the same step and references, and never random."""
    return ":".join([step, *(quote(str(reference), safe="") for reference in references)])


def _signed(token: str, headers: dict[str, str] | None) -> dict[str, str]:
    return {**(headers or {}), "Authorization": f"Bearer {token}"}
