"""Problems of what has to be shown years later."""

from typing import Final

from api.problem_types.kind import ProblemType

EVIDENCE_UNSOUND: Final = ProblemType(
    "evidence-unsound",
    "The evidence of this journey does not stand up as it is",
    502,
    "No pack was made, and no evidence was changed. Tell an operator what the detail names: a document that the "
    "platform no longer has as it was shown, or a record that was altered in the database.",
)
