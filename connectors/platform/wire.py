"""The platform's JSON as it is answered, and how it reads in our words. Nothing outside this folder knows these names.

What the platform adds later is ignored; what it leaves out or spells otherwise does not parse.
"""

from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.platform.port import (
    AccountStatus,
    Check,
    Checks,
    ClientStatus,
    Guarantee,
    PlatformAccount,
    PlatformClient,
    PlatformDocument,
    PlatformMandate,
    TermsAcceptedOnPlatform,
)
from domain.journey import CheckStatus, DocumentKind
from models.people import KnownDetails

DataT = TypeVar("DataT")

_AML = {
    "not_started": CheckStatus.NOT_STARTED,
    "pending": CheckStatus.PENDING,
    "cleared": CheckStatus.PASSED,
    "referred": CheckStatus.REFERRED,
    "failed": CheckStatus.FAILED,
}
_BAV = {
    "not_started": CheckStatus.NOT_STARTED,
    "pending": CheckStatus.PENDING,
    "verified": CheckStatus.PASSED,
    "mismatch": CheckStatus.FAILED,
    "unverifiable": CheckStatus.FAILED,
}


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


class WireAccount(Wire):
    """An account."""

    id: str
    status: AccountStatus


class WireMandate(Wire):
    """A direct debit mandate."""

    id: str
    reference: str
    status: str


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
MandateAnswer = Envelope[WireMandate]
MandatesAnswer = Envelope[list[WireMandate]]
GuaranteeAnswer = Envelope[WireGuarantee]
SubscriptionAnswer = Envelope[WireSubscription]


class DocumentsAnswer(Envelope[list[WireDocument]]):
    """The documents in force, and the version of the platform terms as a whole."""

    meta: WireDocumentsMeta


def known_details(client: WireClient) -> KnownDetails:
    """Return what is known of a client; a value that does not parse is a gap, never an error (P7)."""
    values = {
        **client.model_dump(include={"title", "first_name", "last_name", "date_of_birth", "email", "mobile"}),
        "national_insurance_number": client.national_insurance_number,
        "nationality": client.nationalities[0] if client.nationalities else None,
        "tax_residences": [item.model_dump() for item in client.tax_residences] or None,
        "us_person": client.us_person,
        "address": None if client.address is None else _address(client.address),
    }
    try:
        return KnownDetails.model_validate(values)
    except ValidationError as error:
        unread = {item["loc"][0] for item in error.errors(include_input=False, include_url=False)}
    return KnownDetails.model_validate({name: value for name, value in values.items() if name not in unread})


def _address(address: WireAddress) -> dict[str, str | None]:
    return {
        "line_1": address.line1,
        "line_2": address.line2 or "",
        "town_city": address.town_city,
        "county": address.county or "",
        "postcode": address.postcode,
        "country": address.country,
    }


def platform_client(client: WireClient, terms_in_force: str | None) -> PlatformClient:
    """Return a client; `terms_in_force` is the platform terms' version, or None where no acceptance needs it."""
    accepted, bank = client.terms_accepted, client.bank_account
    return PlatformClient(
        client=client.id,
        external_reference=client.external_reference or "",
        status=client.status,
        details=known_details(client),
        terms_accepted=None if accepted is None else TermsAcceptedOnPlatform.model_validate(accepted.model_dump()),
        terms_current=accepted is not None and accepted.version == terms_in_force,
        bank_details_given=bank is not None,
        bank_account_ending=None if bank is None else bank.account_number[-4:],
    )


def checks(verifications: WireVerifications) -> Checks:
    """Return both checks in our words."""
    aml, bav = verifications.aml, verifications.bav
    return Checks(
        identity=Check(status=_AML[aml.status], reason=aml.reason or "", updated_at=aml.checked_at),
        bank=Check(status=_BAV[bav.status], reason=bav.reason or "", updated_at=bav.checked_at),
    )


def platform_account(account: WireAccount) -> PlatformAccount:
    """Return an account."""
    return PlatformAccount(account=account.id, status=account.status)


def platform_mandate(mandate: WireMandate) -> PlatformMandate:
    """Return a mandate."""
    return PlatformMandate(mandate=mandate.id, reference=mandate.reference, status=mandate.status)


def platform_document(document: WireDocument) -> PlatformDocument:
    """Return a document."""
    return PlatformDocument(document_id=document.id, **document.model_dump(exclude={"id"}))


def guarantee(wired: WireGuarantee) -> Guarantee:
    """Return the Guarantee, one sentence a line, as its hash on the platform has it."""
    return Guarantee(
        version=wired.version,
        text="\n".join(element.text for element in wired.elements),
        service_user_name=wired.service_user_name,
    )
