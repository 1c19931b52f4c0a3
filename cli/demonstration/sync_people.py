"""People for the demonstration of the sync, as each of the two systems has them keyed in."""

import json
import secrets
from dataclasses import dataclass, replace
from typing import Any

from cli.development import firms_setting

_LETTERS = "ABCEGHJKLMNPRSTWXYZ"
_NAMES = (("Ms", "Nerys", "Aldridge"), ("Mr", "Jasper", "Quillfeather"), ("Dr", "Odile", "Hartnell"))


@dataclass(frozen=True)
class Somebody:
    """A person whom nobody else in the two systems is taken for."""

    number: int
    title: str
    first_name: str
    last_name: str
    street: str

    @property
    def email(self) -> str:
        """Their own e-mail address."""
        return f"{self.first_name}.{self.last_name}.{self.number:09d}@example.com".lower()

    @property
    def nino(self) -> str:
        """Their own National Insurance number."""
        return f"J{_LETTERS[self.number // 10**6 % 10]}{self.number % 10**6:06d}A"

    @property
    def subscriber(self) -> str:
        """The last six digits of their mobile number."""
        return f"{self.number % 10**6:06d}"

    def registration(self) -> dict[str, Any]:
        """Return what the platform's staff key in to register them."""
        return {
            "client_type": "individual",
            "title": self.title,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "date_of_birth": "1981-10-05",
            "email": self.email,
            "mobile": f"+447400{self.subscriber}",
            "national_insurance_number": self.nino,
            "nationalities": ["GB"],
            "tax_residences": [{"country": "GB"}],
            "us_person": False,
            "address": {"country": "GB", "line1": self.street, "town_city": "Whitstable", "postcode": "CT5 1AQ"},
            "adviser_reference": adviser_reference(),
        }

    def record(self) -> dict[str, Any]:
        """Return what a user of Plannr keys in for the same person."""
        return {
            "type": "client",
            "role": "individual",
            "title": self.title,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "date_of_birth": "1981-10-05",
            "email": self.email,
            "phone": f"07400 {self.subscriber}",
            "ni_number": self.nino,
            "nationality": "GB",
            "country_of_residence": "GB",
        }

    def home(self, account: str) -> dict[str, Any]:
        """Return their address for the record in Plannr, which becomes the primary one."""
        return {
            "account_uuids": [account],
            "is_primary": True,
            "name": "Home",
            "address_1": self.street,
            "town_city": "Whitstable",
            "postcode": "CT5 1AQ",
            "country": "GB",
        }

    def moved(self) -> "Somebody":
        """Return the same person with another home, e-mail address and mobile number."""
        return replace(self, number=self.number + 500_000, street="9 Lighthouse Row")


def somebody(name: int = 0) -> Somebody:
    """Return a new person; `name` says what they are called."""
    number = secrets.randbelow(5 * 10**8)
    title, first_name, last_name = _NAMES[name % len(_NAMES)]
    return Somebody(number, title, first_name, last_name, f"{number % 90 + 1} Harbour Street")


def adviser_reference() -> str:
    """Return under which reference the platform knows the demonstration's adviser."""
    firms = json.loads(firms_setting())
    return str(next(iter(firms[0]["platform_advisers"])))
