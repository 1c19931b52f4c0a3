"""The connection to Plannr that every call goes through: headers, tenant, pace, lists, and refusals read."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, TypeVar

import httpx

from connectors.errors import ConnectorRejected
from connectors.http import OutsideSystem, Refusal
from connectors.plannr.pace import Pace
from connectors.plannr.wire import Wire, WirePage

ModelT = TypeVar("ModelT", bound=Wire)

# Plannr allows a user 500 calls a minute; this and the burst together stay within it whenever its minute begins.
CALLS_PER_MINUTE: Final = 450
_BURST: Final = 50
_PAGE_SIZE: Final = 500
_DELETING: Final = "Plan is being deleted."


def _utc_now() -> datetime:
    return datetime.now(UTC)


def read_refusal(answer: httpx.Response) -> Refusal:
    """Read Laravel's error body: field names and a known message, never the texts that may repeat what was sent."""
    try:
        body = answer.json()
    except ValueError:
        return Refusal()
    if not isinstance(body, Mapping):
        return Refusal()
    if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and isinstance(body.get("errors"), Mapping):
        fields = sorted(str(name) for name in body["errors"])
        return Refusal(reason=f"refused the content of {', '.join(fields)}", fields=fields)
    if body.get("message") == _DELETING:
        return Refusal(reason="the plan is being deleted", code="plan_being_deleted")
    existing = body.get("uuid")
    return Refusal(existing_id=existing if isinstance(existing, str) else None)


class PlannrConnection:
    """Plannr as its gateway's topics share it. `aclose` it after use."""

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        tenants: Mapping[str, str],
        link_tag: str,
        connect_timeout: timedelta,
        read_timeout: timedelta,
        transport: httpx.AsyncBaseTransport | None = None,
        pace: Pace | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Prepare the connection; nothing is sent.

        Args:
            base_url: Where Plannr's API lives, without `/api`.
            token: The personal access token.
            tenants: For every firm the account uuid that selects it in Plannr.
            link_tag: The visible tag of a linked record (P5).
            connect_timeout: For making a connection.
            read_timeout: For every part of the answer.
            transport: Carries requests instead of the network.
            pace: Holds calls back; as Plannr's published limit wants it unless given.
            clock: The current time, aware, in UTC.
        """
        self._tenants = dict(tenants)
        self._link_tag = link_tag
        self._clock = clock
        self._pace = pace or Pace(CALLS_PER_MINUTE, burst=_BURST)
        self._outside = OutsideSystem(
            "plannr",
            base_url=base_url,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            read_refusal=read_refusal,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            transport=transport,
        )

    @property
    def call_count(self) -> int:
        """How many calls were sent so far, of all firms."""
        return self._outside.calls

    async def aclose(self) -> None:
        """Close all connections."""
        await self._outside.aclose()

    async def _send(
        self,
        firm: str,
        operation: str,
        *,
        ids: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> httpx.Response:
        tenant = self._tenants.get(firm)
        if not tenant:
            reason = f"the firm {firm!r} has no tenant in Plannr; add its account uuid to ONWARD_FIRMS"
            raise ConnectorRejected("plannr", operation, reason)
        await self._pace.turn()
        headers = {"X-PLANNR-ACCOUNT-UUID": tenant}
        return await self._outside.send(operation, ids=ids, params=params, json=json, headers=headers)

    async def _call(
        self,
        firm: str,
        operation: str,
        model: type[ModelT],
        *,
        ids: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> ModelT:
        answer = await self._send(firm, operation, ids=ids, params=params, json=json)
        return self._outside.parse(operation, model, answer)

    async def _listed(
        self,
        firm: str,
        operation: str,
        model: type[ModelT],
        *,
        ids: Mapping[str, str] | None = None,
        sort: str = "created_at",
        include: str = "",
        filters: Mapping[str, str] | None = None,
    ) -> list[ModelT]:
        """Return a list's records from all its pages, oldest first unless another order is named."""
        params: dict[str, str | int] = {f"filter[{name}]": value for name, value in (filters or {}).items()}
        params |= {"include": include} if include else {}
        params |= {"sort": sort, "per_page": _PAGE_SIZE}
        page, last = 0, 1
        records: list[ModelT] = []
        while page < last:
            page += 1
            listed = await self._call(firm, operation, WirePage[model], ids=ids, params={**params, "page": page})  # type: ignore[valid-type]
            last = listed.meta.last_page
            records.extend(listed.data)
        return records
