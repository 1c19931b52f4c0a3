"""What must hold of every single sync, and what must hold once everything was synced; worked out from the rules' words.

Nothing here asks the code under test what it thinks, apart from its own record where that is what is judged.
"""

from collections import Counter
from typing import Any

from domain.matching import Candidate, Match, Nobody, One, Sought, match
from domain.ownership import Owner, client_rules
from models.people import KnownDetails
from tests.property.sync_people import value_of
from tests.property.sync_world import ADVISERS, Rows, Snapshot, World

THIRD_PARTY, OUT_OF_SCOPE = {"tpsipp", "tpofb"}, {"corporate", "trust"}
PLAN_STATUS = {
    "pending": "proposed",
    "active": "active",
    "suspended": "active",
    "closed": "inactive",
    "cancelled": "inactive",
}
_WHOLE = {"link", "record"}


def check_step(world: World, before: Snapshot, after: Snapshot, rows: Rows) -> None:
    """Check what one sync did to both systems; `rows` is our own record before it."""
    assert after.accounts == before.accounts, "the sync wrote to an account of the platform"
    assert before.people.keys() <= after.people.keys(), "the sync removed a record"
    linked = {person.platform_client: place for place, person in after.people.items() if person.platform_client}
    for client in after.clients:
        place = linked.get(client)
        firm, _ = ADVISERS.get(after.clients[client].adviser, (None, None))
        assert place is None or place[0] == firm, "linked across firms"
        _check_client(client, place, before, after, rows)
    for place, person in after.people.items():
        if place not in before.people:
            _check_new_record(world, person.platform_client, before, rows)
        elif person.platform_client != before.people[place].platform_client:
            _check_new_link(world, place, person.platform_client, before, rows)
        elif person.platform_client is None:
            assert person == before.people[place], "the sync wrote to a record that is nobody's"
    _check_plans(before, after, rows)


def _check_client(client: str, place: tuple[str, str] | None, before: Snapshot, after: Snapshot, rows: Rows) -> None:
    old, new = before.clients[client], after.clients[client]
    if place is None:
        assert (old.details, old.bank_details) == (new.details, new.bank_details), "wrote to a client without a record"
        return
    held = rows.clients[client].held if client in rows.clients else []
    for rule in client_rules():
        there = (
            value_of(old.details, old.bank_details, rule.field),
            value_of(new.details, new.bank_details, rule.field),
        )
        here = (_in_plannr(before, place, rule.field), _in_plannr(after, place, rule.field))
        where = f"{rule.field}: platform {there}, Plannr {here}"
        _check_field(there, here, where, is_a_persons=rule.owner is Owner.PERSON or rule.field in held)


def _check_field(there: tuple[Any, Any], here: tuple[Any, Any], where: str, *, is_a_persons: bool) -> None:
    assert there[1] == there[0] or (there[1] is not None and there[1] == here[0]), (
        f"platform's value from nowhere: {where}"
    )
    assert here[1] == here[0] or (here[0] is None and here[1] == there[0]), f"Plannr's value is lost: {where}"
    if is_a_persons and None not in (there[0], here[0]):
        assert (there[0], here[0]) == (there[1], here[1]), f"decided for a person: {where}"


def _in_plannr(held: Snapshot, place: tuple[str, str], field: str) -> Any:
    person = held.people.get(place)
    return None if person is None else value_of(person.known_details, held.banks.get(place[1]), field)


def _check_new_record(world: World, client: str | None, before: Snapshot, rows: Rows) -> None:
    assert client is not None, "a record that belongs to nobody"
    assert client not in {person.platform_client for person in before.people.values()}, "a second record for a client"
    assert _known_account(client, before, rows) is None, "a record for a client who had one"
    assert isinstance(_matched(world, client, before), Nobody), "a record for somebody who has one, or may have"


def _check_new_link(world: World, place: tuple[str, str], client: str | None, before: Snapshot, rows: Rows) -> None:
    assert client is not None, "the sync took a link off"
    assert before.people[place].platform_client is None, "the sync took a record from another client"
    if _known_account(client, before, rows) != place[1]:
        assert _matched(world, client, before) == One(place[1]), "a guessed link"


def _known_account(client: str, before: Snapshot, rows: Rows) -> str | None:
    row = rows.clients.get(client)
    return before.clients[client].external_reference or (row.plannr_account if row is not None else None)


def _matched(world: World, client: str, before: Snapshot) -> Match:
    record = before.clients[client]
    firm, _ = ADVISERS[record.adviser]
    people = [
        person
        for (owner, _), person in before.people.items()
        if owner == firm and _is_found(person.known_details, record.details)
    ]
    candidates = [
        Candidate(record_id=person.account, linked_to=person.platform_client, **_identity(person.known_details))
        for person in people
    ]
    return match(Sought(platform_client=client, **_identity(record.details)), candidates)


