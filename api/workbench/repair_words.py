"""What a repair writes where, said before it is done (P54)."""

from dataclasses import dataclass
from typing import Final, Literal

from api.workbench import sync_wording as wording
from api.workbench.consequences import Consequence
from domain.masking import EMPTY
from domain.ownership import Act, Subject
from models.deciding import Side
from models.tables import DiscrepancyRow

Choice = Literal["repair", "plannr", "platform"]

_PLANNR: Final = "In Plannr"
_PLATFORM: Final = "On the platform"
_NOTHING_THERE: Final = "Nothing is written there: its value is the one that is carried over."
_READ_FOR_REPAIR: Final = (
    "Both records are read again. If one of them has changed since, what the rules say of its new value is done "
    "instead."
)
_READ_FOR_DECISION: Final = (
    "Both records are read again. If one of them has changed since, nothing is replaced, and this difference stays "
    "open with the new values."
)
_COMPARED: Final = (
    "The two records are compared. What is missing on one side is filled from the other; where both say something "
    "different, you are asked field by field, and nothing is replaced unasked."
)
_LOOKED_FOR: Final = (
    "The client's record is looked for by its link, e-mail address, National Insurance number and date of birth. If "
    "there is none, it is made."
)
_TAGGED: Final = (
    "The record gets the platform client's id and the visible tag. If several could be the client, nothing is written "
    "and you are asked which one it is."
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about a difference: a side's value stands, or a record in Plannr is the client's."""

    take: Side | None = None
    plannr_account: str | None = None


def consequences(row: DiscrepancyRow, decision: Decision) -> list[Consequence]:
    """Return what a decision, or the proposed repair where there is none, leads to in both systems."""
    if decision.plannr_account is not None:
        return _of_linking(decision.plannr_account)
    if decision.take is None and row.field == wording.LINK:
        return _of_finding(row)
    if decision.take is None and row.field in wording.WHOLE:
        return _of_making(row)
    to_platform = decision.take == "plannr" or (decision.take is None and row.proposal is Act.TO_PLATFORM)
    return _of_writing(row, to_platform=to_platform, decided=decision.take is not None)


def _of_writing(row: DiscrepancyRow, *, to_platform: bool, decided: bool) -> list[Consequence]:
    what = wording.field_words(row.subject, row.field)
    if to_platform:
        written = _written(f"Plannr's {what}", row.plannr_value, row.platform_value, "written to the platform")
        sides = [Consequence(_PLANNR, [_NOTHING_THERE]), Consequence(_PLATFORM, [written])]
    else:
        written = _written(f"The platform's {what}", row.platform_value, row.plannr_value, "written to Plannr")
        sides = [Consequence(_PLANNR, [written]), Consequence(_PLATFORM, [_NOTHING_THERE])]
    return [*sides, Consequence("Before it is written", [_READ_FOR_DECISION if decided else _READ_FOR_REPAIR])]


def _written(whose: str, value: str, replaced: str, where: str) -> str:
    if value == EMPTY:
        return f"{whose} is empty, so the value on the other side, {replaced}, is taken out."
    begun = f"{whose}, {value}, is {where}"
    return (
        f"{begun}, where there is none yet."
        if replaced == EMPTY
        else f"{begun}; the value there, {replaced}, is replaced."
    )


def _of_linking(plannr_account: str) -> list[Consequence]:
    return [
        Consequence(
            _PLANNR,
            [f"The record {plannr_account} is linked: it gets the platform client's id and the visible tag."],
        ),
        Consequence(_PLATFORM, ["The client gets the id of that record as its reference."]),
        Consequence(
            "Afterwards",
            [_COMPARED, "The other records stay as they are."],
        ),
    ]


def _of_finding(row: DiscrepancyRow) -> list[Consequence]:
    if row.subject is Subject.ACCOUNT:
        return _of_making(row)
    return [
        Consequence(
            _PLANNR,
            [_LOOKED_FOR, _TAGGED],
        ),
        Consequence(_PLATFORM, ["The client gets the id of that record as its reference."]),
    ]


def _of_making(row: DiscrepancyRow) -> list[Consequence]:
    what = wording.field_words(row.subject, row.field)
    return [
        Consequence(
            _PLANNR,
            [f"The {what} is looked for. If there is none, it is made once, as the platform has it."],
        ),
        Consequence(_PLATFORM, ["Nothing is written there."]),
    ]
