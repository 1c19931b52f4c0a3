"""What stands in the way of planned journeys, and what to know of them, found before they are submitted (A5, P33)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from activities.start_refusals import StartRefused
from api.launching import build_starting
from api.problem_types import EMAIL_IN_USE
from api.problems import Problem
from api.security.advisers import SignedInAdviser
from api.starting import from_start_refusal, opener
from api.web.forms import FieldError
from api.workbench.new_accounts import CHOSEN
from api.workbench.new_plan import ILLUSTRATED, REFERENCE, Plan
from domain.journey import Stage
from models.people import KnownDetails
from models.schemas.eligibility import WrapperAnswers
from models.tables import JourneyRow
from runtime.services import Services
from storage.journeys import JourneyRepository
from storage.people import PersonRepository

_PLACES: Final = {"holders": CHOSEN, "wrapper": CHOSEN, "external_reference": REFERENCE, "illustration": ILLUSTRATED}
_SAME: Final = "This reference is in use for this account already. Submitting goes on with the journey that is there."


@dataclass(frozen=True, slots=True)
class Existing:
    """A journey that is there already, and why it is shown."""

    journey_id: str
    reference: str
    stage: Stage
    sentence: str


@dataclass(slots=True)
class Findings:
    """What was found: errors forbid to submit, the rest stays visible."""

    errors: list[FieldError] = field(default_factory=list)
    status: int = 200
    warnings: list[str] = field(default_factory=list)
    existing: list[Existing] = field(default_factory=list)


async def look(services: Services, adviser: SignedInAdviser, plan: Plan, now: datetime) -> Findings:
    """Look at everything that could stand in the way of the planned journeys; nothing is written anywhere.

    Raises:
        ConnectorError: A system does not answer.
    """
    looking = _Looking(services, adviser, plan, now)
    for place in range(len(plan.accounts)):
        await looking.at(place)
    found = looking.found
    found.errors = list(dict.fromkeys(found.errors))
    found.warnings = list(dict.fromkeys(found.warnings))
    found.existing = list({one.journey_id: one for one in found.existing}.values())
    return found


@dataclass(frozen=True, slots=True)
class _Looking:
    services: Services
    adviser: SignedInAdviser
    plan: Plan
    now: datetime
    found: Findings = field(default_factory=Findings)

    async def at(self, place: int) -> None:
        starting, found = build_starting(self.services), self.found
        alike = await _alike(self.services, self.adviser.firm.id, self.plan, place)
        try:
            prepared = await starting.prepare(opener(self.adviser), self.plan.start_forms()[place], self.now)
        except StartRefused as refused:
            await self._refuse(from_start_refusal(refused), place)
            found.existing += alike
            return
        found.warnings += [notice.detail for notice in prepared.warnings]
        if prepared.start is None:
            found.existing += await _named(self.services, self.adviser.firm.id, [prepared.journey_id], _SAME)
        found.existing += [one for one in alike if one.journey_id != prepared.journey_id]

    async def _refuse(self, problem: Problem, place: int) -> None:
        self.found.errors += errors_of(problem, self.plan, place)
        self.found.status = problem.problem_type.status
        if problem.problem_type is EMAIL_IN_USE:
            self.found.existing += await _of_address(self.services, self.adviser.firm.id, self.plan, problem)


def errors_of(problem: Problem, plan: Plan, place: int = 0) -> list[FieldError]:
    """Return a problem of starting at the fields of the pages, each error once.

    Args:
        problem: With errors that point into the API's form.
        plan: What the pages hold.
        place: Which of its accounts the problem is about, where the pointers do not say.
    """
    if not problem.errors:
        return [FieldError("", problem.detail)]
    found = [
        FieldError(_field(error.get("pointer", ""), error.get("field"), plan, place), error.get("detail", ""))
        for error in problem.errors
    ]
    return list(dict.fromkeys(found))


def _field(pointer: str, named: str | None, plan: Plan, place: int) -> str:
    parts = pointer.strip("/").split("/")
    if parts[0] == "accounts" and len(parts) > 1 and parts[1].isdecimal():
        place, parts = int(parts[1]), parts[2:] or [""]
    if parts[0] == "registered_contact" or (parts[0] == "holders" and len(parts) > 1):
        index = int(parts[1]) if parts[0] == "holders" else len(plan.people) - 1
        return _field_of_person(index, parts[2:], named, plan) if index < len(plan.people) else ""
    if parts[0] in WrapperAnswers.model_fields:
        return plan.accounts[place].kind.form.prefix + parts[0].removesuffix("_pence")
    return _PLACES.get(parts[0], "")


def _field_of_person(index: int, rest: list[str], named: str | None, plan: Plan) -> str:
    person, party = plan.people[index], plan.choice.parties[index]
    match rest:
        case ["details", name]:
            return person.field(name)
        case ["details" | "bank_details", _, *_]:
            return person.prefix + ".".join(rest)
        case ["bank_details"]:
            return f"{person.prefix}bank_details.account_holder"
    return person.field(named) if named and named in KnownDetails.model_fields else f"{party.picker}.find"


async def _alike(services: Services, firm: str, plan: Plan, place: int) -> list[Existing]:
    """Return the journeys of the same people for the same wrapper that are not over (A5)."""
    wrapper = plan.accounts[place].kind.wrapper
    owners = [party for party in plan.choice.parties if party.role.owns]
    async with services.database.reading() as session:
        repository = JourneyRepository(session)
        rows = {row.journey_id: row for one in owners for row in await repository.for_person(one.person_id)}
    alike = [row for row in rows.values() if row.firm == firm and row.wrapper is wrapper]
    running = [row for row in alike if row.stage is Stage.ACTIVE or not row.stage.is_final]
    return _shown(running, "There is a journey for this kind of account and these people already.")


async def _of_address(services: Services, firm: str, plan: Plan, problem: Problem) -> list[Existing]:
    """Return the firm's journeys of whoever has the e-mail address already (P34)."""
    client = problem.extra.get("existing_client")
    emails = [plan.details_of(person).email for person in plan.people]
    known = {party.person_id for party in plan.choice.parties}
    rows: list[JourneyRow] = []
    async with services.database.reading() as session:
        journeys, people = JourneyRepository(session), PersonRepository(session)
        for email in filter(None, emails):
            person = await people.by_email(email)
            if person is not None and person.person_id not in known:
                rows += await journeys.for_person(person.person_id)
        ids = await journeys.running_of_platform_client(client) if isinstance(client, str) else []
    sentence = "A client on this journey has the e-mail address already."
    return [*_shown([row for row in rows if row.firm == firm], sentence), *await _named(services, firm, ids, sentence)]


async def _named(services: Services, firm: str, ids: Sequence[str], sentence: str) -> list[Existing]:
    async with services.database.reading() as session:
        rows = [await JourneyRepository(session).get(one, firm=firm) for one in ids]
    return _shown([row for row in rows if row is not None], sentence)


def _shown(rows: Sequence[JourneyRow], sentence: str) -> list[Existing]:
    return [Existing(row.journey_id, row.external_reference, row.stage, sentence) for row in rows]