def _identity(details: KnownDetails) -> dict[str, Any]:
    return details.model_dump(
        include={"first_name", "last_name", "date_of_birth", "email", "national_insurance_number"}
    )


def _is_found(known: KnownDetails, details: KnownDetails) -> bool:
    """Whether Plannr lists the record when somebody with these details is looked for (P5b)."""
    if details.email is None and details.national_insurance_number is None:
        return known.date_of_birth is not None and known.date_of_birth == details.date_of_birth
    shared = [(known.email, details.email), (known.national_insurance_number, details.national_insurance_number)]
    return any(mine is not None and mine == theirs for mine, theirs in shared)


def _check_plans(before: Snapshot, after: Snapshot, rows: Rows) -> None:
    for place, plan in after.plans.items():
        account = after.accounts[plan.proposal_reference or ""]
        row, old = rows.accounts.get(account.account), before.plans.get(place)
        assert account.wrapper not in OUT_OF_SCOPE, "a plan for an account that has none in Plannr"
        if old is None:
            assert plan.sub_type == ("gia" if account.wrapper in THIRD_PARTY else account.wrapper), "the wrong plan"
            continue
        kept = plan.model_copy(update={"status": old.status, "policy_number": old.policy_number})
        assert kept == old, "the sync wrote what is the adviser's since the plan was made"
        stopped = row.stopped if row is not None else []
        assert plan.status == old.status or ("status" not in stopped and plan.status == PLAN_STATUS[account.status])
        is_carried_over = "policy_number" not in stopped and plan.policy_number == account.account
        assert plan.policy_number == old.policy_number or is_carried_over


def check_rest(world: World, amended: set[tuple[str, str]]) -> None:
    """Check both systems after everything was synced; `amended` are fields of plans that somebody changed in Plannr."""
    held, rows = world.snapshot(), world.rows()
    owners = Counter(person.platform_client for person in held.people.values() if person.platform_client)
    assert all(count == 1 for count in owners.values()), "two records for one client"
    references = Counter(plan.proposal_reference for plan in held.plans.values())
    assert all(count == 1 for count in references.values()), "two plans for one account"
    for client in held.clients:
        _check_client_at_rest(client, held, rows)
    for account in held.accounts:
        _check_account_at_rest(account, held, rows, amended)
    known = held.clients.keys() | held.accounts.keys()
    assert {platform_id for platform_id, _ in rows.open} <= known


def _check_client_at_rest(client: str, held: Snapshot, rows: Rows) -> None:
    record, opened = held.clients[client], {field for owner, field in rows.open if owner == client}
    place = next((place for place, person in held.people.items() if person.platform_client == client), None)
    if record.adviser not in ADVISERS:
        assert (place, opened, rows.clients[client].state) == (None, set(), "no_firm")
        return
    if place is None:
        assert opened & _WHOLE, f"{client} has no record, and nobody is asked"
        return
    person = held.people[place]
    is_linked = record.external_reference == place[1] and person.link_tagged
    assert is_linked is not bool(opened & _WHOLE), f"link of {client}: {is_linked}, asked: {opened}"
    if is_linked:
        different = {
            rule.field
            for rule in client_rules()
            if value_of(record.details, record.bank_details, rule.field) != _in_plannr(held, place, rule.field)
        }
        assert opened == different, f"{client} differs in {different}, and a person is asked about {opened}"


def _check_account_at_rest(account: str, held: Snapshot, rows: Rows, amended: set[tuple[str, str]]) -> None:
    record, opened = held.accounts[account], {field for owner, field in rows.open if owner == account}
    plan = next((plan for plan in held.plans.values() if plan.proposal_reference == account), None)
    linked = {person.platform_client for person in held.people.values() if person.link_tagged}
    if record.wrapper in OUT_OF_SCOPE:
        assert (plan, opened, rows.accounts[account].state) == (None, set(), "out_of_scope")
        return
    if plan is None:
        assert opened == {"plan"} or not set(record.clients) <= linked, f"{account} has no plan, and nobody is asked"
        return
    row = rows.accounts.get(account)
    stopped = set(row.stopped) if row is not None else set()
    wanted = {"status": PLAN_STATUS[record.status], "policy_number": account}
    different = {field for field, value in wanted.items() if getattr(plan, field) != value}
    if record.wrapper in THIRD_PARTY:
        assert {(plan.plan, field) for field in stopped} <= amended, f"{stopped} of {account} stopped by itself"
        different -= stopped
    else:
        assert not stopped
    if row is not None and row.state == "linked":
        assert different == opened == set(), f"{account} differs in {different}"
