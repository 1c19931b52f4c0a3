"""The fields of the contract: what may be sent, in which form."""

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Text = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Mobile = Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{7,14}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$", max_length=254)]
Nino = Annotated[str, StringConstraints(pattern=r"^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]$")]
Pence = Annotated[int, Field(ge=0, le=10**12)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
Frequency = Literal["monthly", "quarterly", "half_yearly", "yearly"]
Wrapper = Literal["isa", "gia", "jisa", "sipp", "tpsipp", "tpofb", "corporate", "trust"]
DocumentedWrapper = Literal["isa", "gia", "jisa", "sipp"]
ClientType = Literal["individual", "minor"]
MandateChannel = Literal["online", "paper"]

_NEVER_ALLOCATED = ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
_POSTCODE = re.compile(
    r"(GIR 0AA|(?:[A-PR-UWYZ]\d{1,2}|[A-PR-UWYZ][A-HK-Y]\d{1,2}|[A-PR-UWYZ]\d[A-HJKPSTUW]"
    r"|[A-PR-UWYZ][A-HK-Y]\d[ABEHMNPRVWXY]) \d[ABD-HJLNP-UW-Z]{2})"
)


class Form(BaseModel):
    """Root of every body: unknown fields are refused and values never appear in errors."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Address(Form):
    """A postal address."""

    country: Country
    line1: Text
    line2: Text | None = None
    town_city: Text
    county: Text | None = None
    postcode: Text | None = Field(default=None, validate_default=True)

    @field_validator("postcode")
    @classmethod
    def _uk_form(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("country") != "GB":
            return value
        if value is None:
            raise PydanticCustomError("required", "A UK address needs a postcode.")
        if not _POSTCODE.fullmatch(value):
            raise PydanticCustomError("invalid", "Write the postcode in capitals with one space: SW1A 1AA.")
        return value


class TaxResidence(Form):
    """A country a person pays tax in."""

    country: Country
    tax_number: Text | None = None


class BankAccountForm(Form):
    """A UK bank account."""

    account_holder: Annotated[str, StringConstraints(min_length=1, max_length=140, strip_whitespace=True)]
    sort_code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    account_number: Annotated[str, StringConstraints(pattern=r"^\d{8}$")]


class ClientForm(Form):
    """What is known of a client."""

    external_reference: Text | None = None
    client_type: ClientType
    title: Annotated[str, StringConstraints(min_length=1, max_length=20, strip_whitespace=True)] | None = None
    first_name: Text
    last_name: Text
    date_of_birth: date
    email: Email | None = Field(default=None, validate_default=True)
    mobile: Mobile | None = None
    national_insurance_number: Nino | None = None
    nationalities: list[Country] = Field(default_factory=list, max_length=10)
    tax_residences: list[TaxResidence] = Field(default_factory=list, max_length=10)
    us_person: bool | None = None
    address: Address | None = None
    marital_status: (
        Literal["single", "married", "civil_partnership", "divorced", "widowed", "separated", "cohabiting", "other"]
        | None
    ) = None
    employment_status: (
        Literal["employed", "self_employed", "unemployed", "retired", "student", "homemaker", "child", "other"] | None
    ) = None
    retirement_age: int | None = Field(default=None, ge=50, le=99)
    guardian_id: str | None = Field(default=None, validate_default=True)
    adviser_reference: Text

    @field_validator("email")
    @classmethod
    def _email_of_an_individual(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("client_type") == "individual":
            raise PydanticCustomError("required", "An individual needs an e-mail address.")
        return value

    @field_validator("national_insurance_number")
    @classmethod
    def _allocated_prefix(cls, value: str | None) -> str | None:
        if value is not None and value.startswith(_NEVER_ALLOCATED):
            raise PydanticCustomError("invalid", "National Insurance numbers never start with these letters.")
        return value

    @field_validator("guardian_id")
    @classmethod
    def _guardian_of_a_minor(cls, value: str | None, info: ValidationInfo) -> str | None:
        is_minor = info.data.get("client_type") == "minor"
        if is_minor and value is None:
            raise PydanticCustomError("required", "A minor needs a guardian who is a client.")
        if value is not None and not is_minor:
            raise PydanticCustomError("not_allowed", "Only a minor has a guardian.")
        return value


class InvestmentStrategy(Form):
    """How the money is to be invested."""

    name: Name
    code: Text | None = None


class Contribution(Form):
    """Money that is to come in, in pence."""

    type: Literal["regular", "single"]
    amount_pence: Annotated[int, Field(ge=1, le=10**12)]
    frequency: Frequency | None = Field(default=None, validate_default=True)
    payer: Literal["client", "employer", "third_party"] = "client"
    method: Literal["direct_debit", "bank_transfer", "transfer_in"] = "bank_transfer"
    starts_on: date | None = None

    @field_validator("frequency")
    @classmethod
    def _only_of_regular_money(cls, value: str | None, info: ValidationInfo) -> str | None:
        is_regular = info.data.get("type") == "regular"
        if is_regular and value is None:
            raise PydanticCustomError("required", "A regular contribution needs a frequency.")
        if value is not None and not is_regular:
            raise PydanticCustomError("not_allowed", "A single contribution has no frequency.")
        return value


class Charges(Form):
    """What the adviser is paid: basis points of the investment, or pence."""

    initial_basis_points: BasisPoints = 0
    initial_pence: Pence = 0
    ongoing_basis_points: BasisPoints = 0
    ongoing_pence: Pence = 0


class Proposal(Form):
    """What an illustration and an account have in common."""

    client_ids: Annotated[list[str], Field(min_length=1, max_length=4)]
    name: Name
    investment_strategy: InvestmentStrategy
    contributions: Annotated[list[Contribution], Field(max_length=20)] = Field(default_factory=list)
    charges: Charges = Field(default_factory=Charges)
    adviser_reference: Text

    @field_validator("client_ids")
    @classmethod
    def _each_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) != len(value):
            raise PydanticCustomError("invalid", "The same client is named twice.")
        return value


class IllustrationForm(Proposal):
    """What an illustration is made from."""

    external_reference: Text
    wrapper: DocumentedWrapper
    start_date: date | None = None
    plan_length_years: int | None = Field(default=None, ge=1, le=80)
    retirement_age: int | None = Field(default=None, ge=50, le=99)


class AccountForm(Proposal):
    """What an account is opened with."""

    external_reference: Text | None = None
    wrapper: Wrapper
    registered_contact_id: str | None = Field(default=None, validate_default=True)
    illustration_id: str | None = None

    @field_validator("registered_contact_id")
    @classmethod
    def _contact_of_a_jisa(cls, value: str | None, info: ValidationInfo) -> str | None:
        is_jisa = info.data.get("wrapper") == "jisa"
        if is_jisa and value is None:
            raise PydanticCustomError("required", "A Junior ISA needs a registered contact.")
        if value is not None and not is_jisa:
            raise PydanticCustomError("not_allowed", "Only a Junior ISA has a registered contact.")
        return value


class AcceptedDocument(Form):
    """A document as the person saw it."""

    document_id: Text
    version: Text
    sha256: Sha256


class TermsAcceptanceForm(Form):
    """A person's acceptance of the platform terms."""

    terms_version: Text
    documents: Annotated[list[AcceptedDocument], Field(max_length=50)]
    accepted_at: AwareDatetime
    evidence_reference: Name


class ProductTermsAcceptanceForm(Form):
    """A person's acceptance of one account's product terms."""

    client_id: str
    documents: Annotated[list[AcceptedDocument], Field(max_length=50)]
    declaration_accepted: bool
    accepted_at: AwareDatetime
    evidence_reference: Name


class CancellationForm(Form):
    """Why an account is not to be opened."""

    reason: LongText


class MandatePayment(Form):
    """A first collection under a mandate, in pence."""

    amount_pence: Annotated[int, Field(ge=1, le=10**12)]
    frequency: Literal["once", "monthly", "quarterly", "half_yearly", "yearly"]
    first_collection_on: date


class MandateForm(Form):
    """What a Direct Debit mandate is set up with."""

    external_reference: Text
    account_id: str
    client_id: str
    payment: MandatePayment | None = None


class MandateAcceptanceForm(Form):
    """The payer's authority: given online, or on a paper mandate that everybody has signed who must."""

    accepted_at: AwareDatetime
    sole_signatory: bool
    channel: MandateChannel = "online"
    evidence_reference: Name


class SubscriptionForm(Form):
    """Where webhooks go, and which."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=500)]
    events: Annotated[list[str], Field(min_length=1, max_length=20)]


def age_on(birth: date, moment: datetime) -> int:
    """Whole years of age; somebody born on 29 February has the birthday on 1 March."""
    today = moment.date()
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
