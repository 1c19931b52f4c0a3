"""What the sync needs of the investment platform: whole records, page by page, and changes of one version of them.

It is a part of the port; `connectors.platform.port` names it all.
"""

from datetime import datetime
from typing import Literal, Protocol

from pydantic import Field

from models.base import Message
from models.people import BankDetails, KnownDetails

ClientStatus = Literal["registered", "pending", "active"]
AccountStatus = Literal["pending", "active", "suspended", "closed", "cancelled"]


class ClientRecord(Message):
    """A client as the sync reads it; `version` guards a change against another one (If-Match)."""

    client: str
    external_reference: str | None = None
    client_type: Literal["individual", "minor"]
    status: ClientStatus
    details: KnownDetails
    bank_details: BankDetails | None = None
    guardian: str | None = None
    adviser: str
    version: int
    updated_at: datetime


class AccountRecord(Message):
    """An account as the sync reads it, of any of the platform's wrappers, third-party, corporate and trust included."""

    account: str
    external_reference: str | None = None
    wrapper: str
    status: AccountStatus
    name: str
    clients: list[str]
    signatories: list[str] = Field(default=[])
    adviser: str
    version: int
    updated_at: datetime


class ClientPage(Message):
    """A page of clients; `after` asks for the next one, none at the end. `total` counts the whole list."""

    clients: list[ClientRecord]
    after: str | None = None
    total: int = 0


class AccountPage(Message):
    """A page of accounts; `after` asks for the next one, none at the end. `total` counts the whole list."""

    accounts: list[AccountRecord]
    after: str | None = None
    total: int = 0


class ChangedRecord(Message):
    """A record of the platform that changed."""

    record: str
    version: int
    status: str = ""
    changed_at: datetime


class ChangedRecords(Message):
    """What changed since a moment, oldest first; `more` says that a further call will find more."""

    changes: list[ChangedRecord]
    more: bool = False


class RecordsGateway(Protocol):
    """The part of the platform's port that the sync alone needs."""

    @property
    def call_count(self) -> int:
        """How many calls were sent so far, so that a long piece of work can report its own."""

    async def client_record(self, client: str) -> ClientRecord:
        """Return the client as the sync reads it; raises NotFound."""

    async def account_record(self, account: str) -> AccountRecord:
        """Return the account as the sync reads it; raises NotFound."""

    async def client_records(self, after: str | None = None) -> ClientPage:
        """Return the next clients, oldest first, 200 a page."""

    async def account_records(self, after: str | None = None) -> AccountPage:
        """Return the next accounts, oldest first, 200 a page."""

    async def accounts_of(self, client: str) -> list[AccountRecord]:
        """Return every account that the client holds or signs for."""

    async def amend_client(self, client: str, changes: KnownDetails, *, version: int) -> ClientRecord:
        """Write the given details to this version of the client (P51).

        Raises Conflict `precondition_failed` when the client was changed meanwhile, `email_in_use` (P34).
        """

    async def refer_client(self, client: str, external_reference: str, *, version: int) -> ClientRecord:
        """Store the id of the client's record in Plannr, the platform's side of the link (P5); raises Conflict."""

    async def amend_bank_details(self, client: str, bank_details: BankDetails, *, version: int) -> ClientRecord:
        """Set the bank account on this version of the client; raises Conflict `precondition_failed`."""

    async def changed(self, kind: Literal["client", "account", "mandate"], since: datetime) -> ChangedRecords:
        """Return what was changed at or after a moment, 200 at most (P53)."""
