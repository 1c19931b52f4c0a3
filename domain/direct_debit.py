"""What becomes of a Direct Debit mandate when the bank reports on it, and which references a mandate can have (P47).

Sources: Bacs reason codes of AUDDIS (a new instruction is refused), ADDACS (payer or bank change an instruction) and
ARUDD (a collection comes back unpaid); the Bacs rules for references.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

Source = Literal["AUDDIS", "ADDACS", "ARUDD"]


class MandateStatus(StrEnum):
    """What a mandate is good for after a report; stored and shown, so the values never change once released."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REJECTED = "rejected"


class UnknownReason(LookupError):  # noqa: N818 - reads as what it is where it is raised
    """A report has a code that its source does not use: a person has to look at it."""


@dataclass(frozen=True)
class MandateEffect:
    """What a report of the bank means (P47); the plan stays active whatever it is.

    Attributes:
        status: the status of the mandate from now on.
        sentence_client: what happened and what to do, for the client; empty when nothing may be written to them.
        sentence_adviser: the same for the adviser.
        needs_new_mandate: whether the client has to authorise a fresh mandate before anything is collected.
        stop_mail: whether nothing is written to the client any more.
        open_case: whether a person has to settle something with the client or the platform.
    """

    status: MandateStatus
    sentence_client: str
    sentence_adviser: str
    needs_new_mandate: bool = False
    stop_mail: bool = False
    open_case: bool = False


@dataclass(frozen=True)
class _Report:
    """One row of the table: the code and the sources it is for, and what it means."""

    code: str
    sources: tuple[Source, ...]
    effect: MandateEffect


_U: Final[Source] = "AUDDIS"
_D: Final[Source] = "ADDACS"
_R: Final[Source] = "ARUDD"
_AGAIN: Final = "To go on paying in, please authorise a new Direct Debit in the portal."
_NOTHING_TO_DO: Final = "You don't need to do anything."
_WE_LOOK: Final = "Your adviser is looking into it. Your Direct Debit stays in place meanwhile."
_ASKED: Final = "The client is asked to authorise a new mandate in the portal; make sure that they do."


def _cancelled(client: str, adviser: str) -> MandateEffect:
    return MandateEffect(MandateStatus.CANCELLED, f"{client} {_AGAIN}", f"{adviser} {_ASKED}", needs_new_mandate=True)


def _not_found(client: str, adviser: str) -> MandateEffect:
    return MandateEffect(MandateStatus.FAILED, f"{client} {_AGAIN}", f"{adviser} {_ASKED}", needs_new_mandate=True)


def _rejected(adviser: str) -> MandateEffect:
    client = "Your bank could not set up the Direct Debit. Please check the bank details."
    return MandateEffect(MandateStatus.REJECTED, f"{client} {_AGAIN}", f"{adviser} {_ASKED}", needs_new_mandate=True)


def _disputed(client: str, adviser: str) -> MandateEffect:
    # A collection came back, but the instruction behind it still stands.
    return MandateEffect(
        MandateStatus.ACTIVE,
        f"{client} {_WE_LOOK}",
        f"{adviser} Settle it with the client and the platform before the next collection.",
        open_case=True,
    )


_DECEASED: Final = MandateEffect(
    MandateStatus.CANCELLED,
    "",
    "The bank reports that the account holder has died and cancelled the Direct Debit. Nothing is sent to the client "
    "any more. Contact the family or the executors, and tell the platform.",
    stop_mail=True,
    open_case=True,
)
_MOVED: Final = MandateEffect(
    MandateStatus.SUSPENDED,
    f"Your bank reports that your account was moved to another bank. {_AGAIN}",
    f"The payer's account was moved to another bank, whose details are not known. {_ASKED}",
    needs_new_mandate=True,
)
_MOVED_WITH_DETAILS: Final = MandateEffect(
    MandateStatus.ACTIVE,
    f"Your bank told us that your account was moved. Your Direct Debit moves with it. {_NOTHING_TO_DO}",
    "The payer's account was moved and the bank named the new one. The instruction is set up there anew, without "
    "cancelling the old one. Check the bank details held for the client.",
)

