"""New clients for a demonstration, keyed into Plannr the way a firm would: through its public API."""

import secrets
from dataclasses import dataclass
from typing import Any

from cli.demonstration.surroundings import Surroundings, checked

_LETTERS = "ABCEGHJKLMNPRSTWXYZ"
_NAMES = (
    ("Mrs", "Eleanor", "Marsh", "female"),
    ("Mr", "Tobias", "Lindqvist", "male"),
    ("Ms", "Amara", "Blackwood", "female"),
    ("Mr", "Hugh", "Penrose", "male"),
)


@dataclass(frozen=True)
class NewClient:
    """A client who exists in Plannr and nowhere else."""

    plannr_account: str
    email: str
    name: str


def new_client(around: Surroundings) -> NewClient:
    """Create a client with a name, an address and a National Insurance number of their own."""
    number = secrets.randbelow(10**9)
    title, first_name, last_name, gender = _NAMES[number % len(_NAMES)]
    email = f"{first_name}.{last_name}.{number:09d}@example.com".lower()
    with around.plannr() as plannr:
        created: Any = checked(
            plannr.post(
                "/api/v1/account",
                json={
                    "type": "client",
                    "role": "individual",
                    "title": title,
                    "first_name": first_name,
                    "last_name": last_name,
                    "gender": gender,
                    "email": email,
                    "phone": f"07400 {number % 10**6:06d}",
                },
            )
        )
        account = (created.get("data") or created)["uuid"]
        checked(
            plannr.put(
                f"/api/v1/account/{account}",
                json={
                    "date_of_birth": "1978-04-12",
                    "ni_number": f"{_national_insurance_prefix(number)}{number % 10**6:06d}A",
                    "country_of_residence": "GB",
                    "nationality": "GB",
                },
            )
        )
        checked(
            plannr.post(
                "/api/v2/addresses",
                json={
                    "account_uuids": [account],
                    "primary_account_uuids": [account],
                    "is_primary": True,
                    "name": "Home",
                    "address_1": f"{number % 90 + 1} Harbour Street",
                    "town_city": "Whitstable",
                    "county": "Kent",
                    "postcode": "CT5 1AQ",
                    "country": "GB",
                },
            )
        )
    return NewClient(account, email, f"{first_name} {last_name}")


def _national_insurance_prefix(number: int) -> str:
    first = "ABCEHJLMPRSTWXY"[number // 10**6 % 15]
    second = _LETTERS[number // 10**7 % len(_LETTERS)]
    prefix = first + second
    return "AB" if prefix in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"} else prefix
