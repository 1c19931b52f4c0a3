"""What the sync needs of the in-memory Plannr, and what people do there by hand."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.errors import NotFound
from connectors.plannr.port import (
    Change,
    ChangedKind,
    Changes,
    NewPlan,
    PeoplePage,
    PlanChange,
    PlannrPerson,
    PlannrPlan,
)
from domain.journey import Wrapper
from models.people import BankDetails, KnownDetails
from tests.fakes.plannr_books import UNKNOWN_TO_PLANNR, FakeBooks

PEOPLE_PER_PAGE = 500
CHANGES_PER_CALL = 500


def plan_type(wrapper: Wrapper) -> str:
    """Return the kind of plan that a wrapper is in Plannr."""
    return "pension" if wrapper is Wrapper.SIPP else "investment"


class FakeSyncing(FakeBooks):
    """The part of the fake that the sync reads and writes.

    What people do in Plannr by hand: `edit_person`, `delete_person`, `unlink`, `give_bank_account`, `edit_plan`,
    `delete_plan`. It moves the records' times as Plannr does.
    """

    people_per_page = PEOPLE_PER_PAGE
    changes_per_call = CHANGES_PER_CALL

    def edit_person(self, firm: str, account: str, **fields: Any) -> PlannrPerson:
        """Change these details by hand, or `assigned_adviser`; None empties one."""
        person = self._person(firm, account)
        own = {name: fields.pop(name) for name in set(PlannrPerson.model_fields) & set(fields)}
        known = KnownDetails.model_validate({**person.known_details.model_dump(), **fields})
        self._keep(firm, person.model_copy(update={"known_details": known, **own}))
        return self.people[firm, account]

    def delete_person(self, firm: str, account: str) -> None:
        """Remove a client's record by hand; its plans stay."""
        del self.people[firm, account]
        self._moved[firm, "account"].pop(account, None)

    def unlink(self, firm: str, account: str) -> None:
        """Take reference and tag off a record by hand."""
        person = self._person(firm, account)
        self._keep(firm, person.model_copy(update={"platform_client": None, "link_tagged": False}))

    def give_bank_account(self, firm: str, account: str, bank_details: BankDetails) -> None:
        """Add a bank account by hand; it becomes the newest one."""
        self._keep_bank_account(firm, account, bank_details)

    def edit_plan(self, firm: str, plan: str, **fields: Any) -> PlannrPlan:
        """Change a plan by hand."""
        return self._keep_plan(firm, self.every_plan[firm, plan].model_copy(update=fields))

    def delete_plan(self, firm: str, plan: str) -> None:
        """Remove a plan by hand."""
        del self.every_plan[firm, plan]
        self._moved[firm, "plan"].pop(plan, None)

    async def read_people(self, firm: str, accounts: list[str]) -> list[PlannrPerson]:
        """Return the records that are there."""
        with self._carried_out("read_people", write=False):
            return [self.people[firm, account] for account in accounts if (firm, account) in self.people]

    async def linked_people(self, firm: str, after: str | None = None) -> PeoplePage:
        """Return the next records with the tag, in the order in which they were made."""
        with self._carried_out("linked_people", write=False):
            linked = [person for person in self._of_firm(firm) if person.link_tagged]
            rest = [person for person in linked if after is None or self._place(firm, person.account) > int(after)]
            people, further = rest[: self.people_per_page], rest[self.people_per_page :]
            end = str(self._place(firm, people[-1].account)) if further else None
            return PeoplePage(people=people, after=end, total=len(linked))

    async def match_candidates(self, firm: str, details: KnownDetails) -> list[PlannrPerson]:
        """Return who has the e-mail address or number, or without either the day of birth."""
        with self._carried_out("match_candidates", write=False):
            return self._candidates(firm, details)

    async def create_client(self, firm: str, details: KnownDetails, adviser: str | None, platform_client: str) -> str:
        """Create, link and tag a record once per platform client."""
        with self._carried_out("create_client"):
            known = details.model_copy(update=dict.fromkeys(UNKNOWN_TO_PLANNR))
            linked = [person for person in self._of_firm(firm) if person.platform_client == platform_client]
            made = [
                person
                for person in self._candidates(firm, details)
                if (person.platform_client, person.known_details) == (None, known)
            ]
            account = next((person.account for person in [*linked, *made]), None)
            if account is None:
                account = str(uuid5(NAMESPACE_URL, f"{firm}/{platform_client}/{len(self.people)}"))
                self.add_person(firm, account, known, adviser=adviser)
            link = {"platform_client": platform_client, "link_tagged": True}
            self._keep(firm, self._person(firm, account).model_copy(update=link))
            return account

    async def amend_person(self, firm: str, account: str, changes: KnownDetails) -> None:
        """Write what is given and differs."""
        with self._carried_out("amend_person"):
            self._amend(firm, account, changes)

    async def bank_accounts(self, firm: str, accounts: list[str]) -> dict[str, BankDetails]:
        """Return the newest bank account of each client who has one."""
        with self._carried_out("bank_accounts", write=False):
            of_firm = [account for account in accounts if (firm, account) in self.people]
            return {account: self.banks[account][-1] for account in of_firm if self.banks.get(account)}

    async def read_plans(
        self, firm: str, *, plans: list[str] | None = None, references: list[str] | None = None
    ) -> list[PlannrPlan]:
        """Return the plans with these ids or proposal references."""
        with self._carried_out("read_plans", write=False):
            return [
                plan
                for (owner, _), plan in self.every_plan.items()
                if owner == firm and (plan.plan in (plans or []) or plan.proposal_reference in (references or []))
            ]

    async def open_plan(self, firm: str, plan: NewPlan) -> PlannrPlan:
        """Make the plan once per reference."""
        with self._carried_out("open_plan"):
            for (owner, _), stored in self.every_plan.items():
                if owner == firm and stored.proposal_reference == plan.reference:
                    return stored
            self._accept(firm, "POST /api/v1/plans", plan.accounts)
            return self._keep_plan(
                firm,
                PlannrPlan(
                    plan=f"plan-{plan.reference}",
                    accounts=plan.accounts,
                    name=plan.name,
                    type=plan_type(plan.wrapper),
                    sub_type=plan.wrapper.value,
                    status=plan.status,
                    policy_number=plan.policy_number,
                    proposal_reference=plan.reference,
                ),
            )

    async def change_plan(self, firm: str, plan: str, change: PlanChange) -> PlannrPlan:
        """Write what is given and differs; raises NotFound."""
        with self._carried_out("change_plan"):
            if (firm, plan) not in self.every_plan:
                raise NotFound("plannr", "GET /api/v1/plans/{uuid}", "no such record")
            given = change.model_dump(exclude_none=True)
            return self._keep_plan(firm, self.every_plan[firm, plan].model_copy(update=given))

    async def changes(self, firm: str, kind: ChangedKind, since: datetime) -> Changes:
        """Return what was changed at or after a moment, oldest first."""
        with self._carried_out("changes", write=False):
            found = sorted(
                (
                    Change(record=record, accounts=moved.accounts, changed_at=moved.changed_at)
                    for record, moved in self._moved[firm, kind].items()
                    if moved.changed_at >= since
                ),
                key=lambda change: change.changed_at,
            )
            return Changes(changes=found[: self.changes_per_call], more=len(found) > self.changes_per_call)

    def _of_firm(self, firm: str) -> list[PlannrPerson]:
        return [person for (owner, _), person in self.people.items() if owner == firm]

    def _place(self, firm: str, account: str) -> int:
        """Return a record's place in the order of creation, which a deletion of another one does not move."""
        return self._places.setdefault((firm, account), len(self._places))

    def _candidates(self, firm: str, details: KnownDetails) -> list[PlannrPerson]:
        return [person for person in self._of_firm(firm) if _is_candidate(person.known_details, details)]


def _is_candidate(known: KnownDetails, details: KnownDetails) -> bool:
    email, number = details.email, details.national_insurance_number
    if email is None and number is None:
        return details.date_of_birth is not None and known.date_of_birth == details.date_of_birth
    is_same_email = email is not None and (known.email or "").casefold() == email.casefold()
    return is_same_email or (number is not None and known.national_insurance_number == number)
