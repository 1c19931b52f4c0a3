"""What advisers send and get about journeys."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.journey import Party, Stage, Wrapper
from models.commands import HolderDetails
from models.messages import HolderDetailsView, Progress
from models.people import AccountDetails
from models.schemas.eligibility import EligibilityNotice
from models.schemas.forms import Answer, Form


class ClientDetailsForm(Form):
    """*Update platform client*: what is amended or was missing; everything else stays as Plannr has it (P7, P11)."""

    holders: list[HolderDetails] = Field(max_length=4)
    reason: str = Field(default="", max_length=200, description="kept in the audit; no personal data")


class ApplicationForm(Form):
    """*Update & proceed*: the account; it is opened only when `send_to_platform` is true (P12, P13)."""

    account: AccountDetails
    send_to_platform: bool = Field(examples=[True])
    reason: str = Field(default="", max_length=200, description="kept in the audit; no personal data")


class InvitationForm(Form):
    """Who gets a fresh invitation to the portal (P20)."""

    person_id: str = Field(min_length=1, max_length=64, examples=["k3v7q2m5x4c6b8n0r1t2"])
    new_password: bool = Field(
        default=False,
        description="they have forgotten theirs: it stops working, they are signed out everywhere, and the link asks "
        "for a new one",
    )
    reason: str = Field(default="", max_length=200, description="kept in the audit; no personal data")


class ReasonForm(Form):
    """Why the command is given."""

    reason: str = Field(default="", max_length=200, description="kept in the audit; no personal data")


class JourneyLinks(Answer):
    """Where to go on from a journey; all on this origin, except the operator's page."""

    self: str = Field(examples=["/api/v1/journeys/k3v7q2m5x4c6b8n0r1t2"])
    client_details: str
    application: str
    amendments: str
    withdrawal: str
    hold: str
    resume: str
    invitations: str
    documents: str
    emails: str
    evidence: str
    events: str
    operator: str | None = Field(description="the workflow's page in the Temporal Web UI")


class JourneyDetail(Progress):
    """A journey: its stage, its gates, who is awaited and since when, and what happened so far."""

    warnings: list[EligibilityNotice] = Field(description="what was found when it was last assessed (P33)")
    links: JourneyLinks


class JourneySummary(Answer):
    """A journey in a list."""

    journey_id: str = Field(examples=["k3v7q2m5x4c6b8n0r1t2"])
    external_reference: str = Field(examples=["HW-2026-0041"])
    adviser_id: str
    wrapper: Wrapper
    stage: Stage
    stage_since: datetime
    waiting_on: Party
    waiting_since: datetime
    waiting_for: str = Field(examples=["platform terms (to open: Terms of business)"])
    needs_attention: bool
    attention: list[str]
    next_action: str
    next_action_at: datetime | None
    version: int
    started_at: datetime
    updated_at: datetime
    link: str = Field(examples=["/api/v1/journeys/k3v7q2m5x4c6b8n0r1t2"])


class JourneyPage(Answer):
    """A page of journeys, the last changed first."""

    journeys: list[JourneySummary]
    next: str | None = Field(description="the address of the next page; null on the last one")


class ClientDetailsView(Answer):
    """The details form, pre-filled from Plannr, with what is still missing (P7)."""

    journey_id: str
    version: int
    holders: list[HolderDetailsView]


class CommandResult(Answer):
    """What a command led to.

    `completed` is false when the journey took the command but is still carrying it out: follow the journey, or send
    the same request with the same key again to get its outcome.
    """

    journey_id: str
    stage: Stage
    version: int
    completed: bool
    warnings: list[EligibilityNotice] = Field(description="what to know of the details that were given (P33)")


class DocumentOfHolder(Answer):
    """What one holder did with one document."""

    person_id: str
    opened_at: datetime | None
    accepted_at: datetime | None


class JourneyDocument(Answer):
    """A document in force on this journey and what each holder did with it (P24)."""

    document_id: str
    version: int
    kind: str = Field(examples=["platform_terms"])
    title: str
    sha256: str
    holders: list[DocumentOfHolder]


class JourneyDocuments(Answer):
    """The documents of a journey."""

    journey_id: str
    documents: list[JourneyDocument]


class JourneyEmail(Answer):
    """An e-mail of a journey as the ledger knows it; its text and address are in no answer."""

    message_id: str
    event: str = Field(examples=["account_created"])
    template: str = Field(examples=["account_created"])
    recipient_role: str = Field(examples=["client"])
    person_id: str | None
    subject: str
    state: Literal["queued", "sent", "refused"]
    reply: str = Field(description="what the mail server answered", examples=["250 OK"])
    created_at: datetime
    sent_at: datetime | None


class JourneyEmails(Answer):
    """The e-mails of a journey, the first one first."""

    journey_id: str
    emails: list[JourneyEmail]


class DocumentShownView(Answer):
    """A document in the version and bytes that a client was served."""

    document_id: str
    version: int
    sha256: str


class EvidenceView(Answer):
    """One act of a client, as it was stored before anything followed from it."""

    evidence_id: str
    position: int = Field(description="its place in the journey's chain, from 1")
    person_id: str
    capacity: str = Field(examples=["self"])
    kind: str = Field(examples=["platform_terms_accepted"])
    documents: list[DocumentShownView]
    statement: str | None = Field(description="the sentence the client ticked, word for word")
    occurred_at: datetime
    authentication: str | None
    ip: str | None
    user_agent: str | None
    previous_hash: str
    record_hash: str
    signalled_at: datetime | None


class JourneyEvidence(Answer):
    """Everything the clients of a journey did, the first act first."""

    journey_id: str
    chain_verified: bool = Field(description="whether every record is unchanged since it was stored")
    evidence: list[EvidenceView]


class TimelineEvent(Answer):
    """Something that happened, in words without personal data."""

    at: datetime
    by: str = Field(examples=["adviser"])
    event: str = Field(examples=["client details submitted"])
    detail: str


class FinalEvent(Answer):
    """The last event of a journey's stream."""

    stage: Stage
    version: int
