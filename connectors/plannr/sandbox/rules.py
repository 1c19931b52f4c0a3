"""Checks request bodies against rule tables written as Laravel writes them: ``"required|string|max:255"``.

A key may reach into the body with dots and ``*`` (``associations.*.adviser_uuid``). A rule looks only at values that
are there, apart from the ``required`` family; null counts as absent, since Laravel turns "" into null and the published
pages let a field be cleared with null.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from connectors.plannr.sandbox.errors import unprocessable

Probe = Callable[[str, str], bool]
"""Says whether a record of a kind with that uuid exists in the caller's firm."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MISSING = object()


def _is_integer(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"-?\d+", value) is not None)


def _is_date(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            parse(value)
        except ValueError:
            continue
        return True
    return False


def _is_uuid(value: Any) -> bool:
    try:
        UUID(value)
    except (ValueError, AttributeError, TypeError):
        return False
    return True


def _size(value: Any) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else len(value)


_CHECKS: Mapping[str, Callable[[Any, str], bool]] = {
    "string": lambda value, _: isinstance(value, str),
    "integer": lambda value, _: _is_integer(value),
    "numeric": lambda value, _: _is_integer(value) or isinstance(value, float),
    "boolean": lambda value, _: value in (True, False, 0, 1, "0", "1"),
    "array": lambda value, _: isinstance(value, list | dict),
    "list": lambda value, _: isinstance(value, list),
    "date": lambda value, _: _is_date(value),
    "uuid": lambda value, _: _is_uuid(value),
    "email": lambda value, _: isinstance(value, str) and _EMAIL.fullmatch(value) is not None,
    "url": lambda value, _: isinstance(value, str) and re.match(r"https?://[^/\s]+", value) is not None,
    "digits": lambda value, arg: re.fullmatch(rf"\d{{{arg}}}", str(value)) is not None,
    "in": lambda value, arg: str(value) in arg.split(","),
    "max": lambda value, arg: _size(value) <= float(arg),
    "min": lambda value, arg: _size(value) >= float(arg),
}

_MESSAGES: Mapping[str, str] = {
    "required": "The {name} field is required.",
    "required_if": "The {name} field is required when {other} is {value}.",
    "prohibited_unless": "The {name} field is prohibited unless {other} is in {value}.",
    "string": "The {name} field must be a string.",
    "integer": "The {name} field must be an integer.",
    "numeric": "The {name} field must be a number.",
    "boolean": "The {name} field must be true or false.",
    "array": "The {name} field must be an array.",
    "list": "The {name} field must be a list.",
    "date": "The {name} field must be a valid date.",
    "uuid": "The {name} field must be a valid UUID.",
    "email": "The {name} field must be a valid email address.",
    "url": "The {name} field must be a valid URL.",
    "digits": "The {name} field must be {arg} digits.",
    "in": "The selected {name} is invalid.",
    "max": "The {name} field must not be greater than {arg}.",
    "min": "The {name} field must be at least {arg}.",
    "exists": "The selected {name} is invalid.",
}


def tidy(value: Any) -> Any:
    """Trims texts and turns empty ones into null, as Laravel does before it checks anything."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        return [tidy(item) for item in value]
    if isinstance(value, dict):
        return {key: tidy(item) for key, item in value.items()}
    return value


def _reach(body: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The values at a path with their concrete names; one absent value where only the last step is missing."""
    head, _, rest = path.partition(".")
    if head == "*":
        for index, item in enumerate(body if isinstance(body, list) else ()):
            if rest:
                yield from ((f"{index}.{name}", value) for name, value in _reach(item, rest))
            else:
                yield str(index), item
    elif rest:
        if isinstance(body, dict) and body.get(head) is not None:
            yield from ((f"{head}.{name}", value) for name, value in _reach(body[head], rest))
    elif isinstance(body, dict):
        yield head, body.get(head, _MISSING)


def _condition(body: Mapping[str, Any], arg: str) -> tuple[str, list[str], bool]:
    other, *values = arg.split(",")
    return other, values, str(body.get(other)) in values


def _message(rule: str, name: str, arg: str) -> str:
    other, _, value = arg.partition(",")
    spoken = name.replace("_", " ")
    return _MESSAGES[rule].format(name=spoken, arg=arg, other=other.replace("_", " "), value=value)


def _presence_failure(rules: list[str], name: str, body: Mapping[str, Any]) -> str | None:
    for rule in rules:
        verb, _, arg = rule.partition(":")
        if verb == "required" or (verb == "required_if" and _condition(body, arg)[2]):
            return _message(verb, name, arg)
    return None


def _value_failures(rules: list[str], name: str, value: Any, body: Mapping[str, Any], probe: Probe) -> Iterator[str]:
    for rule in rules:
        verb, _, arg = rule.partition(":")
        if verb in {"required", "required_if"}:
            continue
        if verb == "prohibited_unless":
            failed = not _condition(body, arg)[2]
        elif verb == "exists":
            failed = not probe(arg, str(value))
        else:
            failed = not _CHECKS[verb](value, arg)
        if failed:
            yield _message(verb, name, arg)
            return


def check(body: Mapping[str, Any], table: Mapping[str, str], probe: Probe) -> None:
    """Refuses a body that breaks a rule; one message per field, the first rule that fails.

    Raises:
        ApiError: 422 with all fields that failed.
    """
    errors: dict[str, list[str]] = {}
    for path, spelled in table.items():
        rules = spelled.split("|") if spelled else []
        for name, value in _reach(body, path):
            if value is _MISSING or value is None or value in ([], {}):
                failure = _presence_failure(rules, name, body)
                failures = [failure] if failure else []
            else:
                failures = list(_value_failures(rules, name, value, body, probe))
            if failures:
                errors[name] = failures
    if errors:
        raise unprocessable(errors)


def known_fields(body: Mapping[str, Any], table: Mapping[str, str]) -> dict[str, Any]:
    """The members of the body that the table names; anything else is ignored, as Laravel's ``validated()`` does."""
    names = {path.partition(".")[0] for path in table}
    return {key: value for key, value in body.items() if key in names}
