"""The investment platform over HTTP, as `sandbox/CONTRACT.md` has it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.errors import Conflict
from connectors.http import OutsideSystem
from connectors.platform import wire, wire_bodies
from connectors.platform.auth import ClientCredentials
from connectors.platform.calls import PlatformCalls, idempotency_key, once
from connectors.platform.errors import read_refusal
from connectors.platform.port import (
    AccountOrder,
    Checks,
    Guarantee,
    MandateOrder,
    PlatformAccount,
    PlatformClient,
    PlatformDocument,
    PlatformMandate,
    TermsAcceptance,
)
from connectors.platform.wire import (
    AccountAnswer,
    AccountsAnswer,
    ClientAnswer,
    ClientsAnswer,
    DocumentsAnswer,
    GuaranteeAnswer,
    IllustrationAnswer,
    IllustrationsAnswer,
    MandateAnswer,
    MandatesAnswer,
    SubscriptionAnswer,
    VerificationsAnswer,
    WireClient,
)
from domain.journey import Wrapper
from models.people import BankDetails, Illustration, KnownDetails, PersonDetails


class HttpPlatformGateway:
    """The platform's gateway; `aclose` it after use. Nothing is retried but a call whose token had expired.

    Every POST that writes carries an idempotency key made of the step and of our own reference, and a record is looked
    up by that reference before it is created: a call repeated after a lost answer meets what the first one made.
    """

    def __init__(
        self,
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        connect_timeout: timedelta,
        read_timeout: timedelta,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Prepare the connection; nothing is sent.

        Args:
            base_url: Of the platform's API.
            client_id: Our id for client credentials.
            client_secret: Our secret.
            connect_timeout: For making a connection.
            read_timeout: For every part of an answer.
            transport: Carries requests instead of the network.
            now: The clock that a mandate's first collection counts from.
        """
        system = OutsideSystem(
            "platform",
            base_url=base_url,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            read_refusal=read_refusal,
            transport=transport,
        )
        self._calls = PlatformCalls(system, ClientCredentials(system, client_id=client_id, client_secret=client_secret))
        self._now = now

    async def aclose(self) -> None:
        """Close all connections."""
        await self._calls.aclose()

    async def find_client(
        self, *, external_reference: str | None = None, email: str | None = None
    ) -> PlatformClient | None:
        """Return the one client with this reference or, failing that, e-mail address, if any."""
        for filters in ({"external_reference": external_reference}, {"email": email}):
            found = await self._search(filters) if all(filters.values()) else None
            if found is not None:
                return await self._client_view(found)
        return None

    async def read_client(self, client: str) -> PlatformClient:
        """Return the client; raises NotFound."""
        return await self._client_view(await self._client(client))

    async def register_client(self, external_reference: str, details: KnownDetails, adviser: str) -> PlatformClient:
        """Register the client once per external reference (P10); raises Conflict `email_in_use` (P34)."""
        registered = await once(
            lambda: self._search({"external_reference": external_reference}),
            lambda: self._calls.ask(
                "POST /clients",
                ClientAnswer,
                key=idempotency_key("registration", external_reference),
                json=wire_bodies.registration(external_reference, details, adviser),
            ),
        )
        return await self._client_view(registered)

    async def update_client(self, client: str, details: PersonDetails) -> PlatformClient:
        """Write those personal details that differ (P11); raises Conflict `email_in_use` (P34)."""
        record = await self._client(client)
        changed = wire_bodies.changed_fields(record, details)
        if changed:
            record = await self._calls.ask("PATCH /clients/{id}", ClientAnswer, ids={"id": client}, json=changed)
        return await self._client_view(record)

    async def submit_client(self, client: str) -> PlatformClient:
        """Move a registered client to pending, which starts the identity check (P11)."""
        record = await self._client(client)
        if record.status == "registered":
            # A client can go back to registered and be submitted anew: without the version, the second submission
            # would be answered with what the first one came to.
            key = idempotency_key("submission", client, record.version)
            record = await self._calls.ask("POST /clients/{id}/submission", ClientAnswer, ids={"id": client}, key=key)
        return await self._client_view(record)

    async def save_bank_details(self, client: str, bank_details: BankDetails) -> None:
        """Set the client's bank account, which starts its verification, unless the same one is set already."""
        wanted = wire_bodies.bank_account(bank_details)
        if (await self._client(client)).bank_account != wanted:
            operation = "PUT /clients/{id}/bank-account"
            await self._calls.ask(operation, ClientAnswer, ids={"id": client}, json=wanted.model_dump())

    async def read_checks(self, client: str) -> Checks:
        """Return the state of the client's checks."""
        operation = "GET /clients/{id}/verifications"
        return wire.checks(await self._calls.ask(operation, VerificationsAnswer, ids={"id": client}))

    async def record_illustration(
        self, journey_id: str, clients: list[str], wrapper: Wrapper, illustration: Illustration
    ) -> str:
        """Record the illustration once per journey, under the first client's adviser, and return its id (P10)."""

        async def record() -> wire.WireIllustration:
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

    async def documents(self, wrapper: Wrapper) -> list[PlatformDocument]:
        """Return the documents in force for an account of this wrapper, the platform's own terms included."""
        listed = await self._documents({"wrapper": wrapper.value})
        return [wire.platform_document(document) for document in listed.data]

    async def document_content(self, document_id: str, version: int) -> bytes:
        """Return exactly the bytes of this version; raises NotFound."""
        ids = {"id": document_id, "version": str(version)}
        return (await self._calls.send("GET /documents/{id}/versions/{version}/content", ids=ids)).content

    async def open_account(self, order: AccountOrder) -> PlatformAccount:
        """Open the journey's account once, pending (P12)."""
        opened = await once(
            lambda: self._calls.by_reference("GET /accounts", AccountsAnswer, order.journey_id),
            lambda: self._calls.ask(
                "POST /accounts",
                AccountAnswer,
                key=idempotency_key("account", order.journey_id),
                json=wire_bodies.account(order),
            ),
        )
        return wire.platform_account(opened)

    async def create_mandate(self, order: MandateOrder) -> PlatformMandate:
        """Set up the journey's mandate once, awaiting the client (P12)."""
        created = await once(
            lambda: self._calls.by_reference("GET /mandates", MandatesAnswer, order.journey_id),
            lambda: self._calls.ask(
                "POST /mandates",
                MandateAnswer,
                key=idempotency_key("mandate", order.journey_id),
                json=wire_bodies.mandate(order, self._now().date()),
            ),
        )
        return wire.platform_mandate(created)

    async def accept_platform_terms(self, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the platform terms, once per evidence; raises Invalid if outdated."""
        accepted = (await self._client(client)).terms_accepted
        if accepted is not None and accepted.evidence_reference == acceptance.evidence_id:
            return
        terms_version = await self._terms_in_force()
        await self._calls.ask(
            "POST /clients/{id}/terms-acceptances",
            ClientAnswer,
            ids={"id": client},
            key=idempotency_key("platform-terms", acceptance.evidence_id, terms_version),
            json={"terms_version": terms_version, **wire_bodies.terms_acceptance(acceptance)},
        )

    async def accept_product_terms(self, account: str, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the product terms of this account, once per evidence."""
        await self._calls.ask(
            "POST /accounts/{id}/product-terms-acceptances",
            AccountAnswer,
            ids={"id": account},
            key=idempotency_key("product-terms", acceptance.evidence_id, account, client),
            json={"client_id": client, "declaration_accepted": True, **wire_bodies.terms_acceptance(acceptance)},
        )

    async def accept_mandate(self, mandate: str, accepted_at: datetime, evidence_id: str) -> PlatformMandate:
        """Record that the client, the only one who has to, authorised the mandate, once per evidence (P23)."""
        accepted = await self._calls.ask(
            "POST /mandates/{id}/acceptance",
            MandateAnswer,
            ids={"id": mandate},
            key=idempotency_key("mandate-acceptance", evidence_id, mandate),
            json={"sole_signatory": True, **wire_bodies.evidence(accepted_at, evidence_id)},
        )
        return wire.platform_mandate(accepted)

    async def activate_account(self, account: str) -> PlatformAccount:
        """Turn the account active (P15); raises Conflict `not_ready` with what is unmet."""
        key = idempotency_key("activation", account)
        operation = "POST /accounts/{id}/activation"
        return wire.platform_account(await self._calls.ask(operation, AccountAnswer, ids={"id": account}, key=key))

    async def read_account(self, account: str) -> PlatformAccount:
        """Return the account; raises NotFound."""
        return wire.platform_account(await self._calls.ask("GET /accounts/{id}", AccountAnswer, ids={"id": account}))

    async def guarantee(self) -> Guarantee:
        """Return the Direct Debit Guarantee in force."""
        return wire.guarantee(await self._calls.ask("GET /guarantee", GuaranteeAnswer))

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

    async def _client(self, client: str) -> WireClient:
        return await self._calls.ask("GET /clients/{id}", ClientAnswer, ids={"id": client})

    async def _client_view(self, client: WireClient) -> PlatformClient:
        terms_in_force = await self._terms_in_force() if client.terms_accepted is not None else None
        return wire.platform_client(client, terms_in_force)

    async def _search(self, filters: dict[str, Any]) -> WireClient | None:
        # A POST that only reads, and so needs no key: the filters are personal data and must not stand in an address.
        found = await self._calls.ask("POST /clients/search", ClientsAnswer, json=filters)
        return found[0] if found else None

    async def _documents(self, params: dict[str, str]) -> DocumentsAnswer:
        return await self._calls.read("GET /documents", DocumentsAnswer, params=params)

    async def _terms_in_force(self) -> str:
        return (await self._documents({"kind": "platform_terms"})).meta.terms_version
