"""A synced population of any size: clients whose records in both systems are linked and say the same, each its own way.

Everything is derived from the client's number, so the same numbers always give the same people. Both systems take a
population through a control of their sandboxes that fires no events.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

from cli.demonstration.surroundings import checked
from connectors.plannr.mapping import REFERENCE_SOURCE
from connectors.plannr.sandbox import seed

CHUNK = 2_500
_NINO_LETTERS = "ABCEGHJKLMNPRSTWXYZ"
_TITLES = ("Mr", "Mrs", "Ms", "Dr", "Miss", "Mx")
_FIRST_NAMES = ("Amelia", "Bruno", "Carys", "Dylan", "Elspeth", "Farid", "Greta", "Hamish", "Iris", "Jude", "Kezia")
_LAST_NAMES = ("Arkwright", "Bexley", "Coombes", "Darnley", "Eastwood", "Fenwick", "Goodall", "Hartley", "Inskip")
_TOWNS = (
    ("Bristol", "Avon", "BS1 4DJ"),
    ("Leeds", "", "LS1 4AP"),
    ("York", "North Yorkshire", "YO1 7HH"),
    ("Norwich", "Norfolk", "NR2 1TF"),
    ("Cardiff", "", "CF10 1EP"),
)
_MARITAL = ("single", "married", "civil_partnership", "divorced", "widowed", "separated", "cohabiting")
_EMPLOYMENT = ("employed", "self_employed", "unemployed", "retired", "homemaker")
_WRAPPERS = ("isa", "gia", "sipp")
_THIRD_PARTY = ("tpsipp", "tpofb")
_OLDEST = date(1950, 1, 1)
_BIRTHDAYS = 14_000


@dataclass(frozen=True, slots=True)
class PopulatedFirm:
    """Whose clients they are: the firm in Plannr, its adviser there, and that adviser's reference on the platform."""

    plannr_firm: str
    plannr_adviser: str
    platform_adviser: str


HARBOUR = PopulatedFirm(seed.HARBOUR_UUID, seed.HARBOUR_ADVISER_UUID, "harbour-1")
KESTREL = PopulatedFirm(seed.KESTREL_UUID, seed.KESTREL_ADVISER_UUID, "kestrel-1")


def platform_client_id(number: int) -> str:
    """Return the id on the platform of the client with this number."""
    return f"cl_pop{number:017d}"


def platform_account_id(number: int) -> str:
    """Return the id on the platform of that client's account."""
    return f"ac_pop{number:017d}"


def plannr_uuid(number: int) -> str:
    """Return the id of that client's record in Plannr."""
    return str(uuid5(NAMESPACE_URL, f"https://onward.example/population/{number}"))


