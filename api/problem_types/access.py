"""Problems of who is asking."""

from typing import Final

from api.problem_types.kind import ProblemType

SIGN_IN_REQUIRED: Final = ProblemType("sign-in-required", "You are not signed in", 401, "Sign in, then try again.")
CREDENTIALS_WRONG: Final = ProblemType(
    "credentials-wrong",
    "The e-mail address and the password do not belong together",
    401,
    "Check both and try again. Whoever has forgotten the password asks their adviser for a link to choose a new one.",
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
PASSKEY_NOT_ACCEPTED: Final = ProblemType(
    "passkey-not-accepted",
    "The passkey could not be used",
    422,
    "Try again, or sign in with your e-mail address and your password, which keep working.",
)
