"""What Onward needs from the investment platform.

Every method is idempotent: writes look up by external reference first and carry an idempotency key derived from it.
Failures are the tree of `connectors.errors`.
"""

from datetime import date, datetime
from typing import Literal, Protocol

from pydantic import Field

from connectors.platform.records import (
    AccountPage,
    AccountRecord,
    AccountStatus,
    ChangedRecord,
    ChangedRecords,
    ClientPage,
    ClientRecord,
    ClientStatus,
    RecordsGateway,
)
from domain.journey import CheckStatus, DocumentKind, Wrapper
from models.base import Message
from models.people import AccountDetails, BankDetails, DirectDebit, Illustration, KnownDetails, PersonDetails

__all__ = [
    "AccountPage",
    "AccountRecord",
    "AccountStatus",
    "ChangedRecord",
    "ChangedRecords",
    "ClientPage",
    "ClientRecord",
    "ClientStatus",
]


class TermsAcceptedOnPlatform(Message):
    """The platform terms version a client has accepted on the platform."""

    version: str
    accepted_at: datetime


class PlatformClient(Message):
    """A client of the platform. `terms_current` tells whether the accepted terms are the ones in force (P15)."""

    client: str
    external_reference: str
    status: ClientStatus
    details: KnownDetails
    terms_accepted: TermsAcceptedOnPlatform | None = None
    terms_current: bool = False
    bank_details_given: bool = False
    bank_account_ending: str | None = None


class Check(Message):
    """The outcome of one check, with the platform's reason in words."""

    status: CheckStatus
    reason: str = ""
    updated_at: datetime | None = None


class Checks(Message):
    """A client's identity check (AML) and bank account verification (BAV)."""

    identity: Check
    bank: Check


class PlatformDocument(Message):
    """A document in force."""

    document_id: str
    version: int
    kind: DocumentKind
    title: str
    sha256: str
    bytes: int
    media_type: str
    reading_minutes: int


class AcceptedDocument(Message):
    """A document version that was accepted, with the hash of the bytes that were shown."""

    document_id: str
    version: int
    sha256: str


class TermsAcceptance(Message):
    """An acceptance to be recorded on the platform; `evidence_id` refers to our evidence row."""

    evidence_id: str
    accepted_at: datetime
    documents: list[AcceptedDocument]


class AccountOrder(Message):
    """An account to be opened once per journey (P12); a Junior ISA's registered contact acts for the child (P31)."""

    journey_id: str
    clients: list[str]
    wrapper: Wrapper
    adviser: str
    details: AccountDetails
    registered_contact: str | None = None


class PlatformAccount(Message):
    """An account of the platform: who accepts for it, and when the first money arrived, if it has."""

    account: str
    status: AccountStatus
    signatories: list[str] = Field(default=[])
    first_subscription_on: date | None = None


class AccountDocument(Message):
    """A document that was made for one account, such as a pension's statement (P32); it holds personal data."""

    document_id: str
    version: int
    kind: Literal["statement"]
    title: str
    sha256: str
    bytes: int
    media_type: str
    issued_at: datetime


class MandateOrder(Message):
    """A direct debit mandate to be set up once per journey and number (P23); 2 and more replace a failed one (P47)."""

    journey_id: str
    account: str
    client: str
    direct_debit: DirectDebit
    number: int = Field(default=1, ge=1)


class PlatformMandate(Message):
    """A direct debit mandate, its own reference, its status in the platform's words, and a failure's Bacs code."""

    mandate: str
    reference: str
    status: str
    failure_code: str | None = None
    first_collection_on: date | None = Field(default=None, description="none where it collects nothing by itself")


class Guarantee(Message):
    """The Direct Debit Guarantee in full, versioned, and who collects under it (P23)."""

    version: str
    text: str
    service_user_name: str


