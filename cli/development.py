"""The firms and advisers of a local Onward; they are the ones the Plannr sandbox holds from its first start."""

import json

from cli.home import Person
from connectors.plannr.sandbox import seed

FIRMS = [
    {"id": "harbour-wealth", "name": "Harbour Wealth", "plannr_account_uuid": seed.HARBOUR_ACCOUNT_UUID},
    {"id": "kestrel", "name": "Kestrel Financial Planning", "plannr_account_uuid": seed.KESTREL_ACCOUNT_UUID},
]

_ADVISERS = (
    (
        "harbour-1",
        "harbour-wealth",
        "Imogen Ashworth",
        "imogen.ashworth@harbour.example.com",
        seed.HARBOUR_ADVISER_UUID,
    ),
    ("harbour-2", "harbour-wealth", "Rowan Pryce", "rowan.pryce@harbour.example.com", seed.HARBOUR_SECOND_ADVISER_UUID),
    ("kestrel-1", "kestrel", "Callum Fairley", "callum.fairley@kestrel.example.com", seed.KESTREL_ADVISER_UUID),
    ("kestrel-2", "kestrel", "Nadia Karim", "nadia.karim@kestrel.example.com", seed.KESTREL_SECOND_ADVISER_UUID),
)


def firms_setting() -> str:
    """Return the value of `ONWARD_FIRMS`."""
    advisers: dict[str, dict[str, str]] = {firm["id"]: {} for firm in FIRMS}
    for identity, firm, _, _, account in _ADVISERS:
        advisers[firm][identity] = account
    return json.dumps([{**firm, "platform_advisers": advisers[firm["id"]]} for firm in FIRMS])


def users_setting(password: str) -> str:
    """Return the value of `ONWARD_DEVELOPMENT_USERS`, all with the same password."""
    return json.dumps(
        [
            {
                "id": identity,
                "firm": firm,
                "email": email,
                "password": password,
                "first_name": name.split()[0],
                "display_name": name,
                "plannr_account": account,
            }
            for identity, firm, name, email, account in _ADVISERS
        ]
    )


def people() -> list[Person]:
    """Return who can sign in, for a person to choose from."""
    names = {firm["id"]: firm["name"] for firm in FIRMS}
    return [Person(email=email, name=name, firm=names[firm]) for _, firm, name, email, _ in _ADVISERS]
