"""The Direct Debit mandates of the in-memory platform."""

from datetime import datetime

from connectors.errors import Conflict, Invalid, NotFound
from connectors.platform.port import Guarantee, MandateOrder, PlatformMandate
from tests.fakes.platform_books import FakeBooks
from tests.fakes.platform_records import SYSTEM, MandateRecord


class FakeMandates(FakeBooks):
    """The part of the fake that is about Direct Debits."""

    def fail_mandate(self, mandate: str, failure_code: str) -> None:
        """Let the payer's bank report that an accepted mandate failed."""
        record = self._mandate(mandate, "POST /_sandbox/mandates/{id}/fail")
        assert record.evidence_id is not None
        record.status, record.failure_code = "failed", failure_code
        self._touch(record)

    async def create_mandate(self, order: MandateOrder) -> PlatformMandate:
        """Set up this mandate of the journey once, awaiting the client."""
        self._fail("create_mandate")
        operation = "POST /mandates"
        mandate = f"mandate-{order.journey_id}" + ("" if order.number == 1 else f"-{order.number}")
        if mandate not in self.mandates:
            account = self.accounts.get(order.account)
            if account is None:
                raise Invalid(SYSTEM, operation, "There is no such account.", fields=["account_id"])
            if order.client not in account.signatories:
                raise Invalid(SYSTEM, operation, "This client does not sign.", fields=["client_id"])
            if not account.is_open:
                raise Conflict(SYSTEM, operation, "The account has ended.", code="invalid_state")
            for other in self.mandates.values():
                if other.is_open and (other.order.account, other.order.client) == (order.account, order.client):
                    reason = "This client has a mandate for the account already."
                    raise Conflict(SYSTEM, operation, reason, "duplicate_mandate", other.mandate)
            self.mandates[mandate] = MandateRecord(mandate, order)
            self._touch(self.mandates[mandate])
            self._wrote("create_mandate")
        return self.mandates[mandate].view()

    async def read_mandate(self, mandate: str) -> PlatformMandate:
        """Return the mandate; raises NotFound."""
        self._fail("read_mandate")
        return self._mandate(mandate, "GET /mandates/{id}").view()

    async def accept_mandate(
        self, mandate: str, accepted_at: datetime, evidence_id: str, *, on_paper: bool = False
    ) -> PlatformMandate:
        """Record that the mandate was authorised, once per evidence."""
        self._fail("accept_mandate")
        operation = "POST /mandates/{id}/acceptance"
        record = self._mandate(mandate, operation)
        if not record.is_open:
            raise Conflict(SYSTEM, operation, f"The mandate is {record.status}.", code="invalid_state")
        if record.evidence_id is None:
            if self.clients[record.order.client].bank_details is None:
                raise Conflict(SYSTEM, operation, "The client has no bank account.", code="invalid_state")
            record.status, record.evidence_id = "pending_submission", evidence_id
            record.channel = "paper" if on_paper else "online"
            self._touch(record)
            self._wrote("accept_mandate")
        return record.view()

    async def cancel_mandate(self, mandate: str) -> PlatformMandate:
        """Cancel the mandate; one that was cancelled or has failed stays as it is."""
        self._fail("cancel_mandate")
        record = self._mandate(mandate, "POST /mandates/{id}/cancellation")
        if record.is_open:
            record.status = "cancelled"
            self._touch(record)
            self._wrote("cancel_mandate")
        return record.view()

    async def guarantee(self) -> Guarantee:
        """Return the Direct Debit Guarantee in force."""
        self._fail("guarantee")
        return Guarantee(
            version="1",
            text="This Guarantee is offered by all banks that accept Direct Debits.",
            service_user_name="Sample Platform Ltd",
        )

    def _mandate(self, mandate: str, operation: str) -> MandateRecord:
        if mandate not in self.mandates:
            raise NotFound(SYSTEM, operation, "There is no such mandate.")
        return self.mandates[mandate]
