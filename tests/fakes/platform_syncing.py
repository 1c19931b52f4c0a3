"""What the sync needs of the in-memory platform."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeVar

from connectors.errors import Conflict
from connectors.platform.port import (
    AccountPage,
    AccountRecord,
    ChangedRecord,
    ChangedRecords,
    ClientPage,
    ClientRecord,
)
from models.people import BankDetails, KnownDetails
from tests.fakes import platform_records
from tests.fakes.platform_records import SYSTEM, Versioned
from tests.fakes.platform_staff import FakeStaff

RecordT = TypeVar("RecordT")

RECORDS_PER_PAGE = 200


class FakeSyncing(FakeStaff):
    """The part of the fake that the sync reads and writes."""

    records_per_page = RECORDS_PER_PAGE

    async def client_record(self, client: str) -> ClientRecord:
        """Return the client; raises NotFound."""
        self._fail("client_record")
        return _client_record(self._client(client))

    async def account_record(self, account: str) -> AccountRecord:
        """Return the account; raises NotFound."""
        self._fail("account_record")
        return _account_record(self._account(account, "GET /accounts/{id}"))

    async def client_records(self, after: str | None = None) -> ClientPage:
        """Return the next clients, oldest first."""
        self._fail("client_records")
        records, following = self._page(list(self.clients.values()), after)
        clients = [_client_record(record) for record in records]
        return ClientPage(clients=clients, after=following, total=len(self.clients))

    async def account_records(self, after: str | None = None) -> AccountPage:
        """Return the next accounts, oldest first."""
        self._fail("account_records")
        records, following = self._page(list(self.accounts.values()), after)
        accounts = [_account_record(record) for record in records]
        return AccountPage(accounts=accounts, after=following, total=len(self.accounts))

    async def accounts_of(self, client: str) -> list[AccountRecord]:
        """Return every account that the client holds or signs for."""
        self._fail("accounts_of")
        return [
            _account_record(account)
            for account in self.accounts.values()
            if client in {*account.order.clients, *account.signatories}
        ]

    async def amend_client(self, client: str, changes: KnownDetails, *, version: int) -> ClientRecord:
        """Write the given details to this version of the client."""
        self._fail("amend_client")
        operation, record = "PATCH /clients/{id}", self._client(client)
        after = record.details.merged_with(changes.model_copy(update={"no_national_insurance_number": None}))
        if after != record.details:
            self._refuse_other_version(record, version, operation)
            self._refuse_email_in_use(changes.email, client, operation)
            self._amend(record, after)
            self._wrote("amend_client")
        return _client_record(record)

    async def refer_client(self, client: str, external_reference: str, *, version: int) -> ClientRecord:
        """Store the id of the client's record in Plannr."""
        self._fail("refer_client")
        operation, record = "PATCH /clients/{id}", self._client(client)
        if record.external_reference != external_reference:
            self._refuse_other_version(record, version, operation)
            other = self._referred(external_reference)
            if other is not None:
                reason = "Another client has this reference."
                raise Conflict(SYSTEM, operation, reason, "duplicate_external_reference", other.client)
            record.external_reference = external_reference
            self._touch(record)
            self._wrote("refer_client")
        return _client_record(record)

    async def amend_bank_details(self, client: str, bank_details: BankDetails, *, version: int) -> ClientRecord:
        """Set the bank account on this version of the client."""
        self._fail("amend_bank_details")
        record = self._client(client)
        if record.bank_details != bank_details:
            self._refuse_other_version(record, version, "PUT /clients/{id}/bank-account")
            self._set_bank_details(record, bank_details)
            self._wrote("amend_bank_details")
        return _client_record(record)

    async def changed(self, kind: Literal["client", "account", "mandate"], since: datetime) -> ChangedRecords:
        """Return what was changed at or after a moment, oldest first."""
        self._fail("changed")
        books: dict[str, Mapping[str, Versioned]] = {
            "client": self.clients,
            "account": self.accounts,
            "mandate": self.mandates,
        }
        found = sorted(
            (
                ChangedRecord(
                    record=name,
                    version=record.version,
                    status=getattr(record, "status", ""),
                    changed_at=record.updated_at,
                )
                for name, record in books[kind].items()
                if record.updated_at >= since
            ),
            key=lambda change: change.changed_at,
        )
        return ChangedRecords(changes=found[: self.records_per_page], more=len(found) > self.records_per_page)

    def _page(self, records: list[RecordT], after: str | None) -> tuple[list[RecordT], str | None]:
        number = int(after or 1)
        end = number * self.records_per_page
        return records[end - self.records_per_page : end], str(number + 1) if end < len(records) else None

    def _refuse_other_version(self, record: Versioned, version: int, operation: str) -> None:
        if record.version != version:
            reason = "The record was changed meanwhile."
            raise Conflict(SYSTEM, operation, reason, code="precondition_failed")


def _client_record(record: platform_records.ClientRecord) -> ClientRecord:
    return ClientRecord(
        client=record.client,
        external_reference=record.external_reference,
        client_type="individual" if record.guardian is None else "minor",
        status=record.status,
        details=record.details,
        bank_details=record.bank_details,
        guardian=record.guardian,
        adviser=record.adviser,
        version=record.version,
        updated_at=record.updated_at,
    )


def _account_record(record: platform_records.AccountRecord) -> AccountRecord:
    return AccountRecord(
        account=record.account,
        external_reference=record.order.journey_id or None,
        wrapper=record.wrapper,
        status=record.status,
        name=record.order.details.name,
        clients=record.order.clients,
        signatories=record.signatories,
        adviser=record.order.adviser,
        version=record.version,
        updated_at=record.updated_at,
    )
