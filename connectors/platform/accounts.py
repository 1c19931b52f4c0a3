"""Accounts of the platform over HTTP: illustrated, opened, amended, accepted, activated, cancelled, documented."""

from connectors.platform import wire_bodies, wire_reading
from connectors.platform.calls import idempotency_key, once
from connectors.platform.connection import PlatformConnection
from connectors.platform.port import AccountDocument, AccountOrder, PlatformAccount, TermsAcceptance
from connectors.platform.wire import (
    AccountAnswer,
    AccountDocumentsAnswer,
    AccountsAnswer,
    IllustrationAnswer,
    IllustrationsAnswer,
    WireAccount,
    WireIllustration,
)
from domain.journey import Wrapper
from models.people import AccountDetails, Illustration


class AccountsOverHttp(PlatformConnection):
    """The part of the gateway that is about accounts."""

    async def record_illustration(
        self, journey_id: str, clients: list[str], wrapper: Wrapper, illustration: Illustration
    ) -> str:
        """Record the illustration once per journey, under the first client's adviser, and return its id (P10)."""

        async def record() -> WireIllustration:
            adviser = (await self._client(clients[0])).adviser_reference
            return await self._calls.ask(
                "POST /illustrations",
                IllustrationAnswer,
                key=idempotency_key("illustration", journey_id),
                json=wire_bodies.illustration(journey_id, clients, wrapper, illustration, adviser),
            )

        recorded = await once(
            lambda: self._calls.by_reference("GET /illustrations", IllustrationsAnswer, journey_id), record
        )
        return recorded.id

    async def open_account(self, order: AccountOrder) -> PlatformAccount:
        """Open the journey's account once, pending (P12)."""
        opened = await once(
            lambda: self._of_journey(order.journey_id),
            lambda: self._calls.ask(
                "POST /accounts",
                AccountAnswer,
                key=idempotency_key("account", order.journey_id),
                json=wire_bodies.account(order),
            ),
        )
        return wire_reading.platform_account(opened)

    async def find_account(self, journey_id: str) -> PlatformAccount | None:
        """Return the journey's account, whatever its status, if there is one."""
        found = await self._of_journey(journey_id)
        return None if found is None else wire_reading.platform_account(found)

    async def read_account(self, account: str) -> PlatformAccount:
        """Return the account; raises NotFound."""
        return wire_reading.platform_account(await self._account(account))

    async def has_other_accounts(self, client: str, journey_id: str) -> bool:
        """Tell whether the client holds or signs for an account, not ended, of another journey or of none (P43)."""
        return await self._has_open_account(client, but=journey_id)

    async def amend_account(self, account: str, details: AccountDetails) -> PlatformAccount:
        """Write what differs in the account's form (P44); raises Conflict `invalid_state` once it has ended."""
        record = await self._account(account)
        changed = wire_bodies.changed_account(record, details)
        if changed:
            record = await self._calls.ask("PATCH /accounts/{id}", AccountAnswer, ids={"id": account}, json=changed)
        return wire_reading.platform_account(record)

    async def accept_product_terms(self, account: str, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the product terms of this account, once per evidence."""
        await self._calls.ask(
            "POST /accounts/{id}/product-terms-acceptances",
            AccountAnswer,
            ids={"id": account},
            key=idempotency_key("product-terms", acceptance.evidence_id, account, client),
            json={"client_id": client, "declaration_accepted": True, **wire_bodies.terms_acceptance(acceptance)},
        )

    async def activate_account(self, account: str) -> PlatformAccount:
        """Turn the account active (P15); raises Conflict `not_ready` with what is unmet."""
        key = idempotency_key("activation", account)
        operation = "POST /accounts/{id}/activation"
        return wire_reading.platform_account(
            await self._calls.ask(operation, AccountAnswer, ids={"id": account}, key=key)
        )

    async def cancel_account(self, account: str, reason: str) -> PlatformAccount:
        """Cancel the account and its mandates (P43); raises Conflict `invalid_state` if it ever was active."""

        async def cancelled() -> WireAccount | None:
            record = await self._account(account)
            return record if record.status == "cancelled" else None

        record = await once(
            cancelled,
            lambda: self._calls.ask(
                "POST /accounts/{id}/cancellation",
                AccountAnswer,
                ids={"id": account},
                key=idempotency_key("cancellation", account),
                json={"reason": reason},
            ),
        )
        return wire_reading.platform_account(record)

    async def account_documents(self, account: str) -> list[AccountDocument]:
        """Return the documents made for this account, each in its newest version (P32); raises NotFound."""
        operation = "GET /accounts/{id}/documents"
        listed = await self._calls.ask(operation, AccountDocumentsAnswer, ids={"id": account})
        return [wire_reading.account_document(document) for document in listed]

    async def account_document_content(self, account: str, document_id: str, version: int) -> bytes:
        """Return exactly the bytes of this version, which hold personal data; raises NotFound."""
        operation = "GET /accounts/{id}/documents/{document}/versions/{version}/content"
        ids = {"id": account, "document": document_id, "version": str(version)}
        return (await self._calls.send(operation, ids=ids)).content

    async def _account(self, account: str) -> WireAccount:
        return await self._calls.ask("GET /accounts/{id}", AccountAnswer, ids={"id": account})

    async def _of_journey(self, journey_id: str) -> WireAccount | None:
        return await self._calls.by_reference("GET /accounts", AccountsAnswer, journey_id)
