"""The platform's documents and webhook subscriptions over HTTP."""

from connectors.errors import Conflict
from connectors.platform import wire_reading
from connectors.platform.connection import PlatformConnection
from connectors.platform.port import PlatformDocument
from connectors.platform.wire import SubscriptionAnswer
from domain.journey import Wrapper


class DocumentsOverHttp(PlatformConnection):
    """The part of the gateway that is about documents in force."""

    async def documents(self, wrapper: Wrapper) -> list[PlatformDocument]:
        """Return the documents in force for an account of this wrapper, the platform's own terms included."""
        listed = await self._documents({"wrapper": wrapper.value})
        return [wire_reading.platform_document(document) for document in listed.data]

    async def document_content(self, document_id: str, version: int) -> bytes:
        """Return exactly the bytes of this version; raises NotFound."""
        ids = {"id": document_id, "version": str(version)}
        return (await self._calls.send("GET /documents/{id}/versions/{version}/content", ids=ids)).content


class WebhooksOverHttp(PlatformConnection):
    """The part of the gateway that is about webhooks."""

    async def ensure_webhook_subscription(self, url: str, events: list[str]) -> list[str]:
        """Subscribe the url to these events unless it is already, and return the live signing secrets.

        A subscription to other events is replaced; what was queued for it is dropped and left to the reconciliation.
        """
        # No idempotency key: the url is unique on the platform, and for 72 hours a key would answer with a
        # subscription that somebody has removed since.
        body = {"url": url, "events": events}
        try:
            made = await self._calls.ask("POST /webhook-subscriptions", SubscriptionAnswer, json=body)
        except Conflict as conflict:
            if conflict.existing_id is None:
                raise
            ids = {"id": conflict.existing_id}
            made = await self._calls.ask("GET /webhook-subscriptions/{id}", SubscriptionAnswer, ids=ids)
            if not made.covers(events):
                await self._calls.send("DELETE /webhook-subscriptions/{id}", ids=ids)
                made = await self._calls.ask("POST /webhook-subscriptions", SubscriptionAnswer, json=body)
        return made.signing_secrets
