"""The form of people's details: what is missing is asked, what is known is shown to be amended (P7, P11, P22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from api.bank_accounts import refuse_impossible_accounts
from api.problems import Problem
from api.web.forms import FieldError, Typed, nested, of_problem, validate
from api.workbench.details_words import LABELS, NAMES, full_name, in_words
from connectors.bank_details.port import BankDetailsChecker
from models.commands import HolderDetails
from models.people import BankDetails, KnownDetails

BankQuestion = Literal["required", "optional", "replace", "none"]
"""Whether bank details are asked: they have to be given, may be given, may replace earlier ones, or are not asked."""

MOST_RESIDENCES: Final = 3
"""How many countries of tax residence the form has room for."""

_NINO: Final = "national_insurance_number"
_NO_NINO: Final = "no_national_insurance_number"
_PARTS: Final = ("day", "month", "year")
# The first control of a detail that is made of several.
_FIRST: Final = {"address": "address.line_1", "tax_residences": "tax_residences.0.country"}
_ASK: Final = {
    "us_person": "Say {}.",
    "nationality": "Choose {}.",
    "tax_residences": "Choose {}.",
    "marital_status": "Choose {}.",
    "employment_status": "Choose {}.",
}


@dataclass(frozen=True, slots=True)
class PersonForm:
    """The part of a form that is about one person; its fields are named as the API's form has them.

    Attributes:
        position: The person's place among the form's holders: `holders.0.details.email` is the first one's address.
        person_id: Whose details.
        role: What they are to the account, in words.
        known: What is known of them; shown, and changed if it is typed over.
        asked: The names of the details that have to be given, as `KnownDetails` names them.
        bank: Whether bank details are asked.
    """

    position: int
    person_id: str
    role: str
    known: KnownDetails
    asked: tuple[str, ...]
    bank: BankQuestion = "none"

    @property
    def name(self) -> str:
        """What the page calls the person."""
        return full_name(self.known) or self.role

    @property
    def prefix(self) -> str:
        """What the names of the person's fields begin with."""
        return f"holders.{self.position}."

    @property
    def amendable(self) -> list[str]:
        """The names of the details that are known, in the order of the page."""
        return [name for name in NAMES if name in self.known.given()]

    @property
    def missing(self) -> list[str]:
        """The names of the details that are asked, in the order of the page."""
        without_number = {_NINO} if self.known.no_national_insurance_number else set()
        return [name for name in NAMES if name in self.asked and name not in {*self.amendable, *without_number}]

    @property
    def known_rows(self) -> list[tuple[str, str]]:
        """What is known, as label and words."""
        return [(NAMES[name], in_words(name, self.known)) for name in self.amendable]

    def field(self, name: str) -> str:
        """Return the field to go to for a detail."""
        return f"{self.prefix}details.{_FIRST.get(name, name)}"

    def amends(self, field: str) -> bool:
        """Whether a field belongs to the known details, which a page may fold away until they are to be amended."""
        return any(field.startswith(f"{self.prefix}details.{name}") for name in self.amendable)


def prefilled(people: Sequence[PersonForm]) -> Typed:
    """Return the fields as they stand when the form is first shown: with what is known (P7)."""
    return Typed({name: value for person in people for name, value in _fields(person)})


def _fields(person: PersonForm) -> list[tuple[str, str]]:
    at = f"{person.prefix}details."
    fields: list[tuple[str, str]] = []
    for name, value in person.known.model_dump(mode="json", include=set(person.amendable)).items():
        if name == "date_of_birth":
            year, month, day = value.split("-")
            fields += zip((f"{at}{name}-{part}" for part in _PARTS), (day, month, year), strict=True)
        elif name == "address":
            fields += [(f"{at}{name}.{line}", text) for line, text in value.items() if line != "country"]
        elif name == "tax_residences":
            for place, residence in enumerate(value):
                fields += [(f"{at}{name}.{place}.{key}", text or "") for key, text in residence.items()]
        else:
            fields.append((at + name, str(value).lower() if isinstance(value, bool) else str(value)))
    return fields


