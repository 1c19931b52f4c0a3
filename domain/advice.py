"""What needs a person's attention, in words anybody understands, and what the adviser does about it (P41, P47, P48).

The reasons are those that a journey gives itself; where a system explained a check, its own words stand first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Remedy(StrEnum):
    """What the adviser can do here about something that needs attention."""

    CORRECT_DETAILS = "correct_details"
    CHANGE_EMAIL = "change_email"
    SETTLE_CORRECTION = "settle_correction"
    TRY_AGAIN = "try_again"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that needs attention.

    Attributes:
        what: what happened, as a sentence.
        step: what to do next, as one or two sentences.
        remedy: where on the journey's pages this is done.
    """

    what: str
    step: str
    remedy: Remedy = Remedy.NONE


EMAIL_REFUSED: Final = "An e-mail to the client was refused: correct the address"
CORRECTION_ASKED: Final = "The client asked for a correction of their details"

_CHECK: Final = re.compile(
    r"The (?P<check>identity check|bank verification) (?P<outcome>referred|failed)[^(]*(?:\((?P<reason>.*)\))?"
)
_CHECKS: Final = {
    ("identity check", "referred"): Advice(
        "The identity check needs a person to look at it.",
        "The platform looks into it and may ask you for proof of identity or address. Send that to the platform; "
        "the journey goes on by itself once the check has passed.",
    ),
    ("identity check", "failed"): Advice(
        "The client could not be identified from the details given.",
        "Compare the name, date of birth and address with the client's passport or driving licence. Correct what "
        "differs and the check is made again. If nothing differs, speak to the platform before you go on.",
        Remedy.CORRECT_DETAILS,
    ),
    ("bank verification", "referred"): Advice(
        "The bank could not confirm the account.",
        "Ask the client for a recent bank statement. Correct the sort code, the account number or the name if they "
        "differ; otherwise send the statement to the platform.",
        Remedy.CORRECT_DETAILS,
    ),
    ("bank verification", "failed"): Advice(
        "The name on the bank account did not match the client's.",
        "Ask the client for the name, sort code and account number as they stand on a bank statement. Enter them "
        "here and the account is checked again.",
        Remedy.CORRECT_DETAILS,
    ),
}
_OTHERS: Final = {
    EMAIL_REFUSED: Advice(
        "An e-mail to the client came back: their address does not work.",
        "Ask the client for the right address and correct it here. You can then send the invitation again.",
        Remedy.CHANGE_EMAIL,
    ),
    CORRECTION_ASKED: Advice(
        "The client says that some of their details are wrong.",
        "Look at what they want changed, then take it over or leave it as it is.",
        Remedy.SETTLE_CORRECTION,
    ),
}


def advice(reasons: Sequence[str], *, mandate_failed: bool = False) -> list[Advice]:
    """Return what each reason means and what to do about it.

    Args:
        reasons: why a journey needs attention, in its own order: a failed mandate comes last.
        mandate_failed: whether the direct debit mandate has failed; its sentence says itself what to do.
    """
    last = len(reasons) - 1
    return [
        Advice(_sentence(reason), "") if mandate_failed and place == last else _advice(reason)
        for place, reason in enumerate(reasons)
    ]


def _advice(reason: str) -> Advice:
    if reason in _OTHERS:
        return _OTHERS[reason]
    check = _CHECK.fullmatch(reason)
    if check is None:
        return Advice(
            _sentence(reason),
            "Put the cause right where it lies, then ask for another try. It is tried again by itself as well.",
            Remedy.TRY_AGAIN,
        )
    usual = _CHECKS[check["check"], check["outcome"]]
    return Advice(_sentence(check["reason"]) if check["reason"] else usual.what, usual.step, usual.remedy)


def _sentence(text: str) -> str:
    words = text.strip()
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "?", "!")) else ".")
