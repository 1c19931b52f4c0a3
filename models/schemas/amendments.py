"""What advisers send and get about changes of what was submitted (P44)."""

from typing import Self

from pydantic import Field, model_validator

from models.commands import HolderDetails
from models.people import AccountDetails
from models.schemas.eligibility import EligibilityNotice
from models.schemas.forms import Answer, Form


class AmendmentForm(Form):
    """What is changed: details of people, the account form, or both; everything else stays as it is."""

    holders: list[HolderDetails] = Field(default=[], max_length=4)
    account: AccountDetails | None = Field(default=None, description="the whole account form, as it shall be")
    reason: str = Field(default="", max_length=200, description="kept in the audit; no personal data")

    @model_validator(mode="after")
    def _amends_something(self) -> Self:
        if not self.holders and self.account is None:
            message = "Name at least one holder, or the account."
            raise ValueError(message)
        return self


class AmendmentPreview(Answer):
    """What an amendment would lead to; nothing of it is saved."""

    journey_id: str
    version: int = Field(description="of the journey that was looked at; send it as `If-Match` when saving")
    changed: list[str] = Field(examples=[["k3v7q2m5x4c6b8n0r1t2.address"]])
    voids: list[str] = Field(description="the acceptances it would void, in words, each with its reason")
    material: bool = Field(description="whether anybody has to accept something again")
    warnings: list[EligibilityNotice]
