"""An in-memory Plannr that behaves as the port promises."""

from collections import defaultdict, deque

from connectors.errors import ConnectorError, NotFound
from connectors.plannr.port import (
    ApplicationRecord,
    IllustrationRecord,
    PlannrPerson,
    PlanRecord,
    SavedApplication,
    SavedPlan,
)
from models.people import BankDetails, KnownDetails, PersonDetails


class FakePlannr:
    """Keeps records in dictionaries; `fail_next` makes the next call of an operation fail before it writes."""

    def __init__(self) -> None:
        self.people: dict[tuple[str, str], PlannrPerson] = {}
        self.bank_accounts: dict[str, list[BankDetails]] = defaultdict(list)
        self.illustrations: dict[str, IllustrationRecord] = {}
        self.applications: dict[str, ApplicationRecord] = {}
        self.plans: dict[str, PlanRecord] = {}
        self.subscriptions: dict[tuple[str, str], list[str]] = {}
        self.writes: list[str] = []
        self._failures: dict[str, deque[ConnectorError]] = defaultdict(deque)

    def add_person(self, firm: str, account: str, known_details: KnownDetails) -> PlannrPerson:
        """Put a client's record there, not linked."""
        person = PlannrPerson(account=account, known_details=known_details)
        self.people[firm, account] = person
        return person

    def fail_next(self, operation: str, *errors: ConnectorError) -> None:
        """Let the next calls of this method raise these errors, one each."""
        self._failures[operation].extend(errors)

    def _attempt(self, operation: str, *, write: bool = True) -> None:
        if self._failures[operation]:
            raise self._failures[operation].popleft()
        if write:
            self.writes.append(operation)

    async def read_person(self, firm: str, account: str) -> PlannrPerson:
        """Return the record; raises NotFound."""
        self._attempt("read_person", write=False)
        if (firm, account) not in self.people:
            raise NotFound("plannr", "GET /api/v1/account/{uuid}", "no such record")
        return self.people[firm, account]

    async def record_illustration(self, firm: str, record: IllustrationRecord) -> str:
        """Record it once per journey."""
        self._attempt("record_illustration")
        self.illustrations.setdefault(record.journey_id, record)
        return f"illustration-{record.journey_id}"

    async def link(self, firm: str, account: str, platform_client: str) -> None:
        """Set reference and tag."""
        self._attempt("link")
        person = await self.read_person(firm, account)
        self.people[firm, account] = person.model_copy(update={"platform_client": platform_client, "link_tagged": True})

    async def update_person(self, firm: str, account: str, details: PersonDetails) -> None:
        """Write the details."""
        self._attempt("update_person")
        person = await self.read_person(firm, account)
        known = KnownDetails.model_validate(details.model_dump())
        self.people[firm, account] = person.model_copy(update={"known_details": known})

    async def save_bank_account(self, firm: str, account: str, bank_details: BankDetails) -> None:
        """Add it unless it is there."""
        self._attempt("save_bank_account")
        if bank_details not in self.bank_accounts[account]:
            self.bank_accounts[account].append(bank_details)

    async def save_application(self, firm: str, record: ApplicationRecord) -> SavedApplication:
        """Create or update; complete stays complete, and what is not named stays as it was."""
        self._attempt("save_application")
        stored = self.applications.get(record.journey_id)
        if stored is not None:
            named = {name: value for name, value in record if value is not None}
            if stored.status == "complete":
                named["status"] = "complete"
            record = stored.model_copy(update=named)
        self.applications[record.journey_id] = record
        return _saved(record)

    async def save_plan(self, firm: str, record: PlanRecord) -> SavedPlan:
        """Create or update; active stays active."""
        self._attempt("save_plan")
        stored = self.plans.get(record.journey_id)
        if stored is not None and stored.status == "active":
            record = stored
        self.plans[record.journey_id] = record
        return SavedPlan(plan=f"plan-{record.journey_id}", status=record.status)

    async def find_application(self, firm: str, journey_id: str) -> SavedApplication | None:
        """Return the journey's application, if any."""
        self._attempt("find_application", write=False)
        stored = self.applications.get(journey_id)
        return _saved(stored) if stored else None

    async def ensure_webhook_subscription(self, firm: str, url: str, events: list[str]) -> str:
        """Subscribe once."""
        self._attempt("ensure_webhook_subscription")
        self.subscriptions[firm, url] = events
        return "s" * 60


def _saved(record: ApplicationRecord) -> SavedApplication:
    return SavedApplication(application=f"application-{record.journey_id}", status=record.status, plan=record.plan)
