"""Problems of a journey under way."""

from typing import Final

from api.problem_types.kind import ProblemType

JOURNEY_NOT_FOUND: Final = ProblemType(
    "journey-not-found",
    "There is no such journey",
    404,
    "Check the journey's id; your list of journeys shows every one you may see.",
)
WRONG_STAGE: Final = ProblemType(
    "wrong-stage",
    "The journey is not at the step this belongs to",
    409,
    "Read the journey: its stage and next action say what can be done now. Nothing has been changed.",
)
PERSON_UNKNOWN: Final = ProblemType(
    "person-unknown",
    "This person is no holder of the journey's account",
    422,
    "Use one of the `person_id`s under the journey's holders. Nothing has been changed.",
)
DETAILS_INCOMPLETE: Final = ProblemType(
    "details-incomplete",
    "Some of the client's details are still missing",
    409,
    "Add the fields named in `errors` and send the form again. Nothing has been changed.",
)
BANK_DETAILS_REQUIRED: Final = ProblemType(
    "bank-details-required",
    "The client's bank details are still missing",
    409,
    "Add the bank details and send the form again. Nothing has been changed.",
)
BANK_DETAILS_INVALID: Final = ProblemType(
    "bank-details-invalid",
    "There is no bank account with this sort code and account number",
    422,
    "Check both numbers against a bank statement or card and send them again. Nothing has been changed.",
)
REJECTED_BY_SYSTEM: Final = ProblemType(
    "rejected-by-system",
    "One of the two systems refused what was sent to it",
    409,
    "Correct what the detail names, then send the command again with a fresh `Idempotency-Key`.",
)
