"""The platform's records, as stored and as answered."""

from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from connectors.platform.sandbox.forms import (
    AcceptedDocument,
    AccountForm,
    BankAccountForm,
    ClientForm,
    Form,
    IllustrationForm,
    MandateChannel,
    MandateForm,
    SubscriptionForm,
)

AmlStatus = Literal["not_started", "pending", "cleared", "referred", "failed"]
BavStatus = Literal["not_started", "pending", "verified", "mismatch", "unverifiable"]
ClientStatus = Literal["registered", "pending", "active"]
AccountStatus = Literal["pending", "active", "suspended", "closed", "cancelled"]
MandateStatus = Literal["pending_customer_approval", "pending_submission", "active", "failed", "cancelled"]

SERVICE_USER_NAME = "Soderberg & Partners Wealth Management (sample)"
SERVICE_USER_NUMBER = "999999"


class Stamped(Form):
    """What every record has; ids, times and version are the platform's."""

    kind: ClassVar[str]
    prefix: ClassVar[str]
    id: str
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def index_keys(self) -> dict[str, Any]:
        """The columns this record is found by."""
        return {}

    def holder_ids(self) -> list[str]:
        """The clients this record belongs to."""
        return []


class AmlCheck(Form):
    """Where the identity check stands."""

    status: AmlStatus = "not_started"
    reason: str | None = None
    checked_at: datetime | None = None


class BavCheck(Form):
    """Where the bank account verification stands."""

    status: BavStatus = "not_started"
    reason: str | None = None
    checked_at: datetime | None = None


class Verifications(Form):
    """Both checks of a client."""

    aml: AmlCheck = Field(default_factory=AmlCheck)
    bav: BavCheck = Field(default_factory=BavCheck)


class BankAccount(BankAccountForm):
    """A client's bank account."""

    provided_at: datetime


class TermsAccepted(Form):
    """The platform terms as a client accepted them; `version` is the terms version."""

    version: str
    accepted_at: datetime
    documents: list[AcceptedDocument]
    evidence_reference: str


class Client(ClientForm, Stamped):
    """A person on the platform."""

    kind = "client"
    prefix = "cl"
    status: ClientStatus = "registered"
    bank_account: BankAccount | None = None
    verifications: Verifications = Field(default_factory=Verifications)
    terms_accepted: TermsAccepted | None = None
    submitted_at: datetime | None = None
    activated_at: datetime | None = None

    def index_keys(self) -> dict[str, Any]:
        """The columns this record is found by."""
        return {
            "status": self.status,
            "external_reference": self.external_reference,
            "email": self.email.lower() if self.email else None,
            "national_insurance_number": self.national_insurance_number,
            "client_type": self.client_type,
            "guardian_id": self.guardian_id,
        }


class Illustration(IllustrationForm, Stamped):
    """A projection for one or more clients."""

    kind = "illustration"
    prefix = "il"
    number: str = ""
    status: Literal["generated"] = "generated"

    def index_keys(self) -> dict[str, Any]:
        """The columns this record is found by."""
        return {"external_reference": self.external_reference, "wrapper": self.wrapper, "status": self.status}

    def holder_ids(self) -> list[str]:
        """The clients this record belongs to."""
        return self.client_ids


class ProductTermsAccepted(Form):
    """One signatory's acceptance of an account's product terms."""

    client_id: str
    documents: list[AcceptedDocument]
    declaration_accepted: Literal[True]
    accepted_at: datetime
    evidence_reference: str


class Account(AccountForm, Stamped):
    """A wrapper held by one or more clients."""

    kind = "account"
    prefix = "ac"
    number: str = ""
    status: AccountStatus = "pending"
    signatory_ids: list[str] = Field(default_factory=list)
    product_terms: list[ProductTermsAccepted] = Field(default_factory=list)
    first_subscription_on: date | None = None
    subscribed_pence: int = 0
    activated_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancellation_reason: str | None = None

    def index_keys(self) -> dict[str, Any]:
        """The columns this record is found by."""
        return {"external_reference": self.external_reference, "wrapper": self.wrapper, "status": self.status}

    def holder_ids(self) -> list[str]:
        """The clients this record belongs to: those who hold it and those who sign for it."""
        return list(dict.fromkeys([*self.client_ids, *self.signatory_ids]))


class MandateFailure(Form):
    """Why a mandate failed, in Bacs terms and in plain words."""

    reason_code: str
    message: str


class Mandate(MandateForm, Stamped):
    """A Bacs Direct Debit mandate."""

    kind = "mandate"
    prefix = "ma"
    scheme: Literal["bacs"] = "bacs"
    reference: str = ""
    service_user_name: str = SERVICE_USER_NAME
    service_user_number: str = SERVICE_USER_NUMBER
    guarantee_version: str
    status: MandateStatus = "pending_customer_approval"
    channel: MandateChannel | None = None
    bank_account: BankAccountForm | None = None
    accepted_at: datetime | None = None
    evidence_reference: str | None = None
    failure: MandateFailure | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can still collect, now or later."""
        return self.status not in ("failed", "cancelled")

    def index_keys(self) -> dict[str, Any]:
        """The columns this record is found by."""
        return {
            "external_reference": self.external_reference,
            "account_id": self.account_id,
            "status": self.status,
            "unique_key": f"mandate {self.reference}" if self.reference else None,
        }

    def holder_ids(self) -> list[str]:
        """The clients this record belongs to."""
        return [self.client_id]


class Subscription(SubscriptionForm, Stamped):
    """A receiver of webhooks; `signing_secrets` are base64, newest first."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    kind = "subscription"
    prefix = "ws"
    signing_secrets: list[str]

    def index_keys(self) -> dict[str, Any]:
        """The columns this record is found by."""
        return {"unique_key": f"url {self.url}"}

    def wants(self, event_type: str) -> bool:
        """Tell whether this subscriber asked for such events."""
        return "*" in self.events or event_type in self.events


class Document(Form):
    """A published version of a document."""

    id: str
    kind: Literal["platform_terms", "product_terms"]
    wrapper: str | None
    title: str
    version: str
    sha256: str
    bytes: int
    media_type: str = "text/html; charset=utf-8"
    language: str = "en-GB"
    reading_minutes: int
    published_at: datetime


class AccountDocument(Form):
    """A version of a document that was made for one account; it holds personal data."""

    id: str
    kind: Literal["statement"] = "statement"
    account_id: str
    title: str
    version: str
    sha256: str
    bytes: int
    media_type: str = "text/html; charset=utf-8"
    language: str = "en-GB"
    issued_at: datetime
