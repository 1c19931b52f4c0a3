"""An in-memory investment platform that behaves as the port promises."""

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from connectors.errors import Conflict, ConnectorError, Invalid, NotFound
from connectors.platform.port import (
    AcceptedDocument,
    AccountOrder,
    Check,
    Checks,
    Guarantee,
    MandateOrder,
    PlatformAccount,
    PlatformClient,
    PlatformDocument,
    PlatformMandate,
    TermsAcceptance,
    TermsAcceptedOnPlatform,
)
from domain.journey import CheckStatus, Wrapper
from models.people import BankDetails, Illustration, KnownDetails, PersonDetails
from tests.fakes.platform_library import FakeLibrary

SYSTEM = "platform"
_IDENTITY = ("first_name", "last_name", "date_of_birth", "address")
_TO_REGISTER = ("first_name", "last_name", "date_of_birth", "email")
_TO_SUBMIT = ("mobile", "nationality", "tax_residences", "us_person", "address")


@dataclass
class ClientRecord:
    """A client as the fake keeps it."""

    client: str
    external_reference: str
    adviser: str
    details: KnownDetails
    status: Literal["registered", "pending", "active"] = "registered"
    bank_details: BankDetails | None = None
    checks: dict[str, Check] = field(default_factory=dict)
    terms: TermsAcceptedOnPlatform | None = None
    terms_evidence: str = ""

    def passed(self, name: str) -> bool:
        """Tell whether a check has passed."""
        return self.checks[name].status is CheckStatus.PASSED


@dataclass
class AccountRecord:
    """An account as the fake keeps it."""

    account: str
    order: AccountOrder
    status: Literal["pending", "active", "suspended", "closed", "cancelled"] = "pending"
    product_terms: dict[str, TermsAcceptance] = field(default_factory=dict)


@dataclass
class MandateRecord:
    """A mandate as the fake keeps it."""

    mandate: str
    order: MandateOrder
    status: str = "pending_customer_approval"
    evidence_id: str | None = None


