"""The few values that the people of the sync's state machine have, so that they meet and differ all the time."""

from typing import Any

from models.people import Address, BankDetails, KnownDetails

HARBOUR = Address(line_1="12 Harbour Street", town_city="Whitstable", postcode="CT5 1AQ")
MILL = Address(line_1="3 Mill Lane", town_city="Bristol", postcode="BS1 4ST")
CURRENT = BankDetails(account_holder="Mrs E Marsh", sort_code="20-00-00", account_number="55779911")
SAVINGS = BankDetails(account_holder="Mrs E Marsh", sort_code="40-47-84", account_number="70872490")

# Apart from e-mail addresses two values of each field are enough: the old one and the new one.
VALUES: dict[str, tuple[Any, ...]] = {
    "email": ("ada@example.com", "ben@example.com", "cleo@example.com", "dora@example.com"),
    "mobile": ("+447400123456", "+447400654321"),
    "address": (HARBOUR.model_dump(), MILL.model_dump()),
    "marital_status": ("married", "single"),
    "employment_status": ("employed", "retired"),
    "retirement_age": (60, 67),
    "title": ("Mrs", "Dr"),
    "first_name": ("Eleanor", "Ada"),
    "last_name": ("Marsh", "Hill"),
    "date_of_birth": ("1978-04-12", "1981-09-30"),
    "national_insurance_number": ("AB123456C", "JC123456D"),
    "nationality": ("GB", "IE"),
}
BANKS = (CURRENT, SAVINGS)

_PEOPLE: tuple[dict[str, Any], ...] = (
    {name: values[0] for name, values in VALUES.items()},
    {name: values[1] for name, values in VALUES.items()},
    # Knows little of herself: matched by address and names, if at all.
    {"first_name": "Eleanor", "last_name": "Marsh", "email": "cleo@example.com"},
    # The number of the first one with the birthday of the second: a contradiction.
    {
        "first_name": "Dora",
        "last_name": "Hill",
        "email": "dora@example.com",
        "national_insurance_number": "AB123456C",
        "date_of_birth": "1981-09-30",
    },
)
_CHILD = {"first_name": "Tom", "last_name": "Marsh", "date_of_birth": "2015-01-02", "nationality": "GB"}


def adults() -> list[KnownDetails]:
    """Return what the adults are known by at first."""
    return [KnownDetails.model_validate(details) for details in _PEOPLE]


def child() -> KnownDetails:
    """Return what the child is known by."""
    return KnownDetails.model_validate(_CHILD)


def value_of(details: KnownDetails, bank: BankDetails | None, field: str) -> Any:
    """Return what somebody has in a field of the ownership table."""
    return bank if field == "bank_details" else getattr(details, field)
