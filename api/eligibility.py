"""The rules of a wrapper once more, when the details of its people are given or amended (P33)."""

from dataclasses import dataclass
from datetime import datetime

from activities.eligibility import account_facts, notices, party_facts
from api.journeys import Journeys
from api.launching import current_rules
from api.problem_types import NOT_ELIGIBLE
from api.problems import Problem
from domain.applicants import Finding
from domain.calendar import london_day
from domain.eligibility import assess
from models.commands import HolderDetails
from models.people import KnownDetails
from models.schemas.eligibility import EligibilityNotice, WrapperAnswers
from models.tables import EligibilityRow
from storage.eligibility import EligibilityRepository


@dataclass(frozen=True, slots=True)
class Reassessment:
    """What was found about a journey with the details that a form would give it; nothing forbids it."""

    journeys: Journeys
    journey_id: str
    answers: WrapperAnswers
    warnings: list[EligibilityNotice]

    async def keep(self, now: datetime) -> None:
        """Store it in place of the journey's earlier assessment."""
        async with self.journeys.services.database.transaction() as session:
            await EligibilityRepository(session).save(
                self.journey_id,
                self.journeys.firm,
                answers=self.answers.model_dump(mode="json"),
                warnings=[warning.model_dump(mode="json") for warning in self.warnings],
                now=now,
            )


async def reassess(journeys: Journeys, journey_id: str, forms: list[HolderDetails], now: datetime) -> Reassessment:
    """Look at the rules with the details the journey would have after these forms.

    Raises:
        Problem: `not-eligible`, one error for each refusal, or `journey-not-found`, `engine-unavailable`.
    """
    progress = await journeys.get(journey_id)
    known = {view.person_id: view.details for view in await journeys.client_details(journey_id, for_command=True)}
    given = {form.person_id: form.details for form in forms}
    row = await _row(journeys, journey_id)
    answers = WrapperAnswers.model_validate(row.answers) if row else WrapperAnswers()
    parties = [
        party_facts(
            holder.person_id,
            holder.role,
            known.get(holder.person_id, KnownDetails()).merged_with(given.get(holder.person_id, KnownDetails())),
        )
        for holder in progress.holders
    ]
    assessment = assess(parties, account_facts(progress.wrapper, answers), london_day(now), current_rules())
    if assessment.refusals:
        people = [form.person_id for form in forms]
        sentence = " ".join(dict.fromkeys(finding.sentence for finding in assessment.refusals))
        raise Problem(NOT_ELIGIBLE, sentence, errors=[_error(finding, people) for finding in assessment.refusals])
    return Reassessment(journeys, journey_id, answers, notices(assessment))


async def kept_warnings(journeys: Journeys, journey_id: str) -> list[EligibilityNotice]:
    """Return the warnings of a journey's last assessment."""
    row = await _row(journeys, journey_id)
    return [EligibilityNotice.model_validate(warning) for warning in row.warnings] if row else []


async def _row(journeys: Journeys, journey_id: str) -> EligibilityRow | None:
    async with journeys.services.database.reading() as session:
        return await EligibilityRepository(session).get(journey_id)


def _error(finding: Finding, people: list[str]) -> dict[str, str]:
    """Point at the field in the form that was sent, or where the person's part of it would have been."""
    named = {"code": finding.code, "person_id": finding.person_id, "field": finding.field}
    person, pointer = finding.person_id, "/holders"
    if person is not None:
        index = people.index(person) if person in people else len(people)
        pointer = f"/holders/{index}/details" + (
            f"/{finding.field}" if finding.field in KnownDetails.model_fields else ""
        )
    error = {"pointer": pointer, "detail": finding.sentence}
    return error | {name: value for name, value in named.items() if value is not None}
