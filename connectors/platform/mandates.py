"""Direct Debit mandates and the Guarantee of the platform over HTTP."""

from datetime import datetime

from connectors.platform import wire_bodies, wire_reading
from connectors.platform.calls import idempotency_key, once
from connectors.platform.connection import PlatformConnection
from connectors.platform.port import Guarantee, MandateOrder, PlatformMandate
from connectors.platform.wire import GuaranteeAnswer, MandateAnswer, MandatesAnswer, WireMandate


class MandatesOverHttp(PlatformConnection):
    """The part of the gateway that is about Direct Debits."""

    async def create_mandate(self, order: MandateOrder) -> PlatformMandate:
        """Set up this mandate of the journey once, awaiting the client (P12); a fresh one has the next number (P47).

        Raises:
            Conflict: `duplicate_mandate`, the one before has neither failed nor been cancelled.
        """
        reference = wire_bodies.mandate_reference(order)
        created = await once(
            lambda: self._calls.by_reference("GET /mandates", MandatesAnswer, reference),
            lambda: self._calls.ask(
                "POST /mandates",
                MandateAnswer,
                key=idempotency_key("mandate", reference),
                json=wire_bodies.mandate(order, self._now().date()),
            ),
        )
        return wire_reading.platform_mandate(created)

    async def read_mandate(self, mandate: str) -> PlatformMandate:
        """Return the mandate; raises NotFound."""
        return wire_reading.platform_mandate(await self._mandate(mandate))

    async def accept_mandate(
        self, mandate: str, accepted_at: datetime, evidence_id: str, *, on_paper: bool = False
    ) -> PlatformMandate:
        """Record that the mandate was authorised, once per evidence: by the one who has to, or on paper (P23)."""
        accepted = await self._calls.ask(
            "POST /mandates/{id}/acceptance",
            MandateAnswer,
            ids={"id": mandate},
            key=idempotency_key("mandate-acceptance", evidence_id, mandate),
            json=wire_bodies.mandate_acceptance(accepted_at, evidence_id, on_paper=on_paper),
        )
        return wire_reading.platform_mandate(accepted)

    async def cancel_mandate(self, mandate: str) -> PlatformMandate:
        """Cancel the mandate; one that has failed collects nothing either and stays as it is."""

        async def ended() -> WireMandate | None:
            record = await self._mandate(mandate)
            return record if record.status in ("cancelled", "failed") else None

        key = idempotency_key("mandate-cancellation", mandate)
        operation = "POST /mandates/{id}/cancellation"
        record = await once(ended, lambda: self._calls.ask(operation, MandateAnswer, ids={"id": mandate}, key=key))
        return wire_reading.platform_mandate(record)

    async def guarantee(self) -> Guarantee:
        """Return the Direct Debit Guarantee in force."""
        return wire_reading.guarantee(await self._calls.ask("GET /guarantee", GuaranteeAnswer))

    async def _mandate(self, mandate: str) -> WireMandate:
        return await self._calls.ask("GET /mandates/{id}", MandateAnswer, ids={"id": mandate})
