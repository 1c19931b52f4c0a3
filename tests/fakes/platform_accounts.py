"""The accounts of the in-memory platform."""

from datetime import date

from connectors.errors import Conflict, Invalid, NotFound
from connectors.platform.port import AccountDocument, AccountOrder, PlatformAccount, TermsAcceptance
from domain.journey import Wrapper
from models.people import AccountDetails, Illustration
from tests.fakes.platform_books import FakeBooks
from tests.fakes.platform_records import STATEMENT, SYSTEM, AccountRecord, unmet_conditions

_PENSION = ("marital_status", "employment_status", "retirement_age")
_MOST_HOLDERS = 4


class FakeAccounts(FakeBooks):
    """The part of the fake that is about accounts."""

    def receive_subscription(self, account: str, received_on: date) -> None:
        """Let the first money arrive on an active account."""
        record = self._account(account, "POST /_sandbox/accounts/{id}/subscriptions")
        assert record.status == "active"
        self._touch(record)
        record.first_subscription_on = min(received_on, record.first_subscription_on or received_on)

    async def record_illustration(
        self, journey_id: str, clients: list[str], wrapper: Wrapper, illustration: Illustration
    ) -> str:
        """Record the illustration once per journey and return its id."""
        self._fail("record_illustration")
        self._refuse_unknown(clients, "POST /illustrations")
        if journey_id not in self.illustrations:
            self.illustrations[journey_id] = illustration
            self._wrote("record_illustration")
        return f"illustration-{journey_id}"

    async def open_account(self, order: AccountOrder) -> PlatformAccount:
        """Open the journey's account once, pending."""
        self._fail("open_account")
        account, operation = f"account-{order.journey_id}", "POST /accounts"
        if account not in self.accounts:
            self._refuse_unknown(order.clients, operation)
            self._refuse_wrong_holders(order, operation)
            people = {*order.clients, order.registered_contact} - {None}
            if any(self.clients[str(client)].status == "registered" for client in people):
                raise Conflict(SYSTEM, operation, "A client is registered only.", code="invalid_state")
            self.accounts[account] = AccountRecord(account, order)
            self._touch(self.accounts[account])
            self._wrote("open_account")
        return self.accounts[account].view()

    async def find_account(self, journey_id: str) -> PlatformAccount | None:
        """Return the journey's account, if there is one."""
        self._fail("find_account")
        found = self.accounts.get(f"account-{journey_id}")
        return None if found is None else found.view()

    async def read_account(self, account: str) -> PlatformAccount:
        """Return the account; raises NotFound."""
        self._fail("read_account")
        return self._account(account, "GET /accounts/{id}").view()

    async def has_other_accounts(self, client: str, journey_id: str) -> bool:
        """Tell whether the client has an account of another journey that has not ended."""
        self._fail("has_other_accounts")
        return self._has_open_account(client, but=journey_id)

    async def amend_account(self, account: str, details: AccountDetails) -> PlatformAccount:
        """Write what differs in the account's form."""
        self._fail("amend_account")
        record = self._account(account, "PATCH /accounts/{id}")
        if record.order.details != details:
            self._refuse_ended(record, "PATCH /accounts/{id}")
            record.order = record.order.model_copy(update={"details": details})
            self._touch(record)
            self._issue_statement(record)
            self._wrote("amend_account")
        return record.view()

    async def cancel_account(self, account: str, reason: str) -> PlatformAccount:
        """Cancel a pending account and its open mandates."""
        self._fail("cancel_account")
        operation = "POST /accounts/{id}/cancellation"
        record = self._account(account, operation)
        if record.status != "cancelled":
            if record.status != "pending":
                raise Conflict(SYSTEM, operation, f"The account is {record.status}.", code="invalid_state")
            record.status, record.cancellation_reason = "cancelled", reason
            self._touch(record)
            for mandate in self.mandates.values():
                if mandate.order.account == account and mandate.is_open:
                    mandate.status = "cancelled"
                    self._touch(mandate)
            self._wrote("cancel_account")
        return record.view()

    async def accept_product_terms(self, account: str, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the product terms of this account, once per evidence."""
        self._fail("accept_product_terms")
        operation = "POST /accounts/{id}/product-terms-acceptances"
        record = self._account(account, operation)
        self._refuse_ended(record, operation)
        earlier = record.product_terms.get(client)
        if earlier is not None and earlier.evidence_id == acceptance.evidence_id:
            return
        if client not in record.signatories:
            raise Invalid(SYSTEM, operation, "This client does not sign for the account.", fields=["client_id"])
        self._refuse_unless_in_force(acceptance.documents, record.order.wrapper, operation)
        record.product_terms[client] = acceptance
        self._touch(record)
        self._wrote("accept_product_terms")

    async def activate_account(self, account: str) -> PlatformAccount:
        """Turn the account active; raises Conflict `not_ready` with what is unmet."""
        self._fail("activate_account")
        operation = "POST /accounts/{id}/activation"
        record = self._account(account, operation)
        if record.status == "pending":
            people = [self.clients[name] for name in dict.fromkeys([*record.order.clients, *record.signatories])]
            unmet = unmet_conditions(record, people, self.mandates.values())
            if unmet:
                reason = "The account cannot be activated yet."
                raise Conflict(SYSTEM, operation, reason, code="not_ready", unmet=unmet)
            record.status = "active"
            self._touch(record)
            self._issue_statement(record)
            self._wrote("activate_account")
        elif record.status != "active":
            raise Conflict(SYSTEM, operation, f"The account is {record.status}.", code="invalid_state")
        return record.view()

    async def account_documents(self, account: str) -> list[AccountDocument]:
        """Return the statement of an active pension."""
        self._fail("account_documents")
        return self._account(account, "GET /accounts/{id}/documents").documents()

    async def account_document_content(self, account: str, document_id: str, version: int) -> bytes:
        """Return exactly the bytes of this version; raises NotFound."""
        self._fail("account_document_content")
        operation = "GET /accounts/{id}/documents/{document}/versions/{version}/content"
        versions = self._account(account, operation).statements
        if document_id != STATEMENT or not 1 <= version <= len(versions):
            raise NotFound(SYSTEM, operation, "There is no such version.")
        return versions[version - 1][0]

    def _refuse_ended(self, record: AccountRecord, operation: str) -> None:
        if record.status in {"cancelled", "closed"}:
            raise Conflict(SYSTEM, operation, f"The account is {record.status}.", code="invalid_state")

    def _refuse_wrong_holders(self, order: AccountOrder, operation: str) -> None:
        children = [self.clients[client].guardian is not None for client in order.clients]
        contact = order.registered_contact
        wrong = {
            "client_ids": len(order.clients) > (_MOST_HOLDERS if order.wrapper is Wrapper.GIA else 1)
            or (order.wrapper in {Wrapper.ISA, Wrapper.GIA} and any(children)),
            "registered_contact_id": (contact is None) is (order.wrapper is Wrapper.JISA)
            or (contact is not None and (contact not in self.clients or self.clients[contact].guardian is not None)),
            "client_ids.0": (order.wrapper is Wrapper.JISA and not children[0])
            or (order.wrapper is Wrapper.SIPP and self._lacks(order.clients[0], _PENSION)),
        }
        fields = [name for name, is_wrong in wrong.items() if is_wrong]
        if fields:
            raise Invalid(SYSTEM, operation, "Some fields need attention.", fields=fields)

    def _lacks(self, client: str, names: tuple[str, ...]) -> bool:
        return any(getattr(self.clients[client].details, name) is None for name in names)
