"""The connection to the platform that every call goes through, and what several topics read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from connectors.http import OutsideSystem
from connectors.platform import wire_reading
from connectors.platform.auth import ClientCredentials
from connectors.platform.calls import PlatformCalls
from connectors.platform.errors import read_refusal
from connectors.platform.port import PlatformClient
from connectors.platform.wire import AccountsAnswer, ClientAnswer, ClientsAnswer, DocumentsAnswer, WireClient

_OPEN: Final = ("pending", "active", "suspended")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class PlatformConnection:
    """The platform as its gateway's topics share it. `aclose` it after use."""

    def __init__(
        self,
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        connect_timeout: timedelta,
        read_timeout: timedelta,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Prepare the connection; nothing is sent.

        Args:
            base_url: Of the platform's API.
            client_id: Our id for client credentials.
            client_secret: Our secret.
            connect_timeout: For making a connection.
            read_timeout: For every part of an answer.
            transport: Carries requests instead of the network.
            now: The clock that a mandate's first collection counts from.
        """
        system = OutsideSystem(
            "platform",
            base_url=base_url,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            read_refusal=read_refusal,
            transport=transport,
        )
        self._calls = PlatformCalls(system, ClientCredentials(system, client_id=client_id, client_secret=client_secret))
        self._now = now

    @property
    def call_count(self) -> int:
        """How many requests were sent so far, those for tokens included."""
        return self._calls.count

    async def aclose(self) -> None:
        """Close all connections."""
        await self._calls.aclose()

    async def _client(self, client: str) -> WireClient:
        return await self._calls.ask("GET /clients/{id}", ClientAnswer, ids={"id": client})

    async def _client_view(self, client: WireClient) -> PlatformClient:
        terms_in_force = await self._terms_in_force() if client.terms_accepted is not None else None
        return wire_reading.platform_client(client, terms_in_force)

    async def _search(self, filters: dict[str, Any]) -> WireClient | None:
        # A POST that only reads, and so needs no key: the filters are personal data and must not stand in an address.
        found = await self._calls.ask("POST /clients/search", ClientsAnswer, json=filters)
        return found[0] if found else None

    async def _documents(self, params: dict[str, str]) -> DocumentsAnswer:
        return await self._calls.read("GET /documents", DocumentsAnswer, params=params)

    async def _terms_in_force(self) -> str:
        return (await self._documents({"kind": "platform_terms"})).meta.terms_version

    async def _has_open_account(self, client: str, *, but: str | None = None) -> bool:
        """Tell whether the client holds or signs for an account that has not ended, other than this reference's."""
        for status in _OPEN:
            # Of two, one at most has the reference.
            params: dict[str, str | int] = {"client_id": client, "status": status, "page_size": 2}
            found = await self._calls.ask("GET /accounts", AccountsAnswer, params=params)
            if any(but is None or account.external_reference != but for account in found):
                return True
        return False
