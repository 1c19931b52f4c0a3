"""People, money and bank details as they travel between the API, the workflow and the two systems."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from models.base import Message
from models.values import AccountNumberText, Email, Nino, Phone, SortCodeText, UkPostcode

# A name is one line of text that no mail program takes for an address or a link.
NameText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f<>@/:\\]+$")
]


class Address(Message):
    """A permanent address in the United Kingdom."""

    line_1: str = Field(min_length=1, max_length=100, examples=["12 Harbour Street"])
    line_2: str = Field(default="", max_length=100)
    town_city: str = Field(min_length=1, max_length=60, examples=["Whitstable"])
    county: str = Field(default="", max_length=60)
    postcode: UkPostcode = Field(examples=["CT5 1AQ"])
    country: Literal["GB"] = "GB"


class TaxResidence(Message):
    """A country the person is tax resident in, with the number it is known under there."""

    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166 alpha-2", examples=["GB"])
    tax_number: str | None = Field(default=None, max_length=40, description="not needed for GB, where the NINO serves")


class MaritalStatus(StrEnum):
    """Asked for a pension (P32)."""

    SINGLE = "single"
    MARRIED = "married"
    CIVIL_PARTNERSHIP = "civil_partnership"
    DIVORCED = "divorced"
    WIDOWED = "widowed"
    SEPARATED = "separated"
    COHABITING = "cohabiting"
    OTHER = "other"


class EmploymentStatus(StrEnum):
    """Asked for a pension (P32)."""

    EMPLOYED = "employed"
    SELF_EMPLOYED = "self_employed"
    UNEMPLOYED = "unemployed"
    RETIRED = "retired"
    STUDENT = "student"
    HOMEMAKER = "homemaker"
    CHILD = "child"
    OTHER = "other"


class KnownDetails(Message):
    """A person as far as they are known: data keyed once is pulled through, gaps stay open (P7)."""

    title: str | None = Field(default=None, max_length=20, examples=["Mrs"])
    first_name: NameText | None = Field(default=None, examples=["Eleanor"])
    last_name: NameText | None = Field(default=None, examples=["Marsh"])
    date_of_birth: date | None = Field(default=None, examples=["1978-04-12"])
    email: Email | None = Field(default=None, examples=["eleanor.marsh@example.com"])
    mobile: Phone | None = Field(default=None, examples=["07400 123456"])
    national_insurance_number: Nino | None = Field(default=None, examples=["AB123456C"])
    no_national_insurance_number: bool | None = Field(
        default=None, description="true when the person declares that they can't have one"
    )
    nationality: str | None = Field(default=None, pattern="^[A-Z]{2}$", description="ISO 3166 alpha-2", examples=["GB"])
    tax_residences: list[TaxResidence] | None = Field(
        default=None, min_length=1, max_length=5, description="self-certified (FATCA, CRS)"
    )
    us_person: bool | None = Field(
        default=None, description="whether the person is a citizen or resident of the United States"
    )
    marital_status: MaritalStatus | None = None
    employment_status: EmploymentStatus | None = None
    retirement_age: int | None = Field(default=None, ge=55, le=99)
    address: Address | None = None

    def merged_with(self, amendment: "KnownDetails") -> Self:
        """Return these details with every field that the amendment names replaced."""
        return self.model_copy(update={name: getattr(amendment, name) for name in amendment.given()})

    def given(self) -> list[str]:
        """Return the names of the fields that have a value."""
        return [name for name in KnownDetails.model_fields if getattr(self, name) is not None]

    def missing(self, required: Collection[str]) -> list[str]:
        """Return the names of the required fields that still must be asked for (P7)."""
        declared = {"national_insurance_number"} if self.no_national_insurance_number else set()
        return [
            name
            for name in KnownDetails.model_fields
            if name in required and name not in declared and getattr(self, name) is None
        ]

    def complete(self) -> "PersonDetails":
        """Return the details for the systems; raises pydantic's ValidationError when a basic one is missing."""
        return PersonDetails.model_validate(self.model_dump())


class PersonDetails(KnownDetails):
    """What every person must have before anything is written about them (P11); the rest depends on the wrapper."""

    title: str = Field(max_length=20, examples=["Mrs"])
    first_name: NameText = Field(examples=["Eleanor"])
    last_name: NameText = Field(examples=["Marsh"])
    date_of_birth: date = Field(examples=["1978-04-12"])
    nationality: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166 alpha-2", examples=["GB"])
    address: Address


class BankDetails(Message):
    """A UK bank account in the client's name."""

    account_holder: str = Field(min_length=1, max_length=60, examples=["Mrs E Marsh"])
    sort_code: SortCodeText = Field(examples=["20-00-00"])
    account_number: AccountNumberText = Field(examples=["55779911"])


class Frequency(StrEnum):
    """How often a contribution is paid."""

    ONCE = "once"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUALLY = "annually"


class Contribution(Message):
    """Money that the client intends to pay in."""

    amount_pence: int = Field(gt=0, le=1_000_000_000, examples=[20_000_00])
    frequency: Frequency = Frequency.ONCE


class Charges(Message):
    """What the adviser charges, in hundredths of a per cent of the amount (50 = 0.5 %)."""

    initial_basis_points: int = Field(default=0, ge=0, le=1_000, examples=[100])
    ongoing_basis_points: int = Field(default=0, ge=0, le=300, examples=[50])


class Illustration(Message):
    """The illustration a journey starts from (P10); the application is pre-filled from it (P7)."""

    name: str = Field(min_length=1, max_length=120, examples=["ISA illustration 2026/27"])
    investment_strategy: str = Field(min_length=1, max_length=120, examples=["Balanced Growth"])
    contributions: list[Contribution] = Field(min_length=1, max_length=10)
    charges: Charges = Charges()
    plan_length_years: int = Field(default=10, ge=1, le=60)


class DirectDebit(Message):
    """A direct debit the client is asked to authorise (P23)."""

    amount_pence: int = Field(gt=0, le=1_000_000_000, examples=[250_00])
    frequency: Frequency = Frequency.MONTHLY
    collection_day: Literal[7, 14, 21, 28] = 7


class AccountDetails(Message):
    """The account form of P12: what is opened and how it is paid for."""

    name: str = Field(min_length=1, max_length=120, examples=["Eleanor's ISA"])
    investment_strategy: str = Field(min_length=1, max_length=120, examples=["Balanced Growth"])
    contributions: list[Contribution] = Field(min_length=1, max_length=10)
    charges: Charges = Charges()
    direct_debit: DirectDebit | None = None