def population(
    first: int, last: int, *, firm: PopulatedFirm = HARBOUR, link_tag: str = "Platform client"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the bodies that bring clients `first` to `last` (inclusive, from 1) to the platform and to Plannr.

    Each has one active account and its plan, half have a bank account, every tenth account is a third party's. A
    number belongs to one firm only.
    """
    people = [_Person(number) for number in range(first, last + 1)]
    platform = {
        "clients": [_platform_client(person, firm) for person in people],
        "accounts": [_platform_account(person, firm) for person in people],
    }
    plannr = {"firm": firm.plannr_firm, "people": [_plannr_record(person, firm, link_tag) for person in people]}
    return platform, plannr


def load(
    platform_url: str,
    plannr_url: str,
    clients: int,
    *,
    first: int = 1,
    firm: PopulatedFirm = HARBOUR,
    link_tag: str = "Platform client",
    progress: Callable[[int], None] | None = None,
) -> None:
    """Bring so many clients into both sandboxes, in portions; `progress` is told how many there are by then."""
    with httpx.Client(timeout=60, trust_env=False) as http, ThreadPoolExecutor(2) as side_by_side:

        def bring(system: tuple[str, dict[str, Any]]) -> None:
            url, body = system
            checked(http.post(f"{url}/_sandbox/population", json=body))

        for begin in range(first, first + clients, CHUNK):
            end = min(begin + CHUNK, first + clients) - 1
            bodies = population(begin, end, firm=firm, link_tag=link_tag)
            list(side_by_side.map(bring, zip((platform_url, plannr_url), bodies, strict=True)))
            if progress is not None:
                progress(end - first + 1)


def lift_limits(platform_url: str, plannr_url: str, *, per_minute: int = 1_000_000) -> None:
    """Set both sandboxes' rate limits, in calls a minute, for runs that measure something else."""
    limit = {"rate_limit_per_minute": per_minute}
    with httpx.Client(timeout=20, trust_env=False) as http:
        checked(http.patch(f"{platform_url}/_sandbox/settings", json=limit))
        checked(http.put(f"{plannr_url}/_sandbox/state", json=limit))


class _Person:
    """What is the same in both systems, before either spells it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.title = _TITLES[number % len(_TITLES)]
        self.first_name = _FIRST_NAMES[number % len(_FIRST_NAMES)]
        self.last_name = _LAST_NAMES[number // 3 % len(_LAST_NAMES)]
        self.born = (_OLDEST + timedelta(days=number * 97 % _BIRTHDAYS)).isoformat()
        self.email = f"{self.first_name}.{self.last_name}.{number}@example.com".lower()
        self.subscriber = f"{number % 1_000_000:06d}"
        self.nino = f"J{_NINO_LETTERS[number // 1_000_000 % 10]}{number % 1_000_000:06d}{'ABCD'[number % 4]}"
        self.marital_status = _MARITAL[number % len(_MARITAL)]
        self.employment_status = _EMPLOYMENT[number % len(_EMPLOYMENT)]
        self.retirement_age = 60 + number % 10
        self.street = f"{number % 300 + 1} Ropewalk Lane"
        self.flat = f"Flat {number % 40 + 1}" if number % 4 == 0 else None
        self.town, self.county, self.postcode = _TOWNS[number % len(_TOWNS)]
        self.has_bank_account = number % 2 == 0
        self.wrapper = _THIRD_PARTY[number // 10 % 2] if number % 10 == 0 else _WRAPPERS[number % 3]
        self.account_name = f"{self.first_name}'s {self.wrapper.upper()}"

    @property
    def account_holder(self) -> str:
        """The name on the bank account."""
        return f"{self.first_name} {self.last_name}"


def _platform_client(person: _Person, firm: PopulatedFirm) -> dict[str, Any]:
    bank_account = {"account_holder": person.account_holder, "sort_code": "200000", "account_number": "55779911"}
    return {
        "id": platform_client_id(person.number),
        "status": "active",
        "external_reference": plannr_uuid(person.number),
        "client_type": "individual",
        "title": person.title,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "date_of_birth": person.born,
        "email": person.email,
        "mobile": f"+447400{person.subscriber}",
        "national_insurance_number": person.nino,
        "nationalities": ["GB"],
        "tax_residences": [{"country": "GB"}],
        "us_person": False,
        "address": {
            "country": "GB",
            "line1": person.street,
            "line2": person.flat,
            "town_city": person.town,
            "county": person.county or None,
            "postcode": person.postcode,
        },
        "marital_status": person.marital_status,
        "employment_status": person.employment_status,
        "retirement_age": person.retirement_age,
        "adviser_reference": firm.platform_adviser,
        "bank_account": bank_account if person.has_bank_account else None,
    }


def _platform_account(person: _Person, firm: PopulatedFirm) -> dict[str, Any]:
    return {
        "id": platform_account_id(person.number),
        "status": "active",
        "wrapper": person.wrapper,
        "client_ids": [platform_client_id(person.number)],
        "name": person.account_name,
        "investment_strategy": {"name": "Balanced Growth"},
        "adviser_reference": firm.platform_adviser,
    }


def _plannr_record(person: _Person, firm: PopulatedFirm, link_tag: str) -> dict[str, Any]:
    bank_account = {
        "account_name": person.account_holder,
        "account_holders": person.account_holder,
        "sort_code": "20-00-00",
        "account_number": "55779911",
    }
    uuid = plannr_uuid(person.number)
    return {
        "uuid": uuid,
        "external_references": [{"source": REFERENCE_SOURCE, "reference": platform_client_id(person.number)}],
        "tags": [link_tag],
        "assigned_adviser_uuid": firm.plannr_adviser,
        "title": person.title,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "date_of_birth": person.born,
        "email": person.email,
        "phone": f"07400 {person.subscriber}",
        "ni_number": person.nino,
        "nationality": "GB",
        "country_of_residence": "GB",
        "marital_status": person.marital_status.replace("_", "-"),
        "employment_status": person.employment_status.replace("_", "-"),
        "target_retirement_age": person.retirement_age,
        "addresses": [
            {
                "name": "Home",
                "address_1": person.street,
                "address_2": person.flat,
                "town_city": person.town,
                "county": person.county or None,
                "postcode": person.postcode,
                "country": "GB",
            }
        ],
        "bank_accounts": [bank_account] if person.has_bank_account else [],
        "plans": [_plan(person)],
    }


def _plan(person: _Person) -> dict[str, Any]:
    account = platform_account_id(person.number)
    return {
        "name": person.account_name,
        "type": "pension" if person.wrapper == "sipp" else "investment",
        "sub_type": "gia" if person.wrapper in _THIRD_PARTY else person.wrapper,
        "status": "active",
        "policy_number": account,
        "proposal_reference": account,
    }
