"""Reading an uploaded file of journeys: every problem with its row and column, nothing of the other systems."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from activities.import_columns import BY_NAME, COLUMNS, column_of, place_of, to_form
from activities.start_checks import served_wrapper
from activities.start_refusals import StartRefused
from api.problem_types import IMPORT_UNUSABLE
from api.problems import Problem
from domain.identity import journey_id
from models.schemas.starting import StartJourneyForm
from storage.imports import NewImportedRow

MAX_ROWS: Final = 5_000
_EMPTY: Final = "This cell is empty and has to be filled in."
_NUMBER: Final = "Write a whole number, without a pound sign, commas or blanks."
_SENTENCES: Final = {
    "missing": _EMPTY,
    "int_parsing": _NUMBER,
    "int_type": _NUMBER,
    "int_from_float": _NUMBER,
    "date": "Write a day that exists as 2026-04-06.",
    "bool_parsing": "Write yes or no.",
    "string_pattern_mismatch": "This cell holds a sign that cannot stand here, such as a blank.",
    "string_too_long": "Write at most {max_length} characters.",
    "greater_than": "Write a number above {gt}.",
    "greater_than_equal": "Write a number that is at least {ge}.",
    "less_than_equal": "Write a number that is at most {le}.",
    "literal_error": "Write one of these: {expected}.",
    "enum": "Write one of these: {expected}.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file with something in it; `row` is its number as a spreadsheet shows it."""

    row: int
    cells: dict[str, str]
    surplus: bool


def read_rows(content: bytes, firm: str) -> list[NewImportedRow]:
    """Return every row of the file, with its form or with the problems it has.

    Raises:
        Problem: `import-unusable`, naming row and column, when the file as a whole cannot be read.
    """
    first_at: dict[str, int] = {}
    return [_read(line, firm, first_at) for line in _lines(content)]


def _lines(content: bytes) -> list[Line]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unusable("The file is no text in UTF-8. Save it again as “CSV UTF-8”.") from None
    if "\0" in text:
        raise _unusable("The file holds characters that no text has. Save it again as “CSV UTF-8”.")
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise _unusable("The file is no CSV: a quotation mark is missing, or a cell is far too long.") from None
    header = [name.strip() for name in table[0]] if table else []
    _check_header(header)
    lines = [
        Line(number, dict(zip(header, cells, strict=False)), surplus=any(cell.strip() for cell in cells[len(header) :]))
        for number, cells in enumerate(table[1:], start=2)
        if any(cell.strip() for cell in cells)
    ]
    if not lines:
        raise _unusable("The file has no rows below its header.")
    if len(lines) > MAX_ROWS:
        raise _unusable(f"The file has {len(lines)} rows, and {MAX_ROWS} at most are taken at once. Split it.")
    return lines


def _check_header(header: list[str]) -> None:
    missing = [column.name for column in COLUMNS if column.required and column.name not in header]
    problems = [(name, "This column is missing.") for name in missing]
    for place, name in enumerate(header, start=1):
        if name not in BY_NAME:
            # What stands there may be a row of data, so it is named by its place alone.
            problems.append((f"column {place}", "There is no column of this name; the API's documentation lists all."))
        elif name in header[: place - 1]:
            problems.append((name, "This column is there twice."))
    if problems:
        errors = [{"pointer": "", "row": "1", "column": column, "detail": detail} for column, detail in problems]
        raise Problem(IMPORT_UNUSABLE, "The first row of the file has to name its columns.", errors=errors)


def _unusable(detail: str) -> Problem:
    return Problem(IMPORT_UNUSABLE, detail)


def _read(line: Line, firm: str, first_at: dict[str, int]) -> NewImportedRow:
    problems = [_problem(None, "invalid-cell", "The row has more cells than the header.")] if line.surplus else []
    form: StartJourneyForm | None = None
    try:
        form = StartJourneyForm.model_validate(to_form(line.cells))
        account = _account(form, firm)
    except ValidationError as error:
        problems += _of_validation(error)
    except StartRefused as refused:
        problems += [
            _problem(column_of(place_of(fault.pointer)), refused.refusal.value, fault.detail)
            for fault in refused.faults
        ]
    else:
        earlier = first_at.setdefault(account, line.row)
        if earlier != line.row:
            detail = f"Row {earlier} is about the same account: the same reference, people and wrapper."
            problems.append(_problem("external_reference", "duplicate-row", detail))
    usable = form is not None and not problems
    return NewImportedRow(
        row=line.row,
        external_reference=form.external_reference if form else "",
        form=form.model_dump(mode="json") if form and usable else None,
        problems=problems,
    )


def _account(form: StartJourneyForm, firm: str) -> str:
    """Return what the journey of this row would be called; raises StartRefused for accounts opened elsewhere (P2)."""
    holders = [holder.plannr_account for holder in form.holders]
    return journey_id(firm, form.external_reference, holders, served_wrapper(form))


def _of_validation(error: ValidationError) -> list[dict[str, JsonValue]]:
    found: Iterator[tuple[str | None, str]] = (
        (column_of(fault["loc"]), _sentence(fault)) for fault in error.errors(include_input=False, include_url=False)
    )
    return [_problem(column, "invalid-cell", detail) for column, detail in dict.fromkeys(found)]


def _sentence(fault: ErrorDetails) -> str:
    kind = "date" if fault["type"].startswith("date") else fault["type"]
    if kind in _SENTENCES:
        return _SENTENCES[kind].format_map(fault.get("ctx", {}))
    return f"{fault['msg'].removeprefix('Value error, ')}."


def _problem(column: str | None, code: str, detail: str) -> dict[str, JsonValue]:
    return {"column": column, "code": code, "detail": detail}
