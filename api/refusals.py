"""From what a workflow refused to the problem that the adviser is shown."""

from collections.abc import Sequence

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from api.problem_types import (
    BANK_DETAILS_REQUIRED,
    DETAILS_INCOMPLETE,
    INTERNAL_ERROR,
    PERSON_UNKNOWN,
    REJECTED_BY_SYSTEM,
    STALE_VERSION,
    WRAPPER_NOT_SERVED,
    WRONG_STAGE,
    ProblemType,
)
from api.problems import Problem
from models.commands import Amend, Command, SubmitClientDetails
from models.refusals import Refusal

_KINDS: dict[str, ProblemType] = {
    Refusal.WRONG_STAGE: WRONG_STAGE,
    Refusal.STALE_VERSION: STALE_VERSION,
    Refusal.DETAILS_INCOMPLETE: DETAILS_INCOMPLETE,
    Refusal.BANK_DETAILS_REQUIRED: BANK_DETAILS_REQUIRED,
    Refusal.UNKNOWN_PERSON: PERSON_UNKNOWN,
    Refusal.NOT_SERVED: WRAPPER_NOT_SERVED,
    Refusal.REJECTED_BY_SYSTEM: REJECTED_BY_SYSTEM,
}


def from_refusal(failure: WorkflowUpdateFailedError, command: Command) -> Problem:
    """Return the problem of a command that the workflow refused."""
    cause = failure.cause
    if not isinstance(cause, ApplicationError) or cause.type not in _KINDS:
        return Problem(INTERNAL_ERROR)
    details = [str(detail) for detail in cause.details]
    return Problem(_KINDS[cause.type], cause.message, errors=_errors(cause.type, details, command))


def _errors(refusal: str, details: Sequence[str], command: Command) -> list[dict[str, str]]:
    match refusal:
        case Refusal.DETAILS_INCOMPLETE:
            return [_missing_detail(detail, command) for detail in details]
        case Refusal.BANK_DETAILS_REQUIRED:
            return [_missing(person, "bank_details", "bank_details", command) for person in details]
        case Refusal.REJECTED_BY_SYSTEM:
            return [{"pointer": "", "detail": reason} for reason in details]
        case _:
            return []


def _missing_detail(detail: str, command: Command) -> dict[str, str]:
    person, _, name = detail.partition(".")
    return _missing(person, name, f"details/{name}", command)


def _missing(person: str, name: str, place: str, command: Command) -> dict[str, str]:
    """Point at the field in the form that was sent, or where the person's part of it should have been."""
    people = [form.person_id for form in command.holders] if isinstance(command, SubmitClientDetails | Amend) else []
    index = people.index(person) if person in people else len(people)
    sentence = f"{name.replace('_', ' ').capitalize()} is missing."
    return {"pointer": f"/holders/{index}/{place}", "detail": sentence, "person_id": person, "field": name}
