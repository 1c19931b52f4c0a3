"""Forms of pages: from what a browser sent to a model, or to sentences beside the fields; what was typed is kept."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from api.problems import Problem

ModelT = TypeVar("ModelT", bound=BaseModel)

_LIST_INDEX: Final = re.compile(r"[0-9]{1,3}")
_MISSING: Final = frozenset({"missing", "string_too_short", "none_required", "too_short"})
_DATE: Final = frozenset({"date_parsing", "date_from_datetime_parsing", "date_type", "date_from_datetime_inexact"})


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with a field, as a sentence that says how to put it right; `field` is its name in the form."""

    field: str
    message: str


class Typed(dict[str, str]):
    """What a browser sent, by field name; a name that was not sent reads as empty, as an unticked box does."""

    def __missing__(self, name: str) -> str:
        """Return the empty string."""
        return ""


async def read_form(request: Request, *, exact: Collection[str] = ()) -> Typed:
    """Return the text fields of a form, without the blanks around them; files are left out.

    A field that was sent several times, such as a group of boxes, has its values joined by a comma.

    Args:
        request: What a browser sent.
        exact: Fields that keep the blanks around them, such as passwords.
    """
    typed = Typed()
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            text = value if name in exact else value.strip()
            typed[name] = f"{typed[name]},{text}" if name in typed else text
    return typed


def nested(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return fields named `holders.0.email` as the document they describe; empty fields are left out."""
    document: dict[str, Any] = {}
    for name, value in typed.items():
        if not value:
            continue
        *path, last = name.split(".")
        place = document
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    listed = _listed(document)
    return listed if isinstance(listed, dict) else {}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(one) for key, one in value.items()}
    if inner and all(_LIST_INDEX.fullmatch(key) for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def validate(
    model: type[ModelT], document: Mapping[str, Any], labels: Mapping[str, str], *, prefix: str = ""
) -> tuple[ModelT | None, list[FieldError]]:
    """Return the model, or what is wrong with which field.

    Args:
        model: What the document must be.
        document: As `nested` returns it.
        labels: What each field is called within a sentence, by its form name, e.g. `{"date_of_birth": "your date of
            birth"}`; list positions are left out of the name.
        prefix: Put before each field's name, where the document is a part of the form.
    """
    try:
        return model.model_validate(document), []
    except ValidationError as invalid:
        return None, [
            FieldError(prefix + ".".join(map(str, fault["loc"])), _sentence(dict(fault), labels))
            for fault in invalid.errors(include_input=False, include_url=False)
        ]


def _sentence(fault: dict[str, Any], labels: Mapping[str, str]) -> str:
    name = ".".join(str(part) for part in fault["loc"] if not isinstance(part, int))
    label = labels.get(name) or labels.get(name.rpartition(".")[2]) or name.rpartition(".")[2].replace("_", " ")
    if fault["type"] in _MISSING:
        return f"Enter {label}."
    if fault["type"] in _DATE:
        return f"Enter {label} as a real date, for example 27 3 1985."
    if fault["type"] == "value_error":
        said = str(fault["msg"]).removeprefix("Value error, ")
        return said[:1].upper() + said[1:] + ("" if said.endswith((".", "?")) else ".")
    if str(fault["msg"]).endswith("."):
        # Values of our own refuse in a full sentence; pydantic's own messages are none.
        return str(fault["msg"])
    return f"Check {label}: it is not in a form that can be used."


def of_problem(problem: Problem, field_of: Mapping[str, str] | None = None) -> list[FieldError]:
    """Return a problem as errors of the form it came from.

    Args:
        problem: With `errors` that point into a JSON document, or one sentence in all.
        field_of: The form's field for a JSON Pointer, where dots for slashes do not give it.
    """
    known = field_of or {}
    if not problem.errors:
        return [FieldError("", problem.detail)]
    return [
        FieldError(
            known.get(error.get("pointer", ""), error.get("pointer", "").strip("/").replace("/", ".")),
            error.get("detail", problem.detail),
        )
        for error in problem.errors
    ]


def summary_of(errors: list[FieldError]) -> list[dict[str, str]]:
    """Return the entries of the error summary, each linked to its field (A2)."""
    return [{"text": error.message, **({"href": f"#{error.field}"} if error.field else {})} for error in errors]


def error_for(errors: list[FieldError], name: str) -> dict[str, str] | None:
    """Return the message beside a field, as the components take it."""
    return next(({"text": error.message} for error in errors if error.field == name), None)
