"""New clients for a demonstration, keyed into Plannr the way a firm would: through its public API."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from cli.demonstration.surroundings import Surroundings, patiently

Role = Literal["holder", "child", "registered_contact"]

_LETTERS = "ABCEGHJKLMNPRSTWXYZ"
_NAMES = (
    ("Mrs", "Eleanor", "Marsh", "female"),
    ("Mr", "Tobias", "Lindqvist", "male"),
    ("Ms", "Amara", "Blackwood", "female"),
    ("Mr", "Hugh", "Penrose", "male"),
)
_BORN: dict[Role, str] = {"holder": "1978-04-12", "registered_contact": "1985-09-30", "child": "2018-06-03"}


@dataclass(frozen=True)
class NewClient:
    """A client who exists in Plannr and nowhere else; a child has no e-mail address."""

    plannr_account: str
    email: str
    name: str
    role: Role = "holder"
    label: str = "holder"

    @property
    def acts(self) -> bool:
        """Whether this person works in the portal."""
        return self.role != "child"


@dataclass(frozen=True)
class Cast:
    """The people of one journey."""

    people: tuple[NewClient, ...]

    @property
    def holders(self) -> list[NewClient]:
        """Those the account is opened for."""
        return [person for person in self.people if person.role != "registered_contact"]

    @property
    def contact(self) -> NewClient | None:
        """Who acts for a child, if anybody does."""
        return next((person for person in self.people if person.role == "registered_contact"), None)

    @property
    def acting(self) -> list[NewClient]:
        """Those who get e-mails and work in the portal."""
        return [person for person in self.people if person.acts]


def new_cast(around: Surroundings, roles: Iterable[Role], last_name: str | None = None) -> Cast:
    """Create the people of one journey; each is called by the role, counted where several have the same."""
    roles, first = list(roles), secrets.randbelow(len(_NAMES))
    people: list[NewClient] = []
    for place, role in enumerate(roles):
        label = role.replace("_", " ")
        if roles.count(role) > 1:
            label += f" {roles[: place + 1].count(role)}"
        people.append(new_client(around, role=role, label=label, last_name=last_name, name=first + place))
    return Cast(tuple(people))


def new_client(
    around: Surroundings,
    *,
    role: Role = "holder",
    label: str = "holder",
    last_name: str | None = None,
    name: int = 0,
) -> NewClient:
    """Create a client with a name, an address and, unless a child, a National Insurance number of their own."""
    number = secrets.randbelow(10**9)
    title, first_name, own_last_name, gender = _NAMES[name % len(_NAMES)]
    last_name = last_name or own_last_name
    email = f"{first_name}.{last_name}.{number:09d}@example.com".lower()
    child = role == "child"
    reached = {} if child else {"email": email, "phone": f"07400 {number % 10**6:06d}"}
    insured = {} if child else {"ni_number": f"{_national_insurance_prefix(number)}{number % 10**6:06d}A"}
    named = {"title": title, "first_name": first_name, "last_name": last_name, "gender": gender, **reached}
    born = {"date_of_birth": _BORN[role], "country_of_residence": "GB", "nationality": "GB", **insured}
    with around.plannr() as plannr:
        record = {"type": "client", "role": "individual", **named}
        created: Any = patiently(lambda: plannr.post("/api/v1/account", json=record))
        account = str((created.get("data") or created)["uuid"])
        patiently(lambda: plannr.put(f"/api/v1/account/{account}", json=born))
        patiently(lambda: plannr.post("/api/v2/addresses", json=_home(account, number)))
    return NewClient(account, "" if child else email, f"{first_name} {last_name}", role, label)


def _home(account: str, number: int) -> dict[str, object]:
    return {
        "account_uuids": [account],
        "primary_account_uuids": [account],
        "is_primary": True,
        "name": "Home",
        "address_1": f"{number % 90 + 1} Harbour Street",
        "town_city": "Whitstable",
        "county": "Kent",
        "postcode": "CT5 1AQ",
        "country": "GB",
    }


def _national_insurance_prefix(number: int) -> str:
    first = "ABCEHJLMPRSTWXY"[number // 10**6 % 15]
    second = _LETTERS[number // 10**7 % len(_LETTERS)]
    prefix = first + second
    return "AB" if prefix in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"} else prefix
