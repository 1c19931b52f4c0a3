"""Problems of what the two systems disagree on."""

from typing import Final

from api.problem_types.kind import ProblemType

RECONCILIATION_NOT_FOUND: Final = ProblemType(
    "reconciliation-not-found",
    "There is no such comparison of the two systems",
    404,
    "Check its id, or start a comparison with `POST /api/v1/reconciliations`; one that runs is joined.",
)
DISCREPANCY_NOT_FOUND: Final = ProblemType(
    "discrepancy-not-found",
    "There is no such discrepancy",
    404,
    "Check its id; the list of discrepancies shows every one of your firm.",
)
DISCREPANCY_CLOSED: Final = ProblemType(
    "discrepancy-closed",
    "The two systems agree again",
    409,
    "There is nothing left to do. If they come to differ again, the discrepancy is opened again.",
)
DECISION_NOT_POSSIBLE: Final = ProblemType(
    "decision-not-possible",
    "This decision cannot be carried out for this discrepancy",
    409,
    "Ask for one of the `decisions` that the discrepancy lists; where it lists none, correct the record in Plannr or "
    "on the platform itself, and it closes by itself. Nothing has been changed.",
)
