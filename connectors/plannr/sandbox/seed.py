"""The firms, people and statuses that exist at first start, with fixed uuids that documentation and tests may name.

None of the people is linked to the platform. ``REFERRED_UUID`` is the person whose identity check is referred, since
the surname is one of the documented test surnames; ``CHILD_UUID`` was born in 2015.
"""

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.plannr.sandbox.store import Document, Store

TOKEN_USER = "onward-integration"  # noqa: S105  the name of a user, no secret
ADDON = "soderberg_partners"
"""The add-on instance; the real id of this platform is not published."""

HARBOUR_UUID = "0a7d6c0e-5b1f-4a51-8a3f-1c5f0e9b2a01"
KESTREL_UUID = "0a7d6c0e-5b1f-4a51-8a3f-1c5f0e9b2a02"
HARBOUR_ACCOUNT_UUID = "1b3f2e90-7c64-4d0b-9b7e-52d1a0c4f101"
"""What X-PLANNR-ACCOUNT-UUID must be for Harbour Wealth."""
KESTREL_ACCOUNT_UUID = "1b3f2e90-7c64-4d0b-9b7e-52d1a0c4f102"
"""What X-PLANNR-ACCOUNT-UUID must be for Kestrel Financial Planning."""

HARBOUR_ADVISER_UUID = "2c9a4d11-3e58-4f7a-8d20-6b8e5f1a3001"
HARBOUR_SECOND_ADVISER_UUID = "2c9a4d11-3e58-4f7a-8d20-6b8e5f1a3002"
KESTREL_ADVISER_UUID = "2c9a4d11-3e58-4f7a-8d20-6b8e5f1a3003"
KESTREL_SECOND_ADVISER_UUID = "2c9a4d11-3e58-4f7a-8d20-6b8e5f1a3004"

CLIENT_UUID = "3d8b1f62-9a47-4c1e-b5d3-7e2c4a6f9001"
SPOUSE_ONE_UUID = "3d8b1f62-9a47-4c1e-b5d3-7e2c4a6f9002"
SPOUSE_TWO_UUID = "3d8b1f62-9a47-4c1e-b5d3-7e2c4a6f9003"
PARENT_UUID = "3d8b1f62-9a47-4c1e-b5d3-7e2c4a6f9004"
CHILD_UUID = "3d8b1f62-9a47-4c1e-b5d3-7e2c4a6f9005"
REFERRED_UUID = "3d8b1f62-9a47-4c1e-b5d3-7e2c4a6f9006"
SECOND_CLIENT_UUID = "3d8b1f62-9a47-4c1e-b5d3-7e2c4a6f9007"
KESTREL_CLIENT_UUID = "3d8b1f62-9a47-4c1e-b5d3-7e2c4a6f9008"
KESTREL_SECOND_CLIENT_UUID = "3d8b1f62-9a47-4c1e-b5d3-7e2c4a6f9009"

PROVIDER_NAME = "Söderberg & Partners Wealth Management"
HARBOUR_PROVIDER_UUID = "4e5c7a83-1d29-4b6f-a0c8-9f3d5b7e1001"
KESTREL_PROVIDER_UUID = "4e5c7a83-1d29-4b6f-a0c8-9f3d5b7e1002"

FIRMS: dict[str, dict[str, str]] = {
    HARBOUR_UUID: {
        "name": "Harbour Wealth",
        "slug": "harbour-wealth",
        "account": HARBOUR_ACCOUNT_UUID,
        "adviser": HARBOUR_ADVISER_UUID,
        "provider": HARBOUR_PROVIDER_UUID,
    },
    KESTREL_UUID: {
        "name": "Kestrel Financial Planning",
        "slug": "kestrel-financial-planning",
        "account": KESTREL_ACCOUNT_UUID,
        "adviser": KESTREL_ADVISER_UUID,
        "provider": KESTREL_PROVIDER_UUID,
    },
}

_ADVISERS = (
    (HARBOUR_UUID, HARBOUR_ADVISER_UUID, "Ms", "Imogen", "Ashworth", "imogen.ashworth@harbour.example.com"),
    (HARBOUR_UUID, HARBOUR_SECOND_ADVISER_UUID, "Mr", "Rowan", "Pryce", "rowan.pryce@harbour.example.com"),
    (KESTREL_UUID, KESTREL_ADVISER_UUID, "Mr", "Callum", "Fairley", "callum.fairley@kestrel.example.com"),
    (KESTREL_UUID, KESTREL_SECOND_ADVISER_UUID, "Mrs", "Nadia", "Karim", "nadia.karim@kestrel.example.com"),
)

