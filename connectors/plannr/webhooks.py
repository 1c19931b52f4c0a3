"""Webhook subscriptions in Plannr over HTTP."""

from connectors.plannr.connection import PlannrConnection
from connectors.plannr.wire import WireSubscription

_SUBSCRIPTIONS = "/api/v2/webhook-subscriptions"


class WebhooksOverHttp(PlannrConnection):
    """The part of the gateway that is about webhooks."""

    async def ensure_webhook_subscription(self, firm: str, url: str, events: list[str]) -> str:
        """Subscribe the url to at least these events, and return the signing secret."""
        stored = await self._subscription(firm, url)
        if stored is None:
            made = await self._call(
                firm, f"POST {_SUBSCRIPTIONS}", WireSubscription, json={"url": url, "events": events}
            )
            # Two processes that start together may both subscribe: both then use the older subscription's secret.
            return (await self._subscription(firm, url) or made).signing_secret
        lacking = [event for event in events if event not in stored.events]
        if lacking:
            ids = {"uuid": stored.uuid}
            await self._send(
                firm, f"PUT {_SUBSCRIPTIONS}/{{uuid}}", ids=ids, json={"events": [*stored.events, *lacking]}
            )
        return stored.signing_secret

    async def _subscription(self, firm: str, url: str) -> WireSubscription | None:
        listed = await self._listed(firm, f"GET {_SUBSCRIPTIONS}", WireSubscription, filters={"url": url})
        return next((item for item in listed if item.url == url), None)
