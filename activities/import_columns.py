"""The columns of an import file, each the place of one value in the start form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, where its value stands in the start form, and what it is, in words."""

    name: str
    place: Place
    words: str
    required: bool = False


_ILLUSTRATION: Final = "illustration"
_CONTRIBUTION: Final[Place] = (_ILLUSTRATION, "contributions", 0)
_CHARGES: Final[Place] = (_ILLUSTRATION, "charges")
_HOLDERS: Final = 4

COLUMNS: Final = (
    Column("external_reference", ("external_reference",), "your own reference for the account", required=True),
    Column("wrapper", ("wrapper",), "`sipp`, `gia`, `isa` or `jisa`", required=True),
    Column(
        "plannr_account",
        ("holders", 0, "plannr_account"),
        "the Plannr id of the holder, of a Junior ISA of the child",
        required=True,
    ),
    *(
        Column(f"plannr_account_{number}", ("holders", number - 1, "plannr_account"), f"GIA: holder {number}")
        for number in range(2, _HOLDERS + 1)
    ),
    Column("registered_contact", ("registered_contact", "plannr_account"), "JISA: the Plannr id of the contact"),
    Column("illustration_name", (_ILLUSTRATION, "name"), "without an illustration leave all of its columns empty"),
    Column("investment_strategy", (_ILLUSTRATION, "investment_strategy"), "as in the illustration"),
    Column("contribution_pence", (*_CONTRIBUTION, "amount_pence"), "in pence"),
    Column("contribution_frequency", (*_CONTRIBUTION, "frequency"), "`once`, `monthly`, `quarterly` or `annually`"),
    Column("initial_charge_basis_points", (*_CHARGES, "initial_basis_points"), "100 are one per cent"),
    Column("ongoing_charge_basis_points", (*_CHARGES, "ongoing_basis_points"), "100 are one per cent"),
    Column("plan_length_years", (_ILLUSTRATION, "plan_length_years"), "in whole years"),
    Column("child_trust_fund_held", ("child_trust_fund_held",), "JISA: `yes` or `no`"),
    Column("parental_responsibility", ("parental_responsibility",), "JISA: `yes` or `no`"),
    Column("already_holds_jisa", ("already_holds_jisa",), "JISA: `yes` or `no`"),
    Column("crown_servant_or_spouse", ("crown_servant_or_spouse",), "`yes` or `no`"),
    Column("relevant_earnings_pence", ("relevant_earnings_pence",), "SIPP: in pence"),
    Column("flexibly_accessed_on", ("flexibly_accessed_on",), "SIPP: a day as 2026-04-06"),
    Column("paid_in_this_tax_year_pence", ("paid_in_this_tax_year_pence",), "in pence"),
)
BY_NAME: Final[Mapping[str, Column]] = {column.name: column for column in COLUMNS}


def to_form(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the start form of a row in plain values; empty cells are left out."""
    form: dict[str, Any] = {}
    for column in COLUMNS:
        if text := cells.get(column.name, "").strip():
            _put(form, column.place, text)
    return form


def _put(form: dict[str, Any], place: Place, text: str) -> None:
    target: Any = form
    for step, following in pairwise(place):
        if isinstance(step, str):
            target = target.setdefault(step, [] if isinstance(following, int) else {})
        else:
            # A cell left empty before this one stays a gap, which is then named as missing.
            target.extend({} for _ in range(step + 1 - len(target)))
            target = target[step]
    target[place[-1]] = text


def column_of(place: Sequence[str | int]) -> str | None:
    """Return the column to look at for a place of the start form: the one there, else the first one under it."""
    wanted = tuple(place)
    for column in COLUMNS:
        shared = min(len(column.place), len(wanted))
        if shared and column.place[:shared] == wanted[:shared]:
            return column.name
    return None


def place_of(pointer: str) -> Place:
    """Return the place that a JSON Pointer names."""
    return tuple(int(part) if part.isdecimal() else part for part in pointer.split("/")[1:])
