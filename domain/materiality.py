"""Which acceptances an amendment makes void: a declared table of every field of the forms (P44).

A material field is one that the client's acceptance rests on. Fields of the person's details and of the account stand
under their own names, those of the bank details under `bank_details.`; a deeper path such as
`charges.ongoing_basis_points` belongs to the longest declared name that it begins with.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Voids(StrEnum):
    """An acceptance that an amendment makes void."""

    PLATFORM_TERMS = "platform_terms"
    PRODUCT_TERMS = "product_terms"
    MANDATE = "mandate"


class UndeclaredField(LookupError):  # noqa: N818 - reads as what it is where it is raised
    """A field has no row in the table: nobody has decided yet whether the client has to accept again."""


@dataclass(frozen=True)
class Materiality:
    """One row of the table.

    Attributes:
        field: the name of the field.
        voids: the acceptances that rest on it; none when it is not material.
        reason: why, in words for the adviser, to follow the field's name.
    """

    field: str
    voids: frozenset[Voids]
    reason: str

    @property
    def material(self) -> bool:
        """Whether the client has to accept anything again."""
        return bool(self.voids)


_TERMS: Final = frozenset({Voids.PLATFORM_TERMS, Voids.PRODUCT_TERMS})
_PRODUCT: Final = frozenset({Voids.PRODUCT_TERMS})
_MANDATE: Final = frozenset({Voids.MANDATE})
_NOTHING: Final[frozenset[Voids]] = frozenset()

_NAMED: Final = "names the person who accepted: terms and declaration are made in that name"
_ELIGIBLE: Final = "decides whether the person may hold the account, which the declaration confirms"
_CERTIFIED: Final = "is part of what the person certifies about tax when they accept"
_ILLUSTRATED: Final = "changes the illustration that the client read before accepting"
_INSTRUCTED: Final = "names the account that the client authorised debits from"
_SHOWN: Final = "was shown to the client when they authorised the mandate"
_CONTACT: Final = "is how the person is reached, and nothing was accepted because of it"
_RECORD: Final = "is kept for the record, and nothing was accepted because of it"

MATERIALITY: Final = {
    row.field: row
    for row in (
        Materiality("title", _NOTHING, _RECORD),
        Materiality("first_name", _TERMS, _NAMED),
        Materiality("last_name", _TERMS, _NAMED),
        Materiality("date_of_birth", _PRODUCT, _ELIGIBLE),
        Materiality("email", _NOTHING, _CONTACT),
        Materiality("mobile", _NOTHING, _CONTACT),
        Materiality("address", _NOTHING, _CONTACT),
        Materiality("national_insurance_number", _PRODUCT, "identifies the person in the declaration to HMRC"),
        Materiality("no_national_insurance_number", _PRODUCT, "is part of what the person declares to HMRC"),
        Materiality("nationality", _NOTHING, "is reported with transactions, and nothing was accepted because of it"),
        Materiality("tax_residences", _PRODUCT, _CERTIFIED),
        Materiality("us_person", _PRODUCT, _CERTIFIED),
        Materiality("marital_status", _NOTHING, _RECORD),
        Materiality("employment_status", _NOTHING, _RECORD),
        Materiality("retirement_age", _PRODUCT, _ILLUSTRATED),
        Materiality("bank_details", _MANDATE, _INSTRUCTED),
        Materiality("bank_details.account_holder", _MANDATE, _INSTRUCTED),
        Materiality("bank_details.sort_code", _MANDATE, _INSTRUCTED),
        Materiality("bank_details.account_number", _MANDATE, _INSTRUCTED),
        Materiality("name", _NOTHING, "is a label of the account, and nothing was accepted because of it"),
        Materiality("investment_strategy", _PRODUCT, _ILLUSTRATED),
        Materiality("contributions", _PRODUCT, _ILLUSTRATED),
        Materiality("charges", _PRODUCT, _ILLUSTRATED),
        Materiality("direct_debit", _MANDATE, "decides whether a mandate is needed, and which"),
        Materiality("direct_debit.amount_pence", _MANDATE, _SHOWN),
        Materiality("direct_debit.frequency", _MANDATE, _SHOWN),
        Materiality("direct_debit.collection_day", _MANDATE, _SHOWN),
    )
}
"""Every field of the forms, by its name (P44)."""


def materiality(field: str) -> Materiality:
    """Return the row that a field belongs to (P44).

    Args:
        field: the name of a field, or a path below one, e.g. `contributions.0.amount_pence`.

    Raises:
        UndeclaredField: no row covers it.
    """
    parts = field.split(".")
    for length in range(len(parts), 0, -1):
        row = MATERIALITY.get(".".join(parts[:length]))
        if row is not None:
            return row
    raise UndeclaredField(f"The field {field!r} is missing in the table of materiality: decide and declare it there.")


def voided_by(fields: Iterable[str]) -> frozenset[Voids]:
    """Return the acceptances that become void when these fields are amended (P44); raises `UndeclaredField`."""
    return frozenset[Voids]().union(*(materiality(field).voids for field in fields))


def reasons(fields: Iterable[str]) -> tuple[Materiality, ...]:
    """Return the rows of the material ones among these fields, each once, in the order of the table (P44).

    It is what the adviser is told before saving; raises `UndeclaredField`.
    """
    found = {materiality(field).field for field in fields}
    return tuple(row for row in MATERIALITY.values() if row.material and row.field in found)
