"""What the rules of a wrapper ask of the adviser, and what they tell them (P33)."""

from datetime import date

from pydantic import Field

from models.schemas.forms import Answer, Form


class WrapperAnswers(Form):
    """What the rules of a wrapper ask of the adviser (P31, P33); what is left out is not known yet."""

    child_trust_fund_held: bool | None = Field(default=None, description="JISA: the child has a Child Trust Fund")
    parental_responsibility: bool | None = Field(
        default=None, description="JISA: the registered contact has parental responsibility for the child"
    )
    already_holds_jisa: bool | None = Field(
        default=None, description="JISA: the child has a stocks and shares Junior ISA already"
    )
    crown_servant_or_spouse: bool = Field(
        default=False,
        description="a Crown servant overseas, or the spouse, civil partner or dependant of one, which stands in for "
        "residence in the United Kingdom",
    )
    relevant_earnings_pence: int | None = Field(
        default=None, ge=0, le=100_000_000_000, description="SIPP: the member's relevant earnings of the tax year"
    )
    flexibly_accessed_on: date | None = Field(
        default=None, description="SIPP: the day on which the member first drew a pension flexibly"
    )
    paid_in_this_tax_year_pence: int = Field(
        default=0, ge=0, le=100_000_000_000, description="what is planned to be paid in during this tax year"
    )


class EligibilityNotice(Answer):
    """Something the adviser should know or check before the account is applied for (P33)."""

    code: str = Field(examples=["child_trust_fund_transfer"])
    detail: str
    person_id: str | None = Field(description="whom it is about; null when it is about the account")
    field: str | None = Field(examples=["child_trust_fund_held"])
