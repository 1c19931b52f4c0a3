"""What advisers get about comparisons of the two systems (P54)."""

from datetime import datetime

from pydantic import Field

from models.schemas.forms import Answer
from models.syncing import Phase


class OpenDiscrepancies(Answer):
    """How many discrepancies of the firm are open, by what repairs them."""

    total: int = Field(examples=[5])
    repairable: int = Field(description="the next comparison, or a repair on request, writes one side", examples=[3])
    for_a_person: int = Field(description="only a person can say which value is right", examples=[2])


class ReconciliationView(Answer):
    """One comparison of both systems: how far it is, and what it has found in the caller's firm."""

    run_id: str = Field(examples=["0199f3c1-6f0b-7d52-9a3e-5d0c7e1f2a3b"])
    trigger: str = Field(description="`schedule`, `adviser` or `operator`", examples=["adviser"])
    phase: Phase = Field(description="what is being done now; `done` at the end")
    percent: int = Field(ge=0, le=100, description="how far it is, over all firms", examples=[40])
    finished: bool
    started_at: datetime
    finished_at: datetime | None = Field(description="null while it runs")
    found: int = Field(description="discrepancies of the firm it has seen, old and new", examples=[8])
    new: int = Field(description="those of them that were not open before", examples=[6])
    repaired: int = Field(description="those of them that were repaired", examples=[3])
    open: OpenDiscrepancies = Field(description="what is open in the firm now, whoever found it")
    link: str = Field(examples=["/api/v1/reconciliations/0199f3c1-6f0b-7d52-9a3e-5d0c7e1f2a3b"])
