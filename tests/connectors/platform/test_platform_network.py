"""The platform's adapter over real sockets: slow and lost answers, and webhooks that were really delivered."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.errors import ConnectorUnavailable
from connectors.platform.http_adapter import HttpPlatformGateway
from connectors.platform.sandbox.app import create_app
from connectors.platform.signature import verify
from tests.connectors.platform.running_platform import Receiver, serving
from tests.contract.platform_rigs import ADVISER, REFERENCE, sandbox_config
from tests.sample_client import KNOWN

READ_TIMEOUT = 1.0


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Yield the address of a running sandbox."""
    async with serving(create_app(sandbox_config(tmp_path))) as address:
        yield address


@pytest.fixture
async def gateway(address: str) -> AsyncIterator[HttpPlatformGateway]:
    """Yield the adapter, which waits a second for an answer."""
    gateway = HttpPlatformGateway(
        base_url=address,
        client_id="onward",
        client_secret="right",
        connect_timeout=timedelta(seconds=2),
        read_timeout=timedelta(seconds=READ_TIMEOUT),
    )
    yield gateway
    await gateway.aclose()


async def control(address: str, path: str, content: Any) -> Any:
    """Use a control of the sandbox."""
    async with httpx.AsyncClient(base_url=address) as http:
        answer = await http.post(f"/_sandbox/{path}", json=content)
        answer.raise_for_status()
        return answer.json()


@pytest.mark.rule("P42")
async def test_slow_answer_is_given_up_and_found_later(address: str, gateway: HttpPlatformGateway) -> None:
    """An answer that takes longer than the time-out is unavailable, in about that time; nothing is made twice."""
    await gateway.guarantee()
    fault = {"operation": "POST /clients", "kind": "latency", "delay_seconds": READ_TIMEOUT * 10, "times": 1}
    await control(address, "faults", fault)
    started = datetime.now(UTC)
    with pytest.raises(ConnectorUnavailable, match="did not answer in time"):
        await gateway.register_client(REFERENCE, KNOWN, ADVISER)
    waited = datetime.now(UTC) - started

    assert READ_TIMEOUT <= waited.total_seconds() < READ_TIMEOUT * 8


@pytest.mark.rule("P42")
async def test_connection_that_closes_after_the_write(address: str, gateway: HttpPlatformGateway) -> None:
    """A connection closed instead of an answer is unavailable, and the client made by then is found."""
    await control(address, "faults", {"operation": "POST /clients", "kind": "commit_then_timeout", "times": 1})
    with pytest.raises(ConnectorUnavailable, match="could not be reached"):
        await gateway.register_client(REFERENCE, KNOWN, ADVISER)
    found = await gateway.find_client(external_reference=REFERENCE)
    again = await gateway.register_client(REFERENCE, KNOWN, ADVISER)

    assert found == again


@pytest.mark.rule("P53")
async def test_delivered_webhook_is_verified(
    address: str, gateway: HttpPlatformGateway, eventually: Callable[..., Awaitable[Any]]
) -> None:
    """A webhook that the platform delivered verifies under the secrets of the subscription, and changed does not."""
    receiver = Receiver()
    async with serving(receiver.app()) as own_address:
        secrets = await gateway.ensure_webhook_subscription(f"{own_address}/webhooks/platform", ["client.created"])
        registered = await gateway.register_client(REFERENCE, KNOWN, ADVISER)
        await eventually(lambda: receiver.deliveries)
    delivery = receiver.deliveries[0]
    now = datetime.now(UTC)

    assert registered.client.encode() in delivery.body
    assert verify(delivery.body, delivery.signature, secrets, now)
    assert not verify(delivery.body + b" ", delivery.signature, secrets, now)
    assert not verify(delivery.body, delivery.signature, secrets, now + timedelta(minutes=6))


@pytest.mark.rule("P53")
async def test_stale_webhook_is_refused(
    address: str, gateway: HttpPlatformGateway, eventually: Callable[..., Awaitable[Any]]
) -> None:
    """A webhook that was signed an hour ago does not verify, though its signature is right."""
    receiver = Receiver()
    await control(address, "faults", {"operation": "client.created", "kind": "stale_signature"})
    async with serving(receiver.app()) as own_address:
        secrets = await gateway.ensure_webhook_subscription(f"{own_address}/webhooks/platform", ["*"])
        await gateway.register_client(REFERENCE, KNOWN, ADVISER)
        await eventually(lambda: receiver.deliveries)
    delivery = receiver.deliveries[0]
    now = datetime.now(UTC)

    assert not verify(delivery.body, delivery.signature, secrets, now)
    assert verify(delivery.body, delivery.signature, secrets, now - timedelta(hours=1))
