"""A webhook that the sandbox really delivers carries the signature that Onward checks."""

from pathlib import Path

import httpx

from connectors.plannr.signature import verify
from tests.conftest import Eventually
from tests.contract.plannr_scenes import FIRM, OTHER_FIRM, WEBHOOK_URL, SandboxScene, plan, sandbox_scene


class Subscriber:
    """Keeps every delivery."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes, str]] = []

    def take(self, request: httpx.Request) -> httpx.Response:
        """Answer a delivery and remember where it came, its body and its signature."""
        self.received.append((str(request.url), request.read(), request.headers["X-Signature"]))
        return httpx.Response(204)


async def _delivered(scene: SandboxScene, subscriber: Subscriber, eventually: Eventually) -> tuple[str, bytes, str]:
    await scene.gateway.save_plan(FIRM, plan())
    await scene.gateway.save_plan(FIRM, plan(status="active", policy_number="SP-1"))
    await eventually(lambda: subscriber.received, what="the subscribed event is delivered")
    return subscriber.received[0]


async def test_a_delivered_webhook_verifies_with_the_subscriptions_secret(
    tmp_path: Path, eventually: Eventually
) -> None:
    """The secret that the gateway returns verifies the delivery; another firm's secret and a changed body do not."""
    subscriber = Subscriber()
    async with sandbox_scene(tmp_path, webhook_transport=httpx.MockTransport(subscriber.take)) as scene:
        secret = await scene.gateway.ensure_webhook_subscription(FIRM, WEBHOOK_URL, ["plan.updated"])
        other = await scene.gateway.ensure_webhook_subscription(OTHER_FIRM, WEBHOOK_URL, ["plan.updated"])
        url, body, signature = await _delivered(scene, subscriber, eventually)

    assert url == WEBHOOK_URL
    assert verify(body, signature, secret)
    assert not verify(body, signature, other)
    assert not verify(body.replace(b"plan.updated", b"plan.deleted"), signature, secret)


async def test_a_webhook_with_a_stale_signature_is_refused(tmp_path: Path, eventually: Eventually) -> None:
    """What was signed with another secret than the subscription's does not verify."""
    subscriber = Subscriber()
    async with sandbox_scene(tmp_path, webhook_transport=httpx.MockTransport(subscriber.take)) as scene:
        secret = await scene.gateway.ensure_webhook_subscription(FIRM, WEBHOOK_URL, ["plan.updated"])
        await scene.fault(operation="plan.updated", kind="stale_signature", times=1)
        _, body, signature = await _delivered(scene, subscriber, eventually)

    assert not verify(body, signature, secret)


async def test_more_events_join_a_subscription_and_none_leaves(tmp_path: Path) -> None:
    """Events that somebody else subscribed this url to stay; missing ones are added once."""
    async with sandbox_scene(tmp_path) as scene:
        await scene.gateway.ensure_webhook_subscription(FIRM, WEBHOOK_URL, ["task.completed"])
        await scene.gateway.ensure_webhook_subscription(FIRM, WEBHOOK_URL, ["plan.updated", "task.completed"])
        await scene.gateway.ensure_webhook_subscription(FIRM, f"{WEBHOOK_URL}/2", ["plan.deleted"])
        subscriptions = {item["url"]: item["events"] for item in await scene.records("webhook_subscription")}

    assert subscriptions == {WEBHOOK_URL: ["task.completed", "plan.updated"], f"{WEBHOOK_URL}/2": ["plan.deleted"]}
