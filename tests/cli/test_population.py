"""The generated population is linked and equal in both systems, read as the sync reads it."""

from pathlib import Path

import pytest

from activities.comparing import compare_account, compare_client
from cli.demonstration.population import (
    CHUNK,
    HARBOUR,
    KESTREL,
    plannr_uuid,
    platform_account_id,
    platform_client_id,
    population,
)
from connectors.plannr.port import PlannrPlan
from connectors.platform.sandbox.population import MOST_AT_ONCE, PopulatedClient
from models.people import BankDetails, PersonDetails
from tests.contract.plannr_scenes import FIRM, LINK_TAG, sandbox_scene
from tests.contract.platform_rigs import sandbox_rig

KEY = b"population"
CLIENTS = 120
WRAPPERS = {"isa", "gia", "sipp", "tpsipp", "tpofb"}


@pytest.mark.rule("P52")
async def test_a_population_differs_in_no_field_that_the_table_owns(tmp_path: Path) -> None:
    """Every client and every account of it compares clean, though each system spells its values its own way."""
    async with sandbox_rig(tmp_path) as platform, sandbox_scene(tmp_path) as plannr:
        for first, last in ((1, 50), (51, CLIENTS)):
            there, here = population(first, last, link_tag=LINK_TAG)
            await platform.control("POST", "population", there)
            (await plannr.http.post("/_sandbox/population", json=here)).raise_for_status()
        records = (await platform.gateway.client_records()).clients
        accounts = (await platform.gateway.account_records()).accounts
        linked = await plannr.gateway.linked_people(FIRM)
        uuids = [plannr_uuid(number) for number in range(1, CLIENTS + 1)]
        banks: dict[str, BankDetails] = {}
        plans: dict[str | None, PlannrPlan] = {}
        for begin in range(0, CLIENTS, 100):
            banks |= await plannr.gateway.bank_accounts(FIRM, uuids[begin : begin + 100])
            references = [platform_account_id(number) for number in range(begin + 1, min(begin + 100, CLIENTS) + 1)]
            found = await plannr.gateway.read_plans(FIRM, references=references)
            plans |= {plan.proposal_reference: plan for plan in found}

    people = {person.platform_client: person for person in linked.people}
    compared = [
        compare_client(record, people[record.client], banks.get(uuid), None, key=KEY, firm=FIRM)
        for record, uuid in zip(records, uuids, strict=True)
    ]
    compared += [compare_account(account, plans[account.account], None, key=KEY, firm=FIRM) for account in accounts]
    assert [one.acts for one in compared if one.acts or one.findings] == []
    assert len(compared) == 2 * CLIENTS
    assert len(banks) == CLIENTS // 2
    assert {account.wrapper for account in accounts} == WRAPPERS
    assert all(person.link_tagged for person in people.values())


def test_every_client_is_somebody_of_their_own() -> None:
    """Nobody shares an id, number, e-mail address or phone with anybody, in the largest population that is used."""
    seen: dict[str, set[str]] = {"id": set(), "email": set(), "mobile": set(), "national_insurance_number": set()}
    for first in range(1, 50_001, CHUNK):
        there, _ = population(first, first + CHUNK - 1)
        for name, values in seen.items():
            values.update(client[name] for client in there["clients"])

    assert {name: len(values) for name, values in seen.items()} == dict.fromkeys(seen, 50_000)


@pytest.mark.parametrize("number", [1, 10, 4_999, 50_000, 1_234_567])
def test_everybody_is_a_person_whom_a_journey_would_take(number: int) -> None:
    """The details keep the platform's rules and our own, so that nothing counts as missing when it is read."""
    there, here = population(number, number)
    PopulatedClient.model_validate(there["clients"][0])
    given, address = here["people"][0], here["people"][0]["addresses"][0]
    PersonDetails.model_validate(
        {
            "title": given["title"],
            "first_name": given["first_name"],
            "last_name": given["last_name"],
            "date_of_birth": given["date_of_birth"],
            "email": given["email"],
            "mobile": given["phone"],
            "national_insurance_number": given["ni_number"],
            "nationality": given["nationality"],
            "retirement_age": given["target_retirement_age"],
            "address": {
                "line_1": address["address_1"],
                "town_city": address["town_city"],
                "postcode": address["postcode"],
            },
        }
    )


def test_a_population_can_belong_to_the_other_firm() -> None:
    """Adviser, firm and ids follow what was asked for; a portion is what both systems take in one call."""
    there, here = population(7, 7, firm=KESTREL)

    assert (here["firm"], there["clients"][0]["adviser_reference"]) == (KESTREL.plannr_firm, "kestrel-1")
    assert there["accounts"][0]["client_ids"] == [platform_client_id(7)]
    assert there["clients"][0]["external_reference"] == here["people"][0]["uuid"]
    assert KESTREL.plannr_firm != HARBOUR.plannr_firm
    assert CHUNK <= MOST_AT_ONCE
