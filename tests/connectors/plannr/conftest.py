"""The adapter on a sandbox in this process, with every request it sends kept."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from connectors.plannr.http_adapter import HttpPlannrGateway
from tests.contract.plannr_scenes import SandboxScene, gateway_on, sandbox_scene


class Recorder(httpx.AsyncBaseTransport):
    """Passes requests on and keeps them."""

    def __init__(self, onward: httpx.AsyncBaseTransport) -> None:
        self._onward = onward
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep the request and pass it on."""
        self.requests.append(request)
        return await self._onward.handle_async_request(request)

    def writes(self) -> list[str]:
        """Return method and path of everything but reads, and forget what was seen."""
        seen, self.requests = self.requests, []
        return [f"{request.method} {request.url.path}" for request in seen if request.method != "GET"]


@dataclass(frozen=True)
class Watched:
    """A gateway, the requests it has sent, and the sandbox that got them."""

    gateway: HttpPlannrGateway
    sent: Recorder
    sandbox: SandboxScene


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    """Yield a gateway on a fresh sandbox."""
    async with sandbox_scene(tmp_path) as sandbox:
        sent = Recorder(sandbox.transport)
        gateway = gateway_on(sent)
        yield Watched(gateway, sent, sandbox)
        await gateway.aclose()