_TABLE: Final = (
    _Report(
        "0",
        (_D, _R),
        _cancelled(
            "Your bank reports that the Direct Debit was cancelled.",
            "The payer's bank cancelled the instruction and refers to the payer.",
        ),
    ),
    _Report(
        "1",
        (_U, _D, _R),
        _cancelled("Your Direct Debit was cancelled with your bank.", "The payer cancelled the instruction."),
    ),
    _Report("2", (_U, _D, _R), _DECEASED),
    _Report("3", (_U, _D, _R), _MOVED),
    _Report(
        "4",
        (_R,),
        _disputed(
            "Your bank returned a payment, as the notice you had of it is disputed.",
            "A collection was returned: the payer disputes the advance notice.",
        ),
    ),
    _Report(
        "5",
        (_U, _R),
        _not_found("Your bank has no account with these details.", "The bank has no account with these details."),
    ),
    _Report(
        "6",
        (_U, _R),
        _not_found("Your bank has no Direct Debit for us on file.", "The bank has no instruction for this mandate."),
    ),
    _Report(
        "7",
        (_R,),
        _disputed(
            "Your bank returned a payment, as its amount differs from what you were told.",
            "A collection was returned: its amount differs from the advance notice.",
        ),
    ),
    _Report(
        "8",
        (_R,),
        _disputed(
            "Your bank returned a payment, as it was not due yet.",
            "A collection was returned: it was not due yet.",
        ),
    ),
    _Report(
        "9",
        (_R,),
        _disputed(
            "Your bank returned a payment, as it came too late.",
            "A collection was returned: it was presented overdue.",
        ),
    ),
    _Report(
        "A",
        (_R,),
        _disputed(
            "Your bank returned a payment, as it was asked for in another company's name.",
            "A collection was returned: the service user differs from the one of the instruction.",
        ),
    ),
    _Report(
        "B",
        (_U, _D, _R),
        _cancelled("Your bank reports that the account is closed.", "The payer's account is closed."),
    ),
    _Report(
        "C",
        (_U, _D),
        MandateEffect(
            MandateStatus.ACTIVE,
            f"Your bank moved your account to another branch. Your Direct Debit goes on. {_NOTHING_TO_DO}",
            "The bank moved the payer's account to another branch. The details are updated and nothing is submitted "
            "anew; the mandate stays as it is.",
        ),
    ),
    _Report(
        "D",
        (_D,),
        MandateEffect(
            MandateStatus.SUSPENDED,
            "Your bank tells us that you dispute the notice of a payment. Nothing is collected until it is settled. "
            "Your adviser will be in touch.",
            "The payer disputes the advance notice, so nothing is collected. Settle it with the client, then ask the "
            "platform to go on.",
            open_case=True,
        ),
    ),
    _Report(
        "E",
        (_D,),
        MandateEffect(
            MandateStatus.ACTIVE,
            f"Your bank told us of a change to your Direct Debit, and we have taken it over. {_NOTHING_TO_DO}",
            "The bank amended the instruction. Check the bank details held for the client; the mandate goes on.",
        ),
    ),
    _Report(
        "R",
        (_D,),
        MandateEffect(
            MandateStatus.ACTIVE,
            f"Your Direct Debit is in place again. {_NOTHING_TO_DO}",
            "The bank reinstated the instruction that was cancelled; the mandate goes on.",
        ),
    ),
    _Report("F", (_U,), _rejected("Direct Debits can't be taken from this type of account.")),
    _Report("G", (_U,), _rejected("The bank does not allow Direct Debits on this account.")),
    _Report("H", (_U,), _rejected("The instruction has expired.")),
    _Report("I", (_U,), _rejected("The reference of the instruction is not unique: tell the platform.")),
    _Report("K", (_U,), _rejected("The payer's bank cancelled the instruction.")),
    _Report("L", (_U,), _rejected("The details of the payer's account are wrong.")),
    _Report("M", (_U,), _rejected("The code of the instruction does not fit the service user: tell the platform.")),
    _Report("N", (_U,), _rejected("The payer's branch does not allow this instruction.")),
    _Report("O", (_U,), _rejected("The reference of the instruction is not valid: tell the platform.")),
    _Report("P", (_U,), _rejected("The payer's name is missing from the instruction.")),
    _Report("Q", (_U,), _rejected("The service user's name is missing from the instruction: tell the platform.")),
)

_EFFECTS: Final = {(source, row.code): row.effect for row in _TABLE for source in row.sources}


def known_reasons() -> frozenset[tuple[Source, str]]:
    """Return every pair of source and code that has a meaning."""
    return frozenset(_EFFECTS)


def effect(source: Source, code: str, *, new_bank_details: bool = False) -> MandateEffect:
    """Return what a report of the bank means for the mandate (P47).

    Args:
        source: which Bacs service reports it.
        code: its reason code, one character.
        new_bank_details: whether the report names the account that the payer's account was moved to.

    Raises:
        UnknownReason: this source has no such code.
    """
    found = _EFFECTS.get((source, code.strip().upper()))
    if found is None:
        raise UnknownReason(f"{source} reports a reason that is not known here: ask the platform what it means.")
    if new_bank_details and found is _MOVED:
        return _MOVED_WITH_DETAILS
    return found


_REFERENCE: Final = re.compile(r"(?!DDIC)(?!(.)\1*\Z)[A-Z0-9]{6,18}")


def is_valid_reference(reference: str) -> bool:
    """Whether Bacs takes a text as the reference of a mandate; that it is unique is for the platform to see to.

    Six to eighteen capital letters and digits, not all of them the same, and not beginning with DDIC.
    """
    return _REFERENCE.fullmatch(reference) is not None
