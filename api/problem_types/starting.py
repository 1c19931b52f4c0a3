"""Problems of starting journeys, one or many."""

from typing import Final

from api.problem_types.kind import ProblemType

PLANNR_CLIENT_UNKNOWN: Final = ProblemType(
    "plannr-client-unknown",
    "Plannr has no such client in your firm",
    404,
    "Check the client's Plannr account id and that the record belongs to your firm. Nothing has been created.",
)
PLANNR_RECORD_INCOMPLETE: Final = ProblemType(
    "plannr-record-incomplete",
    "The client's record in Plannr lacks what the platform needs to register them",
    409,
    "Complete the fields named in `errors` in Plannr, then start the journey again. Nothing has been created.",
)
CLIENT_NOT_LINKED: Final = ProblemType(
    "client-not-linked",
    "The client's records in Plannr and on the platform are not linked",
    409,
    "Start the journey with an illustration, which creates the link, or have the client's existing platform record "
    "linked in Plannr. Nothing has been created.",
)
EMAIL_IN_USE: Final = ProblemType(
    "email-in-use",
    "Another client of the platform has this e-mail address",
    409,
    "Give the client an address of their own in Plannr or, if the existing platform client is the same person, have "
    "the two records linked. Nothing has been created.",
)
WRAPPER_NOT_SERVED: Final = ProblemType(
    "wrapper-not-served",
    "This account cannot be opened here",
    422,
    "Choose one of the wrappers that the detail names, or open the account in the platform. Nothing has been created.",
)
ACCOUNT_TYPE_ELSEWHERE: Final = ProblemType(
    "account-type-elsewhere",
    "This type of account is opened elsewhere",
    422,
    "Follow the directions in `detail`. Nothing has been created.",
)
NOT_ELIGIBLE: Final = ProblemType(
    "not-eligible",
    "The rules of this account forbid it for these people",
    422,
    "Correct what `errors` names if it is wrong, or choose another account. Nothing has been written to either system.",
)
IMPORT_UNUSABLE: Final = ProblemType(
    "import-unusable",
    "The file cannot be read as a table of journeys",
    422,
    "Correct what the detail and `errors` name and upload the file again. Nothing has been started.",
)
IMPORT_NOT_FOUND: Final = ProblemType(
    "import-not-found",
    "There is no such import",
    404,
    "Check the import's id, or upload the file again: the same file is the same import.",
)
JOURNEY_STARTED_ALONE: Final = ProblemType(
    "journey-started-alone",
    "One of these accounts has a journey of its own already",
    409,
    "Leave the account out that `errors` names, or give it a reference of its own. Nothing has been created.",
)
