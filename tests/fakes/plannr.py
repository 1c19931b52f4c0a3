"""An in-memory Plannr that behaves as the port promises."""

from connectors.errors import Invalid
from connectors.plannr.port import (
    ApplicationRecord,
    ClosingReason,
    IllustrationRecord,
    PlannrPerson,
    PlannrPlan,
    PlanRecord,
    SavedApplication,
    SavedPlan,
    TaskRecord,
)
from models.people import BankDetails, KnownDetails, PersonDetails
from tests.fakes.plannr_syncing import FakeSyncing, plan_type

_MOST_FOUND = 20


def _is_meant(known: KnownDetails, text: str) -> bool:
    if "@" in text:
        return (known.email or "").casefold() == text.casefold()
    return text.casefold() in f"{known.title or ''} {known.first_name or ''} {known.last_name or ''}".casefold()


class FakePlannr(FakeSyncing):
    """Keeps records in dictionaries and can be told to fail.

    `fail_next` makes the next calls of an operation fail before they write, `lose_answer` lets the next call write and
    then fail. `writes` names every call that was carried out, in order. What people do in Plannr by hand:
    `edit_person` and its like.
    """

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
            self._keep(firm, self._person(firm, account).model_copy(update=linked))

    async def update_person(self, firm: str, account: str, details: PersonDetails) -> None:
        """Write the details that are given, apart from those that Plannr has no place for."""
        with self._carried_out("update_person"):
            self._amend(firm, account, details)

    async def save_bank_account(self, firm: str, account: str, bank_details: BankDetails) -> None:
        """Add it unless one with its sort code and number is there."""
        with self._carried_out("save_bank_account"):
            self._accept(firm, "POST /api/v2/bank-accounts", [account])
            present = {(stored.sort_code, stored.account_number) for stored in self.banks[account]}
            if (bank_details.sort_code, bank_details.account_number) not in present:
                self._keep_bank_account(firm, account, bank_details)

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
            stored, kept = self.plans.get(record.journey_id), self._plan(firm, record.journey_id)
            is_late = kept is not None and kept.status == "active" and record.status == "proposed"
            if stored is not None and kept is not None and (is_late or kept.status == "inactive"):
                return SavedPlan(plan=kept.plan, status=kept.status)
            if stored is not None:
                record = stored.model_copy(update={name: value for name, value in record if value is not None})
            self.plans[record.journey_id] = record
            return self._save_plan(firm, record, kept)

    async def find_application(self, firm: str, journey_id: str) -> SavedApplication | None:
        """Return the journey's application, if any."""
        with self._carried_out("find_application", write=False):
            return self._application(journey_id) if journey_id in self.applications else None

    async def find_plan(self, firm: str, journey_id: str) -> SavedPlan | None:
        """Return the journey's plan, if any."""
        with self._carried_out("find_plan", write=False):
            return self._saved_plan(firm, journey_id)

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
            kept = self._plan(firm, journey_id)
            if kept is not None and kept.status == "proposed":
                self.closed_plans.setdefault(journey_id, reason)
                self._keep_plan(firm, kept.model_copy(update={"status": "inactive"}))
            return self._saved_plan(firm, journey_id)

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

    def _plan(self, firm: str, journey_id: str) -> PlannrPlan | None:
        of_journey = (plan for plan in self.every_plan.values() if plan.proposal_reference == journey_id)
        return next((plan for plan in of_journey if (firm, plan.plan) in self.every_plan), None)

    def _saved_plan(self, firm: str, journey_id: str) -> SavedPlan | None:
        kept = self._plan(firm, journey_id)
        return None if kept is None else SavedPlan(plan=kept.plan, status=kept.status)

    def _save_plan(self, firm: str, record: PlanRecord, kept: PlannrPlan | None) -> SavedPlan:
        plan = PlannrPlan(
            plan=f"plan-{record.journey_id}" if kept is None else kept.plan,
            accounts=record.accounts if kept is None else kept.accounts,
            name=record.name,
            type=plan_type(record.wrapper),
            sub_type=record.wrapper.value,
            status=record.status,
            policy_number=record.policy_number or (kept.policy_number if kept else None),
            proposal_reference=record.journey_id,
        )
        self._keep_plan(firm, plan)
        return SavedPlan(plan=plan.plan, status=plan.status)
