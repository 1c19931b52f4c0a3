"""The contract of the activities: one request and one result each, versioned like the workflow's messages."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from domain.journey import DocumentKind, PartyRole, Wrapper
from models.base import Message
from models.facts import CheckState, DocumentView
from models.messages import Adviser
from models.people import AccountDetails, BankDetails, Illustration, KnownDetails, PersonDetails


class JourneyRef(Message):
    """What every activity needs to know of its journey."""

    journey_id: str
    workflow_id: str
    firm: str
    firm_name: str
    adviser: Adviser
    wrapper: Wrapper


class HolderRef(Message):
    """A holder's records in the two systems."""

    person_id: str
    plannr_account: str
    platform_client: str
    role: PartyRole = PartyRole.HOLDER


class HolderToRegister(Message):
    """A party who may not have a platform client yet."""

    person_id: str
    plannr_account: str
    platform_client: str | None
    known_details: KnownDetails
    role: PartyRole = PartyRole.HOLDER


class RecordIllustration(Message):
    """Both systems, P10 and P5: register and link the holders, record the illustration."""

    journey: JourneyRef
    holders: list[HolderToRegister]
    illustration: Illustration


class IllustrationRecorded(Message):
    """The platform clients by person, and the illustration's id in each system."""

    clients: dict[str, str]
    platform_illustration: str
    plannr_illustration: str


class HolderRecord(Message):
    """A holder's full details, to be written to a system."""

    holder: HolderRef
    details: PersonDetails
    bank_details: BankDetails | None = None


class OpenApplication(Message):
    """Plannr, P11: update each record and open the draft application."""

    journey: JourneyRef
    holders: list[HolderRecord]
    plannr_illustration: str | None
    account_details: AccountDetails | None


class UpdatePeople(Message):
    """Plannr, P41, P44: update each record; the application stays as it is."""

    journey: JourneyRef
    holders: list[HolderRecord]


class ApplicationSaved(Message):
    """The application's id, and the plan's once there is one."""

    plannr_application: str
    plannr_plan: str | None = None


class SetUpClients(Message):
    """Platform, P11: write each client's details and submit them, which starts the checks."""

    journey: JourneyRef
    holders: list[HolderRecord]


class ClientState(Message):
    """A platform client as it is now."""

    person_id: str
    active: bool
    platform_terms_current: bool
    bank_details_given: bool
    identity: CheckState
    bank: CheckState


class ClientsSetUp(Message):
    """Every holder's client after the set-up."""

    clients: list[ClientState]


class SaveApplication(Message):
    """Plannr, P12, P13: save the account form; with `propose` the application is pending and a plan proposed."""

    journey: JourneyRef
    holders: list[HolderRef]
    account_details: AccountDetails
    propose: bool


class OpenAccount(Message):
    """Platform, P12: open the account and, if selected, the mandate."""

    journey: JourneyRef
    holders: list[HolderRef]
    account_details: AccountDetails
    mandate_number: int = Field(default=1, description="2 and more for a fresh mandate after a failed one (P47)")


class AccountOpened(Message):
    """The account, the mandate, the documents in force, and each client as it is now."""

    platform_account: str
    platform_mandate: str | None
    documents: list[DocumentView]
    clients: list[ClientState]


class ReadClients(Message):
    """Platform: read the holders' clients and their checks again, and the documents in force if asked."""

    journey: JourneyRef
    holders: list[HolderRef]
    documents: bool = False


class ClientsRead(Message):
    """Each client as it is now, and the documents in force if they were asked for."""

    clients: list[ClientState]
    documents: list[DocumentView] = Field(default=[])


class SaveBankDetails(Message):
    """Platform and Plannr, P22: bank details that the client gave in the portal."""

    journey: JourneyRef
    holder: HolderRef
    bank_details: BankDetails


class GivenAcceptance(Message):
    """An acceptance that counts, to be told to the platform."""

    person_id: str
    platform_client: str
    kind: DocumentKind
    evidence_id: str
    accepted_at: datetime
    documents: list[DocumentView]


class GivenMandate(Message):
    """An authorisation of the mandate, to be told to the platform."""

    platform_mandate: str
    evidence_id: str
    accepted_at: datetime
    on_paper: bool = False


class RecordAcceptances(Message):
    """Platform: record what the client accepted; with `activate` turn the account active as well (P15)."""

    journey: JourneyRef
    platform_account: str
    acceptances: list[GivenAcceptance]
    mandate: GivenMandate | None
    activate: bool


class AcceptancesRecorded(Message):
    """The evidence ids the platform knows of now, and whether the account is active."""

    evidence_ids: list[str]
    active: bool


class AmendAccount(Message):
    """Platform, P44: bring the open account, and its mandate, to the amended form."""

    journey: JourneyRef
    holders: list[HolderRef]
    platform_account: str
    account_details: AccountDetails
    mandate_number: int = 1
    replaced_mandate: str | None = Field(default=None, description="cancelled before another one is set up")


class OpenMandate(Message):
    """Platform, P47: set up a fresh mandate on the account."""

    journey: JourneyRef
    holders: list[HolderRef]
    platform_account: str
    account_details: AccountDetails
    mandate_number: int


class MandateOpened(Message):
    """The mandate that is in place now, None when none is selected."""

    platform_mandate: str | None


class CompleteApplication(Message):
    """Plannr, P15: plan active with the platform's account number, application complete."""

    journey: JourneyRef
    holders: list[HolderRef]
    account_details: AccountDetails
    platform_account: str


class EmailOrder(Message):
    """One e-mail: the event it belongs to, unique per journey and recipient, and who gets it."""

    event: str
    template: str
    recipient_role: Literal["client", "adviser"]
    person_id: str | None = None
    plannr_account: str | None = None
    address: str
    first_name: str
    invitation: int | None = Field(default=None, description="sequence of the portal invitation the e-mail carries")
    pension: bool = False
    mandate: bool = False
    reason: str = Field(default="", description="a sentence of our own tables, without personal data")
    document_title: str = ""
    days_left: int | None = None
    expires_on: date | None = None
    reminder_number: int = 1
    left_to_do: list[str] = Field(default=[], description="the client's open tasks, in a few words each")
    client_told: bool = False
    wrappers: list[Wrapper] = Field(default=[], description="every account the e-mail speaks of; empty for this one")


class SendEmails(Message):
    """Mail: send these e-mails, each exactly once."""

    journey: JourneyRef
    orders: list[EmailOrder]
    invitation_valid_seconds: int


class EmailSent(Message):
    """What became of one e-mail."""

    event: str
    recipient_role: Literal["client", "adviser"]
    state: Literal["sent", "refused"]


class EmailsSent(Message):
    """What became of the e-mails of one event."""

    emails: list[EmailSent]
