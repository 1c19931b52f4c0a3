"""What Onward needs from the adviser's CRM.

Every method is idempotent: called again after a time-out whose write was committed, it finds the record by its
reference and returns it. Failures are the tree of `connectors.errors`.
"""

from datetime import datetime
from typing import Literal, Protocol

from pydantic import Field

from domain.journey import Wrapper
from models.base import Message
from models.people import AccountDetails, BankDetails, Illustration, KnownDetails, PersonDetails

ApplicationStatus = Literal["draft", "pending", "complete"]
PlanStatus = Literal["proposed", "active"]
ClosingReason = Literal["withdrawn", "declined", "expired"]


class PlannrPerson(Message):
    """A client's record in Plannr.

    `platform_client` is the external reference of the link (P5); `link_tagged` whether the visible tag is there too.
    """

    account: str
    known_details: KnownDetails
    platform_client: str | None = None
    link_tagged: bool = False
    assigned_adviser: str | None = None


class IllustrationRecord(Message):
    """An illustration to be recorded once per journey (P10)."""

    journey_id: str
    accounts: list[str]
    requested_by: str
    wrapper: Wrapper
    illustration: Illustration


class ApplicationRecord(Message):
    """An application, identified by its journey; saving it again updates it (P11-P13, P15)."""

    journey_id: str
    accounts: list[str]
    wrapper: Wrapper
    status: ApplicationStatus
    illustration: str | None = None
    plan: str | None = None
    account_details: AccountDetails | None = None


class PlanRecord(Message):
    """A plan, identified by its journey; saving it again updates it (P12, P15)."""

    journey_id: str
    accounts: list[str]
    wrapper: Wrapper
    name: str
    status: PlanStatus
    policy_number: str | None = None


class TaskRecord(Message):
    """A task about a client's record, raised once per journey and key (P47).

    `assignee` is an employee of the firm in Plannr.
    """

    key: str
    journey_id: str
    account: str
    name: str
    description: str
    assignee: str | None = None
    due_at: datetime | None = None


class SavedApplication(Message):
    """An application as Plannr holds it: draft, pending, complete or closed."""

    application: str
    status: str
    plan: str | None = None


class SavedPlan(Message):
    """A plan as Plannr holds it: proposed, active or inactive."""

    plan: str
    status: str


class PlannrPlan(Message):
    """A plan as the sync reads it; names and types are Plannr's own."""

    plan: str
    accounts: list[str] = Field(default=[])
    name: str = ""
    type: str = ""
    sub_type: str = ""
    status: str
    policy_number: str | None = None
    proposal_reference: str | None = None


class NewPlan(Message):
    """A plan to be made once for an account that was opened on the platform (P3, P50)."""

    reference: str
    accounts: list[str]
    name: str
    wrapper: Wrapper
    status: PlanStatus | Literal["inactive"]
    policy_number: str | None = None


class PlanChange(Message):
    """What the platform's account says of its plan; what is left out stays as it is."""

    status: PlanStatus | Literal["inactive"] | None = None
    policy_number: str | None = None


class PeoplePage(Message):
    """A page of records; `after` asks for the next one, none at the end. `total` counts the whole list."""

    people: list[PlannrPerson]
    after: str | None = None
    total: int = 0


ChangedKind = Literal["account", "address", "plan", "bank_account"]


class Change(Message):
    """A record that changed, and the clients whom it concerns."""

    record: str
    accounts: list[str] = Field(default=[])
    changed_at: datetime


class Changes(Message):
    """What changed since a moment, oldest first; `more` says that a further call will find more."""

    changes: list[Change]
    more: bool = False