class FakePlatform:
    """Keeps records in dictionaries by our own reference; checks pass at once unless `set_check` says otherwise.

    `fail_next` makes the next calls of a method fail before they write, or, with `after_write`, after.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.library = FakeLibrary()
        self.clients: dict[str, ClientRecord] = {}
        self.illustrations: dict[str, Illustration] = {}
        self.accounts: dict[str, AccountRecord] = {}
        self.mandates: dict[str, MandateRecord] = {}
        self.subscriptions: dict[str, list[str]] = {}
        self.writes: list[str] = []
        self._now = now
        self._outcomes: dict[tuple[str, str], Check] = {}
        self._failures: dict[str, deque[tuple[ConnectorError, bool]]] = defaultdict(deque)

    def fail_next(self, operation: str, *errors: ConnectorError, after_write: bool = False) -> None:
        """Let the next calls of this method raise these errors, one each."""
        self._failures[operation].extend((error, after_write) for error in errors)

    def set_check(self, client: str, check: Literal["identity", "bank"], status: CheckStatus, reason: str = "") -> None:
        """Decide a client's check, now if it runs already, and whenever it starts."""
        self._outcomes[client, check] = Check(status=status, reason=reason)
        if self._client(client).checks[check].status is not CheckStatus.NOT_STARTED:
            self._start(self._client(client), check)

    async def find_client(
        self, *, external_reference: str | None = None, email: str | None = None
    ) -> PlatformClient | None:
        """Return the one client with this reference or e-mail address, if any."""
        self._fail("find_client")
        for record in self.clients.values():
            is_same = external_reference is not None and record.external_reference == external_reference
            if is_same or (email is not None and _folded(record.details.email) == _folded(email)):
                return self._view(record)
        return None

    async def read_client(self, client: str) -> PlatformClient:
        """Return the client; raises NotFound."""
        self._fail("read_client")
        return self._view(self._client(client))

    async def register_client(self, external_reference: str, details: KnownDetails, adviser: str) -> PlatformClient:
        """Register the client once per external reference; raises Conflict `email_in_use`."""
        self._fail("register_client")
        client = f"client-{external_reference}"
        if client not in self.clients:
            _require(details, _TO_REGISTER, "POST /clients")
            self._refuse_email_in_use(details.email, client, "POST /clients")
            checks = {name: Check(status=CheckStatus.NOT_STARTED) for name in ("identity", "bank")}
            self.clients[client] = ClientRecord(client, external_reference, adviser, details, checks=checks)
            self._wrote("register_client")
        return self._view(self.clients[client])

    async def update_client(self, client: str, details: PersonDetails) -> PlatformClient:
        """Write the personal details."""
        self._fail("update_client")
        record = self._client(client)
        self._refuse_email_in_use(details.email, client, "PATCH /clients/{id}")
        before, after = record.details, KnownDetails.model_validate(details.model_dump())
        if after != before:
            record.details = after
            is_other_person = any(getattr(before, name) != getattr(after, name) for name in _IDENTITY)
            if is_other_person and record.checks["identity"].status.needs_attention:
                self._start(record, "identity")
            self._wrote("update_client")
        return self._view(record)

    async def submit_client(self, client: str) -> PlatformClient:
        """Move a registered client to pending, which starts the identity check."""
        self._fail("submit_client")
        record = self._client(client)
        if record.status == "registered":
            _require(record.details, _TO_SUBMIT, "POST /clients/{id}/submission")
            record.status = "pending"
            self._start(record, "identity")
            if record.bank_details is not None:
                self._start(record, "bank")
            self._wrote("submit_client")
        return self._view(record)

    async def save_bank_details(self, client: str, bank_details: BankDetails) -> None:
        """Set the client's bank account, unless the same one is set already."""
        self._fail("save_bank_details")
        record = self._client(client)
        if record.bank_details != bank_details:
            record.bank_details = bank_details
            if record.status != "registered":
                self._start(record, "bank")
            self._wrote("save_bank_details")

    async def read_checks(self, client: str) -> Checks:
        """Return the state of the client's checks."""
        self._fail("read_checks")
        return Checks.model_validate(self._client(client).checks)

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

    async def open_account(self, order: AccountOrder) -> PlatformAccount:
        """Open the journey's account once, pending."""
        self._fail("open_account")
        account = f"account-{order.journey_id}"
        if account not in self.accounts:
            self._refuse_unknown(order.clients, "POST /accounts")
            if any(self.clients[client].status == "registered" for client in order.clients):
                raise Conflict(SYSTEM, "POST /accounts", "A client is registered only.", code="invalid_state")
            self.accounts[account] = AccountRecord(account, order)
            self._wrote("open_account")
        return _account_view(self.accounts[account])

    async def create_mandate(self, order: MandateOrder) -> PlatformMandate:
        """Set up the journey's mandate once, awaiting the client."""
        self._fail("create_mandate")
        mandate = f"mandate-{order.journey_id}"
        if mandate not in self.mandates:
            if order.account not in self.accounts:
                raise Invalid(SYSTEM, "POST /mandates", "There is no such account.", fields=["account_id"])
            self.mandates[mandate] = MandateRecord(mandate, order)
            self._wrote("create_mandate")
        return _mandate_view(self.mandates[mandate])

    async def accept_platform_terms(self, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the platform terms, once per evidence."""
        self._fail("accept_platform_terms")
        operation = "POST /clients/{id}/terms-acceptances"
        record = self._client(client)
        if record.terms_evidence == acceptance.evidence_id:
            return
        if record.status == "registered":
            raise Conflict(SYSTEM, operation, "The client is registered only.", code="invalid_state")
        self._refuse_unless_in_force(acceptance.documents, None, operation)
        record.terms = TermsAcceptedOnPlatform(version=self.library.terms_version, accepted_at=acceptance.accepted_at)
        record.terms_evidence = acceptance.evidence_id
        self._settle(record)
        self._wrote("accept_platform_terms")

    async def accept_product_terms(self, account: str, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the product terms of this account, once per evidence."""
        self._fail("accept_product_terms")
        operation = "POST /accounts/{id}/product-terms-acceptances"
        record = self._account(account, operation)
        earlier = record.product_terms.get(client)
        if earlier is not None and earlier.evidence_id == acceptance.evidence_id:
            return
        if client not in record.order.clients:
            raise Invalid(SYSTEM, operation, "This client does not sign for the account.", fields=["client_id"])
        self._refuse_unless_in_force(acceptance.documents, record.order.wrapper, operation)
        record.product_terms[client] = acceptance
        self._wrote("accept_product_terms")

    async def accept_mandate(self, mandate: str, accepted_at: datetime, evidence_id: str) -> PlatformMandate:
        """Record that the client authorised the mandate, once per evidence."""
        self._fail("accept_mandate")
        operation = "POST /mandates/{id}/acceptance"
        record = self.mandates.get(mandate)
        if record is None:
            raise NotFound(SYSTEM, operation, "There is no such mandate.")
        if record.evidence_id is None:
            if self.clients[record.order.client].bank_details is None:
                raise Conflict(SYSTEM, operation, "The client has no bank account.", code="invalid_state")
            record.status, record.evidence_id = "pending_submission", evidence_id
            self._wrote("accept_mandate")
        return _mandate_view(record)

    async def activate_account(self, account: str) -> PlatformAccount:
        """Turn the account active; raises Conflict `not_ready` with what is unmet."""
        self._fail("activate_account")
        operation = "POST /accounts/{id}/activation"
        record = self._account(account, operation)
        if record.status == "pending":
            unmet = self._unmet(record)
            if unmet:
                reason = "The account cannot be activated yet."
                raise Conflict(SYSTEM, operation, reason, code="not_ready", unmet=unmet)
            record.status = "active"
            self._wrote("activate_account")
        return _account_view(record)

    async def read_account(self, account: str) -> PlatformAccount:
        """Return the account; raises NotFound."""
        self._fail("read_account")
        return _account_view(self._account(account, "GET /accounts/{id}"))

    async def guarantee(self) -> Guarantee:
        """Return the Direct Debit Guarantee in force."""
        self._fail("guarantee")
        return Guarantee(
            version="1",
            text="This Guarantee is offered by all banks that accept Direct Debits.",
            service_user_name="Sample Platform Ltd",
        )

    async def ensure_webhook_subscription(self, url: str, events: list[str]) -> list[str]:
        """Subscribe the url to these events, and return the live signing secrets."""
        self._fail("ensure_webhook_subscription")
        if self.subscriptions.get(url) != events:
            self.subscriptions[url] = events
            self._wrote("ensure_webhook_subscription")
        return ["Zm9yIHRlc3RzIGFsb25lOiAzMiBieXRlcyBvZiBrZXk="]

    def _fail(self, operation: str) -> None:
        """Raise the failure asked for, unless it is for after the write."""
        waiting = self._failures[operation]
        if waiting and not waiting[0][1]:
            raise waiting.popleft()[0]

    def _wrote(self, operation: str) -> None:
        self.writes.append(operation)
        if self._failures[operation]:
            raise self._failures[operation].popleft()[0]

    def _client(self, client: str) -> ClientRecord:
        if client not in self.clients:
            raise NotFound(SYSTEM, "GET /clients/{id}", "There is no such client.")
        return self.clients[client]

    def _account(self, account: str, operation: str) -> AccountRecord:
        if account not in self.accounts:
            raise NotFound(SYSTEM, operation, "There is no such account.")
        return self.accounts[account]

    def _start(self, record: ClientRecord, check: str) -> None:
        outcome = self._outcomes.get((record.client, check), Check(status=CheckStatus.PASSED))
        record.checks[check] = outcome.model_copy(update={"updated_at": self._now()})
        self._settle(record)

    def _settle(self, record: ClientRecord) -> None:
        is_bank_fine = record.bank_details is None or record.passed("bank")
        if record.status == "pending" and record.terms and record.passed("identity") and is_bank_fine:
            record.status = "active"

    def _view(self, record: ClientRecord) -> PlatformClient:
        bank = record.bank_details
        return PlatformClient(
            client=record.client,
            external_reference=record.external_reference,
            status=record.status,
            details=record.details,
            terms_accepted=record.terms,
            terms_current=record.terms is not None and record.terms.version == self.library.terms_version,
            bank_details_given=bank is not None,
            bank_account_ending=bank.account_number[-4:] if bank else None,
        )

    def _refuse_email_in_use(self, email: str | None, client: str, operation: str) -> None:
        for other in self.clients.values():
            if other.client != client and email is not None and _folded(other.details.email) == _folded(email):
                reason = "Another client uses this e-mail address."
                raise Conflict(SYSTEM, operation, reason, code="email_in_use", existing_id=other.client)

    def _refuse_unknown(self, clients: list[str], operation: str) -> None:
        unknown = [f"client_ids.{at}" for at, client in enumerate(clients) if client not in self.clients]
        if unknown:
            raise Invalid(SYSTEM, operation, "There is no such client.", fields=unknown)

    def _refuse_unless_in_force(
        self, accepted: list[AcceptedDocument], wrapper: Wrapper | None, operation: str
    ) -> None:
        wrong = self.library.not_covered(accepted, wrapper)
        if wrong:
            raise Invalid(SYSTEM, operation, "Some fields need attention.", fields=wrong)

    def _unmet(self, account: AccountRecord) -> list[str]:
        mandates = [item for item in self.mandates.values() if item.order.account == account.account]
        payers = {mandate.order.client for mandate in mandates}
        unmet = []
        for client in (self.clients[name] for name in account.order.clients):
            is_bank_needed = client.bank_details is not None or client.client in payers
            conditions = {
                "aml_not_cleared": client.passed("identity"),
                "platform_terms_not_accepted": client.terms is not None,
                "product_terms_not_accepted": client.client in account.product_terms,
                "bank_account_not_verified": not is_bank_needed or client.passed("bank"),
            }
            unmet += [f"clients.{client.client}: {name}" for name, is_met in conditions.items() if not is_met]
        unmet += [f"mandates.{item.mandate}: mandate_not_accepted" for item in mandates if item.evidence_id is None]
        return unmet


def _folded(email: str | None) -> str | None:
    return email and email.casefold()


def _require(details: KnownDetails, names: tuple[str, ...], operation: str) -> None:
    missing = [name for name in names if getattr(details, name) is None]
    if missing:
        raise Invalid(SYSTEM, operation, "Some fields need attention.", fields=missing)


def _account_view(record: AccountRecord) -> PlatformAccount:
    return PlatformAccount(account=record.account, status=record.status)


def _mandate_view(record: MandateRecord) -> PlatformMandate:
    reference = hashlib.sha256(record.mandate.encode()).hexdigest()[:14].upper()
    return PlatformMandate(mandate=record.mandate, reference=reference, status=record.status)
