"""What every call passes: faults, authentication, rate limit, idempotency, and one transaction for a write."""

import asyncio
import hashlib
import ipaddress
import json
import math
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from connectors.platform.sandbox.database import IdempotentAnswer, timestamp
from connectors.platform.sandbox.envelope import PlatformError
from connectors.platform.sandbox.faults import Operation
from connectors.platform.sandbox.server import IDEMPOTENCY_LIFE, Sandbox, sandbox_of
from connectors.platform.sandbox.store import Store
from connectors.platform.sandbox.tokens import is_live_token

Answer = Callable[[Request], Coroutine[Any, Any, Response]]
HANG_UP = "platform_sandbox.hang_up"
_MINUTE = 60
_RECORD_ID = re.compile(r"\{\w+_id\}")
_LONGEST_KEY = 255


class NoAnswer(Response):
    """Closes the connection instead of answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close and wait until the server has noticed; without a connection, fail as a client would see it."""
        del send
        hang_up = scope.get(HANG_UP)
        if hang_up is None:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        hang_up()
        while (await receive())["type"] != "http.disconnect":
            pass


class RateLimit:
    """Requests counted in fixed windows of a minute.

    The storages of the `limits` library start a thread or a task for every hit, which a server used for timing runs
    cannot afford for one counter.
    """

    def __init__(self) -> None:
        self._window = 0
        self._used = 0

    def hit(self, now: float, limit: int) -> dict[str, str]:
        """Count a request and return the headers that tell how many are left.

        Raises:
            PlatformError: 429, none is left; `Retry-After` says when there will be.
        """
        window = int(now // _MINUTE)
        if window != self._window:
            self._window, self._used = window, 0
        self._used += 1
        headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(max(0, limit - self._used))}
        if self._used > limit:
            raise too_many(math.ceil(_MINUTE - now % _MINUTE), headers)
        return headers


def too_many(seconds: int, headers: dict[str, str] | None = None) -> PlatformError:
    """Return the 429 that asks to come back after some seconds."""
    message = f"Too many requests. Try again in {seconds} seconds."
    return PlatformError(429, "rate_limited", message, headers={**(headers or {}), "Retry-After": str(seconds)})


async def strike(sandbox: Sandbox, operation: Operation) -> None:
    """Let the faults that are switched on strike this call, before anything is done.

    Raises:
        PlatformError: The fault's refusal.
    """
    now = sandbox.now()
    if sandbox.faults.take("outage", operation, now):
        raise PlatformError(503, "unavailable", "The platform is not available. Try again later.")
    if sandbox.faults.take("error_500", operation, now):
        raise PlatformError(500, "internal_error", "Something went wrong in the platform. Nothing was changed.")
    if fault := sandbox.faults.take("rate_limit", operation, now):
        raise too_many(math.ceil(fault.delay(1.0)))
    if fault := sandbox.faults.take("latency", operation, now):
        await asyncio.sleep(fault.delay(2.0))


def require_loopback(request: Request) -> None:
    """Let only this machine in.

    Raises:
        PlatformError: 403, the call comes from elsewhere.
    """
    host = request.client.host if request.client else ""
    try:
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise PlatformError(403, "forbidden", "This address answers on the machine itself only.")


class PlatformRoute(APIRoute):
    """A call of the platform's contract, behind the gate."""

    def get_route_handler(self) -> Answer:
        """Put the gate in front of the endpoint."""
        answer = super().get_route_handler()
        method = "".join(self.methods or ())
        operation = Operation(f"{method} {_RECORD_ID.sub('{id}', self.path)}")

        async def handle(request: Request) -> Response:
            return await pass_gate(request, operation, answer)

        return handle


async def pass_gate(request: Request, operation: Operation, answer: Answer) -> Response:
    """Answer a call, or refuse it.

    Raises:
        PlatformError: The call is refused; nothing was changed.
    """
    sandbox = sandbox_of(request)
    if not operation.is_write:
        await strike(sandbox, operation)
        _admit(sandbox, request)
        async with sandbox.reading() as request.state.store:
            response = await answer(request)
    else:
        # Read first, as a server does: a caller that hangs up during a delay does not stop the write.
        await request.body()
        with _in_flight(sandbox, _idempotency_key(request)):
            await strike(sandbox, operation)
            _admit(sandbox, request)
            response = await _write(sandbox, request, answer)
        if fault := sandbox.faults.take("commit_then_timeout", operation, sandbox.now()):
            await asyncio.sleep(fault.delay(0.0))
            return NoAnswer()
    response.headers.update(request.state.answer_headers)
    return response


def _admit(sandbox: Sandbox, request: Request) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    now = sandbox.now()
    if scheme.lower() != "bearer" or not is_live_token(sandbox.config.client_secret, token.strip(), now):
        message = "The access token is missing, wrong or expired. Get one from POST /oauth/token."
        raise PlatformError(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})
    limiter: RateLimit = request.app.state.rate_limit
    request.state.answer_headers = limiter.hit(now.timestamp(), sandbox.settings.rate_limit_per_minute)


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST":
        return None
    if not key.isascii() or not key.isprintable() or not 0 < len(key) <= _LONGEST_KEY:
        message = f"Idempotency-Key takes 1 to {_LONGEST_KEY} visible ASCII characters."
        raise PlatformError(422, "validation_failed", message)
    return key


@contextmanager
def _in_flight(sandbox: Sandbox, key: str | None) -> Iterator[None]:
    if key is None:
        yield
        return
    if key in sandbox.in_flight:
        message = "A request with this Idempotency-Key is being worked on. Ask again shortly."
        raise PlatformError(409, "idempotency_in_flight", message)
    sandbox.in_flight.add(key)
    try:
        yield
    finally:
        sandbox.in_flight.discard(key)


async def _write(sandbox: Sandbox, request: Request, answer: Answer) -> Response:
    key = _idempotency_key(request)
    body = await request.body()
    async with sandbox.writing() as store:
        request.state.store = store
        if key is None:
            return await answer(request)
        fingerprint = _fingerprint(request, body)
        kept = await _kept_answer(store, key)
        if kept is not None:
            return _replay(kept, fingerprint)
        response = await answer(request)
        await store.session.merge(
            IdempotentAnswer(
                key=key,
                fingerprint=fingerprint,
                status=response.status_code,
                etag=response.headers.get("ETag"),
                body=bytes(response.body),
                created_at=timestamp(store.now()),
            )
        )
        return response


async def _kept_answer(store: Store, key: str) -> IdempotentAnswer | None:
    kept = await store.session.get(IdempotentAnswer, key)
    if kept is None or kept.created_at < timestamp(store.now() - IDEMPOTENCY_LIFE):
        return None
    return kept


def _replay(kept: IdempotentAnswer, fingerprint: str) -> Response:
    if kept.fingerprint != fingerprint:
        message = "This Idempotency-Key was used for another request. Use a new key."
        raise PlatformError(422, "idempotency_key_reused", message)
    headers = {"Idempotency-Replayed": "true"} | ({"ETag": kept.etag} if kept.etag else {})
    return Response(kept.body, kept.status, headers, media_type="application/json")


def _fingerprint(request: Request, body: bytes) -> str:
    try:
        content: Any = json.dumps(json.loads(body), sort_keys=True).encode() if body else b""
    except ValueError:
        content = body
    return hashlib.sha256(f"{request.method} {request.url.path} ".encode() + content).hexdigest()