class PlannrGateway(Protocol):
    """The CRM of one firm's advisers; `firm` selects the tenant."""

    @property
    def call_count(self) -> int:
        """How many calls were sent so far, so that a long piece of work can report its own."""

    async def read_person(self, firm: str, account: str) -> PlannrPerson:
        """Return the record; raises NotFound."""

    async def find_clients(self, firm: str, text: str) -> list[PlannrPerson]:
        """Return the firm's clients whose name has this text in it, or whose e-mail address it is; 20 at most."""

    async def record_illustration(self, firm: str, record: IllustrationRecord) -> str:
        """Record the illustration once per journey and return its id; no plan is made by it."""

    async def link(self, firm: str, account: str, platform_client: str) -> None:
        """Store the platform client's id on the record as external reference and add the visible tag (P5)."""

    async def update_person(self, firm: str, account: str, details: PersonDetails) -> None:
        """Write the personal details that are given and the primary address to the record (P11)."""

    async def save_bank_account(self, firm: str, account: str, bank_details: BankDetails) -> None:
        """Add the bank account to the record unless the same one is there already (P11)."""

    async def save_application(self, firm: str, record: ApplicationRecord) -> SavedApplication:
        """Create the journey's application or bring it to this state.

        A complete one never goes back, and a closed one stays exactly as it is (P43).
        """

    async def save_plan(self, firm: str, record: PlanRecord) -> SavedPlan:
        """Create the journey's plan, its owners sharing it equally, or bring it to this state.

        An active one never goes back to proposed, and an inactive one stays exactly as it is (P43).
        """

    async def find_application(self, firm: str, journey_id: str) -> SavedApplication | None:
        """Return the journey's application, if there is one."""

    async def find_plan(self, firm: str, journey_id: str) -> SavedPlan | None:
        """Return the journey's plan, if there is one."""

    async def close_application(self, firm: str, journey_id: str, reason: ClosingReason) -> SavedApplication | None:
        """Close the journey's application for this reason (P43), and return it as it is then, or None without one.

        A closed one keeps its first reason; a complete one stays complete.
        """

    async def close_plan(self, firm: str, journey_id: str, reason: ClosingReason) -> SavedPlan | None:
        """Make the journey's proposed plan inactive (P43), and return it as it is then, or None without one.

        An inactive one keeps its first reason and moment; an active one stays active.
        """

    async def create_task(self, firm: str, record: TaskRecord) -> str:
        """Raise the task once per journey and key, whatever has become of it since, and return its id (P47)."""

    async def read_people(self, firm: str, accounts: list[str]) -> list[PlannrPerson]:
        """Return the records with these ids, 100 at most, in one call; those that are gone are left out."""

    async def linked_people(self, firm: str, after: str | None = None) -> PeoplePage:
        """Return the next records with the visible tag of a link, oldest first, 500 a page.

        A record that is deleted meanwhile makes no other one be left out.
        """

    async def match_candidates(self, firm: str, details: KnownDetails) -> list[PlannrPerson]:
        """Return the clients who have this e-mail address or National Insurance number (P5b).

        A person who has neither is looked for by date of birth. Each is returned once.
        """

    async def create_client(self, firm: str, details: KnownDetails, adviser: str | None, platform_client: str) -> str:
        """Create a client's record, once per platform client, link and tag it (P5b), and return its id.

        `adviser` is the employee whose client it becomes; none: the firm's default.
        """

    async def amend_person(self, firm: str, account: str, changes: KnownDetails) -> None:
        """Write the given details that differ from the record; another address becomes the primary one (P51)."""

    async def bank_accounts(self, firm: str, accounts: list[str]) -> dict[str, BankDetails]:
        """Return the newest bank account of each of these clients, 100 at most; those without one are left out."""

    async def read_plans(
        self, firm: str, *, plans: list[str] | None = None, references: list[str] | None = None
    ) -> list[PlannrPlan]:
        """Return plans by their ids or by proposal reference, 100 at most; those that are not there are left out."""

    async def open_plan(self, firm: str, plan: NewPlan) -> PlannrPlan:
        """Make the plan once per reference; one that is there is returned as it is, whatever it says (P3)."""

    async def change_plan(self, firm: str, plan: str, change: PlanChange) -> PlannrPlan:
        """Write what is given and differs; raises NotFound."""

    async def changes(self, firm: str, kind: ChangedKind, since: datetime) -> Changes:
        """Return what was changed at or after a moment, 500 at most (P53)."""

    async def ensure_webhook_subscription(self, firm: str, url: str, events: list[str]) -> str:
        """Subscribe the url to these events unless it is already, and return the signing secret."""
