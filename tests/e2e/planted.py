"""Edits that people make in one of two systems that agree, and what a reconciliation has to say of each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import httpx

from cli.demonstration.population import plannr_uuid, platform_account_id, platform_client_id
from cli.demonstration.surroundings import checked
from connectors.plannr.mapping import REFERENCE_SOURCE
from domain.ownership import Act

Listed = tuple[str, str, Act]
"""A record of the platform, a field, and what repairs the difference."""

_HOME: Final = {"name": "Home", "address_1": "7 Quay Street", "town_city": "Bristol", "postcode": "BS1 4DJ"}
_QUAY: Final = {"line1": "7 Quay Street", "town_city": "Bristol", "postcode": "BS1 4DJ", "country": "GB"}


@dataclass
class Hands:
    """A user of Plannr and the staff of the platform."""

    plannr: httpx.Client
    platform: httpx.Client
    staff: httpx.Client
    deleted_plans: list[str] = field(default_factory=list)

    def record(self, number: int, **members: Any) -> None:
        """Change a client's record in Plannr."""
        checked(self.plannr.put(f"/api/v1/account/{plannr_uuid(number)}", json=members))

    def client(self, number: int, **members: Any) -> None:
        """Change a client on the platform."""
        checked(self.platform.patch(f"/clients/{platform_client_id(number)}", json=members))

    def plan(self, number: int, **members: Any) -> None:
        """Change the plan of a client's account in Plannr."""
        checked(self.plannr.put(f"/api/v1/plans/{self.plan_of(number)}", json=members))

    def deletions_are_over(self) -> bool:
        """Whether every plan that was deleted is gone: Plannr goes on showing it for a while."""
        answers = [self.plannr.get(f"/api/v1/plans/{plan}").status_code for plan in self.deleted_plans]
        return set(answers) <= {httpx.codes.NOT_FOUND}

    def plan_of(self, number: int) -> str:
        """Return the plan of a client's account."""
        query = {"filter[proposal_reference]": platform_account_id(number)}
        found: Any = checked(self.plannr.get("/api/v1/plans", params=query))
        return str(found["data"][0]["uuid"])


@dataclass(frozen=True)
class Kind:
    """A kind of edit: how it is made in one system, and which difference it makes, if any.

    Attributes:
        field: The field that differs then; empty: nothing may be listed.
        suits: Which clients it can be made with, by their numbers.
    """

    name: str
    field: str
    proposal: Act
    make: Callable[[Hands, int], None]
    of_account: bool = False
    suits: Callable[[int], bool] = lambda _: True

    def listed(self, number: int) -> Listed | None:
        """Return what has to be listed for this client."""
        record = platform_account_id(number) if self.of_account else platform_client_id(number)
        return (record, self.field, self.proposal) if self.field else None


def _third_party(number: int) -> bool:
    return number % 10 == 0


def _own_wrapper(number: int) -> bool:
    return number % 10 != 0


def _with_bank_account(number: int) -> bool:
    return number % 2 == 0


def _in_plannr(field: str, proposal: Act, **members: Any) -> Kind:
    def make(hands: Hands, number: int) -> None:
        hands.record(number, **{name: _own(value, number) for name, value in members.items()})

    return Kind(f"{field} {'emptied' if None in members.values() else 'changed'} in Plannr", field, proposal, make)


def _on_platform(field: str, proposal: Act, **members: Any) -> Kind:
    def make(hands: Hands, number: int) -> None:
        hands.client(number, **{name: _own(value, number) for name, value in members.items()})

    return Kind(
        f"{field} {'emptied' if None in members.values() else 'changed'} on the platform", field, proposal, make
    )


def _own(value: Any, number: int) -> Any:
    """Return a value of this client's own where one is asked for by a placeholder."""
    return value.format(number=number, digits=f"{number:06d}") if isinstance(value, str) else value


def _address_in_plannr(hands: Hands, number: int) -> None:
    body = {"account_uuids": [plannr_uuid(number)], "is_primary": True, "country": "GB", **_HOME}
    checked(hands.plannr.post("/api/v2/addresses", json=body))


def _bank_in_plannr(hands: Hands, number: int) -> None:
    body = {"account_uuids": [plannr_uuid(number)], "account_name": "A", "account_holders": "A"}
    checked(
        hands.plannr.post("/api/v2/bank-accounts", json={**body, "account_number": "11110349", "sort_code": "20-00-00"})
    )


def _bank_on_platform(hands: Hands, number: int) -> None:
    body = {"account_holder": "B", "account_number": "11110349", "sort_code": "200000"}
    checked(hands.platform.put(f"/clients/{platform_client_id(number)}/bank-account", json=body))


def _tag_removed(hands: Hands, number: int) -> None:
    tag = {"mode": "detach", "tags": ["Platform client"]}
    body = {**tag, "taggable_type": "account", "taggable_uuid": plannr_uuid(number)}
    answer = hands.plannr.post("/api/v1/tag", json=body)
    assert answer.is_success, answer.text


def _names_another(hands: Hands, number: int) -> None:
    body = {"source": REFERENCE_SOURCE, "reference": "cl_somebody_else"}
    checked(hands.plannr.post(f"/api/v1/account/{plannr_uuid(number)}/external-references", json=body))


def _record_deleted(hands: Hands, number: int) -> None:
    answer = hands.plannr.delete(f"/api/v1/account/{plannr_uuid(number)}")
    assert answer.is_success, answer.text


def _plan_deleted(hands: Hands, number: int) -> None:
    plan = hands.plan_of(number)
    answer = hands.plannr.delete(f"/api/v1/plans/{plan}")
    hands.deleted_plans.append(plan)
    assert answer.is_success, answer.text


