"""An in-memory Plannr that behaves as the port promises."""

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.errors import ConnectorError, ConnectorUnavailable, Invalid, NotFound
from connectors.plannr.port import (
    ApplicationRecord,
    ClosingReason,
    IllustrationRecord,
    PlannrPerson,
    PlanRecord,
    SavedApplication,
    SavedPlan,
    TaskRecord,
)
from models.people import BankDetails, KnownDetails, PersonDetails

_MOST_FOUND = 20
_UNKNOWN_TO_PLANNR = {"tax_residences", "us_person", "no_national_insurance_number"}


def _is_meant(known: KnownDetails, text: str) -> bool:
    if "@" in text:
        return (known.email or "").casefold() == text.casefold()
    return text.casefold() in f"{known.title or ''} {known.first_name or ''} {known.last_name or ''}".casefold()


class FakePlannr:
    """Keeps records in dictionaries and can be told to fail.

    `fail_next` makes the next calls of an operation fail before they write, `lose_answer` lets the next call write and
    then fail. `writes` names every call that was carried out, in order.
    """

    def __init__(self) -> None:
        self.people: dict[tuple[str, str], PlannrPerson] = {}
        self.bank_accounts: dict[str, list[BankDetails]] = defaultdict(list)
        self.illustrations: dict[str, IllustrationRecord] = {}
        self.applications: dict[str, ApplicationRecord] = {}
        self.plans: dict[str, PlanRecord] = {}
        self.closed_applications: dict[str, ClosingReason] = {}
        self.closed_plans: dict[str, ClosingReason] = {}
        self.tasks: dict[tuple[str, str], TaskRecord] = {}
        self.subscriptions: dict[tuple[str, str], list[str]] = {}
        self.writes: list[str] = []
        self._failures: dict[str, deque[ConnectorError]] = defaultdict(deque)
        self._lost: set[str] = set()

    def add_person(self, firm: str, account: str, known_details: KnownDetails) -> PlannrPerson:
        """Put a client's record there, not linked."""
        known = known_details.model_copy(update=dict.fromkeys(_UNKNOWN_TO_PLANNR))
        person = PlannrPerson(account=account, known_details=known)
        self.people[firm, account] = person
        return person

    def fail_next(self, operation: str, *errors: ConnectorError) -> None:
        """Let the next calls of this method raise these errors, one each."""
        self._failures[operation].extend(errors)

    def lose_answer(self, operation: str) -> None:
        """Let the next call of this method do its work and then not answer in time."""
        self._lost.add(operation)

    @contextmanager
    def _carried_out(self, operation: str, *, write: bool = True) -> Iterator[None]:
        if self._failures[operation]:
            raise self._failures[operation].popleft()
        yield
        if write:
            self.writes.append(operation)
        if operation in self._lost:
            self._lost.remove(operation)
            raise ConnectorUnavailable("plannr", operation, "did not answer in time")

    def _person(self, firm: str, account: str) -> PlannrPerson:
        if (firm, account) not in self.people:
            raise NotFound("plannr", "GET /api/v1/account/{uuid}", "no such record")
        return self.people[firm, account]

    def _accept(self, firm: str, operation: str, accounts: list[str]) -> None:
        if any((firm, account) not in self.people for account in accounts):
            raise Invalid("plannr", operation, "refused the content of account_uuids", fields=["account_uuids"])

    async def read_person(self, firm: str, account: str) -> PlannrPerson:
        """Return the record; raises NotFound."""
        with self._carried_out("read_person", write=False):
            return self._person(firm, account)

    async def find_clients(self, firm: str, text: str) -> list[PlannrPerson]:
        """Return whose name has the text in it, or whose address it is, whatever its case."""
        with self._carried_out("find_clients", write=False):
            of_firm = [person for (owner, _), person in self.people.items() if owner == firm]
            return [person for person in of_firm if _is_meant(person.known_details, text)][:_MOST_FOUND]

    async def record_illustration(self, firm: str, record: IllustrationRecord) -> str:
        """Record it once per journey."""
        with self._carried_out("record_illustration"):
            self._person(firm, record.accounts[0])
            self.illustrations.setdefault(record.journey_id, record)
            return f"illustration-{record.journey_id}"

    async def link(self, firm: str, account: str, platform_client: str) -> None:
        """Set reference and tag."""
        with self._carried_out("link"):
            linked = {"platform_client": platform_client, "link_tagged": True}
            self.people[firm, account] = self._person(firm, account).model_copy(update=linked)

    async def update_person(self, firm: str, account: str, details: PersonDetails) -> None:
        """Write the details that are given, apart from those that Plannr has no place for."""
        with self._carried_out("update_person"):
            person = self._person(firm, account)
            given = KnownDetails.model_validate(details.model_dump(exclude=_UNKNOWN_TO_PLANNR))
            known = person.known_details.merged_with(given)
            self.people[firm, account] = person.model_copy(update={"known_details": known})

    async def save_bank_account(self, firm: str, account: str, bank_details: BankDetails) -> None:
        """Add it unless one with its sort code and number is there."""
        with self._carried_out("save_bank_account"):
            self._accept(firm, "POST /api/v2/bank-accounts", [account])
            present = {(stored.sort_code, stored.account_number) for stored in self.bank_accounts[account]}
            if (bank_details.sort_code, bank_details.account_number) not in present:
                self.bank_accounts[account].append(bank_details)

    async def save_application(self, firm: str, record: ApplicationRecord) -> SavedApplication:
        """Create or update; complete stays complete, closed stays as it is, as does what is not named."""
        with self._carried_out("save_application"):
            self._accept(firm, "POST /api/v1/applications", record.accounts)
            stored = self.applications.get(record.journey_id)
            if stored is not None and record.journey_id in self.closed_applications:
                record = stored
            elif stored is not None:
                named = {name: value for name, value in record if value is not None}
                if stored.status == "complete":
                    named["status"] = "complete"
                record = stored.model_copy(update=named)
            self.applications[record.journey_id] = record
            return self._application(record.journey_id)

    async def save_plan(self, firm: str, record: PlanRecord) -> SavedPlan:
        """Create or update; active stays active, inactive stays as it is, as does what is not named."""
        with self._carried_out("save_plan"):
            for account in record.accounts:
                self._person(firm, account)
            stored = self.plans.get(record.journey_id)
            is_late = stored is not None and stored.status == "active" and record.status == "proposed"
            if stored is not None and (is_late or record.journey_id in self.closed_plans):
                record = stored
            elif stored is not None:
                record = stored.model_copy(update={name: value for name, value in record if value is not None})
            self.plans[record.journey_id] = record
            return self._plan(record.journey_id)

    async def find_application(self, firm: str, journey_id: str) -> SavedApplication | None:
        """Return the journey's application, if any."""
        with self._carried_out("find_application", write=False):
            return self._application(journey_id) if journey_id in self.applications else None

    async def find_plan(self, firm: str, journey_id: str) -> SavedPlan | None:
        """Return the journey's plan, if any."""
        with self._carried_out("find_plan", write=False):
            return self._plan(journey_id) if journey_id in self.plans else None

    async def close_application(self, firm: str, journey_id: str, reason: ClosingReason) -> SavedApplication | None:
        """Close the application unless it is over."""
        with self._carried_out("close_application"):
            stored = self.applications.get(journey_id)
            if stored is None:
                return None
            if stored.status != "complete":
                self.closed_applications.setdefault(journey_id, reason)
            return self._application(journey_id)

    async def close_plan(self, firm: str, journey_id: str, reason: ClosingReason) -> SavedPlan | None:
        """Make a proposed plan inactive."""
        with self._carried_out("close_plan"):
            stored = self.plans.get(journey_id)
            if stored is None:
                return None
            if stored.status != "active":
                self.closed_plans.setdefault(journey_id, reason)
            return self._plan(journey_id)

    async def create_task(self, firm: str, record: TaskRecord) -> str:
        """Raise the task once per journey and key."""
        with self._carried_out("create_task"):
            if (firm, record.account) not in self.people:
                raise Invalid("plannr", "POST /api/v1/task", "refused the content", fields=["taskable_uuid"])
            self.tasks.setdefault((record.journey_id, record.key), record)
            return f"task-{record.journey_id}-{record.key}"

    async def ensure_webhook_subscription(self, firm: str, url: str, events: list[str]) -> str:
        """Subscribe once, to at least these events."""
        with self._carried_out("ensure_webhook_subscription"):
            present = self.subscriptions.get((firm, url), [])
            self.subscriptions[firm, url] = list(dict.fromkeys([*present, *events]))
            return "s" * 60

    def _application(self, journey_id: str) -> SavedApplication:
        stored = self.applications[journey_id]
        status = "closed" if journey_id in self.closed_applications else stored.status
        return SavedApplication(application=f"application-{journey_id}", status=status, plan=stored.plan)

    def _plan(self, journey_id: str) -> SavedPlan:
        status = "inactive" if journey_id in self.closed_plans else self.plans[journey_id].status
        return SavedPlan(plan=f"plan-{journey_id}", status=status)
