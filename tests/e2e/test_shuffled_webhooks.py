"""Journeys while the webhooks of both systems are lost, doubled and shuffled (P46, P53).

A third of the events never comes, a third comes twice, and all of them come at another time than they should. Polling,
the inbox and the order-independent handlers make up for it: the same states, the same e-mails, nothing twice.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Any

import pytest

from cli.demonstration.actors import eventually, signed_in_adviser
from cli.demonstration.journey import is_as_the_rules_say, play
from cli.demonstration.scripts import SCRIPTS
from cli.stack import Stack
from tests.e2e.conftest import running
from tests.e2e.world import PLANNR, PLATFORM, World

# As many as two cores play in two and a half minutes; ONWARD_SHUFFLED_JOURNEYS plays more.
JOURNEYS = int(os.environ.get("ONWARD_SHUFFLED_JOURNEYS", "15"))
AT_ONCE = 5
SHARE = 0.3
LATEST_SECONDS = 3

pytestmark = pytest.mark.timeout(240 + 15 * JOURNEYS)


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield an Onward that polls every two seconds, between two systems whose webhooks cannot be relied on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONWARD_POLL_INTERVAL", "PT2S")
        with running(Stack(tmp_path_factory.mktemp("shuffled"), prefer_ports=False)) as world:
            for system in (PLANNR, PLATFORM):
                for kind in ("drop_webhook", "duplicate_webhook"):
                    world.control(system, "POST", "faults", {"kind": kind, "share": SHARE})
                everything = {"kind": "reorder_webhooks", "share": 1.0, "delay_seconds": LATEST_SECONDS}
                world.control(system, "POST", "faults", everything)
            yield world


def played(world: World, name: str) -> dict[str, Any]:
    """Play one journey as its own adviser session and its own clients; return what both systems and the inbox say."""
    with signed_in_adviser(world.around) as adviser:
        return asyncio.run(play(world.around, adviser, name, SCRIPTS[name], lambda *_: None))


def struck(world: World, system: str) -> Counter[str]:
    """Return how many events of a system each kind of fault has struck."""
    faults = world.control(system, "GET", "faults")
    found: Counter[str] = Counter()
    for fault in faults["faults"] if isinstance(faults, dict) else faults:
        hits = fault["struck"]
        found[fault["kind"]] += sum(hits.values()) if isinstance(hits, dict) else hits
    return found


def deliveries_waiting(world: World) -> int:
    """Return how many deliveries the two systems still have to make."""
    plannr = world.control(PLANNR, "GET", "webhooks")
    waiting = [
        row for row in (plannr["deliveries"] if isinstance(plannr, dict) else plannr) if row["state"] == "pending"
    ]
    on_platform: int = world.control(PLATFORM, "GET", "state")["counts"]["deliveries_pending"]
    return len(waiting) + on_platform


def told(world: World) -> list[dict[str, Any]]:
    """Return every e-mail there is."""
    with world.around.inbox() as inbox:
        found: Any = inbox.get("/dev/inbox/messages", params={"limit": 1000}).json()
    messages: list[dict[str, Any]] = found["messages"] if isinstance(found, dict) else found
    return messages


def repeated(values: Iterable[object]) -> list[object]:
    """Return what is there more than once."""
    return [value for value, times in Counter(values).items() if times > 1 and value is not None]


def doubles(records: dict[str, Any]) -> dict[str, list[object]]:
    """Return every record of either system that is there a second time."""
    references = {
        "platform clients": [client["external_reference"] for client in records["clients"]],
        "platform accounts": [account["external_reference"] for account in records["accounts"]],
        "mandates": [(mandate["account_id"], mandate["client_id"]) for mandate in records["mandates"]],
        "applications": [application["external_reference"] for application in records["application"]],
        "plans": [plan["proposal_reference"] for plan in records["plan"]],
        "bank accounts": [(bank["account_number"], *sorted(bank["account_uuids"])) for bank in records["bank_account"]],
        "links": [
            (person["uuid"], link["source"])
            for person in records["account"]
            for link in person.get("external_references", ())
        ],
        "tags": [(person["uuid"], tag) for person in records["account"] for tag in person.get("tag_uuids", ())],
    }
    return {kind: twice for kind, found in references.items() if (twice := repeated(found))}


@pytest.mark.rule("P46", "P50", "P51", "P53")
def test_journeys_end_alike_however_the_webhooks_come(shuffled: World) -> None:
    """Every journey ends in the states and with the e-mails of the rules, and no record is there twice."""
    before, mails_before = shuffled.records(), len(told(shuffled))
    names = list(islice(cycle(SCRIPTS), JOURNEYS))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(lambda name: played(shuffled, name), names))

    wrong = [one for name, one in zip(names, seen, strict=True) if not is_as_the_rules_say(SCRIPTS[name], one)]
    assert wrong == []
    eventually(lambda: deliveries_waiting(shuffled) == 0, "the last of the shuffled webhooks")
    after = shuffled.records()
    assert doubles(after) == {}
    people = sum(len(SCRIPTS[name].roles) for name in names)
    made = {kind: len(rows) - len(before.get(kind, ())) for kind, rows in after.items()}
    assert (made["account"], made["clients"]) == (people, people), "the sync made no record of anybody"
    assert (made["application"], made["plan"], made["accounts"]) == (JOURNEYS, JOURNEYS, JOURNEYS)
    mails = told(shuffled)
    assert len(mails) - mails_before == sum(len(SCRIPTS[name].emails) for name in names)
    assert repeated(mail["message_id"] for mail in mails) == []

    with signed_in_adviser(shuffled.around) as adviser:
        given_up = adviser.http.get("/api/v1/webhook-deliveries", params={"state": "dead"}).json()
    assert given_up["deliveries"] == []

    faults = {system: struck(shuffled, system) for system in (PLANNR, PLATFORM)}
    print(f"{JOURNEYS} journeys; {len(mails)} e-mails; events struck: {faults}")  # noqa: T201 - the figures are asked for
    assert all(hits > 0 for of_system in faults.values() for hits in of_system.values())
