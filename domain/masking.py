"""How a value is shown to a person who has to recognise it, never more of it than that (P54).

The sync stores no value. What a list of differences shows is made here, once, so that no page, task or event can show
more. A field that is not named here is shown as given or empty alone: a new one is safe before anybody thought of it.
"""

import re
from collections.abc import Callable
from typing import Final

EMPTY: Final = "(empty)"
GIVEN: Final = "(given)"

_CUT: Final = "…"
_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", re.ASCII | re.DOTALL)
_POSTCODE: Final = re.compile(r"\b([A-Z]{1,2}[0-9][0-9A-Z]?) ?[0-9][A-Z]{2}\b", re.ASCII)
_ACCOUNT_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{8}(?![0-9])", re.ASCII)


def mask(field: str, value: str | None) -> str:
    """Return what may be shown of a field's value.

    Args:
        field: Its name in the table of `domain.ownership`, or `link`, `plan`, `record`.
        value: Any one text of it; an address has its postcode in it, bank details their account number of eight digits.
    """
    if value is None or not value.strip():
        return EMPTY
    return _MASKS.get(field, _nothing)(value.strip())


def _nothing(_value: str) -> str:
    return GIVEN


def _whole(value: str) -> str:
    return value


def _initial(value: str) -> str:
    return f"{value[0]}{_CUT}" if len(value) > 1 else _CUT


def _email(value: str) -> str:
    local, at, host = value.rpartition("@")
    return f"{_initial(local)}@{host}" if at and local else _CUT


def _ending(count: int) -> Callable[[str], str]:
    def ending(value: str) -> str:
        # What is shorter is no such value, and its end could be most of it.
        return f"{_CUT}{value[-count:]}" if len(value) > 2 * count else _CUT

    return ending


def _century(value: str) -> str:
    return f"{value[:2]}{_CUT}" if _ISO_DATE.fullmatch(value) else _CUT


def _postcode_area(value: str) -> str:
    found = _POSTCODE.findall(value.upper())
    return f"{_CUT}{found[-1]}" if found else _CUT


def _account_ending(value: str) -> str:
    found = _ACCOUNT_NUMBER.findall(value)
    return f"{_CUT}{found[-1][-4:]}" if found else _CUT


_MASKS: Final[dict[str, Callable[[str], str]]] = {
    "title": _initial,
    "first_name": _initial,
    "last_name": _initial,
    "date_of_birth": _century,
    "email": _email,
    "mobile": _ending(3),
    "national_insurance_number": _ending(2),
    "address": _postcode_area,
    "bank_details": _account_ending,
    # A plan's fields and the ids of records say nothing of a person.
    "status": _whole,
    "policy_number": _whole,
    "name": _whole,
    "type": _whole,
    "owners": _whole,
    "link": _whole,
    "plan": _whole,
    "record": _whole,
}
