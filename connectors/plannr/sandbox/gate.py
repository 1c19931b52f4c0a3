"""What every call to the API passes first (faults, token, rate limit, firm) and how its answer leaves."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
from fastapi import Depends, Request
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from connectors.plannr.sandbox.config import SandboxConfig
from connectors.plannr.sandbox.errors import not_found, refuse
from connectors.plannr.sandbox.faults import Fault, Faults
from connectors.plannr.sandbox.limiter import RateLimiter
from connectors.plannr.sandbox.query import Listing, Slice, read_slice
from connectors.plannr.sandbox.rules import check, known_fields, tidy
from connectors.plannr.sandbox.seed import TOKEN_USER
from connectors.plannr.sandbox.store import Condition, Document, Store
from connectors.plannr.sandbox.webhooks import Outbox

_LOGINS = "/api/v1/logins"
_RETRY_AFTER_FAULT = 1


@dataclass(frozen=True)
class Parts:
    """Everything the routes work with; kept on ``app.state.parts``."""

    config: SandboxConfig
    store: Store
    faults: Faults
    limiter: RateLimiter
    outbox: Outbox


def parts_of(request: Request) -> Parts:
    """The sandbox's parts."""
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(parts_of)]


@dataclass(frozen=True)
class Call:
    """One admitted call: who it is for, and the acts that all routes share."""

    parts: Parts
    tenant: str
    body: dict[str, Any]
    request: Request

    @property
    def store(self) -> Store:
        """The records."""
        return self.parts.store

    def get(self, kind: str, uuid: str) -> Document:
        """A record of the caller's firm.

        Raises:
            ApiError: 404, there is none.
        """
        found = self.store.get(kind, self.tenant, uuid.lower())
        if found is None:
            raise not_found(kind, uuid)
        return found

    def exists(self, kind: str, uuid: str) -> bool:
        """Whether a record exists; ``client`` and ``employee`` are accounts of that type."""
        if kind in {"client", "employee"}:
            account = self.store.get("account", self.tenant, uuid)
            return account is not None and account["type"] == kind
        return self.store.get(kind, self.tenant, uuid) is not None

    def checked(self, table: dict[str, str]) -> dict[str, Any]:
        """The body's known fields, once they keep the rules.

        Raises:
            ApiError: 422 with the fields that do not.
        """
        check(self.body, table, self.exists)
        return known_fields(self.body, table)

    def slice(self, listing: Listing, *fixed: Condition) -> Slice:
        """The page of a list that the query string asks for."""
        return read_slice(self.store, self.tenant, listing, self.request.query_params, fixed)

    def announce(self, event: str, uuid: str, *, delay_seconds: float = 0.0) -> None:
        """Queues a webhook event; call it inside the transaction of the change."""
        self.parts.outbox.add(self.tenant, event, uuid, delay_seconds=delay_seconds)


def _operation(request: Request) -> str:
    return f"{request.method} {request.scope['route'].path}"


async def _meet_faults(faults: Faults, operation: str) -> None:
    if faults.take("outage", operation):
        raise refuse(503, "Service Unavailable")
    if faults.take("rate_limit", operation):
        raise refuse(429, "Too Many Attempts.", {"Retry-After": str(_RETRY_AFTER_FAULT)})
    if faults.take("error_500", operation):
        raise refuse(500, "Server Error")
    held = faults.take("latency", operation)
    if held:
        await asyncio.sleep(held.held_seconds)


def _authenticate(request: Request, token: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), token.encode()):
        raise refuse(401, "Unauthenticated.")


def _tenant(request: Request, store: Store) -> str:
    uuid = request.headers.get("x-plannr-account-uuid", "").lower()
    if not uuid:
        raise refuse(400, "The X-PLANNR-ACCOUNT-UUID header is required.")
    row = store.db.execute(
        "SELECT tenant FROM lookups WHERE kind = 'account' AND name = 'with_login' AND value = '1' AND uuid = ?",
        (uuid,),
    ).fetchone()
    if row is None:
        raise refuse(403, "The account in X-PLANNR-ACCOUNT-UUID does not belong to any login of this user.")
    return str(row["tenant"])


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; anything else counts as empty, as it does to Laravel."""
    if request.method in {"GET", "DELETE"} or "json" not in request.headers.get("content-type", ""):
        return {}
    try:
        body = tidy(json.loads(await request.body()))
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


async def admit(request: Request, parts: PartsOf) -> Call:
    """Lets a call through, or refuses it as the published pages say.

    Raises:
        ApiError: 401 without a valid token, 429 beyond the limit, 400 or 403 without a known account header; and
            whatever fault is switched on.
    """
    operation = _operation(request)
    request.scope["plannr_operation"] = operation
    # Read first, as a server does: a caller that hangs up during a delay does not stop the write.
    await request.body()
    await _meet_faults(parts.faults, operation)
    _authenticate(request, parts.config.token)
    wait = parts.limiter.hit(TOKEN_USER, parts.config.clock())
    if wait is not None:
        raise refuse(429, "Too Many Attempts.", {"Retry-After": str(int(wait))})
    tenant = "" if request.scope["route"].path == _LOGINS else _tenant(request, parts.store)
    return Call(parts, tenant, await _body(request), request)


CallOf = Annotated[Call, Depends(admit)]


class AnswerGuard:
    """Sends the answer on with the published header, or loses it when such a fault is switched on."""

    def __init__(self, parts: Parts, scope: Scope, send: Send) -> None:
        self._parts = parts
        self._scope = scope
        self._send = send
        self._lost = False

    async def __call__(self, message: Message) -> None:
        """Passes one ASGI message on, unless the answer has been lost."""
        if self._lost:
            return
        if message["type"] == "http.response.start":
            fault = self._losing_fault(message["status"])
            if fault is not None:
                self._lost = True
                await self._lose(fault)
                return
            left = self._parts.limiter.remaining(TOKEN_USER, self._parts.config.clock())
            MutableHeaders(scope=message)["X-Ratelimit-Remaining"] = str(left)
        await self._send(message)

    def _losing_fault(self, status: int) -> Fault | None:
        operation = self._scope.get("plannr_operation", "")
        if status >= httpx.codes.BAD_REQUEST or not operation or operation.startswith("GET "):
            return None
        return self._parts.faults.take("commit_then_timeout", operation)

    async def _lose(self, fault: Fault) -> None:
        if fault.request.hang:
            await asyncio.sleep(fault.held_seconds)
        # uvicorn's send is a method of an object that holds the connection; ASGI itself has no way to cut it.
        transport = getattr(getattr(self._send, "__self__", None), "transport", None)
        if transport is None:
            # Without a socket (httpx.ASGITransport) the caller meets the error that a cut connection would give.
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        transport.abort()


async def guarded(
    app: Callable[[Scope, Receive, Send], Awaitable[None]], parts: Parts, scope: Scope, receive: Receive, send: Send
) -> None:
    """Runs an ASGI call with its answer guarded; paths outside the API pass as they are."""
    if scope["type"] == "http" and scope["path"].startswith("/api/"):
        await app(scope, receive, AnswerGuard(parts, scope, send))
    else:
        await app(scope, receive, send)