class PlatformGateway(RecordsGateway, Protocol):
    """The investment platform; what the sync alone needs of it stands in `connectors.platform.records`."""

    async def find_client(
        self, *, external_reference: str | None = None, email: str | None = None
    ) -> PlatformClient | None:
        """Return the one client with this reference or e-mail address, if any."""

    async def read_client(self, client: str) -> PlatformClient:
        """Return the client; raises NotFound."""

    async def register_client(
        self, external_reference: str, details: KnownDetails, adviser: str, *, guardian: str | None = None
    ) -> PlatformClient:
        """Register the client once per external reference (P10); raises Conflict `email_in_use` (P34).

        With a guardian, who must be a client, it is a child under 18, who needs no e-mail address (P31).
        """

    async def update_client(self, client: str, details: PersonDetails) -> PlatformClient:
        """Write the personal details (P11)."""

    async def submit_client(self, client: str) -> PlatformClient:
        """Move a registered client to pending, which starts the identity check (P11)."""

    async def revert_client(self, client: str) -> PlatformClient:
        """Take a pending client who accepted no terms back to registered (P43); one who is registered stays so.

        Raises Conflict `invalid_state` for every other client, and for one who holds or signs for an account that has
        not ended.
        """

    async def save_bank_details(self, client: str, bank_details: BankDetails) -> None:
        """Set the client's bank account, which starts its verification, unless the same one is set already."""

    async def read_checks(self, client: str) -> Checks:
        """Return the state of the client's checks."""

    async def record_illustration(
        self, journey_id: str, clients: list[str], wrapper: Wrapper, illustration: Illustration
    ) -> str:
        """Record the illustration once per journey and return its id (P10)."""

    async def documents(self, wrapper: Wrapper) -> list[PlatformDocument]:
        """Return the documents in force for an account of this wrapper, the platform's own terms included."""

    async def document_content(self, document_id: str, version: int) -> bytes:
        """Return exactly the bytes of this version; raises NotFound."""

    async def open_account(self, order: AccountOrder) -> PlatformAccount:
        """Open the journey's account once, pending (P12)."""

    async def find_account(self, journey_id: str) -> PlatformAccount | None:
        """Return the journey's account, whatever its status, if there is one."""

    async def has_other_accounts(self, client: str, journey_id: str) -> bool:
        """Tell whether the client holds or signs for an account, not ended, of another journey or of none (P43)."""

    async def amend_account(self, account: str, details: AccountDetails) -> PlatformAccount:
        """Bring the account to the amended form (P44); its mandate is not touched.

        Raises Conflict `invalid_state` if the account has ended.
        """

    async def cancel_account(self, account: str, reason: str) -> PlatformAccount:
        """Cancel a pending account and its open mandates (P43); a cancelled one stays as it is.

        Raises Conflict `invalid_state` if the account ever was active.
        """

    async def account_documents(self, account: str) -> list[AccountDocument]:
        """Return the documents made for this account, each in its newest version (P32); raises NotFound.

        An active pension has one, its statement of data and declarations; other accounts have none.
        """

    async def account_document_content(self, account: str, document_id: str, version: int) -> bytes:
        """Return exactly the bytes of this version, which hold personal data; raises NotFound."""

    async def create_mandate(self, order: MandateOrder) -> PlatformMandate:
        """Set up this mandate of the journey once, awaiting the client (P12).

        Raises Conflict `duplicate_mandate` while the client has one for the account that can still collect.
        """

    async def read_mandate(self, mandate: str) -> PlatformMandate:
        """Return the mandate; raises NotFound."""

    async def cancel_mandate(self, mandate: str) -> PlatformMandate:
        """Cancel the mandate; one that was cancelled or has failed stays as it is."""

    async def accept_platform_terms(self, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the platform terms, once per evidence."""

    async def accept_product_terms(self, account: str, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the product terms of this account, once per evidence."""

    async def accept_mandate(
        self, mandate: str, accepted_at: datetime, evidence_id: str, *, on_paper: bool = False
    ) -> PlatformMandate:
        """Record that the mandate was authorised, once per evidence: online by the one who has to, or on paper (P23).

        Raises Conflict `invalid_state` if it was cancelled or has failed, or the client has no bank account.
        """

    async def activate_account(self, account: str) -> PlatformAccount:
        """Turn the account active (P15); raises Conflict `not_ready` with what is unmet."""

    async def read_account(self, account: str) -> PlatformAccount:
        """Return the account; raises NotFound."""

    async def guarantee(self) -> Guarantee:
        """Return the Direct Debit Guarantee in force."""

    async def ensure_webhook_subscription(self, url: str, events: list[str]) -> list[str]:
        """Subscribe the url to these events unless it is already, and return the live signing secrets."""
