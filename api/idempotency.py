"""Commands that may be repeated: the same key gives the same answer, and the work is done once."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, JsonValue

from api.dependencies import ServicesDep
from api.problem_types import IDEMPOTENCY_KEY_IN_FLIGHT, IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_REUSED
from api.problems import Problem
from api.security.advisers import WritingAdviserDep
from runtime.services import Services
from storage.idempotency import Begun, IdempotencyRepository

_RETRY_AFTER = {"Retry-After": "2"}
_ASK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command is answered with.

    Attributes:
        settled: False for an answer that a repetition of the request may improve on, so that it is not kept.
    """

    status: int
    body: BaseModel
    headers: Mapping[str, str] = field(default_factory=dict)
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Once:
    """One command of one caller under one key.

    Attributes:
        patience_seconds: How long a repetition waits for the first request, where nobody would send it a third time.
    """

    services: Services
    caller: str
    key: str
    fingerprint: str
    patience_seconds: float = 0.0

    @property
    def operation_id(self) -> str:
        """An id that is the same whenever this command is repeated, for those who do the work."""
        return hashlib.sha256(f"{self.caller}\0{self.key}\0{self.fingerprint}".encode()).hexdigest()[:32]

    async def run(self, act: Callable[[], Awaitable[Answer]]) -> JSONResponse:
        """Do the work, or repeat the answer it was given before.

        Raises:
            Problem: `idempotency-key-in-flight`, `idempotency-key-reused`, or what the work raises; then the key is
                free again, since nothing was done under it.
        """
        begun = await self._begin()
        if begun.outcome != "fresh":
            return _earlier(begun)
        settled: JsonValue = None
        try:
            answer = await act()
            body = answer.body.model_dump(mode="json")
            settled = {"body": body, "headers": dict(answer.headers)} if answer.settled else None
        finally:
            await self._close(settled, HTTPStatus.OK if settled is None else answer.status)
        return JSONResponse(body, answer.status, answer.headers)

    async def _begin(self) -> Begun:
        deadline = time.monotonic() + self.patience_seconds
        while True:
            async with self.services.database.transaction() as session:
                begun = await IdempotencyRepository(session).begin(
                    self.caller, self.key, self.fingerprint, datetime.now(UTC)
                )
            if begun.outcome != "in_flight" or time.monotonic() >= deadline:
                return begun
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    async def _close(self, settled: JsonValue, status: int) -> None:
        async with self.services.database.transaction() as session:
            repository = IdempotencyRepository(session)
            if settled is None:
                await repository.forget(self.caller, self.key)
            else:
                await repository.finish(self.caller, self.key, status, settled)


def _earlier(begun: Begun) -> JSONResponse:
    if begun.outcome == "mismatch":
        raise Problem(IDEMPOTENCY_KEY_REUSED)
    if begun.outcome == "in_flight":
        raise Problem(IDEMPOTENCY_KEY_IN_FLIGHT, headers=_RETRY_AFTER)
    kept = cast("dict[str, dict[str, str]]", begun.response)
    return JSONResponse(kept["body"], begun.status or HTTPStatus.OK, {**kept["headers"], "Idempotent-Replayed": "true"})


async def _once(
    request: Request,
    services: ServicesDep,
    adviser: WritingAdviserDep,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$", examples=["3f0e6c1e-7c0f-4b6e-9d43-1f1f4cf0a001"]
        ),
    ] = None,
) -> Once:
    if idempotency_key is None:
        raise Problem(IDEMPOTENCY_KEY_MISSING)
    about = (request.method, request.url.path, request.headers.get("if-match", ""), _content(await request.body()))
    fingerprint = hashlib.sha256("\0".join(about).encode()).hexdigest()
    return Once(services, adviser.caller, idempotency_key, fingerprint)


def _content(body: bytes) -> str:
    """Return what a body says, however it is spelt; one that is no JSON is refused elsewhere."""
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))
    except ValueError:
        return ""


OnceDep = Annotated[Once, Depends(_once)]
