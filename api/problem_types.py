"""Every problem the API can answer with (RFC 9457): what it is called, what it means, and what to do next.

The slugs are part of the API's contract: programs tell problems apart by them, so they never change.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: the last part of its type URI, what happened, the HTTP status, and the next step in words."""

    slug: str
    title: str
    status: int
    what_to_do: str


# --- the request itself ---
INVALID_REQUEST: Final = ProblemType(
    "invalid-request",
    "Some of what was sent cannot be used",
    422,
    "Correct the fields named in `errors` and send the request again. Nothing has been changed.",
)
PAGE_NOT_FOUND: Final = ProblemType(
    "not-found", "There is nothing at this address", 404, "Check the address; `/docs` lists every one there is."
)
METHOD_NOT_ALLOWED: Final = ProblemType(
    "method-not-allowed",
    "This address does not take this method",
    405,
    "Use one of the methods that the `Allow` header names.",
)
BODY_TOO_LARGE: Final = ProblemType(
    "body-too-large", "The request is too large", 413, "Send less at once; no request here needs as much."
)
IDEMPOTENCY_KEY_MISSING: Final = ProblemType(
    "idempotency-key-missing",
    "The request has no idempotency key",
    400,
    "Send a fresh `Idempotency-Key` header with each new command, and the same one again when repeating it.",
)
IDEMPOTENCY_KEY_IN_FLIGHT: Final = ProblemType(
    "idempotency-key-in-flight",
    "The first request with this idempotency key is still being worked on",
    409,
    "Wait a moment, then send the same request with the same key again to get its answer.",
)
IDEMPOTENCY_KEY_REUSED: Final = ProblemType(
    "idempotency-key-reused",
    "This idempotency key belongs to another request",
    422,
    "Send a different command with a fresh `Idempotency-Key`. Nothing has been changed.",
)
STALE_VERSION: Final = ProblemType(
    "stale-version",
    "The journey has changed since you read it",
    412,
    "Read the journey again, look at what changed, then send the command with the new version.",
)
PRECONDITION_REQUIRED: Final = ProblemType(
    "precondition-required",
    "The request does not say which version it is meant for",
    428,
    "Read the journey, then send its `ETag` in the `If-Match` header.",
)
RATE_LIMITED: Final = ProblemType(
    "rate-limited", "Too many requests", 429, "Wait as long as the `Retry-After` header says, then try again."
)

# --- who is asking ---
SIGN_IN_REQUIRED: Final = ProblemType("sign-in-required", "You are not signed in", 401, "Sign in, then try again.")
CREDENTIALS_WRONG: Final = ProblemType(
    "credentials-wrong",
    "The e-mail address and the password do not belong together",
    401,
    "Check both and try again, or ask for a new invitation.",
)
NOT_PERMITTED: Final = ProblemType(
    "not-permitted", "You are not allowed to do this", 403, "Ask whoever manages access at your firm for permission."
)
CROSS_SITE_REQUEST: Final = ProblemType(
    "cross-site-request",
    "The request came from another website",
    403,
    "Open the portal itself and do this there. Nothing has been changed.",
)
LOGIN_LOCKED: Final = ProblemType(
    "login-locked",
    "Signing in is locked for a while after too many attempts",
    429,
    "Wait as long as the `Retry-After` header says, then try again, or ask your adviser for a new invitation.",
)
PASSWORD_NOT_ACCEPTABLE: Final = ProblemType(
    "password-not-acceptable",
    "This password is too easy to guess",
    422,
    "Choose another one: at least 15 characters, for instance four unrelated words. The reasons are in `errors`.",
)
INVITATION_UNKNOWN: Final = ProblemType(
    "invitation-unknown",
    "This invitation does not exist",
    404,
    "Use the link in the newest e-mail, in full, or ask your adviser for a new invitation.",
)
INVITATION_USED: Final = ProblemType(
    "invitation-used",
    "This invitation has been used already",
    410,
    "Sign in with your e-mail address and the password you chose, or ask for a new invitation.",
)
INVITATION_EXPIRED: Final = ProblemType(
    "invitation-expired", "This invitation has expired", 410, "Ask for a new one; it is sent to you by e-mail."
)
INVITATION_REVOKED: Final = ProblemType(
    "invitation-revoked",
    "This invitation was replaced by a newer one",
    410,
    "Use the link in the newest e-mail, or ask for a new invitation.",
)
PASSWORD_ALREADY_SET: Final = ProblemType(
    "password-already-set",
    "You have a password already",
    409,
    "Sign in with your e-mail address and that password. The invitation is not needed.",
)

# --- starting a journey ---
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
    "Open the account in the platform itself. Nothing has been created.",
)

# --- a journey under way ---
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

# --- what a client does in the portal ---
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

# --- when something is out of order ---
WEBHOOK_SIGNATURE_WRONG: Final = ProblemType(
    "webhook-signature-wrong",
    "The delivery is not signed with a secret of its subscription",
    401,
    "Sign the raw body with the subscription's current secret and deliver it again within five minutes.",
)
WEBHOOK_NOT_READY: Final = ProblemType(
    "webhook-not-ready",
    "Deliveries cannot be checked yet",
    503,
    "Deliver it again later: the subscription's signing secret is not known here yet.",
)
SYSTEM_UNAVAILABLE: Final = ProblemType(
    "system-unavailable",
    "One of the two systems cannot be reached",
    503,
    "Send the same request again as soon as `Retry-After` says. Nothing has been lost.",
)
ENGINE_UNAVAILABLE: Final = ProblemType(
    "engine-unavailable",
    "The journey cannot be reached at the moment",
    503,
    "Send the same request, with the same `Idempotency-Key`, again as soon as `Retry-After` says.",
)
INTERNAL_ERROR: Final = ProblemType(
    "internal-error",
    "Something went wrong on our side",
    500,
    "Try again; if it happens again, tell support the request id in the `X-Request-ID` header.",
)

PROBLEM_TYPES: Final[dict[str, ProblemType]] = {
    value.slug: value for value in list(globals().values()) if isinstance(value, ProblemType)
}
