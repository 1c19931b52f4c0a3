"""Clients of the platform over HTTP: registration, details, checks, submission and the way back."""

from connectors.errors import Conflict
from connectors.platform import wire_bodies, wire_reading
from connectors.platform.calls import idempotency_key, once
from connectors.platform.connection import PlatformConnection
from connectors.platform.port import Checks, PlatformClient, TermsAcceptance
from connectors.platform.wire import ClientAnswer, VerificationsAnswer
from models.people import BankDetails, KnownDetails, PersonDetails


class ClientsOverHttp(PlatformConnection):
    """The part of the gateway that is about people."""

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

    async def register_client(
        self, external_reference: str, details: KnownDetails, adviser: str, *, guardian: str | None = None
    ) -> PlatformClient:
        """Register the client once per external reference (P10); raises Conflict `email_in_use` (P34)."""
        registered = await once(
            lambda: self._search({"external_reference": external_reference}),
            lambda: self._calls.ask(
                "POST /clients",
                ClientAnswer,
                key=idempotency_key("registration", external_reference),
                json=wire_bodies.registration(external_reference, details, adviser, guardian),
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

    async def revert_client(self, client: str) -> PlatformClient:
        """Take a pending client back to registered (P43); raises Conflict `invalid_state` where that must not be."""
        record = await self._client(client)
        if record.status != "registered":
            operation = "POST /clients/{id}/reversion"
            if await self._has_open_account(client):
                reason = "The client has an account that has not ended."
                raise Conflict("platform", operation, reason, code="invalid_state")
            key = idempotency_key("reversion", client, record.version)
            record = await self._calls.ask(operation, ClientAnswer, ids={"id": client}, key=key)
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
        return wire_reading.checks(await self._calls.ask(operation, VerificationsAnswer, ids={"id": client}))

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