def read_people(
    people: Sequence[PersonForm], typed: Typed, checker: BankDetailsChecker
) -> tuple[list[HolderDetails], list[FieldError]]:
    """Return what the form amends and adds for each person, or what is wrong with it (P7, P22).

    Args:
        people: Whom the form asks about.
        typed: What was sent.
        checker: Knows which bank accounts can exist.
    """
    given: list[HolderDetails] = []
    errors: list[FieldError] = []
    for person in people:
        form, wrong = _read_person(person, typed)
        errors += wrong
        if form is not None:
            given.append(form)
    return given, errors or _impossible(given, people, checker)


def _impossible(
    given: list[HolderDetails], people: Sequence[PersonForm], checker: BankDetailsChecker
) -> list[FieldError]:
    try:
        refuse_impossible_accounts(checker, given)
    except Problem as problem:
        places = {f"/holders/{index}": person.prefix for index, person in enumerate(people)}
        known = {f"{at}/bank_details/account_number": f"{to}bank_details.account_number" for at, to in places.items()}
        return of_problem(problem, known)
    return []


def _read_person(person: PersonForm, typed: Typed) -> tuple[HolderDetails | None, list[FieldError]]:
    document = _document(person, typed)
    details = document["details"]
    absent = [*_absent(person, typed, details)]
    form, wrong = validate(HolderDetails, document, LABELS, prefix=person.prefix)
    if form is None or absent:
        return None, [*absent, *wrong]
    changed = {name: getattr(form.details, name) for name in form.details.given()}
    changed = {name: value for name, value in changed.items() if value != getattr(person.known, name)}
    return form.model_copy(update={"details": KnownDetails().model_copy(update=changed)}), []


def _document(person: PersonForm, typed: Typed) -> dict[str, Any]:
    own = {name.removeprefix(person.prefix): text for name, text in typed.items() if name.startswith(person.prefix)}
    sent = nested(own)
    details = sent.get("details", {})
    shown = {*person.amendable, *person.missing}
    kept = {name: value for name, value in details.items() if name in shown}
    if "date_of_birth" in shown and (born := _date(details, "date_of_birth")):
        kept["date_of_birth"] = born
    if _NINO in shown and _NINO not in kept and _NO_NINO in details:
        kept[_NO_NINO] = True
    if "address" in shown and any(name.startswith("details.address.") for name in own):
        kept.setdefault("address", {})
    document: dict[str, Any] = {"person_id": person.person_id, "details": kept}
    if person.bank != "none":
        bank = sent.get("bank_details", {})
        if bank or person.bank == "required":
            document["bank_details"] = {name: bank[name] for name in BankDetails.model_fields if name in bank}
    return document


def _date(details: dict[str, Any], name: str) -> str:
    """Return a date as it was typed into three fields; empty when nothing was."""
    day, month, year = (str(details.get(f"{name}-{part}", "")) for part in _PARTS)
    return f"{year:0>4}-{month:0>2}-{day:0>2}" if day or month or year else ""


def _absent(person: PersonForm, typed: Typed, details: dict[str, Any]) -> list[FieldError]:
    """Return an error for each detail that is asked and was not given, or known and was taken out."""
    errors = []
    for name in NAMES:
        if name in details or (name == _NINO and details.get(_NO_NINO)):
            continue
        asks = _ASK.get(name, "Enter {}.").format(LABELS[name])
        at = f"{person.prefix}details.{name}"
        emptied = name in person.amendable and any(
            sent == at or sent.startswith((f"{at}.", f"{at}-")) for sent in typed
        )
        if name in person.missing:
            errors.append(FieldError(person.field(name), asks))
        elif emptied:
            errors.append(FieldError(person.field(name), f"{asks} It can be changed, and not left out."))
    return errors
