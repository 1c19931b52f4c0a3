"""Correcting details on a page: a form with what is held, then old → new to look over, then on to the adviser (P21).

The same for the check of the details before the account is opened and for the statement of a pension (P32). Nothing
is kept between the two pages but what the second one holds in its own form.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from api.portal.corrections import as_shown_to_the_adviser
from api.portal.pages.personal_details import (
    ADDRESS,
    CONTACT,
    DATE,
    DETAILS,
    YOU,
    Detail,
    choices,
    held_text,
    in_words,
    shown_details,
)
from api.problem_types import INVALID_REQUEST
from api.problems import Problem
from api.web.forms import FieldError, Typed
from models.facts import FieldCorrection
from models.people import KnownDetails
from models.schemas.portal_acts import Correction

_PARTS: Final = ("day", "month", "year")
_LONGEST: Final = 200
_FIRST_YEAR: Final = 1900
_NOTHING_CHANGED: Final = FieldError(
    "", "Nothing has been changed yet. Change what is not right, or go back and tell us that the details are right."
)


@dataclass(frozen=True)
class Corrections:
    """What somebody wants corrected, or what is wrong with how they said it."""

    changes: list[FieldCorrection] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)


def form_groups(held: KnownDetails, typed: Typed, *, pension: bool) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the form's groups: their legend, and each field with what stands in it (P21)."""
    groups = (("About you", YOU), ("How we reach you", CONTACT), ("Where you live", ADDRESS))
    return [
        (legend, [_field(detail, typed) for detail in shown_details(details, held, pension=pension)])
        for legend, details in groups
    ]


def _field(detail: Detail, typed: Typed) -> dict[str, Any]:
    options = choices(detail.field)
    value = typed[detail.field]
    return {
        "detail": detail,
        "value": value,
        "options": [{"value": "", "text": "Choose", "selected": not value}] * (not value)
        + [{"value": code, "text": words, "selected": code == value} for code, words in options]
        if options
        else [],
        "parts": [(f"{DATE}.{part}", part, typed[f"{DATE}.{part}"]) for part in _PARTS] if detail.field == DATE else [],
    }


def prefilled(held: KnownDetails) -> Typed:
    """Return the form as it first stands: with what is held, so that nothing is typed again (C6)."""
    typed = Typed({name: in_form(name, held_text(held, name)) for name in DETAILS})
    return _with_date_parts(typed)


def in_form(name: str, text: str) -> str:
    """Return a detail as it stands in its field: numbers as people write them, choices as their value."""
    return in_words(name, text) if name in {"mobile", "national_insurance_number"} else text


def reopened(held: KnownDetails, typed: Typed) -> Typed:
    """Return the form with corrections that were to be looked over, for another change."""
    given = {name: in_form(name, typed[name]) for name in DETAILS if name in typed}
    return _with_date_parts(Typed(prefilled(held) | given))


def _with_date_parts(typed: Typed) -> Typed:
    try:
        born = date.fromisoformat(typed[DATE])
    except ValueError:
        return typed
    return Typed(typed | {f"{DATE}.{part}": str(getattr(born, part)) for part in _PARTS})


def read_corrections(typed: Typed, held: KnownDetails, today: date, *, allow_test_identifiers: bool) -> Corrections:
    """Return what the form would change, or what is wrong in it beside which field (P21)."""
    before, asked, errors = prefilled(held), [], []
    for name, detail in DETAILS.items():
        text = typed[name]
        if name == DATE:
            text, wrong = _date(typed, today)
        elif name not in typed or text == before[name]:
            # What nobody touched is not judged: it may have come in another form from another system.
            continue
        else:
            wrong = _unfit(detail, text)
        if wrong is not None:
            errors.append(wrong)
        elif text:
            asked.append(Correction.model_validate({"field": name, "new": text}))
        elif held_text(held, name):
            asked.append(Correction.model_validate({"field": name, "new": ""}))
    found, refused = _as_old_and_new(asked, held, allow_test_identifiers=allow_test_identifiers)
    errors += refused
    if not errors and not found:
        errors = [_NOTHING_CHANGED]
    return Corrections([] if errors else found, _in_order(errors))


def sent_corrections(typed: Typed) -> list[Correction]:
    """Return the corrections that the second page holds."""
    return [
        Correction.model_validate({"field": name, "new": typed[name][:_LONGEST]}) for name in DETAILS if name in typed
    ]


def old_and_new(changes: Iterable[FieldCorrection]) -> list[dict[str, str]]:
    """Return each correction as its name, what is held and what it should be, as a person reads them (C6)."""
    return [
        {
            "field": change.field,
            "label": DETAILS[change.field].label.removesuffix(" (optional)"),
            "old": in_words(change.field, change.old) or "Nothing",
            "new": in_words(change.field, change.new) or "Nothing",
            "value": change.new,
        }
        for change in changes
    ]


def _as_old_and_new(
    asked: list[Correction], held: KnownDetails, *, allow_test_identifiers: bool
) -> tuple[list[FieldCorrection], list[FieldError]]:
    try:
        return as_shown_to_the_adviser(asked, held, allow_test_identifiers=allow_test_identifiers), []
    except Problem as problem:
        if problem.problem_type is not INVALID_REQUEST:
            raise
        return [], [_refusal(asked, error) for error in problem.errors]


def _refusal(asked: list[Correction], error: dict[str, str]) -> FieldError:
    name = asked[int(error["pointer"].split("/")[2])].field
    detail = DETAILS[name]
    # Values of our own refuse in a full sentence; any other refusal is said in words of ours.
    words = error["detail"]
    if not words.endswith("."):
        words = f"Check {detail.within}: it is not in a form that can be used."
    return FieldError(f"{DATE}.day" if name == DATE else name, words)


def _unfit(detail: Detail, text: str) -> FieldError | None:
    if not text and detail.needed:
        return FieldError(detail.field, f"Enter {detail.within}, or ask your adviser to take it out.")
    if len(text) > _LONGEST:
        return FieldError(detail.field, f"Shorten {detail.within}: it can have at most {_LONGEST} characters.")
    return None


def _date(typed: Typed, today: date) -> tuple[str, FieldError | None]:
    parts = [typed[f"{DATE}.{part}"] for part in _PARTS]
    try:
        day, month, year = (int(part) for part in parts)
        born = date(year, month, day)
    except ValueError:
        return "", FieldError(f"{DATE}.day", "Enter your date of birth as a real date, for example 27 3 1985.")
    if not date(_FIRST_YEAR, 1, 1) <= born <= today:
        return "", FieldError(f"{DATE}.day", "Check the year: your date of birth must be in the past.")
    return born.isoformat(), None


def _in_order(errors: list[FieldError]) -> list[FieldError]:
    places = list(DETAILS)
    return sorted(errors, key=lambda error: places.index(name) if (name := _name(error)) in places else -1)


def _name(error: FieldError) -> str:
    return DATE if error.field.startswith(f"{DATE}.") else error.field
