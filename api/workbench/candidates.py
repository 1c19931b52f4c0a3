"""The records in Plannr that may be a client of the platform: read now, and shown only as far as needed (P5b)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from connectors.errors import ConnectorError
from connectors.plannr.port import PlannrPerson
from domain.masking import mask
from models.people import KnownDetails
from models.tables import DiscrepancyRow
from runtime.services import Services

_FACTS: Final = {
    "first_name": "First name",
    "last_name": "Last name",
    "date_of_birth": "Date of birth",
    "email": "E-mail address",
    "national_insurance_number": "National Insurance number",
    "mobile": "Mobile number",
}
_UNREADABLE: Final = (
    "One of the two systems could not be asked just now, so this page can't show what it says. Try again in a moment; "
    "nothing has been changed."
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the platform says of a client beside what each candidate says.

    Attributes:
        names: How each candidate that could be read is called, by its id.
        columns: The headings: the platform's client, then the candidates.
        rows: Each fact with its values, and whether a candidate's is exactly the platform's.
        taken: Candidates that are linked with another client.
        missing: Why something is missing, as a sentence; empty when nothing is.
    """

    names: dict[str, str]
    columns: list[str]
    rows: list[tuple[str, list[tuple[str, bool]]]]
    taken: frozenset[str]
    missing: str


async def facts_of(services: Services, firm: str, row: DiscrepancyRow) -> Facts:
    """Read the client and the candidates, and return what may be shown of them."""
    try:
        client, people = await asyncio.gather(
            services.platform.client_record(row.platform_id), services.plannr.read_people(firm, row.candidates)
        )
    except ConnectorError:
        return Facts({}, [], [], frozenset(), _UNREADABLE)
    people = sorted(people, key=lambda person: row.candidates.index(person.account))
    gone = len(row.candidates) - len(people)
    return Facts(
        names={person.account: name for person, name in zip(people, _names(len(people)), strict=True)},
        columns=["On the platform", *_names(len(people))],
        rows=[(words, _values(name, client.details, people)) for name, words in _FACTS.items()]
        + [("Linked already", [("", False), *((_linked(person, row.platform_id), False) for person in people)])],
        taken=frozenset(person.account for person in people if person.platform_client not in {None, row.platform_id}),
        missing=f"{gone} of the records that were found are no longer in Plannr." if gone else "",
    )


def _names(count: int) -> list[str]:
    return [f"Record {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[place % 26]}" for place in range(count)]


def _linked(person: PlannrPerson, client: str) -> str:
    if person.platform_client is None:
        return "No"
    return "With this client" if person.platform_client == client else "With another client"


def _values(name: str, wanted: KnownDetails, people: Sequence[PlannrPerson]) -> list[tuple[str, bool]]:
    right = _text(wanted, name)
    found = [_text(person.known_details, name) for person in people]
    return [(mask(name, right), False)] + [
        (mask(name, value), value is not None and value.casefold() == (right or "").casefold()) for value in found
    ]


def _text(details: KnownDetails, name: str) -> str | None:
    value = getattr(details, name)
    return None if value is None else str(value)
