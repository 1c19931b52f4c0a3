"""How personal details read on a page: which there are, what each is called, and its value in a person's words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import phonenumbers

from api.web.countries import countries, country_name
from api.web.wording import day
from models.people import EmploymentStatus, KnownDetails, MaritalStatus


@dataclass(frozen=True)
class Detail:
    """One detail of a person.

    Attributes:
        field: its name, as a correction names it.
        label: what it is called above its field.
        within: what it is called within a sentence.
        autocomplete: what a browser may fill in.
        needed: whether it can't be left empty once it is held.
    """

    field: str
    label: str
    within: str
    autocomplete: str = "off"
    needed: bool = True
    hint: str = ""
    width: str = ""


YOU: Final = (
    Detail("title", "Title", "your title", "honorific-prefix", width="govuk-input--width-5"),
    Detail("first_name", "First name", "your first name", "given-name"),
    Detail("last_name", "Last name", "your last name", "family-name"),
    Detail("date_of_birth", "Date of birth", "your date of birth", "bday"),
    Detail(
        "national_insurance_number",
        "National Insurance number",
        "your National Insurance number",
        hint="It is on your payslip, P60 or letters from HMRC, for example QQ\u00a012\u00a034\u00a056\u00a0C.",
        width="govuk-input--width-10",
    ),
    Detail("nationality", "Nationality", "your nationality"),
    Detail("marital_status", "Marital status", "your marital status"),
    Detail("employment_status", "Employment", "your employment"),
    Detail(
        "retirement_age",
        "Age at which you plan to retire",
        "the age at which you plan to retire",
        width="govuk-input--width-3",
    ),
)
CONTACT: Final = (
    Detail("email", "E-mail address", "your e-mail address", "email"),
    Detail("mobile", "Mobile number", "your mobile number", "tel", width="govuk-input--width-20"),
)
ADDRESS: Final = (
    Detail("address.line_1", "Address line 1", "the first line of your address", "address-line1"),
    Detail("address.line_2", "Address line 2 (optional)", "the second line", "address-line2", needed=False),
    Detail("address.town_city", "Town or city", "your town or city", "address-level2"),
    Detail("address.county", "County (optional)", "your county", "address-level1", needed=False),
    Detail("address.postcode", "Postcode", "your postcode", "postal-code", width="govuk-input--width-10"),
)
DETAILS: Final = {detail.field: detail for detail in (*YOU, *CONTACT, *ADDRESS)}
DATE: Final = "date_of_birth"
_OF_A_PENSION: Final = frozenset({"marital_status", "employment_status", "retirement_age"})
_MARITAL: Final = {
    MaritalStatus.CIVIL_PARTNERSHIP: "In a civil partnership",
    MaritalStatus.COHABITING: "Living with a partner",
}
_EMPLOYMENT: Final = {
    EmploymentStatus.SELF_EMPLOYED: "Self-employed",
    EmploymentStatus.HOMEMAKER: "Looking after home or family",
}


def choices(field: str) -> list[tuple[str, str]]:
    """Return what can be chosen for a detail, as value and words; empty for one that is typed."""
    match field:
        case "nationality":
            return countries()
        case "marital_status":
            return [(one.value, _marital(one)) for one in MaritalStatus]
        case "employment_status":
            return [(one.value, _employment(one)) for one in EmploymentStatus if one is not EmploymentStatus.CHILD]
    return []


def shown_details(details: tuple[Detail, ...], held: KnownDetails, *, pension: bool) -> list[Detail]:
    """Return those details that concern this person: a pension's own are left out elsewhere unless they are held."""
    return [
        detail
        for detail in details
        if pension or detail.field not in _OF_A_PENSION or getattr(held, detail.field) is not None
    ]


def held_text(held: KnownDetails, field: str) -> str:
    """Return a detail as it is held, in the form in which it is typed; empty when nothing is held."""
    owner: object = held
    if field.startswith("address."):
        owner, field = held.address, field.removeprefix("address.")
    value = getattr(owner, field, None)
    return "" if value is None else str(value)


def in_words(field: str, text: str) -> str:
    """Return a detail as a person reads it, from the text of a correction or of `held_text`."""
    if not text:
        return ""
    written = _WRITTEN.get(field)
    return written(text) if written is not None else text


def rows(details: list[Detail], held: KnownDetails) -> list[dict[str, dict[str, str]]]:
    """Return the rows of a summary list; optional details that nobody gave are left out."""
    return [
        {
            "key": {"text": detail.label.removesuffix(" (optional)")},
            "value": {"text": in_words(detail.field, held_text(held, detail.field)) or _absent(held, detail.field)},
        }
        for detail in details
        if detail.needed or held_text(held, detail.field)
    ]


def tax_rows(held: KnownDetails) -> list[dict[str, dict[str, str]]]:
    """Return where the person pays tax, as they declared it; it is corrected with the adviser."""
    found = []
    if held.tax_residences:
        where = ", ".join(country_name(residence.country) for residence in held.tax_residences)
        found.append({"key": {"text": "You pay tax in"}, "value": {"text": where}})
    if held.us_person is not None:
        words = "Yes" if held.us_person else "No"
        found.append({"key": {"text": "Citizen or resident of the United States"}, "value": {"text": words}})
    return found


def _absent(held: KnownDetails, field: str) -> str:
    if field == "national_insurance_number" and held.no_national_insurance_number:
        return "You have told us that you have none"
    return "Not given"


def _marital(status: MaritalStatus) -> str:
    return _MARITAL.get(status, status.value.capitalize())


def _employment(status: EmploymentStatus) -> str:
    return _EMPLOYMENT.get(status, status.value.capitalize())


def _phone(text: str) -> str:
    number = phonenumbers.parse(text, "GB")
    home = number.country_code == phonenumbers.country_code_for_region("GB")
    form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def _nino(text: str) -> str:
    return " ".join((text[:2], text[2:4], text[4:6], text[6:8], text[8:])).strip()


_WRITTEN: Final[dict[str, Callable[[str], str]]] = {
    DATE: lambda text: day(date.fromisoformat(text)),
    "nationality": country_name,
    "mobile": _phone,
    "national_insurance_number": _nino,
    "marital_status": lambda text: _marital(MaritalStatus(text)),
    "employment_status": lambda text: _employment(EmploymentStatus(text)),
}
