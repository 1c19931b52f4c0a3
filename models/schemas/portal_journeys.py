"""What a client sees of their journeys (P14, P20-P26)."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from domain.journey import DocumentKind, Stage, Wrapper
from domain.portal_tasks import TaskKey, TaskState
from models.people import KnownDetails
from models.schemas.portal_access import PortalAnswer


class TaskView(PortalAnswer):
    """One task of the client."""

    key: TaskKey
    state: TaskState
    reason: str = Field(
        description="what is missing before it can be finished, in words; empty where nothing is",
        examples=["Open 2 more documents to continue: Terms of business, Charges and privacy."],
    )


class ProgressView(PortalAnswer):
    """How far the client is."""

    done: int = Field(examples=[2])
    total: int = Field(examples=[5])
    words: str = Field(examples=["2 of 5"])


class PortalJourney(PortalAnswer):
    """A journey as its client sees it."""

    journey_id: str
    wrapper: Wrapper
    wrapper_label: str = Field(examples=["stocks and shares ISA"])
    firm_name: str = Field(examples=["Harbour Wealth"])
    stage: Stage
    status: str = Field(description="what happens now, in words for the client")
    tasks: list[TaskView]
    next_task: TaskKey | None = Field(description="where the client lands; none when nothing can be done now (P26)")
    progress: ProgressView


class NextTask(PortalAnswer):
    """The task to go to after signing in."""

    journey_id: str
    task: TaskKey


class PortalJourneys(PortalAnswer):
    """Every journey of the client, the newest first."""

    journeys: list[PortalJourney]
    next: NextTask | None = Field(description="the first open task of all journeys (P26)")


class PortalDocument(PortalAnswer):
    """A document in force, and whether the client has opened it in this version (P24)."""

    document_id: str
    version: int
    kind: DocumentKind
    title: str = Field(examples=["Terms of business"])
    sha256: str
    opened_at: datetime | None
    reason: str = Field(
        description="why it has to be opened again, in words; empty where it has not changed (P28)",
        examples=["This document has changed since you opened version 1. Please open the new version."],
    )
    content_url: str | None = Field(description="where its content is, once it was opened")


class TermsView(PortalAnswer):
    """What is ticked to accept terms, word for word (P24, P25)."""

    kind: DocumentKind
    statement: str
    declaration: list[str] = Field(description="the sentences declared beside it; none where nothing is declared")
    declaration_version: str | None
    missing: list[str] = Field(description="titles still to be opened; the box can't be ticked until there are none")
    accepted_at: datetime | None


class StatementView(PortalAnswer):
    """The statement of a pension that is open (P32)."""

    content_url: str
    corrections_until: datetime = Field(description="the end of the time in which corrections are taken")
    can_be_corrected: bool


class PortalJourneyDetail(PortalJourney):
    """A journey with its documents, its terms and the client's own details."""

    documents: list[PortalDocument]
    terms: list[TermsView]
    personal_details: KnownDetails | None = Field(
        description="as the platform holds them; none while it can't be reached"
    )
    bank_account: str | None = Field(description="the account's last digits", examples=["•••• 9911"])
    statement: StatementView | None = Field(description="of an open pension alone")


class ActAnswer(PortalAnswer):
    """What the client did was recorded; the same answer when it had been recorded before."""

    evidence_id: str
    recorded_at: datetime
    journey: PortalJourney


class ActFollowed(ActAnswer):
    """What the client did was recorded, and what happens now."""

    what_happens_next: str


class OpenedDocument(PortalAnswer):
    """A document that was opened: exactly the bytes at `content_url` have this hash."""

    document_id: str
    version: int
    sha256: str
    content_url: str
    journey: PortalJourney


class GuaranteeView(PortalAnswer):
    """The Direct Debit Guarantee in full (P23)."""

    version: str
    text: str


class MandateView(PortalAnswer):
    """What the client is asked to authorise (P23)."""

    payee: str = Field(description="who collects the money and stands on the bank statement")
    amount_pence: int
    frequency: str
    collection_day: int
    first_collection_on: date | None = Field(description="none while the platform has not fixed it")
    reference: str | None = Field(description="stands on the bank statement beside the payee")
    bank_account: str | None = Field(examples=["•••• 9911"])
    question: str
    statement: str = Field(description="what the client agrees to by answering yes, word for word")
    guarantee: GuaranteeView
    answer: Literal["online", "paper_requested", "paper_received"] | None


class MandateAnswered(ActFollowed):
    """How the mandate goes on."""

    route: Literal["online", "paper_requested"]


class BankDetailsFeedback(PortalAnswer):
    """What can be said of bank details while they are typed (P22); nothing is stored."""

    result: Literal["valid", "invalid", "unchecked", "incomplete"]
    sort_code: str | None = Field(description="what to do about the sort code; none when it is well formed")
    account_number: str | None = Field(description="what to do about the account number; none when it is well formed")
    message: str
