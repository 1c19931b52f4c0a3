"""Vocalink's modulus check by the library uk-mod-check, on its own tables or on newer ones from a path.

The tables change a few times a year and may not be redistributed, so a firm that holds newer ones names their files.
"""

from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol, TypeVar, cast

from connectors.bank_details.port import BankDetailsCheck
from domain.values import AccountNumber, SortCode

_Row = TypeVar("_Row")

_LIBRARY: Final = "uk_mod_check"
_KNOWN_EXCEPTIONS: Final = frozenset({None, *range(1, 15)})
# The library leaves out the replacement of the sort code that exception 8 asks for. For this sort code, the only one
# that has ever had the exception, both give the same remainder; for another the result would be wrong.
_EXCEPTION_8: Final = 8
_EXCEPTION_8_SORT_CODE: Final = 86090


class _Outcome(Protocol):
    result: bool
    known_sort_code: bool


class _Library(Protocol):
    data_parser: ModuleType
    mod_rules: object
    code_subs: object

    def validate(self, sort_code: int, account_number: int) -> _Outcome: ...


class InvalidModulusTable(ValueError):  # noqa: N818 - reads as what it is where it is caught
    """A table file that was named in the settings can't be used; the text says which line and why."""


class UkModCheckAdapter:
    """A `BankDetailsChecker` on the published weight and substitution tables.

    Args:
        weights: A newer Vocalink weight table (`valacdos`); the library's own copy when left out.
        substitutions: A newer sort code substitution table (`scsubtab`); the library's own copy when left out.

    Raises:
        InvalidModulusTable: A named file can't be read or holds a row the library does not understand.
    """

    def __init__(self, *, weights: Path | None = None, substitutions: Path | None = None) -> None:
        self._library = _private_copy_of_the_library()
        parser = self._library.data_parser
        if weights is not None:
            self._library.mod_rules = parser.ModRules(rules=_rows(weights, _weight_row_reader(parser)))
        if substitutions is not None:
            rows = _rows(substitutions, parser.CodeSubstitution.from_line)
            self._library.code_subs = parser.CodeSubstitutions(rules=rows)

    def check(self, sort_code: SortCode, account_number: AccountNumber) -> BankDetailsCheck:
        """Check the pair against the tables (P22)."""
        outcome = self._library.validate(int(sort_code.canonical), int(account_number.canonical))
        if not outcome.known_sort_code:
            return BankDetailsCheck("unchecked")
        return BankDetailsCheck("valid" if outcome.result else "invalid")


def _private_copy_of_the_library() -> _Library:
    # The library keeps its tables in module globals and reads them when imported. A copy of its own gives every checker
    # its own tables, and importing this module reads no file.
    spec = find_spec(_LIBRARY)
    assert spec is not None
    assert spec.loader is not None
    library = module_from_spec(spec)
    spec.loader.exec_module(library)
    return cast("_Library", library)


def _weight_row_reader(parser: ModuleType) -> Callable[[str], object]:
    def read(line: str) -> object:
        row = parser.ModRule.from_line(line)
        other_sort_code = {row.start_code, row.end_code} != {_EXCEPTION_8_SORT_CODE}
        if row.exception not in _KNOWN_EXCEPTIONS or (row.exception == _EXCEPTION_8 and other_sort_code):
            raise ValueError(f"exception {row.exception} is not supported here")
        return row

    return read


def _rows(path: Path, read: Callable[[str], _Row]) -> list[_Row]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidModulusTable(f"{path.name} can't be read as a table: {error}") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rows.append(read(line))
        except ValueError as error:
            raise InvalidModulusTable(f"{path.name}, line {number}: {error}") from error
    if not rows:
        raise InvalidModulusTable(f"{path.name} holds no rows; name the file that Vocalink publishes.")
    return rows