# firm, uuid, title, first name, last name, gender, born, NINO, mobile, marital, employment, house, town, postcode
_CLIENTS = (
    (HARBOUR_UUID, CLIENT_UUID, "Mrs", "Eleanor", "Whitfield", "female", "1979-04-12", "AB123456C", "07400 123456",
     "married", "employed", "14 Quayside Road", "Bristol", "BS1 4DJ"),
    (HARBOUR_UUID, SPOUSE_ONE_UUID, "Mr", "Thomas", "Okafor", "male", "1984-09-03", "CE234567A", "07400 123457",
     "married", "employed", "3 Harbour Terrace", "Portsmouth", "PO1 2AB"),
    (HARBOUR_UUID, SPOUSE_TWO_UUID, "Mrs", "Grace", "Okafor", "female", "1986-01-27", "EH345678B", "07400 123458",
     "married", "self-employed", "3 Harbour Terrace", "Portsmouth", "PO1 2AB"),
    (HARBOUR_UUID, PARENT_UUID, "Ms", "Priya", "Raman", "female", "1987-06-18", "GH456789D", "07400 123459",
     "single", "employed", "27 Linden Avenue", "Leeds", "LS1 4AP"),
    (HARBOUR_UUID, CHILD_UUID, "Miss", "Anya", "Raman", "female", "2015-03-09", None, None,
     None, None, "27 Linden Avenue", "Leeds", "LS1 4AP"),
    (HARBOUR_UUID, REFERRED_UUID, "Mr", "Jonah", "Referred", "male", "1975-11-30", "JK567890A", "07400 123461",
     "divorced", "employed", "8 Mill Lane", "York", "YO1 7HH"),
    (HARBOUR_UUID, SECOND_CLIENT_UUID, "Dr", "Miriam", "Adler", "female", "1968-02-21", "LM678901B", "07400 123462",
     "widowed", "retired", "51 Castle Street", "Edinburgh", "EH2 3BJ"),
    (KESTREL_UUID, KESTREL_CLIENT_UUID, "Mr", "Gareth", "Pembrey", "male", "1972-08-15", "NP789012C", "07400 123463",
     "married", "employed", "6 Cathedral Walk", "Cardiff", "CF10 1EP"),
    (KESTREL_UUID, KESTREL_SECOND_CLIENT_UUID, "Ms", "Sofia", "Lindqvist", "female", "1990-12-05", "RS890123D",
     "07400 123464", "cohabiting", "employed", "19 Albion Square", "Manchester", "M1 1AE"),
)  # fmt: skip

_GENERATED_FIRST = ("Alice", "Ben", "Clara", "David", "Edith", "Felix", "Hannah", "Isaac", "Julia", "Kieran")
_GENERATED_LAST = ("Abbott", "Barlow", "Carver", "Dawson", "Elliot", "Foster", "Garner", "Hobbs", "Ingram", "Jarvis")


def derived_uuid(name: str) -> str:
    """A uuid that is always the same for the same name."""
    return str(uuid5(NAMESPACE_URL, f"https://plannr-sandbox.example.com/{name}"))


def _account(firm: str, uuid: str, kind: str, role: str, **fields: Any) -> Document:
    return {
        "uuid": uuid,
        "type": kind,
        "role": role,
        "status": "active",
        "assigned_adviser_uuid": FIRMS[firm]["adviser"] if kind == "client" else None,
        "owners": [],
        "tag_uuids": [],
        "external_references": [],
        "is_prospect": False,
        **fields,
    }


def _person(row: tuple[str | None, ...]) -> Document:
    firm, uuid, title, first, last, gender, born, nino, phone, marital, employment, *_ = row
    adult = phone is not None
    email = f"{first}.{last}@example.com".lower() if adult else None
    return _account(
        str(firm), str(uuid), "client", "individual",
        title=title, first_name=first, last_name=last, gender=gender, date_of_birth=born, ni_number=nino, email=email,
        phone=phone, nationality="GB", country_of_residence="GB", marital_status=marital,
        employment_status=employment, is_vulnerable="no", is_child_account=not adult,
        owners=[] if adult else [PARENT_UUID],
    )  # fmt: skip


