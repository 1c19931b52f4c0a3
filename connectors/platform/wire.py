"""The platform's JSON as it is answered. Nothing outside this folder knows these names.

What the platform adds later is ignored; what it leaves out or spells otherwise does not parse.
"""

from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from connectors.platform.port import AccountStatus, ClientStatus
from domain.journey import DocumentKind

DataT = TypeVar("DataT")


class Wire(BaseModel):
    """Root of everything that is read from the platform."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class Envelope(Wire, Generic[DataT]):
    """The answer around records."""

    data: DataT


class WireAddress(Wire):
    """A postal address."""

    line1: str
    line2: str | None = None
    town_city: str
    county: str | None = None
    postcode: str | None = None
    country: str


class WireTaxResidence(Wire):
    """A country a person pays tax in."""

    country: str
    tax_number: str | None = None


class WireBankAccount(Wire):
    """A client's bank account."""

    account_holder: str
    sort_code: str
    account_number: str


class WireTermsAccepted(Wire):
    """The acceptance of the platform terms."""

    version: str
    accepted_at: datetime
    evidence_reference: str


class WireClient(Wire):
    """A client. Personal details are read as they stand; `known_details` leaves out what does not parse."""

    id: str
    external_reference: str | None = None
    status: ClientStatus
    title: str | None = None
    first_name: str
    last_name: str
    date_of_birth: str
    email: str | None = None
    mobile: str | None = None
    national_insurance_number: str | None = None
    nationalities: list[str] = []
    tax_residences: list[WireTaxResidence] = []
    us_person: bool | None = None
    marital_status: str | None = None
    employment_status: str | None = None
    retirement_age: int | None = None
    address: WireAddress | None = None
    bank_account: WireBankAccount | None = None
    terms_accepted: WireTermsAccepted | None = None
    adviser_reference: str
    version: int


class WireAml(Wire):
    """The identity check."""

    status: Literal["not_started", "pending", "cleared", "referred", "failed"]
    reason: str | None = None
    checked_at: datetime | None = None


class WireBav(Wire):
    """The bank account verification."""

    status: Literal["not_started", "pending", "verified", "mismatch", "unverifiable"]
    reason: str | None = None
    checked_at: datetime | None = None


class WireVerifications(Wire):
    """Both checks."""

    aml: WireAml
    bav: WireBav


class WireIllustration(Wire):
    """An illustration."""

    id: str


class WireStrategy(Wire):
    """How an account's money is to be invested."""

    name: str
    code: str | None = None


class WireContribution(Wire):
    """Money that is to come in, as far as we key it."""

    type: str
    amount_pence: int
    frequency: str | None = None
    method: str


class WireCharges(Wire):
    """What the adviser is paid; the amounts in pence are keyed in the platform itself."""

    initial_basis_points: int = 0
    initial_pence: int = 0
    ongoing_basis_points: int = 0
    ongoing_pence: int = 0


class WireAccount(Wire):
    """An account."""

    id: str
    external_reference: str | None = None
    status: AccountStatus
    name: str
    investment_strategy: WireStrategy
    contributions: list[WireContribution] = []
    charges: WireCharges = WireCharges()
    signatory_ids: list[str] = []
    first_subscription_on: date | None = None


class WireAccountDocument(Wire):
    """A document that was made for one account; the version is written as a text."""

    id: str
    kind: Literal["statement"]
    title: str
    version: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int
    media_type: str
    issued_at: datetime


class WireMandateFailure(Wire):
    """Why a mandate failed: a Bacs reason code."""

    reason_code: str


class WireMandatePayment(Wire):
    """What a mandate collects, as far as it is read again."""

    first_collection_on: date


class WireMandate(Wire):
    """A direct debit mandate."""

    id: str
    reference: str
    status: str
    failure: WireMandateFailure | None = None
    payment: WireMandatePayment | None = None


class WireDocument(Wire):
    """A document in force; the version is written as a text."""

    id: str
    kind: DocumentKind
    title: str
    version: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int
    media_type: str
    reading_minutes: int


class WireDocumentsMeta(Wire):
    """What stands beside a list of documents: the version of the platform terms as a whole."""

    terms_version: str


class WireGuaranteeElement(Wire):
    """A sentence of the Guarantee."""

    text: str


class WireGuarantee(Wire):
    """The Direct Debit Guarantee."""

    version: str
    service_user_name: str
    elements: list[WireGuaranteeElement] = Field(min_length=1)


class WireSubscription(Wire):
    """A webhook subscription."""

    id: str
    events: list[str]
    signing_secrets: list[str] = Field(min_length=1)

    def covers(self, events: list[str]) -> bool:
        """Tell whether all these events are delivered."""
        return "*" in self.events or set(events) <= set(self.events)


ClientAnswer = Envelope[WireClient]
ClientsAnswer = Envelope[list[WireClient]]
VerificationsAnswer = Envelope[WireVerifications]
IllustrationAnswer = Envelope[WireIllustration]
IllustrationsAnswer = Envelope[list[WireIllustration]]
AccountAnswer = Envelope[WireAccount]
AccountsAnswer = Envelope[list[WireAccount]]
AccountDocumentsAnswer = Envelope[list[WireAccountDocument]]
MandateAnswer = Envelope[WireMandate]
MandatesAnswer = Envelope[list[WireMandate]]
GuaranteeAnswer = Envelope[WireGuarantee]
SubscriptionAnswer = Envelope[WireSubscription]


class DocumentsAnswer(Envelope[list[WireDocument]]):
    """The documents in force, and the version of the platform terms as a whole."""

    meta: WireDocumentsMeta
