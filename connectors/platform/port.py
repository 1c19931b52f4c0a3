"""What Onward needs from the investment platform.

Every method is idempotent: writes look up by external reference first and carry an idempotency key derived from it.
Failures are the tree of `connectors.errors`.
"""

from datetime import datetime
from typing import Literal, Protocol

from domain.journey import CheckStatus, DocumentKind, Wrapper
from models.base import Message
from models.people import AccountDetails, BankDetails, DirectDebit, Illustration, KnownDetails, PersonDetails

ClientStatus = Literal["registered", "pending", "active"]
AccountStatus = Literal["pending", "active", "suspended", "closed", "cancelled"]


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
    """An account to be opened once per journey (P12)."""

    journey_id: str
    clients: list[str]
    wrapper: Wrapper
    adviser: str
    details: AccountDetails


class PlatformAccount(Message):
    """An account of the platform."""

    account: str
    status: AccountStatus


class MandateOrder(Message):
    """A direct debit mandate to be set up once per journey (P23)."""

    journey_id: str
    account: str
    client: str
    direct_debit: DirectDebit


class PlatformMandate(Message):
    """A direct debit mandate, its own reference, and its status in the platform's words."""

    mandate: str
    reference: str
    status: str


class Guarantee(Message):
    """The Direct Debit Guarantee in full, versioned, and who collects under it (P23)."""

    version: str
    text: str
    service_user_name: str


class PlatformGateway(Protocol):
    """The investment platform."""

    async def find_client(
        self, *, external_reference: str | None = None, email: str | None = None
    ) -> PlatformClient | None:
        """Return the one client with this reference or e-mail address, if any."""

    async def read_client(self, client: str) -> PlatformClient:
        """Return the client; raises NotFound."""

    async def register_client(self, external_reference: str, details: KnownDetails, adviser: str) -> PlatformClient:
        """Register the client once per external reference (P10); raises Conflict `email_in_use` (P34)."""

    async def update_client(self, client: str, details: PersonDetails) -> PlatformClient:
        """Write the personal details (P11)."""

    async def submit_client(self, client: str) -> PlatformClient:
        """Move a registered client to pending, which starts the identity check (P11)."""

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

    async def create_mandate(self, order: MandateOrder) -> PlatformMandate:
        """Set up the journey's mandate once, awaiting the client (P12)."""

    async def accept_platform_terms(self, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the platform terms, once per evidence."""

    async def accept_product_terms(self, account: str, client: str, acceptance: TermsAcceptance) -> None:
        """Record that the client accepted the product terms of this account, once per evidence."""

    async def accept_mandate(self, mandate: str, accepted_at: datetime, evidence_id: str) -> PlatformMandate:
        """Record that the client authorised the mandate, once per evidence."""

    async def activate_account(self, account: str) -> PlatformAccount:
        """Turn the account active (P15); raises Conflict `not_ready` with what is unmet."""

    async def read_account(self, account: str) -> PlatformAccount:
        """Return the account; raises NotFound."""

    async def guarantee(self) -> Guarantee:
        """Return the Direct Debit Guarantee in force."""

    async def ensure_webhook_subscription(self, url: str, events: list[str]) -> list[str]:
        """Subscribe the url to these events unless it is already, and return the live signing secrets."""
