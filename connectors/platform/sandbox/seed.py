"""People to fill the platform with: always the same, in the same order."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from connectors.platform.sandbox.database import Record, timestamp
from connectors.platform.sandbox.forms import ClientForm
from connectors.platform.sandbox.resources import Client
from connectors.platform.sandbox.store import Store

_FIRST_NAMES = ("Amelia", "Oliver", "Isla", "George", "Ava", "Harry", "Emily", "Noah", "Grace", "Arthur", "Freya")
_LAST_NAMES = ("Ashdown", "Bramley", "Calder", "Denholm", "Elsworth", "Fairclough", "Garside", "Holt", "Ingham")
_TOWNS = (
    ("Leeds", "LS1 4AP"),
    ("Bristol", "BS1 5TR"),
    ("York", "YO1 7HH"),
    ("Norwich", "NR2 1TF"),
    ("Bath", "BA1 1SU"),
)
_FIRST_BIRTHDAY = date(1955, 1, 1)
_BIRTHDAYS = 16_000
_CHUNK = 2_000


def person(number: int) -> ClientForm:
    """Return the person with this number, from 1."""
    first, last = _FIRST_NAMES[number % len(_FIRST_NAMES)], _LAST_NAMES[number % len(_LAST_NAMES)]
    town, postcode = _TOWNS[number % len(_TOWNS)]
    return ClientForm.model_validate(
        {
            "client_type": "individual",
            "first_name": first,
            "last_name": last,
            "date_of_birth": _FIRST_BIRTHDAY + timedelta(days=number * 97 % _BIRTHDAYS),
            "email": f"{first}.{last}.{number}@example.com".lower(),
            "mobile": f"+447400{number % 1_000_000:06d}",
            "national_insurance_number": f"SE{number % 1_000_000:06d}{'ABCD'[number // 1_000_000 % 4]}",
            "nationalities": ["GB"],
            "tax_residences": [{"country": "GB"}],
            "us_person": False,
            "address": {
                "country": "GB",
                "line1": f"{number % 200 + 1} Mill Lane",
                "town_city": town,
                "postcode": postcode,
            },
            "adviser_reference": f"ADV-{number % 20 + 1:04d}",
        }
    )


def _rows(first: int, last: int, moment: datetime) -> Iterator[dict[str, Any]]:
    for number in range(first, last):
        client = Client.model_validate(
            {
                **person(number).model_dump(),
                "id": f"cl_seed{number:016d}",
                "created_at": moment,
                "updated_at": moment,
            }
        )
        yield {
            "kind": Client.kind,
            "id": client.id,
            "version": 1,
            "created_at": timestamp(moment),
            "updated_at": timestamp(moment),
            "body": client.model_dump(mode="json"),
            **client.index_keys(),
        }


async def seed_clients(store: Store, wanted: int) -> None:
    """Register the next `wanted` people; no events."""
    already = len(await store.all_ids("cl_seed"))
    moment = store.now().astimezone(UTC)
    for first in range(already + 1, already + 1 + wanted, _CHUNK):
        last = min(first + _CHUNK, already + 1 + wanted)
        await store.session.execute(insert(Record), list(_rows(first, last, moment)))
