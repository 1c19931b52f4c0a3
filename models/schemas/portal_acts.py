"""What a client does in the portal (P21-P27, P32)."""

from typing import Literal

from pydantic import Field

from models.schemas.portal_access import PortalRequest

CorrectableField = Literal[
    "title",
    "first_name",
    "last_name",
    "date_of_birth",
    "email",
    "mobile",
    "national_insurance_number",
    "nationality",
    "marital_status",
    "employment_status",
    "retirement_age",
    "address.line_1",
    "address.line_2",
    "address.town_city",
    "address.county",
    "address.postcode",
]
"""The personal details a client may ask to have corrected."""


class Correction(PortalRequest):
    """One detail as it should be; what it is now is known."""

    field: CorrectableField
    new: str = Field(max_length=200, examples=["CT5 1AQ"])


class DetailsConfirmation(PortalRequest):
    """The client checked their details; corrections go to the adviser, shown old → new (P21)."""

    corrections: list[Correction] = Field(default=[], max_length=20)


class StatementCorrections(PortalRequest):
    """What is not right in a pension's statement; it goes to the adviser, shown old → new (P32)."""

    corrections: list[Correction] = Field(min_length=1, max_length=20)


class Decline(PortalRequest):
    """The client does not want the account (P27); it ends for everyone, so it has to be confirmed."""

    confirm: bool


class DocumentOpening(PortalRequest):
    """Which version of a document is opened."""

    version: int = Field(ge=1, examples=[1])


class DocumentVersionRef(PortalRequest):
    """A document in the version that was read."""

    document_id: str = Field(max_length=200)
    version: int = Field(ge=1, examples=[1])


class AcceptTerms(PortalRequest):
    """The ticked box, and exactly what it stands under (P24, P25)."""

    documents: list[DocumentVersionRef] = Field(max_length=50)
    accepted: bool
    declaration_accepted: bool = False
    declaration_version: str | None = Field(
        default=None, description="the version shown, so that another one is never taken for it"
    )


class AnswerMandate(PortalRequest):
    """Whether the client alone can authorise the mandate (P23)."""

    sole_signatory: bool
    guarantee_version: str | None = Field(default=None, description="the Guarantee that was shown; needed for a yes")


class BankDetailsTyped(PortalRequest):
    """Bank details as far as they are typed."""

    sort_code: str = Field(max_length=40, examples=["20-00-00"])
    account_number: str = Field(max_length=40, examples=["55779911"])
