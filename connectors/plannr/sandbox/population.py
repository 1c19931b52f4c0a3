"""Many clients at once, with all that belongs to them, as an import from another CRM would bring them; no events."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from connectors.plannr.sandbox import bodies, seed
from connectors.plannr.sandbox.errors import refuse
from connectors.plannr.sandbox.present_plans import PLAN_DEFAULTS
from connectors.plannr.sandbox.rules import check, known_fields
from connectors.plannr.sandbox.seed import derived_uuid
from connectors.plannr.sandbox.store import Document, Store

Row = tuple[str, str, Document]
MOST_AT_ONCE = 5_000
_PERSON = {
    **bodies.ACCOUNT_CREATE,
    "uuid": "required|uuid",
    "tags": "list",
    "tags.*": "string",
    "external_references": "list",
    "external_references.*.source": "required|string|max:255",
    "external_references.*.reference": "required|string|max:255",
    "addresses": "list",
    "bank_accounts": "list",
    "plans": "list",
}
_BELONGINGS = {"addresses": bodies.ADDRESS_V2, "bank_accounts": bodies.BANK_ACCOUNT_CREATE, "plans": bodies.PLAN_CREATE}


class Population(BaseModel):
    """Clients of one firm: fields of an account, with `uuid`, `external_references` and `tags` by name.

    `addresses`, `bank_accounts` and `plans` have the fields of their own creation and belong to the client alone; the
    first address is the primary one, and a plan may name its uuid.
    """

    model_config = ConfigDict(hide_input_in_errors=True, extra="forbid")

    firm: str = seed.HARBOUR_UUID
    people: list[dict[str, Any]] = Field(max_length=MOST_AT_ONCE)


def populate(store: Store, population: Population) -> int:
    """Stores everybody in one transaction; returns how many they are.

    Raises:
        ApiError: 404, there is no such firm; 409, a record is there already; 422, a field breaks a rule.
    """
    if population.firm not in seed.FIRMS:
        raise refuse(404, "There is no such firm.")
    try:
        with store.transaction():
            tags = {name: _tag(store, population.firm, name) for name in _tag_names(population.people)}
            rows = (row for person in population.people for row in _rows(population.firm, person, tags))
            store.insert_many(_timed(store, rows))
    except sqlite3.IntegrityError as error:
        raise refuse(409, "One of these records is there already.") from error
    return len(population.people)


def _tag_names(people: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for person in people for name in person.get("tags", ())))


def _tag(store: Store, firm: str, name: str) -> str:
    present = store.find("tag", firm, name=name)
    stored = (
        present[0]
        if present
        else store.insert("tag", firm, {"name": name, "slug": name.lower().replace(" ", "-"), "colour": "#6b7280"})
    )
    return str(stored["uuid"])


def _timed(store: Store, rows: Iterator[Row]) -> Iterator[Row]:
    for kind, firm, document in rows:
        moment = store.now()
        for reference in document.get("external_references", ()):
            reference |= {"created_at": moment, "updated_at": moment}
        yield kind, firm, {"created_at": moment, "updated_at": moment, **document}


def _check(given: Document, table: Mapping[str, str]) -> None:
    # Most fields are absent, and what is absent breaks only a rule that requires it.
    concerned = {
        path: rules for path, rules in table.items() if path.partition(".")[0] in given or rules.startswith("required")
    }
    check(given, concerned, lambda _kind, _uuid: True)


def _rows(firm: str, person: dict[str, Any], tags: dict[str, str]) -> Iterator[Row]:
    _check(person, _PERSON)
    uuid = str(person["uuid"])
    references = [
        {"uuid": derived_uuid(f"reference/{uuid}/{item['source']}"), **known_fields(item, bodies.EXTERNAL_REFERENCE)}
        for item in person.get("external_references", ())
    ]
    account = {
        "type": "client",
        "role": "individual",
        "status": "active",
        "is_prospect": False,
        "owners": [],
        "assigned_adviser_uuid": seed.FIRMS[firm]["adviser"],
        **known_fields(person, bodies.ACCOUNT_CREATE),
        "uuid": uuid,
        "tag_uuids": [tags[name] for name in person.get("tags", ())],
        "external_references": references,
    }
    yield "account", firm, account
    for name, table in _BELONGINGS.items():
        for number, given in enumerate(person.get(name, ())):
            owned = {**given, "account_uuids": [uuid], "provider_uuid": seed.FIRMS[firm]["provider"]}
            _check(owned, table)
            own_uuid = str(given.get("uuid") or derived_uuid(f"{name}/{uuid}/{number}"))
            belonging = {"uuid": own_uuid, **known_fields(owned, table)}
            yield from _BUILDERS[name](firm, uuid, belonging, number)


def _address(firm: str, owner: str, address: Document, number: int) -> Iterator[Row]:
    yield "address", firm, {**address, "primary_account_uuids": [] if number else [owner]}


def _bank_account(firm: str, _owner: str, bank_account: Document, _number: int) -> Iterator[Row]:
    yield "bank_account", firm, bank_account


def _plan(firm: str, owner: str, plan: Document, _number: int) -> Iterator[Row]:
    yield "plan", firm, {**PLAN_DEFAULTS, **plan, "accounts": [{"uuid": owner, "percentage": 100.0}], "tag_uuids": []}
    main = {
        "uuid": derived_uuid(f"main/{plan['uuid']}"),
        "plan_uuid": plan["uuid"],
        "name": plan.get("name") or "Main account",
        "is_main_account": True,
        "policy_number": plan.get("policy_number"),
    }
    yield "sub_account", firm, main


_BUILDERS = {"addresses": _address, "bank_accounts": _bank_account, "plans": _plan}
