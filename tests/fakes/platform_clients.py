"""The clients of the in-memory platform."""

from datetime import date, datetime

from connectors.errors import Conflict, Invalid
from connectors.platform.port import Check, Checks, PlatformClient, TermsAcceptance, TermsAcceptedOnPlatform
from domain.journey import CheckStatus
from models.people import BankDetails, KnownDetails, PersonDetails
from tests.fakes.platform_books import FakeBooks
from tests.fakes.platform_records import SYSTEM, ClientRecord

_IDENTITY = ("first_name", "last_name", "date_of_birth", "address")
_CHILD_TO_REGISTER = ("first_name", "last_name", "date_of_birth")
_TO_REGISTER = (*_CHILD_TO_REGISTER, "email")
_CHILD_TO_SUBMIT = ("nationality", "address")
_TO_SUBMIT = ("mobile", "tax_residences", "us_person", *_CHILD_TO_SUBMIT)
_ADULT, _YOUNGEST_INDIVIDUAL = 18, 16


class FakeClients(FakeBooks):
    """The part of the fake that is about people."""

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

    async def register_client(
        self, external_reference: str, details: KnownDetails, adviser: str, *, guardian: str | None = None
    ) -> PlatformClient:
        """Register the client once per external reference, with a guardian as a child; raises Conflict."""
        self._fail("register_client")
        operation, client = "POST /clients", f"client-{external_reference}"
        found = self._referred(external_reference)
        if found is None:
            _require(details, _TO_REGISTER if guardian is None else _CHILD_TO_REGISTER, operation)
            self._refuse_wrong_age(details, guardian, operation)
            self._refuse_email_in_use(details.email, client, operation)
            record = ClientRecord(client, external_reference, adviser, _kept(details), guardian)
            record.checks = not_started()
            self.clients[client] = found = record
            self._touch(record)
            self._wrote("register_client")
        return self._view(found)

    async def update_client(self, client: str, details: PersonDetails) -> PlatformClient:
        """Write the personal details that are given."""
        self._fail("update_client")
        record = self._client(client)
        self._refuse_email_in_use(details.email, client, "PATCH /clients/{id}")
        if self._amend(record, record.details.merged_with(_kept(details))):
            self._wrote("update_client")
        return self._view(record)

    async def submit_client(self, client: str) -> PlatformClient:
        """Move a registered client to pending, which starts the identity check."""
        self._fail("submit_client")
        record = self._client(client)
        if record.status == "registered":
            needed = _TO_SUBMIT if record.guardian is None else _CHILD_TO_SUBMIT
            _require(record.details, needed, "POST /clients/{id}/submission")
            record.status = "pending"
            self._touch(record)
            self._start(record, "identity")
            if record.bank_details is not None:
                self._start(record, "bank")
            self._wrote("submit_client")
        return self._view(record)

    async def revert_client(self, client: str) -> PlatformClient:
        """Take a pending client who accepted no terms back to registered."""
        self._fail("revert_client")
        record = self._client(client)
        if record.status != "registered":
            if record.status != "pending" or record.terms is not None or self._has_open_account(client):
                reason = "The client has accepted the terms or has an account."
                raise Conflict(SYSTEM, "POST /clients/{id}/reversion", reason, code="invalid_state")
            record.status, record.checks = "registered", not_started()
            self._touch(record)
            self._wrote("revert_client")
        return self._view(record)

    async def save_bank_details(self, client: str, bank_details: BankDetails) -> None:
        """Set the client's bank account, unless the same one is set already."""
        self._fail("save_bank_details")
        record = self._client(client)
        if record.bank_details != bank_details:
            self._set_bank_details(record, bank_details)
            self._wrote("save_bank_details")

    async def read_checks(self, client: str) -> Checks:
        """Return the state of the client's checks."""
        self._fail("read_checks")
        return Checks.model_validate(self._client(client).checks)

    async def accept_platform_terms(self, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the platform terms, once per evidence."""
        self._fail("accept_platform_terms")
        operation = "POST /clients/{id}/terms-acceptances"
        record = self._client(client)
        if record.terms_evidence == acceptance.evidence_id:
            return
        if record.status == "registered" or record.guardian is not None:
            raise Conflict(SYSTEM, operation, "The client is registered only, or a child.", code="invalid_state")
        self._refuse_unless_in_force(acceptance.documents, None, operation)
        record.terms = TermsAcceptedOnPlatform(version=self.library.terms_version, accepted_at=acceptance.accepted_at)
        record.terms_evidence = acceptance.evidence_id
        self._touch(record)
        self._settle(record)
        self._wrote("accept_platform_terms")

    def _amend(self, record: ClientRecord, after: KnownDetails) -> bool:
        """Give a client these details, and tell whether anything changed."""
        before, record.details = record.details, after
        if after == before:
            return False
        self._touch(record)
        is_other_person = any(getattr(before, name) != getattr(after, name) for name in _IDENTITY)
        if is_other_person and record.checks["identity"].status.needs_attention:
            self._start(record, "identity")
        for account in self.accounts.values():
            if record.client in account.order.clients:
                self._issue_statement(account)
        return True

    def _set_bank_details(self, record: ClientRecord, bank_details: BankDetails) -> None:
        record.bank_details = bank_details
        self._touch(record)
        if record.status != "registered":
            self._start(record, "bank")

    def _referred(self, external_reference: str) -> ClientRecord | None:
        of_reference = (each for each in self.clients.values() if each.external_reference == external_reference)
        return next(of_reference, None)

    def _view(self, record: ClientRecord) -> PlatformClient:
        bank = record.bank_details
        return PlatformClient(
            client=record.client,
            external_reference=record.external_reference or "",
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

    def _refuse_wrong_age(self, details: KnownDetails, guardian: str | None, operation: str) -> None:
        if guardian is not None and (guardian not in self.clients or self.clients[guardian].guardian is not None):
            raise Invalid(SYSTEM, operation, "The guardian is no client who is an adult.", fields=["guardian_id"])
        assert details.date_of_birth is not None
        age = _age(details.date_of_birth, self._now())
        if age < _YOUNGEST_INDIVIDUAL if guardian is None else age >= _ADULT:
            raise Invalid(SYSTEM, operation, "Some fields need attention.", fields=["date_of_birth"])


def _kept(details: KnownDetails) -> KnownDetails:
    """Return the details that the platform has a place for."""
    return KnownDetails.model_validate(details.model_dump(exclude={"no_national_insurance_number"}))


def not_started() -> dict[str, Check]:
    """Return the checks of a client who was not submitted."""
    return {name: Check(status=CheckStatus.NOT_STARTED) for name in ("identity", "bank")}


def _age(birth: date, moment: datetime) -> int:
    today = moment.date()
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _folded(email: str | None) -> str | None:
    return email and email.casefold()


def _require(details: KnownDetails, names: tuple[str, ...], operation: str) -> None:
    missing = [name for name in names if getattr(details, name) is None]
    if missing:
        raise Invalid(SYSTEM, operation, "Some fields need attention.", fields=missing)
