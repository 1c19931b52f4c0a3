"""The signals of the `OnboardingJourney` workflow: facts from the client and from outside.

They are safe in any order, twice, and early (P46). As in `models.messages`, only ever add fields, with defaults.
"""

from datetime import date

from pydantic import AwareDatetime, Field

from domain.journey import CheckStatus, DocumentKind, MandateRoute
from models.base import Message
from models.people import BankDetails


class Fact(Message):
    """A fact about one person, with the id of the evidence row that was stored before it was sent."""

    person_id: str
    evidence_id: str
    occurred_at: AwareDatetime


class FieldCorrection(Message):
    """One correction a client asks for, shown to the adviser as old → new (P21)."""

    field: str
    old: str
    new: str


class ClientDetailsConfirmed(Fact):
    """The client checked their details, and asked for these corrections, if any (P21)."""

    corrections: list[FieldCorrection] = Field(default=[])


class DocumentRef(Message):
    """A document in one version."""

    document_id: str
    version: int


class DocumentView(Message):
    """A document in force on a journey."""

    document_id: str
    version: int
    kind: DocumentKind
    title: str
    sha256: str


class DocumentOpened(Fact):
    """The client opened a document (P24)."""

    document: DocumentRef


class TermsAccepted(Fact):
    """The client accepted terms, covering exactly these documents (P24, P25)."""

    documents: list[DocumentRef]


class DirectDebitMandateAnswered(Fact):
    """The client authorised the mandate, or needs the paper route; or the signed paper arrived (P23)."""

    route: MandateRoute


class BankDetailsSubmitted(Fact):
    """The client gave bank details in the portal (P22)."""

    bank_details: BankDetails


class CheckState(Message):
    """One check as the platform reports it; `updated_at` decides between two reports that arrive out of order."""

    status: CheckStatus
    reason: str = ""
    updated_at: AwareDatetime | None = None


class VerificationUpdated(Message):
    """A person's checks, read from the platform after one of its events; late and repeated ones are harmless."""

    platform_client: str
    identity: CheckState
    bank: CheckState


class JourneyDeclined(Fact):
    """The client declined: nothing more is asked of anybody (P27, P30)."""


class HelpRequested(Fact):
    """The client wants to talk to the adviser before going on (P27)."""


class StatementCorrected(Fact):
    """The member of a pension asked for a correction of the statement within its window (SIPP)."""

    corrections: list[FieldCorrection]


class TermsSuperseded(Message):
    """The platform published a document again (P28); an older version than the one in force changes nothing."""

    document: DocumentView
    published_at: AwareDatetime


class MandateFailed(Message):
    """A mandate failed or was cancelled at the bank (P47); `sentence_*` say what it means, from the reason table."""

    platform_mandate: str
    event_id: str
    occurred_at: AwareDatetime
    reason_code: str
    needs_new_mandate: bool = True
    stop_mail: bool = Field(default=False, description="the bank reports a death: no e-mail to the client")
    sentence_client: str = ""
    sentence_adviser: str = ""


class AccountStatusChanged(Message):
    """The platform reports the account itself, such as its first subscription."""

    platform_account: str
    occurred_at: AwareDatetime
    first_subscription_on: date | None = None
