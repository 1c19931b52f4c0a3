"""Corrections of personal details: what the platform holds beside what the client says (P21, P32)."""

from collections.abc import Iterable
from typing import Final

from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError

from api.portal.evidence import Act, keyed_hash
from api.problem_types import DETAILS_ALREADY_CONFIRMED, INVALID_REQUEST
from api.problems import Problem
from models.facts import FieldCorrection
from models.people import Address, KnownDetails, PersonDetails
from models.schemas.portal_acts import Correction
from models.tables import EvidenceKind
from models.values import ALLOW_TEST_IDENTIFIERS
from runtime.settings import Settings

_OF_ADDRESS: Final = "address."
_STATEMENT: Final = "I have checked my personal details and they are right"


def as_shown_to_the_adviser(
    corrections: Iterable[Correction], held: KnownDetails, *, allow_test_identifiers: bool
) -> list[FieldCorrection]:
    """Return each correction as old → new in canonical form, without those that change nothing.

    Raises:
        Problem: `invalid-request`, naming each correction that can't be right.
    """
    found: dict[str, FieldCorrection] = {}
    errors: list[dict[str, str]] = []
    for position, correction in enumerate(corrections):
        old = _held_value(held, correction.field)
        try:
            new = _canonical(correction.field, correction.new, allow_test_identifiers=allow_test_identifiers)
        except ValidationError as error:
            errors += [
                {"pointer": f"/corrections/{position}/new", "detail": fault["msg"]}
                for fault in error.errors(include_input=False, include_context=False, include_url=False)
            ]
            continue
        if new != old:
            found[correction.field] = FieldCorrection(field=correction.field, old=old, new=new)
    if errors:
        raise Problem(INVALID_REQUEST, "Some corrections can't be right: see `errors`.", errors=errors)
    return [found[name] for name in sorted(found)]


def confirming_details(settings: Settings, corrections: list[FieldCorrection]) -> Act:
    """Return the act of confirming details, once; the evidence names the corrected fields and no values (P21)."""
    fields = _named(corrections)
    payload: list[JsonValue] = [correction.model_dump(mode="json") for correction in corrections]
    return Act(
        kind=EvidenceKind.DETAILS_CONFIRMED,
        statement=f"{_STATEMENT}, apart from: {fields}." if fields else f"{_STATEMENT}.",
        payload={"corrections": payload},
        said=keyed_hash(settings, payload),
        only_once=DETAILS_ALREADY_CONFIRMED,
    )


def correcting_statement(settings: Settings, corrections: list[FieldCorrection]) -> Act:
    """Return the act of asking for a correction of a pension's statement; the evidence holds no values (P32).

    Raises:
        Problem: `invalid-request` when nothing would change.
    """
    if not corrections:
        errors = [{"pointer": "/corrections", "detail": "These are the details that are held already."}]
        raise Problem(INVALID_REQUEST, "None of the corrections changes anything.", errors=errors)
    payload: list[JsonValue] = [correction.model_dump(mode="json") for correction in corrections]
    return Act(
        kind=EvidenceKind.STATEMENT_CORRECTED,
        statement=f"I ask for a correction of the statement of my pension: {_named(corrections)}.",
        payload={"corrections": payload},
        said=keyed_hash(settings, payload),
    )


def _named(corrections: Iterable[FieldCorrection]) -> str:
    return ", ".join(correction.field.removeprefix(_OF_ADDRESS).replace("_", " ") for correction in corrections)


def _held_value(held: KnownDetails, field: str) -> str:
    if field.startswith(_OF_ADDRESS):
        return str(getattr(held.address, field.removeprefix(_OF_ADDRESS))) if held.address is not None else ""
    value = getattr(held, field)
    return "" if value is None else str(value)


def _canonical(field: str, text: str, *, allow_test_identifiers: bool) -> str:
    owner = Address if field.startswith(_OF_ADDRESS) else PersonDetails
    declared = owner.model_fields[field.removeprefix(_OF_ADDRESS)]
    adapter: TypeAdapter[object] = TypeAdapter(
        declared.rebuild_annotation(), config=ConfigDict(hide_input_in_errors=True)
    )
    value = adapter.validate_python(text.strip(), context={ALLOW_TEST_IDENTIFIERS: allow_test_identifiers})
    return str(value)
