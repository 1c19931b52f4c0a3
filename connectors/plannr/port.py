"""What Onward needs from the adviser's CRM.

Every method is idempotent: called again after a time-out whose write was committed, it finds the record by its
reference and returns it. Failures are the tree of `connectors.errors`.
"""

from datetime import datetime
from typing import Literal, Protocol

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


class PlannrGateway(Protocol):
    """The CRM of one firm's advisers; `firm` selects the tenant."""

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

    async def ensure_webhook_subscription(self, firm: str, url: str, events: list[str]) -> str:
        """Subscribe the url to these events unless it is already, and return the signing secret."""
