"""An in-memory Plannr that behaves as the port promises."""

from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.errors import ConnectorError, ConnectorUnavailable, Invalid, NotFound
from connectors.plannr.port import (
    ApplicationRecord,
    IllustrationRecord,
    PlannrPerson,
    PlanRecord,
    SavedApplication,
    SavedPlan,
)
from models.people import BankDetails, KnownDetails, PersonDetails

_UNKNOWN_TO_PLANNR = {"tax_residences", "us_person"}


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
        """Write the details, apart from those that Plannr has no place for."""
        with self._carried_out("update_person"):
            known = KnownDetails.model_validate(details.model_dump(exclude=_UNKNOWN_TO_PLANNR))
            person = self._person(firm, account)
            self.people[firm, account] = person.model_copy(update={"known_details": known})

    async def save_bank_account(self, firm: str, account: str, bank_details: BankDetails) -> None:
        """Add it unless one with its sort code and number is there."""
        with self._carried_out("save_bank_account"):
            self._accept(firm, "POST /api/v2/bank-accounts", [account])
            present = {(stored.sort_code, stored.account_number) for stored in self.bank_accounts[account]}
            if (bank_details.sort_code, bank_details.account_number) not in present:
                self.bank_accounts[account].append(bank_details)

    async def save_application(self, firm: str, record: ApplicationRecord) -> SavedApplication:
        """Create or update; complete stays complete, and what is not named stays as it was."""
        with self._carried_out("save_application"):
            self._accept(firm, "POST /api/v1/applications", record.accounts)
            stored = self.applications.get(record.journey_id)
            if stored is not None:
                named = {name: value for name, value in record if value is not None}
                if stored.status == "complete":
                    named["status"] = "complete"
                record = stored.model_copy(update=named)
            self.applications[record.journey_id] = record
            return _saved(record)

    async def save_plan(self, firm: str, record: PlanRecord) -> SavedPlan:
        """Create or update; active stays active, and what is not named stays as it was."""
        with self._carried_out("save_plan"):
            for account in record.accounts:
                self._person(firm, account)
            stored = self.plans.get(record.journey_id)
            if stored is not None and stored.status == "active" and record.status == "proposed":
                record = stored
            elif stored is not None:
                record = stored.model_copy(update={name: value for name, value in record if value is not None})
            self.plans[record.journey_id] = record
            return SavedPlan(plan=f"plan-{record.journey_id}", status=record.status)

    async def find_application(self, firm: str, journey_id: str) -> SavedApplication | None:
        """Return the journey's application, if any."""
        with self._carried_out("find_application", write=False):
            stored = self.applications.get(journey_id)
            return _saved(stored) if stored else None

    async def ensure_webhook_subscription(self, firm: str, url: str, events: list[str]) -> str:
        """Subscribe once, to at least these events."""
        with self._carried_out("ensure_webhook_subscription"):
            present = self.subscriptions.get((firm, url), [])
            self.subscriptions[firm, url] = list(dict.fromkeys([*present, *events]))
            return "s" * 60


def _saved(record: ApplicationRecord) -> SavedApplication:
    return SavedApplication(application=f"application-{record.journey_id}", status=record.status, plan=record.plan)
