"""Personal and bank details in the words of the workbench: what each is called, and how its value is read."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from api.web.countries import country_name
from api.web.wording import day
from models.people import Address, EmploymentStatus, KnownDetails, MaritalStatus, TaxResidence

LABELS: Final[Mapping[str, str]] = {
    "title": "the title, for example Mrs",
    "first_name": "the first name",
    "last_name": "the last name",
    "date_of_birth": "the date of birth",
    "email": "the e-mail address",
    "mobile": "the mobile number",
    "national_insurance_number": "the National Insurance number, or tick the box below it",
    "nationality": "the nationality",
    "tax_residences": "a country of tax residence",
    "country": "a country of tax residence",
    "tax_number": "the tax number",
    "us_person": "whether the person is a citizen or resident of the United States",
    "marital_status": "the marital status",
    "employment_status": "the employment status",
    "retirement_age": "the retirement age, from 55 to 99",
    "address": "the first line of the address",
    "line_1": "the first line of the address",
    "line_2": "the second line of the address",
    "town_city": "the town or city",
    "county": "the county",
    "postcode": "the postcode",
    "account_holder": "the name on the bank account",
    "sort_code": "the sort code",
    "account_number": "the account number",
}
"""What each field is called within a sentence."""

NAMES: Final[Mapping[str, str]] = {
    "title": "Title",
    "first_name": "First name",
    "last_name": "Last name",
    "date_of_birth": "Date of birth",
    "email": "E-mail address",
    "mobile": "Mobile number",
    "national_insurance_number": "National Insurance number",
    "nationality": "Nationality",
    "tax_residences": "Tax residence",
    "us_person": "United States person",
    "marital_status": "Marital status",
    "employment_status": "Employment status",
    "retirement_age": "Retirement age",
    "address": "Address",
}
"""What each detail is called on a page, in the order of the page."""

NO_NUMBER: Final = "None: declares not to be eligible for one"


def choices(statuses: type[MaritalStatus] | type[EmploymentStatus]) -> list[tuple[str, str]]:
    """Return every choice of a status as its value and its words."""
    return [(status.value, _status(status)) for status in statuses]


def in_words(name: str, details: KnownDetails) -> str:
    """Return a detail as it is read on a page; empty when it is not known."""
    value = getattr(details, name)
    if name == "national_insurance_number" and value is None and details.no_national_insurance_number:
        return NO_NUMBER
    return "" if value is None else _WORDS.get(name, str)(value)


def full_name(details: KnownDetails) -> str:
    """Return the person's name, as far as it is known."""
    return " ".join(part for part in (details.title, details.first_name, details.last_name) if part)


def _status(status: MaritalStatus | EmploymentStatus) -> str:
    return status.value.replace("_", " ").capitalize()


def _address(address: Address) -> str:
    parts = (address.line_1, address.line_2, address.town_city, address.county, address.postcode)
    return ", ".join(part for part in parts if part)


def _residences(residences: list[TaxResidence]) -> str:
    return ", ".join(
        country_name(one.country) + (f" (tax number {one.tax_number})" if one.tax_number else "") for one in residences
    )


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "date_of_birth": day,
    "nationality": country_name,
    "tax_residences": _residences,
    "us_person": lambda yes: "Yes" if yes else "No",
    "marital_status": _status,
    "employment_status": _status,
    "address": _address,
}
