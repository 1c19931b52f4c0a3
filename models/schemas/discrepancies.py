"""What advisers get about discrepancies of the two systems, and what they decide (P54)."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.ownership import Act, Owner, Subject
from models.deciding import Side
from models.schemas.forms import Answer, Form
from models.schemas.reconciliations import OpenDiscrepancies


class DiscrepancyView(Answer):
    """One field, or one whole record, in which the two systems do not agree; personal values are masked."""

    discrepancy_id: str = Field(examples=["4c1c2f0e-8a75-5b0f-9d6a-2f6f0f5f7d11"])
    state: Literal["open", "closed"]
    subject: Subject = Field(description="a client, or an account and its plan")
    platform_id: str = Field(description="the platform's id of the client or account", examples=["cl_7Q2M5X4C"])
    plannr_id: str | None = Field(description="the record or plan in Plannr; null when there is none")
    field: str = Field(
        description="a field of the ownership table; `link`, `plan` or `record` for a whole record", examples=["email"]
    )
    owner: Owner = Field(description="whose value is right")
    proposal: Act = Field(description="what repairs it: a write to one side, or a person's decision")
    platform_value: str = Field(description="masked where personal", examples=["e…@example.com"])
    plannr_value: str = Field(description="masked where personal", examples=["(empty)"])
    candidates: list[str] = Field(description="records in Plannr to choose from, where it is not clear who it is")
    decisions: list[Literal["repair", "take_plannr", "take_platform", "choose_record"]] = Field(
        description="what can be asked for; empty where only the systems themselves can be corrected"
    )
    first_seen_at: datetime
    last_seen_at: datetime
    age_days: int = Field(ge=0, description="whole days since it was first seen, until now or until it was closed")
    task: str | None = Field(description="the task in Plannr that asks the adviser")
    closed_at: datetime | None
    closed_as: str = Field(description="`repaired` or `gone`; empty while it is open")
    link: str = Field(examples=["/api/v1/discrepancies/4c1c2f0e-8a75-5b0f-9d6a-2f6f0f5f7d11"])


class DiscrepancyPage(Answer):
    """A page of discrepancies, the newest first."""

    discrepancies: list[DiscrepancyView]
    open: OpenDiscrepancies = Field(description="all that are open in the firm, whatever the filters")
    next: str | None = Field(description="the next page, null on the last", examples=[None])


class RepairForm(Form):
    """What is to be done about a discrepancy; empty: carry out the proposed repair."""

    plannr_account: str | None = Field(
        default=None, max_length=100, description="the record in Plannr that is the same person, one of `candidates`"
    )
    take: Side | None = Field(default=None, description="whose value is right; it replaces the other one")
    reason: str = Field(default="", max_length=500, description="why, for the audit; no personal data")

    @model_validator(mode="after")
    def _one_decision(self) -> Self:
        if self.plannr_account is not None and self.take is not None:
            raise ValueError("give `plannr_account` or `take`, not both")
        return self


class RepairBegun(Answer):
    """A repair that is being carried out; the discrepancy says when it is closed."""

    discrepancy_id: str
    workflow_id: str = Field(description="what carries it out, for an operator")
    link: str = Field(examples=["/api/v1/discrepancies/4c1c2f0e-8a75-5b0f-9d6a-2f6f0f5f7d11"])
