"""Problems of what a client does in the portal."""

from typing import Final

from api.problem_types.kind import ProblemType

DOCUMENTS_NOT_OPENED: Final = ProblemType(
    "documents-not-opened",
    "Some documents have not been opened yet",
    409,
    "Open every document named in `errors`, then accept again. Nothing has been accepted.",
)
DOCUMENT_SUPERSEDED: Final = ProblemType(
    "document-superseded",
    "This version of the document is no longer in force",
    409,
    "Load the page again and open the newer version. Nothing has been accepted.",
)
DOCUMENT_UNKNOWN: Final = ProblemType(
    "document-unknown",
    "This document does not belong to the journey",
    404,
    "Use one of the documents that the journey lists.",
)
STATEMENT_NOT_ACCEPTED: Final = ProblemType(
    "statement-not-accepted",
    "The statement has not been agreed to",
    422,
    "Read the statement and tick the box, or ask your adviser if something in it is not right for you.",
)
MANDATE_NOT_SELECTED: Final = ProblemType(
    "mandate-not-selected",
    "This account is not paid for by direct debit",
    409,
    "There is nothing to authorise; go on with the next task.",
)
MANDATE_ALREADY_ANSWERED: Final = ProblemType(
    "mandate-already-answered",
    "You have answered the question about the direct debit already",
    409,
    "There is nothing more to do here; ask your adviser if you want to change the answer.",
)
BANK_DETAILS_NOT_EXPECTED: Final = ProblemType(
    "bank-details-not-expected",
    "Your adviser gives the bank details for this account",
    409,
    "There is nothing to do here; tell your adviser if your bank account has changed.",
)
BANK_DETAILS_ALREADY_GIVEN: Final = ProblemType(
    "bank-details-already-given",
    "Bank details have been given already",
    409,
    "There is nothing more to do here; tell your adviser if they need to change.",
)

DETAILS_ALREADY_CONFIRMED: Final = ProblemType(
    "details-already-confirmed",
    "You have confirmed your details already",
    409,
    "There is nothing more to do here; tell your adviser about anything else that has to change.",
)
JOURNEY_OVER: Final = ProblemType(
    "journey-over",
    "This application has ended",
    409,
    "There is nothing more to do here; ask your adviser if you want to open the account after all.",
)
STATEMENT_UNKNOWN: Final = ProblemType(
    "statement-unknown",
    "There is no statement for this account",
    404,
    "Only an open pension has a statement; if yours was opened a moment ago, look again in a few minutes.",
)
