"""What the workflows and activities of the sync exchange; ids only, no personal data."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field, JsonValue, model_validator

from domain.ownership import Subject
from models.base import Message


class Cause(StrEnum):
    """Why two records are compared."""

    WEBHOOK = "webhook"
    POLL = "poll"
    RECONCILIATION = "reconciliation"
    PERSON = "person"


class LinkState(StrEnum):
    """Where a client of the platform stands with its record in Plannr (P5)."""

    LINKED = "linked"
    AMBIGUOUS = "ambiguous"
    NO_FIRM = "no_firm"
    GONE = "gone"


class PlanState(StrEnum):
    """Where an account of the platform stands with its plan in Plannr (P3, P4, P50)."""

    LINKED = "linked"
    JOURNEYS = "journeys"
    OUT_OF_SCOPE = "out_of_scope"
    WAITING_FOR_CLIENT = "waiting_for_client"
    GONE = "gone"


PlannrKind = Literal["account", "plan", "bank_account"]


class StartPlatformSync(Message):
    """Starts the sync of one client or account of the platform.

    `settle` is how long it must have been quiet before the two records are read, so that a burst of events is one sync.
    """

    subject: Subject
    platform_id: str
    settle: timedelta = timedelta(seconds=2)


class StartPlannrSync(Message):
    """Starts the sync of one record of a firm's Plannr; an account is a person, as Plannr says it."""

    firm: str
    kind: PlannrKind
    plannr_id: str
    settle: timedelta = timedelta(seconds=2)


class Changed(Message):
    """Tells a sync that something changed; a bare cause is read as well."""

    cause: Cause

    @model_validator(mode="before")
    @classmethod
    def _from_a_bare_cause(cls, given: JsonValue) -> JsonValue:
        return {"cause": given} if isinstance(given, str) else given


class SyncClient(Message):
    """Compare one client of the platform with the record in Plannr, and carry over what may be."""

    platform_client: str
    cause: Cause


class SyncAccount(Message):
    """Compare one account of the platform with its plan in Plannr, and carry over what may be."""

    platform_account: str
    cause: Cause


class FindSubjects(Message):
    """Find what a record of Plannr concerns on the platform."""

    firm: str
    kind: PlannrKind
    plannr_id: str


class FoundSubjects(Message):
    """The clients and accounts of the platform that a record of Plannr concerns; none when it is not linked."""

    clients: list[str] = Field(default=[])
    accounts: list[str] = Field(default=[])


class SyncOutcome(Message):
    """What one comparison led to, by the names of fields.

    `left_to_journey` says that a journey is writing the same records and looks after them itself.
    """

    state: str
    to_platform: list[str] = Field(default=[])
    to_plannr: list[str] = Field(default=[])
    for_a_person: list[str] = Field(default=[])
    created: bool = False
    left_to_journey: bool = False

    @property
    def writes(self) -> int:
        """How many fields were written."""
        return len(self.to_platform) + len(self.to_plannr)


class Phase(StrEnum):
    """What a reconciliation does, in this order (P54)."""

    CLIENTS = "clients"
    ACCOUNTS = "accounts"
    PLANNR = "plannr"
    REPAIRS = "repairs"
    TASKS = "tasks"
    CLOSING = "closing"
    DONE = "done"


class StartReconciliation(Message):
    """Starts a reconciliation, or goes on with one after continue-as-new."""

    run_id: str = ""
    trigger: Literal["schedule", "adviser", "operator"] = "schedule"
    phase: Phase = Phase.CLIENTS
    cursor: str | None = None
    repair: bool = True


class ReconcilePage(Message):
    """Compare the next page of one phase."""

    run_id: str
    trigger: str
    phase: Phase
    cursor: str | None = None


class PageReconciled(Message):
    """How far the phase has come; no cursor: it is at its end."""

    cursor: str | None = None
    compared: int = 0
    found: int = 0


class ReconciliationResult(Message):
    """What a reconciliation found and did, over all firms; `open` is what is left for a person."""

    run_id: str
    clients: int = Field(description="clients of the platform compared")
    accounts: int = Field(description="accounts of the platform compared")
    found: int = Field(description="discrepancies seen, old and new")
    new: int = Field(description="those of them that were not open before")
    repaired: int
    open: int
    finished_at: datetime
