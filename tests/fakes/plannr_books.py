"""The in-memory Plannr's books, and what every part of it does with them."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.errors import ConnectorError, ConnectorUnavailable, Invalid, NotFound
from connectors.plannr.port import (
    ApplicationRecord,
    ChangedKind,
    ClosingReason,
    IllustrationRecord,
    PlannrPerson,
    PlannrPlan,
    PlanRecord,
    TaskRecord,
)
from models.people import BankDetails, KnownDetails

UNKNOWN_TO_PLANNR = {"tax_residences", "us_person", "no_national_insurance_number"}


@dataclass(frozen=True)
class Moved:
    """A record's newest change, and the clients whom it concerns."""

    accounts: list[str]
    changed_at: datetime


class FakeBooks:
    """Keeps records in dictionaries and can be told to fail.

    `fail_next` makes the next calls of an operation fail before they write, `lose_answer` lets the next call write and
    then fail. `writes` names every call that was carried out, in order; `call_count` counts every call.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.people: dict[tuple[str, str], PlannrPerson] = {}
        self.banks: dict[str, list[BankDetails]] = defaultdict(list)
        self.illustrations: dict[str, IllustrationRecord] = {}
        self.applications: dict[str, ApplicationRecord] = {}
        self.plans: dict[str, PlanRecord] = {}
        self.every_plan: dict[tuple[str, str], PlannrPlan] = {}
        self.closed_applications: dict[str, ClosingReason] = {}
        self.closed_plans: dict[str, ClosingReason] = {}
        self.tasks: dict[tuple[str, str], TaskRecord] = {}
        self.subscriptions: dict[tuple[str, str], list[str]] = {}
        self.writes: list[str] = []
        self.call_count = 0
        self._now = now
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._places: dict[tuple[str, str], int] = {}
        self._moved: dict[tuple[str, ChangedKind], dict[str, Moved]] = defaultdict(dict)
        self._failures: dict[str, deque[ConnectorError]] = defaultdict(deque)
        self._lost: set[str] = set()

    def add_person(
        self, firm: str, account: str, known_details: KnownDetails, *, adviser: str | None = None
    ) -> PlannrPerson:
        """Put a client's record there, not linked."""
        known = known_details.model_copy(update=dict.fromkeys(UNKNOWN_TO_PLANNR))
        person = PlannrPerson(account=account, known_details=known, assigned_adviser=adviser)
        self.people[firm, account] = person
        self._places.setdefault((firm, account), len(self._places))
        self._touch(firm, "account", account, [account])
        if known.address is not None:
            self._touch(firm, "address", f"address-{account}", [account])
        return person

    def fail_next(self, operation: str, *errors: ConnectorError) -> None:
        """Let the next calls of this method raise these errors, one each."""
        self._failures[operation].extend(errors)

    def lose_answer(self, operation: str) -> None:
        """Let the next call of this method do its work and then not answer in time."""
        self._lost.add(operation)

    @contextmanager
    def _carried_out(self, operation: str, *, write: bool = True) -> Iterator[None]:
        self.call_count += 1
        if self._failures[operation]:
            raise self._failures[operation].popleft()
        yield
        if write:
            self.writes.append(operation)
        if operation in self._lost:
            self._lost.remove(operation)
            raise ConnectorUnavailable("plannr", operation, "did not answer in time")

    def _moment(self) -> datetime:
        """Return the time, which never stands still, so that an order by it is stable."""
        self._latest = max(self._now(), self._latest + timedelta(microseconds=1))
        return self._latest

    def _touch(self, firm: str, kind: ChangedKind, record: str, accounts: list[str]) -> None:
        self._moved[firm, kind][record] = Moved(list(accounts), self._moment())

    def _person(self, firm: str, account: str) -> PlannrPerson:
        if (firm, account) not in self.people:
            raise NotFound("plannr", "GET /api/v1/account/{uuid}", "no such record")
        return self.people[firm, account]

    def _amend(self, firm: str, account: str, given: KnownDetails) -> None:
        """Replace what is given and differs in a record, apart from what Plannr has no place for."""
        person = self._person(firm, account)
        amendment = given.model_copy(update=dict.fromkeys(UNKNOWN_TO_PLANNR))
        self._keep(firm, person.model_copy(update={"known_details": person.known_details.merged_with(amendment)}))

    def _keep(self, firm: str, person: PlannrPerson) -> None:
        """Store a record; an address is one of its own, and neither reference nor tag moves the record's time."""
        before = self.people[firm, person.account]
        self.people[firm, person.account] = person
        if before.known_details.address != person.known_details.address:
            self._touch(firm, "address", f"address-{person.account}", [person.account])
        is_same = before.known_details.model_copy(update={"address": person.known_details.address})
        if (is_same, before.assigned_adviser) != (person.known_details, person.assigned_adviser):
            self._touch(firm, "account", person.account, [person.account])

    def _accept(self, firm: str, operation: str, accounts: list[str]) -> None:
        if any((firm, account) not in self.people for account in accounts):
            raise Invalid("plannr", operation, "refused the content of account_uuids", fields=["account_uuids"])

    def _keep_plan(self, firm: str, plan: PlannrPlan) -> PlannrPlan:
        if self.every_plan.get((firm, plan.plan)) != plan:
            self.every_plan[firm, plan.plan] = plan
            self._touch(firm, "plan", plan.plan, plan.accounts)
        return plan

    def _keep_bank_account(self, firm: str, account: str, bank_details: BankDetails) -> None:
        self.banks[account].append(bank_details)
        self._touch(firm, "bank_account", f"bank-{account}-{len(self.banks[account])}", [account])