def _home(account: str, house: str, town: str, postcode: str) -> Document:
    return {
        "uuid": derived_uuid(f"address/{account}"),
        "account_uuids": [account],
        "primary_account_uuids": [account],
        "name": "Home",
        "address_1": house,
        "town_city": town,
        "postcode": postcode,
        "country": "GB",
        "moved_in_month": 5,
        "moved_in_year": 2012,
        "residential_status": "homeowner",
    }


def _firm_rows(uuid: str, firm: dict[str, str]) -> Iterator[tuple[str, str, Document]]:
    yield "firm", uuid, {"uuid": uuid, "name": firm["name"], "slug": firm["slug"], "town_city": "London"}
    yield (
        "account",
        uuid,
        _account(
            uuid, firm["account"], "employee", "admin",
            first_name="Onward", last_name="Integration", email=f"integration@{firm['slug']}.example.com",
            with_login=True,
        ),
    )  # fmt: skip
    yield "provider", uuid, {"uuid": firm["provider"], "name": PROVIDER_NAME}
    for position, (name, done) in enumerate((("To do", False), ("In progress", False), ("Completed", True))):
        status = {
            "uuid": derived_uuid(f"task-status/{uuid}/{name}"),
            "name": name,
            "colour": "#2f6f4f" if done else "#4a5a6a",
            "position": position,
            "is_type_completed": done,
            "is_archived": False,
            "is_not_started": position == 0,
        }
        yield "task_status", uuid, status


def _seed_rows() -> Iterator[tuple[str, str, Document]]:
    for uuid, firm in FIRMS.items():
        yield from _firm_rows(uuid, firm)
    for firm_uuid, uuid, title, first, last, email in _ADVISERS:
        account = _account(
            firm_uuid, uuid, "employee", "member", title=title, first_name=first, last_name=last, email=email
        )
        yield "account", firm_uuid, account
    for row in _CLIENTS:
        yield "account", str(row[0]), _person(row)
        yield "address", str(row[0]), _home(str(row[1]), str(row[11]), str(row[12]), str(row[13]))


def _generated_rows(firm: str, numbers: range) -> Iterator[tuple[str, str, Document]]:
    for number in numbers:
        first = _GENERATED_FIRST[number % 10]
        last = _GENERATED_LAST[number // 10 % 10]
        uuid = derived_uuid(f"generated/{firm}/{number}")
        account = _account(
            firm, uuid, "client", "individual",
            title="Mx", first_name=first, last_name=last, gender="unknown",
            email=f"{first}.{last}.{number}@example.com".lower(), phone=f"07400 {number % 1_000_000:06d}",
            ni_number=f"{'TW' if firm == HARBOUR_UUID else 'TX'}{number % 1_000_000:06d}A",
            date_of_birth=f"{1950 + number % 50}-{number % 12 + 1:02d}-{number % 28 + 1:02d}", nationality="GB",
            country_of_residence="GB", marital_status="single", employment_status="employed",
            is_vulnerable="no", is_child_account=False, generated=True,
        )  # fmt: skip
        yield "account", firm, account
        yield "address", firm, _home(uuid, f"{number % 200 + 1} Generated Street", "London", "SW1A 1AA")


def _timed(store: Store, rows: Iterator[tuple[str, str, Document]]) -> Iterator[tuple[str, str, Document]]:
    for kind, tenant, document in rows:
        moment = store.now()
        yield kind, tenant, {"created_at": moment, "updated_at": moment, **document}


def ensure_seeded(store: Store) -> None:
    """Writes the seed into an empty database; leaves any other as it is."""
    if not store.counts():
        with store.transaction():
            store.insert_many(_timed(store, _seed_rows()))


def reset(store: Store) -> None:
    """Back to the seed, in one transaction."""
    with store.transaction():
        store.clear()
        store.insert_many(_timed(store, _seed_rows()))


def generate(store: Store, firm: str, amount: int) -> int:
    """Makes more clients with their addresses, the same ones every time; returns how many clients the firm has."""
    first = store.count("account", firm, [("json_extract(document, '$.generated') = 1", ())])
    with store.transaction():
        store.insert_many(_timed(store, _generated_rows(firm, range(first, first + amount))))
    return store.count("account", firm, [("json_extract(document, '$.type') = 'client'", ())])
