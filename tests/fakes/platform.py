"""An in-memory investment platform that behaves as the port promises."""

from connectors.errors import NotFound
from connectors.platform.port import PlatformDocument
from domain.journey import Wrapper
from tests.fakes.platform_accounts import FakeAccounts
from tests.fakes.platform_mandates import FakeMandates
from tests.fakes.platform_records import SYSTEM
from tests.fakes.platform_syncing import FakeSyncing


class FakePlatform(FakeSyncing, FakeAccounts, FakeMandates):
    """Keeps records in dictionaries by our own reference; checks pass at once unless `set_check` says otherwise.

    `fail_next` makes the next calls of a method fail before they write, or, with `after_write`, after. What only the
    platform's own people or the outside world can do: `set_check`, `fail_mandate`, `receive_subscription`,
    `library.publish`, and `add_client`, `edit_client`, `open_staff_account`, `set_account_status`, `rename_account`.
    """

    async def documents(self, wrapper: Wrapper) -> list[PlatformDocument]:
        """Return the documents in force for an account of this wrapper."""
        self._fail("documents")
        return [document for of in (None, wrapper) for document in self.library.in_force(of)]

    async def document_content(self, document_id: str, version: int) -> bytes:
        """Return exactly the bytes of this version; raises NotFound."""
        self._fail("document_content")
        content = self.library.content(document_id, version)
        if content is None:
            raise NotFound(SYSTEM, "GET /documents/{id}/versions/{version}/content", "There is no such version.")
        return content

    async def ensure_webhook_subscription(self, url: str, events: list[str]) -> list[str]:
        """Subscribe the url to these events, and return the live signing secrets."""
        self._fail("ensure_webhook_subscription")
        if self.subscriptions.get(url) != events:
            self.subscriptions[url] = events
            self._wrote("ensure_webhook_subscription")
        return ["Zm9yIHRlc3RzIGFsb25lOiAzMiBieXRlcyBvZiBrZXk="]