def _closed(hands: Hands, number: int) -> None:
    checked(hands.staff.post(f"/_sandbox/accounts/{platform_account_id(number)}/status", json={"status": "closed"}))


def _suspended(hands: Hands, number: int) -> None:
    checked(hands.staff.post(f"/_sandbox/accounts/{platform_account_id(number)}/status", json={"status": "suspended"}))


def _inactive(hands: Hands, number: int) -> None:
    today = datetime.now(UTC).date().isoformat()
    hands.plan(number, status="inactive", inactive_reason="transferred", inactive_at=today)


def _renamed(hands: Hands, number: int) -> None:
    hands.plan(number, name="The adviser's own name for it")


def _renumbered(hands: Hands, number: int) -> None:
    hands.plan(number, policy_number="POL-1")


def _followed_and_renamed(hands: Hands, number: int) -> None:
    _renamed(hands, number)
    _suspended(hands, number)


TO_PLATFORM, TO_PLANNR, PERSON = Act.TO_PLATFORM, Act.TO_PLANNR, Act.PERSON

KINDS: Final[tuple[Kind, ...]] = (
    _in_plannr("email", TO_PLATFORM, email="new.{number}@example.com"),
    _in_plannr("mobile", TO_PLATFORM, phone="07911 {digits}"),
    Kind("address changed in Plannr", "address", TO_PLATFORM, _address_in_plannr),
    Kind("bank account added in Plannr", "bank_details", TO_PLATFORM, _bank_in_plannr, suits=_with_bank_account),
    _in_plannr("marital_status", TO_PLATFORM, marital_status="other"),
    _in_plannr("employment_status", TO_PLATFORM, employment_status="student"),
    _in_plannr("retirement_age", TO_PLATFORM, target_retirement_age=75),
    _in_plannr("title", PERSON, title="Sir"),
    _in_plannr("first_name", PERSON, first_name="Zebedee"),
    _in_plannr("last_name", PERSON, last_name="Zimmerman"),
    _in_plannr("date_of_birth", PERSON, date_of_birth="1949-02-03"),
    _in_plannr("national_insurance_number", PERSON, ni_number="PA{digits}A"),
    _in_plannr("nationality", PERSON, nationality="FR"),
    _in_plannr("email", PERSON, email=None),
    _in_plannr("mobile", PERSON, phone=None),
    _in_plannr("marital_status", PERSON, marital_status=None),
    _in_plannr("employment_status", PERSON, employment_status=None),
    _in_plannr("national_insurance_number", PERSON, ni_number=None),
    _on_platform("email", TO_PLATFORM, email="other.{number}@example.com"),
    _on_platform("mobile", TO_PLATFORM, mobile="+447912{digits}"),
    _on_platform("address", TO_PLATFORM, address=_QUAY),
    Kind(
        "bank account changed on the platform", "bank_details", TO_PLATFORM, _bank_on_platform, suits=_with_bank_account
    ),
    _on_platform("marital_status", TO_PLATFORM, marital_status="other"),
    _on_platform("employment_status", TO_PLATFORM, employment_status="student"),
    _on_platform("retirement_age", TO_PLATFORM, retirement_age=75),
    _on_platform("title", PERSON, title="Sir"),
    _on_platform("first_name", PERSON, first_name="Zebedee"),
    _on_platform("last_name", PERSON, last_name="Zimmerman"),
    _on_platform("date_of_birth", PERSON, date_of_birth="1949-02-03"),
    _on_platform("national_insurance_number", PERSON, national_insurance_number="PA{digits}A"),
    _on_platform("nationality", PERSON, nationalities=["FR"]),
    _on_platform("mobile", TO_PLATFORM, mobile=None),
    _on_platform("marital_status", TO_PLATFORM, marital_status=None),
    _on_platform("retirement_age", TO_PLATFORM, retirement_age=None),
    _on_platform("link", TO_PLATFORM, external_reference=None),
    Kind("tag removed in Plannr", "link", TO_PLANNR, _tag_removed),
    Kind("record names another client", "link", PERSON, _names_another),
    Kind("record deleted in Plannr", "record", PERSON, _record_deleted),
    Kind("plan deleted in Plannr", "plan", PERSON, _plan_deleted, of_account=True, suits=_own_wrapper),
    Kind("account closed on the platform", "status", TO_PLANNR, _closed, of_account=True),
    Kind("plan ended in Plannr", "status", TO_PLANNR, _inactive, of_account=True, suits=_own_wrapper),
    Kind("policy number changed", "policy_number", TO_PLANNR, _renumbered, of_account=True, suits=_own_wrapper),
    Kind("account suspended: the plan stays active", "", Act.NOTHING, _suspended),
    Kind("plan renamed by the adviser", "", Act.NOTHING, _renamed),
    Kind("third party's plan ended by the adviser", "", Act.NOTHING, _inactive, suits=_third_party),
    Kind("third party's policy number amended", "", Act.NOTHING, _renumbered, suits=_third_party),
    Kind("third party's plan renamed, account suspended", "", Act.NOTHING, _followed_and_renamed, suits=_third_party),
)


def choose(edits: int, clients: int, seed: str) -> list[tuple[Kind, int]]:
    """Return so many edits of all kinds in turn, each of another client, in an order that the seed decides."""
    left = sorted(range(1, clients + 1), key=lambda number: sha256(f"{seed} {number}".encode()).digest())
    chosen = []
    for index in range(edits):
        kind = KINDS[index % len(KINDS)]
        number = next(number for number in left if kind.suits(number))
        left.remove(number)
        chosen.append((kind, number))
    return chosen
