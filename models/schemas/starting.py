"""What advisers send to start journeys, one or several at once, and what they are answered."""

from typing import Annotated

from pydantic import Field

from domain.journey import Wrapper
from models.people import Illustration, KnownDetails
from models.schemas.eligibility import EligibilityNotice, WrapperAnswers
from models.schemas.forms import Answer, Form
from models.schemas.journeys import JourneyLinks

ExternalReference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=80,
        pattern=r"^[A-Za-z0-9._:/-]+$",
        description="your own reference for this account; sent again, it finds the same journey (P45)",
        examples=["HW-2026-0041"],
    ),
]
WrapperCode = Annotated[str, Field(max_length=20, description="`sipp`, `gia`, `isa` or `jisa`", examples=["isa"])]


class PartyToStart(Form):
    """A person who takes part in an account."""

    plannr_account: str = Field(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="the id of the client's record in Plannr",
        examples=["5f0c2b1e-5b8e-4a57-9f3c-0d7a5a3e9b10"],
    )
    details: KnownDetails = Field(
        default=KnownDetails(), description="what is amended or missing in Plannr, as far as it is known already (P7)"
    )


class AccountToStart(WrapperAnswers):
    """One account to be opened, apart from whom it is for."""

    external_reference: ExternalReference
    wrapper: WrapperCode
    illustration: Illustration | None = Field(
        default=None,
        description="left out to start directly at the application, which only a linked client can (P6)",
    )


class StartJourneyForm(AccountToStart):
    """An account to be opened (P1, P6, P10, P30, P31)."""

    holders: list[PartyToStart] = Field(
        min_length=1, max_length=4, description="who will own the account; of a Junior ISA the child"
    )
    registered_contact: PartyToStart | None = Field(
        default=None, description="JISA: who acts for the child in the portal (P31)"
    )


class StartTogetherForm(Form):
    """Several accounts for the same people: one journey each, and one e-mail per event that names them all (P49)."""

    holders: list[PartyToStart] = Field(min_length=1, max_length=4, description="who will own every account")
    registered_contact: PartyToStart | None = Field(
        default=None, description="JISA: who acts for the child in the portal (P31)"
    )
    accounts: list[AccountToStart] = Field(min_length=2, max_length=8)


class JourneyStarted(Answer):
    """The journey that was started, or the one that was there already (P45)."""

    journey_id: str = Field(examples=["k3v7q2m5x4c6b8n0r1t2"])
    workflow_id: str = Field(examples=["journey-k3v7q2m5x4c6b8n0r1t2"])
    external_reference: str = Field(examples=["HW-2026-0041"])
    wrapper: Wrapper
    created: bool = Field(description="false when it was there already")
    warnings: list[EligibilityNotice] = Field(description="nothing of it stands in the way of the journey")
    links: JourneyLinks


class StartedTogether(Answer):
    """The journeys of one request, in the order of its accounts."""

    group_id: str
    created: bool = Field(description="false when all of them were there already")
    journeys: list[JourneyStarted]
