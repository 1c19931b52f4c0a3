"""What every request and answer gets: an id, a log line without personal data, a measurement, safe headers, a limit."""

import re
import traceback
from secrets import token_hex
from time import perf_counter
from typing import Final

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from api.problem_types import BODY_TOO_LARGE, INTERNAL_ERROR
from api.problems import Problem
from api.web.problem_pages import answer_with

MAX_BODY_BYTES: Final = 1024 * 1024
MAX_FILE_BYTES: Final = 2 * 1024 * 1024
# What surrounds a file that is sent as a part of a form.
_FRAME_BYTES: Final = 8 * 1024
LARGER_BODIES: Final = dict.fromkeys(("/api/v1/journeys/imports", "/workbench/imports"), MAX_FILE_BYTES + _FRAME_BYTES)
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
_GIVEN_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_FRAMES_LOGGED: Final = 5
_log = structlog.get_logger("api")


class RequestEnvelope:
    """The outermost layer; what fails inside without an answer becomes the problem `internal-error`."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, https: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _GIVEN_REQUEST_ID.fullmatch(given) else token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers["X-Request-ID"] = request_id
                self._measure(scope, status, perf_counter() - began)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_headers)
            except Exception as error:
                # The message of an exception may hold personal data; its type and place do not.
                _log.error("request_failed", error=type(error).__name__, at=_places(error))
                if status:
                    raise
                answer = await answer_with(Request(scope), Problem(INTERNAL_ERROR))
                await answer(scope, receive, send_with_headers)
            _log.info("request", method=scope["method"], operation=_operation(scope), status=status)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        operation = _operation(scope)
        self._metrics.requests.labels(scope["method"], operation, status).inc()
        self._metrics.seconds.labels(operation).observe(seconds)


def _places(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_LOGGED:]
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]


def _operation(scope: Scope) -> str:
    # Never the path: portal paths hold invitation tokens.
    return getattr(scope.get("route"), "name", None) or "unmatched"


class BodyLimit:
    """Refuses bodies that are larger than any request here needs, whatever their headers claim."""

    def __init__(self, app: ASGIApp, *, max_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, its body read in full first."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        limit = max(self._max_bytes, LARGER_BODIES.get(scope["path"], 0))
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limit:
                answer = await answer_with(Request(scope), Problem(BODY_TOO_LARGE))
                await answer(scope, receive, send)
                return
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)
