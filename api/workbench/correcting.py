"""Corrections that a client asked for, as an amendment would make them (P21)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from models.commands import HolderDetails
from models.messages import ChangeRequest, HolderDetailsView, Progress
from models.people import KnownDetails

_OF_ADDRESS: Final = "address."


class NotApplicable(ValueError):  # noqa: N818 - says what the request is
    """What the client asks for cannot be taken over as it is; the adviser has to amend the details by hand."""


def find_request(progress: Progress, evidence_id: str) -> ChangeRequest | None:
    """Return the client's request, while nobody has dealt with it."""
    return next((asked for asked in progress.change_requests if asked.evidence_id == evidence_id), None)


def corrected(request: ChangeRequest, parties: Iterable[HolderDetailsView]) -> HolderDetails:
    """Return the form that makes the corrections, the rest of an address as it stands.

    Raises:
        NotApplicable: a value is none that the form takes, or a part of an address is corrected and no other is known.
    """
    known = next(party.details for party in parties if party.person_id == request.person_id)
    details: dict[str, Any] = {}
    for correction in request.corrections:
        if correction.field.startswith(_OF_ADDRESS):
            address: Mapping[str, Any] = known.address.model_dump() if known.address else {}
            details.setdefault("address", dict(address))[correction.field.removeprefix(_OF_ADDRESS)] = correction.new
        else:
            details[correction.field] = correction.new
    try:
        return HolderDetails(person_id=request.person_id, details=KnownDetails.model_validate(details))
    except ValidationError:
        raise NotApplicable from None


def held(field: str, details: KnownDetails) -> str:
    """Return what is on record now for a field of a request, in the form in which requests have it."""
    if field.startswith(_OF_ADDRESS):
        return str(getattr(details.address, field.removeprefix(_OF_ADDRESS))) if details.address is not None else ""
    value = getattr(details, field)
    return "" if value is None else str(value)
